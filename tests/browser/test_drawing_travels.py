"""A drawing goes from page to page in a tab, until a test image takes its place."""

from collections.abc import Callable

import numpy as np
from playwright.sync_api import Page, expect

from tests.browser.opened_map import READ_PICTURE
from tests.browser.opened_pair import SEVEN
from tests.browser.opened_probability import OpenedProbability

DRAWN = "your drawing"


def go(page: Page, name: str) -> None:
    page.get_by_test_id("stTopNav").get_by_role("link", name=name).click()


def picture(page: Page, place: str) -> np.ndarray:
    return np.array(page.locator(place).first.evaluate(READ_PICTURE)[::4])


def test_a_drawing_travels_to_the_other_page_and_back(open_pair: Callable) -> None:
    pair = open_pair(fresh=True)
    pair.draw(SEVEN)
    expect(pair.page.get_by_test_id("given")).to_contain_text("centred")
    go(pair.page, "Probability")
    other = OpenedProbability(pair.page)
    other.wait_until_ready()
    other.wait_for_answer()
    expect(pair.page.get_by_test_id("x-name")).to_contain_text(DRAWN)
    assert picture(pair.page, ".lse-x-picture").sum() > 0
    expect(pair.page.locator(".lse-pad")).to_have_attribute("data-empty", "false")
    go(pair.page, "Compare")
    pair.wait_until_ready()
    expect(pair.page.get_by_test_id("given")).to_contain_text("centred")
    expect(pair.page.locator(".lse-pad")).to_have_attribute("data-empty", "false")
    assert pair.page.get_by_test_id("given").get_attribute("data-places")
    field = pair.page.get_by_test_id("number").locator("input")
    field.fill("7")
    field.press("Enter")
    expect(pair.root).to_have_attribute("data-image", "7")
    go(pair.page, "Probability")
    expect(pair.page.get_by_test_id("x-name")).to_contain_text("test image 7")
