"""What every page owes its visitor: a title, one heading, a menu that can be read, and nothing cut on a phone."""

import re
from collections.abc import Iterator
from itertools import pairwise

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.opened_map import READY_MS
from tests.browser.waiting import wait_until

PAGES = {"Map": "", "Story": "story", "Compare": "compare?image=7", "Probability": "probability", "Train": "train"}
NARROWEST = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
# What lies right of the window, unless it can be scrolled to; what cuts its own words off.
CUT = """() => {
    const scrolls = node => node.closest(".lse-table-box, .lse-costs, .katex-display, .katex-mathml, pre");
    const seen = node => node.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: false });
    const clipped = node => node.closest(".js-plotly-plot, .lse-marks, .lse-drawing, .st-key-page-heading");
    const found = [...document.querySelectorAll("body *")].filter(node => {
        if (!seen(node) || scrolls(node) || clipped(node)) return false;
        const box = node.getBoundingClientRect();
        if (box.width && box.right > innerWidth + 0.5) return true;
        const words = [...node.childNodes].some(({ nodeType, data }) => nodeType === 3 && data.trim());
        const cuts = getComputedStyle(node).overflowX !== "visible" || getComputedStyle(node).contain === "strict";
        const over = node.scrollWidth > node.clientWidth + 1 || node.scrollHeight > node.clientHeight + 1;
        return words && cuts && over && node.clientWidth > 2;
    });
    return found.map(({ outerHTML }) => outerHTML.slice(0, 200));
}"""
# Texts below 16 px, but for exponents, indices and what stands below braces in formulas.
SMALL = """() => {
    const inFormula = node => node.closest(".katex, sub, sup");
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found = [];
    while (walker.nextNode()) {
        const [text, node] = [walker.currentNode, walker.currentNode.parentElement];
        const seen = node.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: false });
        if (!text.data.trim() || !seen || inFormula(node)) continue;
        const size = parseFloat(getComputedStyle(node).fontSize);
        if (size < 15.99) found.push(`${size} px: ${text.data.trim()}`);
    }
    return found;
}"""


@pytest.fixture(scope="module")
def visitor(browser: Browser) -> Iterator[BrowserContext]:
    """Of the narrowest phone."""
    context = browser.new_context(**NARROWEST)
    context.set_default_timeout(READY_MS)
    yield context
    context.close()


@pytest.fixture(scope="module", params=PAGES)
def phone(request: pytest.FixtureRequest, visitor: BrowserContext, server: str) -> Iterator[tuple[str, Page]]:
    """Each page once, with everything folded open."""
    page = visitor.new_page()
    page.goto(server + PAGES[request.param])
    page.locator("[data-ready=true]").first.wait_for(state="attached")
    if request.param != "Story":  # its maps have no axes
        wait_until(page, "document.querySelector('.lse-axes .xtick') !== null")
    page.locator("details > summary").evaluate_all("all => all.forEach(each => each.parentNode.open || each.click())")
    yield request.param, page
    page.close()


def test_the_tab_says_which_page_it_is(phone: tuple[str, Page]) -> None:
    name, page = phone
    expect(page).to_have_title(f"{name} · Latent Space Explorer")


def test_the_headings_begin_with_one_of_the_first_level_and_leave_no_level_out(phone: tuple[str, Page]) -> None:
    name, page = phone
    levels = page.get_by_role("heading").evaluate_all("all => all.map(({ tagName }) => Number(tagName[1]))")
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(below - above <= 1 for above, below in pairwise(levels)), levels
    assert page.get_by_role("heading", level=1).inner_text() == name


def test_the_menu_names_every_page_and_nothing_hides_it(phone: tuple[str, Page]) -> None:
    _, page = phone
    assert page.get_by_role("link", name="Train").count() == 1
    for name in PAGES:
        box = page.get_by_role("link", name=name, exact=True).bounding_box()
        assert box["height"] >= 40
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 360
    expect(page.get_by_test_id("stExpandSidebarButton")).to_be_hidden()
    expect(page.get_by_test_id("stSidebar")).to_be_hidden()


def test_nothing_is_cut_and_nothing_scrolls_sideways(phone: tuple[str, Page]) -> None:
    _, page = phone
    assert page.get_by_test_id("stMain").evaluate("main => main.scrollWidth <= main.clientWidth")
    assert page.evaluate(CUT) == []


def test_no_text_is_below_16_px_in_a_window_of_1280(phone: tuple[str, Page]) -> None:
    """The last test of a page, for it leaves another window behind."""
    _, page = phone
    page.set_viewport_size({"width": 1280, "height": 720})
    for panel in page.locator(".lse-panel:visible").all():
        panel.scroll_into_view_if_needed()  # a figure is drawn anew when it is seen
    wait_until(page, f"({SMALL})().length === 0")


@pytest.mark.slow
def test_a_choice_leads_to_the_page_and_leaves_no_menu_over_it(visitor: BrowserContext, server: str) -> None:
    page = visitor.new_page()
    page.goto(server)
    page.locator(".st-key-page-menu").get_by_role("link", name="Train", exact=True).tap()
    expect(page).to_have_title("Train · Latent Space Explorer")
    form = page.get_by_role("combobox", name=re.compile("Images"))
    form.scroll_into_view_if_needed()
    form.click(trial=True)
    page.close()


@pytest.mark.slow
def test_at_every_width_there_is_one_menu(browser: Browser, server: str) -> None:
    page = browser.new_page()
    page.set_default_timeout(READY_MS)
    page.goto(server)
    page.locator(".st-key-page-menu").wait_for(state="attached")
    for width in (767, 768):
        page.set_viewport_size({"width": width, "height": 740})
        for name in PAGES:
            expect(page.get_by_role("link", name=name, exact=True), f"at {width} px").to_have_count(1)
        expect(page.get_by_test_id("stExpandSidebarButton")).to_be_hidden()
    page.close()
