"""A drawing goes from page to page in a tab until a test image takes its place, and is in the link."""

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.browser.opened_map import READ_PICTURE, READY_MS
from tests.browser.opened_pair import SEVEN, OpenedPair
from tests.browser.opened_probability import OpenedProbability

pytestmark = pytest.mark.slow
DRAWN = "your drawing"


def go(page: Page, name: str) -> None:
    page.get_by_test_id("stTopNav").get_by_role("link", name=name).click()


def picture(page: Page, place: str) -> np.ndarray:
    return np.array(page.locator(place).first.evaluate(READ_PICTURE)[::4])


def drawing_in_address(page: Page) -> str:
    return parse_qs(urlsplit(page.url).query)["drawing"][0]


def test_a_drawing_is_in_the_link_and_travels_until_an_image_is_chosen(open_pair: Callable) -> None:
    pair = open_pair(fresh=True)
    given = pair.page.get_by_test_id("given")
    pair.draw(SEVEN)
    expect(given).to_contain_text("centred")
    expect(pair.root).to_have_attribute("data-gliding", "false")
    drawing, places, at = drawing_in_address(pair.page), given.get_attribute("data-places"), codes(pair)
    assert {"z", "zb", "image"}.isdisjoint(parse_qs(urlsplit(pair.page.url).query))

    pair.page.reload()
    expect(given).to_have_attribute("data-places", places or "none")
    assert codes(pair) == at
    assert drawing_in_address(pair.page) == drawing

    go(pair.page, "Probability")
    other = OpenedProbability(pair.page)
    other.wait_until_ready()
    other.wait_for_answer()
    expect(pair.page.get_by_test_id("x-name")).to_contain_text(DRAWN)
    assert picture(pair.page, ".lse-x-picture").sum() > 0
    assert drawing_in_address(pair.page) == drawing

    go(pair.page, "Compare")
    pair.wait_until_ready()
    expect(given).to_have_attribute("data-places", places or "none")
    field = pair.page.get_by_test_id("number").locator("input")
    field.fill("7")
    field.press("Enter")
    expect(pair.root).to_have_attribute("data-image", "7")
    go(pair.page, "Probability")
    expect(pair.page.get_by_test_id("x-name")).to_contain_text("test image 7")


def codes(pair: OpenedPair) -> list[list[float]]:
    return [pair.z_of(letter) for letter in "AB"]


def test_what_a_scene_of_the_story_was_given_is_on_the_next_page(new_context: Callable, server: str) -> None:
    page = new_context(reduced_motion="reduce").new_page()
    page.goto(f"{server}story?scene=8")
    expect(page.locator("[data-testid=story][data-ready=true]")).to_be_attached(timeout=READY_MS)
    pair = OpenedPair(page)
    page.get_by_text("Draw your own x").click()
    pair.draw(SEVEN)
    title = page.locator(".lse-original figcaption")
    expect(title).to_have_text("x: your digit")
    page.keyboard.press("PageUp")
    expect(page.get_by_test_id("scene")).to_have_attribute("data-scene", "7")
    page.keyboard.press("PageDown")
    expect(title).to_contain_text("test image")
    page.get_by_text("Draw your own x").click()
    expect(title).to_have_text("x: your digit")
    go(page, "Compare")
    pair.wait_until_ready()
    expect(page.get_by_test_id("given")).to_contain_text("centred")
    assert drawing_in_address(page)
