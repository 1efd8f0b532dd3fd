"""axe-core finds nothing critical or serious on any page, in either theme, with every fold open."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, expect

from tests.browser.opened_map import OpenedMap
from tests.browser.opened_pair import OpenedPair
from tests.browser.opened_probability import OpenedProbability
from tests.browser.opened_run import OpenedRun
from tests.browser.waiting import wait_until

PAGES = {
    "": OpenedMap,
    "compare?image=42": OpenedPair,
    "probability": OpenedProbability,
    "train": OpenedRun,
    "an ended run": OpenedRun,
}
pytestmark = pytest.mark.slow

BARRED = ("critical", "serious")
BARRED_TOO = ("empty-heading", "empty-table-header")
OPEN_FOLDS = "() => document.querySelectorAll('details:not([open]) > summary').forEach(fold => fold.click())"


@pytest.fixture(scope="module")
def visitor(browser: Browser) -> Iterator[BrowserContext]:
    """Without motion, for nothing is looked at on its way."""
    context = browser.new_context(reduced_motion="reduce")
    yield context
    context.close()


@pytest.fixture(scope="module", params=PAGES)
def opened(request: pytest.FixtureRequest, visitor: BrowserContext, server: str) -> Iterator[OpenedMap]:
    """A page at rest with every fold open, and drawn where it is out of sight too."""
    ended = request.param == "an ended run"
    if request.param == "probability":
        request.getfixturevalue("mnist_folder")  # without the images it has no question to answer
    address = request.getfixturevalue("run_server") if ended else server
    opened = PAGES[request.param](visitor.new_page())
    opened.page.goto(f"{address}{'?frames=6&runs=2&ended' if ended else request.param}")
    opened.wait_until_ready()
    expect(opened.page.locator(".lse-axes .xtick").first).to_be_attached()
    if isinstance(opened, OpenedProbability):
        opened.wait_for_answer()
    opened.page.add_style_tag(content="* { content-visibility: visible !important; transition: none !important; }")
    opened.page.evaluate(OPEN_FOLDS)
    wait_until(opened.page, "() => [...document.querySelectorAll('details')].every(fold => fold.open)")
    opened.wait_for_silence()
    yield opened
    opened.page.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_that_keeps_anyone_out(opened: OpenedMap, theme: str) -> None:
    opened.page.emulate_media(color_scheme=theme)
    expect(opened.root).to_have_attribute("data-theme", theme)
    found = Axe().run(opened.page, options={"resultTypes": ["violations"]}).response["violations"]
    barred = [each for each in found if each["impact"] in BARRED or each["id"] in BARRED_TOO]
    assert [(each["id"], [node["html"][:200] for node in each["nodes"]]) for each in barred] == []


def test_every_handle_and_every_picture_has_a_name_of_its_own(opened: OpenedMap) -> None:
    for parts in (opened.page.get_by_test_id("handle"), opened.page.get_by_test_id("decoded")):
        names = [part.get_attribute("aria-label") for part in parts.all()]
        assert all(names)
        assert len(set(names)) == len(names)
