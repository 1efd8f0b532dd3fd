"""A drawing goes from page to page in a tab until a test image takes its place, and is in the link."""

import re
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import numpy as np
from playwright.sync_api import Page, expect

from tests.browser.opened_map import READ_PICTURE, READY_MS
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


def test_a_link_has_the_drawing_and_where_the_handles_are(open_pair: Callable, open_probability: Callable) -> None:
    pair = open_pair()
    pair.draw(SEVEN)
    given = pair.page.get_by_test_id("given")
    expect(given).to_contain_text("centred")
    expect(pair.root).to_have_attribute("data-gliding", "false")
    query = urlsplit(pair.page.url).query
    drawn = parse_qs(query)["drawing"]
    assert {"z", "zb", "image"}.isdisjoint(parse_qs(query))
    places, [a, b] = given.get_attribute("data-places"), [pair.z_of(letter) for letter in "AB"]
    again = open_pair(f"?{query}")
    expect(again.page.get_by_test_id("given")).to_have_attribute("data-places", places)
    assert [again.z_of(letter) for letter in "AB"] == [a, b]
    assert parse_qs(urlsplit(again.page.url).query)["drawing"] == drawn
    other = open_probability(f"?drawing={drawn[0]}&z=1,-1")
    other.wait_for_answer()
    expect(other.page.get_by_test_id("x-name")).to_contain_text(DRAWN)
    expect(other.root).to_have_attribute("data-z", "1.0000,-1.0000")


def test_the_story_takes_a_drawing_over_and_gives_one_back(open_pair: Callable) -> None:
    pair = open_pair(fresh=True)
    pair.draw(SEVEN)
    expect(pair.page.get_by_test_id("given")).to_contain_text("centred")
    first = parse_qs(urlsplit(pair.page.url).query)["drawing"]
    go(pair.page, "Story")
    expect(pair.page.locator("[data-testid=story][data-ready=true]")).to_be_attached(timeout=READY_MS)
    pair.page.get_by_text("Draw your own x").click()
    canvas = pair.page.locator(".lse-pad-canvas")
    expect(canvas).to_have_attribute("aria-label", re.compile("strokes so far: 1"))
    pair.draw([(0.2, 0.5), (0.7, 0.5)])
    expect(canvas).to_have_attribute("aria-label", re.compile("strokes so far: 2"))
    go(pair.page, "Compare")
    pair.wait_until_ready()
    expect(pair.page.get_by_test_id("given")).to_contain_text("centred")
    second = parse_qs(urlsplit(pair.page.url).query)["drawing"]
    assert second[0].startswith(f"{first[0]}.")
