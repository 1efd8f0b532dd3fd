"""Each map's handle is at its own code of what is selected, or all are at one z, and the link says which."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from explorer.server import link
from models import gallery
from tests.browser.blank_page import blank_page, modules
from tests.browser.opened_map import decoded, lonely_image
from tests.browser.opened_pair import PAIR, A, B, OpenedPair, centre

DIAL = gallery.DIAL


def mean_of(name: str, image: int) -> list[float]:
    return gallery.read(name).codes.mean[image].tolist()


def assert_linked(opened: OpenedPair, linked: bool) -> None:
    for handles, pressed in (("linked", linked), ("own", not linked)):
        button = opened.page.locator(f"[data-handles={handles}]")
        expect(button).to_have_attribute("aria-pressed", str(pressed).lower())


def drag_handle(opened: OpenedPair, letter: str, z: tuple[float, float]) -> None:
    place = opened.place_on(letter, z)  # scrolls there
    opened.page.mouse.move(*centre(opened, letter, ".lse-handle"))
    opened.page.mouse.down()
    opened.page.mouse.move(*place, steps=4)
    opened.page.mouse.up()


@pytest.mark.slow
def test_a_selected_image_sends_each_handle_to_its_own_code_and_each_moves_alone(
    open_pair: Callable, mnist_folder: Path
) -> None:
    opened = open_pair(PAIR, shared=True)
    opened.wait_for_axes()
    assert_linked(opened, True)
    image = lonely_image(B)
    opened.page.mouse.click(*opened.place_on("B", mean_of(B, image)))
    expect(opened.root).to_have_attribute("data-image", str(image))
    assert_linked(opened, False)
    for letter, name in (("A", A), ("B", B)):
        mean = mean_of(name, image)
        assert opened.z_of(letter) == pytest.approx(mean, abs=1e-4)
        picture = opened.picture(opened.side(letter).get_by_test_id("decoded"))
        assert np.abs(picture - decoded(name, mean)).max() <= 1
        expect(opened.side(letter).get_by_test_id("where")).to_have_text(f"the code of test image {image}")
        expect(opened.side(letter).get_by_test_id("thumbnail")).to_be_visible()
        place = opened.place_on(letter, mean)  # scrolls there
        for mark in (".lse-handle", ".lse-ring"):
            assert centre(opened, letter, mark) == pytest.approx(place, abs=1)
    drag_handle(opened, "B", (1, -1))
    opened.page.wait_for_url("**zb=*")
    assert opened.z_of("B") == pytest.approx((1, -1), abs=0.02)
    assert opened.z_of("A") == pytest.approx(mean_of(A, image), abs=1e-4)
    expect(opened.side("B").get_by_test_id("where")).to_have_text("z of this map alone")
    place = opened.place_on("B", mean_of(B, image))
    assert centre(opened, "B", ".lse-ring") == pytest.approx(place, abs=1)
    before = [opened.z_of(letter) for letter in "AB"]
    opened.page.reload()
    opened.wait_until_ready()
    assert [opened.z_of(letter) for letter in "AB"] == [pytest.approx(z, abs=1e-3) for z in before]
    assert_linked(opened, False)


def test_handles_that_are_linked_are_at_the_z_of_the_one_moved_last(open_pair: Callable) -> None:
    opened = open_pair(PAIR, anywhere=True)
    opened.choose_image(7)
    drag_handle(opened, "B", (1, -1))
    opened.page.locator("[data-handles=linked]").click()
    opened.page.wait_for_url(lambda url: "zb=" not in url and re.search(r"[?&]z=", url))
    assert opened.z_of("A") == opened.z_of("B") == pytest.approx((1, -1), abs=0.02)
    drag_handle(opened, "A", (0.5, 0.5))
    assert opened.z_of("A") == opened.z_of("B") == pytest.approx((0.5, 0.5), abs=0.02)
    opened.page.locator("[data-handles=own]").click()
    assert opened.z_of("A") == pytest.approx(mean_of(A, 7), abs=1e-4)
    assert opened.z_of("B") == pytest.approx(mean_of(B, 7), abs=1e-4)


def test_a_handle_at_a_code_follows_its_dial_and_one_that_was_moved_stays(open_pair: Callable) -> None:
    opened = open_pair(f"?a={DIAL}@0.3&b={DIAL}@10&image=7")
    table = gallery.read(gallery.DIAL).table
    means = {beta: table.mean[int((table.betas - beta).abs().argmin()), 7].tolist() for beta in (0.3, 3, 10)}
    for letter, beta in (("A", 0.3), ("B", 10)):
        assert opened.z_of(letter) == pytest.approx(means[beta], abs=2e-3)
    opened.side("B").locator("[data-mark='3']").click()
    expect(opened.side("B")).to_have_attribute("data-beta", "3")
    assert opened.z_of("B") == pytest.approx(means[3], abs=2e-3)
    assert opened.z_of("A") == pytest.approx(means[0.3], abs=2e-3)
    drag_handle(opened, "B", (1, 1))
    opened.side("B").locator("[data-mark='10']").click()
    expect(opened.side("B")).to_have_attribute("data-beta", "10")
    assert opened.z_of("B") == pytest.approx((1, 1), abs=0.02)


AGAIN = """([links, defaults]) => links.map(link => {
    const state = stateOf(link);
    return { ...link, ...linkOf(state, 4, defaults), zb: secondHandleOf(state, 4) };
})"""
LINKED = "links => links.map(link => stateOf(link).linked)"


@pytest.fixture(scope="module")
def javascript(browser: Browser) -> Iterator[Page]:
    with blank_page(browser, modules("link")) as page:
        yield page


def test_a_link_says_where_both_handles_are_and_old_links_mean_one_z(javascript: Page) -> None:
    start = link.defaults(link.COMPARE)
    said = [
        ({}, True),
        ({"z": "1,-2"}, True),
        ({"z": "1,-2", "image": "7"}, True),
        ({"image": "7"}, False),
        ({"image": "7", "zb": "0.5,0"}, False),
        ({"image": "7", "z": "0.5,0", "zb": "code"}, False),
        ({"z": "1,-2", "zb": "0.5,0"}, False),
        ({"zb": "0,0"}, False),
    ]
    links = [start | each for each, _ in said]
    assert [link.clean(each, link.COMPARE) for each in links] == links
    assert javascript.evaluate(AGAIN, [links, start]) == links
    assert javascript.evaluate(LINKED, links) == [linked for _, linked in said]
