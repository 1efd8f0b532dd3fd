"""A drawing on both maps: each encoder places it, and none answers for a model that is not there."""

import re
from collections.abc import Callable

import numpy as np
import pytest
import torch
from playwright.sync_api import Route, expect

from models import gallery
from tests.browser.opened_map import decoded
from tests.browser.opened_pair import PAIR, SEVEN, A, B, OpenedPair, centre


def clear(opened: OpenedPair) -> None:
    opened.page.get_by_role("button", name="Clear").click()
    expect(opened.page.locator("circle.lse-guest")).to_have_count(0)


def test_a_drawing_is_placed_where_torch_places_what_the_page_says_was_given(open_pair: Callable) -> None:
    opened = open_pair(PAIR, anywhere=True)
    opened.draw(SEVEN)
    given = opened.page.get_by_test_id("given")
    expect(given.locator("figure")).to_have_count(4)
    x = torch.from_numpy(opened.picture(given.locator("canvas").nth(1)).astype(np.float32) / 255)
    assert set(x.unique().tolist()) == {0, 1}
    places = [[float(z) for z in text.split(",")] for text in given.get_attribute("data-places").split(";")]
    for letter, name, place in zip("AB", (A, B), places, strict=True):
        with torch.no_grad():
            q = gallery.read(name).vae().encode(x)
        assert place == pytest.approx(q.mean.tolist(), abs=1e-4)
        wanted = opened.place_on(letter, place)  # scrolls there
        assert centre(opened, letter, "circle.lse-guest") == pytest.approx(wanted, abs=1.5)
        assert opened.z_of(letter) == pytest.approx(place, abs=1e-4)
        expect(opened.side(letter).get_by_test_id("where")).to_have_text("the code of your drawing")
        expect(opened.side(letter).get_by_test_id("thumbnail")).to_be_visible()
        ring = opened.side(letter).locator("ellipse.lse-guest").first
        scale = opened.side(letter).locator(".lse-plot").bounding_box()["width"] / 8
        assert float(ring.get_attribute("rx")) == pytest.approx(q.stddev[0].item() * scale, rel=1e-3)
        rebuilt = opened.picture(given.locator("canvas").nth("AB".index(letter) + 2))
        assert np.abs(rebuilt - decoded(name, q.mean.tolist())).max() <= 1
    clear(opened)


@pytest.mark.slow
def test_another_model_takes_the_drawing_and_clearing_takes_it_away(open_pair: Callable) -> None:
    opened = open_pair(PAIR, anywhere=True)
    opened.draw(SEVEN)
    guest = opened.side("B").locator("circle.lse-guest")
    expect(guest).to_have_count(1)
    before = opened.page.get_by_test_id("given").get_attribute("data-places")
    opened.put("B", "mnist-beta-3")
    expect(opened.page.get_by_test_id("given")).not_to_have_attribute("data-places", before)
    expect(opened.page.get_by_test_id("receipt")).to_contain_text("Your drawing")
    clear(opened)
    expect(guest).to_have_count(0)
    expect(opened.page.get_by_test_id("receipt")).not_to_contain_text("Your drawing")
    opened.put("B", B)


@pytest.mark.slow
def test_without_an_encoder_a_drawing_has_no_place_and_the_page_says_why(open_pair: Callable) -> None:
    opened = open_pair(f"?a={gallery.EXACT}&b={B}")
    opened.draw([(0.5, 0.2), (0.5, 0.8)])
    expect(opened.page.get_by_test_id("given")).to_contain_text("A has no encoder")
    expect(opened.side("A").locator(".lse-guest")).to_have_count(0)
    expect(opened.side("B").locator(".lse-guest")).not_to_have_count(0)
    expect(opened.page.get_by_test_id("error")).to_be_hidden()


@pytest.mark.slow
def test_a_late_encoder_does_not_answer_for_the_model_that_came_after_it(open_pair: Callable) -> None:
    opened = open_pair(PAIR)
    held: list[Route] = []
    opened.page.route(re.compile(f"{B}-encoder"), lambda route: held.append(route))
    opened.draw(SEVEN)
    given = opened.page.get_by_test_id("given")
    opened.put("B", "mnist-beta-30")
    expect(given.locator("figure")).to_have_count(4)
    receipt = opened.page.get_by_test_id("receipt")
    expect(receipt).to_have_attribute("data-total", re.compile(","))
    places, bill = given.get_attribute("data-places"), receipt.get_attribute("data-total")
    assert held
    for route in held:
        with opened.page.expect_event("requestfinished"):
            route.continue_()
    opened.wait_for_silence()
    assert given.get_attribute("data-places") == places
    assert receipt.get_attribute("data-total") == bill


@pytest.mark.slow
def test_while_an_encoder_is_on_its_way_nothing_of_the_model_before_remains(open_pair: Callable) -> None:
    opened = open_pair(PAIR)
    opened.draw(SEVEN)
    guests = opened.page.locator("circle.lse-guest")
    expect(guests).to_have_count(2)
    held: list[Route] = []
    opened.page.route(re.compile("mnist-beta-3-encoder"), lambda route: held.append(route))
    opened.put("A", "mnist-beta-3")
    expect(guests).to_have_count(1)
    expect(opened.page.get_by_test_id("given")).not_to_contain_text("A rebuilds")
    expect(opened.page.get_by_test_id("receipt").locator("thead")).not_to_contain_text("A")
    for route in held:
        route.continue_()
    expect(guests).to_have_count(2)


@pytest.mark.slow
def test_an_encoder_that_cannot_be_had_is_asked_for_once_a_stroke(open_pair: Callable) -> None:
    opened = open_pair(PAIR)
    opened.break_requests(f"{B}-encoder")
    opened.draw(SEVEN)
    expect(opened.error).to_contain_text("encoder")
    expect(opened.side("A").locator("circle.lse-guest")).to_have_count(1)
    opened.wait_for_silence()
    assert 1 <= sum(f"{B}-encoder" in url for url in opened.requests) <= 2


@pytest.mark.slow
def test_a_drawing_outside_the_window_waits_at_its_edge_and_the_caption_says_so(open_pair: Callable) -> None:
    opened = open_pair(f"?a=mnist-beta-0&b={B}&scale=shared")
    opened.draw(SEVEN)
    expect(opened.side("A").locator(".lse-guest-outside")).to_have_count(1)
    expect(opened.page.get_by_test_id("caption")).to_contain_text("Your drawing lies outside the window of A.")
    opened.page.locator("[data-scale=fit]").click()
    expect(opened.page.locator(".lse-guest-outside")).to_have_count(0)
