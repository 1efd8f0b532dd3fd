"""What answers the page's question is seen at once; the rest is drawn when it is unfolded, and for a printer."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.opened_pair import OpenedPair

FIRST = ".lse-stage, .lse-views, " + ", ".join(
    f"[data-testid={name}]" for name in ("decoded", "brief", "pad", "number", "given")
)
FOLDS = ("measures", "plane", "samples")
PRINT = "name => window.dispatchEvent(new Event(name))"


@pytest.fixture
def opened(open_pair: Callable) -> OpenedPair:
    """The page with an image, in a window of 1280 by 720."""
    found = open_pair("?image=7", shared=True)
    found.wait_for_axes()
    return found


def test_maps_digits_numbers_and_pad_fit_the_first_view_of_a_projector(opened: OpenedPair) -> None:
    boxes = [part.bounding_box() for part in opened.page.locator(FIRST).all()]
    assert len(boxes) == 10
    assert max(box["y"] + box["height"] for box in boxes) <= 720
    for letter in "AB":
        tops = {round(each.bounding_box()["y"]) for each in opened.side(letter).locator(".lse-legend button").all()}
        assert len(tops) == 1


def test_a_fold_is_drawn_when_it_is_opened_and_for_a_printer(opened: OpenedPair) -> None:
    drawn = {name: opened.page.get_by_test_id(name) for name in FOLDS}
    for name in FOLDS:
        expect(opened.page.locator(f"[data-fold={name}]")).not_to_have_attribute("open", "")
        expect(drawn[name]).not_to_have_attribute("data-ready", "true")
    opened.unfold("measures")
    expect(drawn["measures"]).to_have_attribute("data-ready", "true")
    opened.page.evaluate(PRINT, "beforeprint")
    for name in FOLDS:
        expect(drawn[name]).to_have_attribute("data-ready", "true")
        expect(drawn[name]).to_be_visible()
    opened.page.evaluate(PRINT, "afterprint")
    for name in FOLDS:
        expect(drawn[name]).to_be_visible(visible=name == "measures")


def test_the_headlines_are_headings(opened: OpenedPair) -> None:
    headlines = opened.page.locator(".lse-panel > summary").get_by_role("heading", level=2)
    expect(headlines).to_have_count(4)
    assert all(len(words.split()) >= 5 for words in headlines.all_inner_texts())
