"""The presenter's size: map, picture, dial and two numbers fill the window, and nothing else is seen."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.opened_map import OpenedMap
from tests.browser.opened_pair import OpenedPair
from tests.browser.waiting import wait_until

WIDTH, HEIGHT = 1280, 720
LEAST = HEIGHT / 25  # px of type
SEEN = ".lse-stage, [data-testid=decoded], .lse-dial-track, .lse-reconstruction, .lse-kl"
# The size of type and the box of each text that is seen, without the button that leads back.
TEXTS = """() => {
    const found = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node; (node = walker.nextNode()); ) {
        const { parentElement: parent } = node;
        if (!node.data.trim() || parent.closest(".lse-presenter, .lse-spoken, option")) continue;
        if (!parent.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
        const range = document.createRange();
        range.selectNodeContents(node);
        const { right, bottom, width } = range.getBoundingClientRect();
        const zoom = parent.currentCSSZoom ?? 1;
        if (width > 1) found.push([node.data, zoom * parseFloat(getComputedStyle(parent).fontSize), right, bottom]);
    }
    return found;
}"""


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, reduced_motion="reduce")
    yield page
    page.close()


def assert_fills_the_window(opened: OpenedMap, maps: int) -> None:
    texts = opened.page.evaluate(TEXTS)
    assert len(texts) >= 10
    for words, size, right, bottom in texts:
        assert size >= LEAST - 0.1, words
        assert right <= WIDTH + 1 and bottom <= HEIGHT + 1, words
    parts = [box for part in opened.page.locator(SEEN).all() if (box := part.bounding_box())]
    assert len(parts) == 5 * maps
    assert max(box["y"] + box["height"] for box in parts) <= HEIGHT
    assert opened.page.get_by_test_id("decoded").first.bounding_box()["width"] % 28 == 0
    assert opened.page.get_by_test_id("stMain").evaluate("main => getComputedStyle(main).overflowY") == "hidden"


def test_a_key_and_a_button_switch_it_on_the_map_and_the_link_says_so(page: Page, server: str) -> None:
    opened = OpenedMap(page)
    page.goto(server)
    opened.wait_until_ready()
    side = opened.plot.bounding_box()["width"]
    field = page.get_by_test_id("number").locator("input")
    field.press("p")
    assert "size" not in opened.query
    field.evaluate("field => field.blur()")
    page.keyboard.press("p")
    assert opened.query["size"] == "presenter"
    wait_until(page, "side => document.querySelector('.lse-plot').clientWidth > 1.3 * side", side)
    expect(page.get_by_test_id("stHeader")).to_be_hidden()
    assert_fills_the_window(opened, maps=1)
    page.get_by_test_id("presenter").click()
    expect(page.get_by_test_id("stHeader")).to_be_visible()
    assert "size" not in opened.query


def test_a_link_opens_compare_in_it(page: Page, server: str) -> None:
    opened = OpenedPair(page)
    page.goto(f"{server}compare?size=presenter")
    opened.wait_until_ready()
    assert_fills_the_window(opened, maps=2)


@pytest.mark.slow
def test_another_page_does_not_have_it(page: Page, server: str) -> None:
    page.goto(f"{server}?size=presenter")
    opened = OpenedMap(page)
    opened.wait_until_ready()
    page.evaluate("document.querySelector('[data-testid=stTopNavLink][href$=train]').click()")
    expect(page.get_by_test_id("pane")).to_be_visible()
    expect(page.get_by_test_id("stHeader")).to_be_visible()
