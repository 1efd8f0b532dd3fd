"""Pan and zoom: points, handle and axes stay together, and the address remembers the window."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from models import gallery
from tests.browser.opened_map import SHARED_HALF, OpenedMap, lonely_image


def view(opened: OpenedMap) -> list[float]:
    """Centre and half side of the window, as the address says."""
    opened.page.wait_for_url("**/*view=*")
    return [float(part) for part in opened.query["view"].split(",")]


def axis_range(opened: OpenedMap) -> list[float]:
    return opened.page.locator(".lse-axes").evaluate("axes => axes._fullLayout.xaxis.range")


def handle_at(opened: OpenedMap) -> tuple[float, float]:
    box = opened.handle.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def follow(opened: OpenedMap) -> None:
    """Give the window back to the codes."""
    opened.page.get_by_role("button", name="Follow the codes").click()
    opened.page.wait_for_url(lambda url: "view" not in url)


def test_the_buttons_zoom_about_the_handle(open_map: Callable) -> None:
    opened = open_map(anywhere=True)
    opened.wait_for_axes()
    opened.drag((1, 0.5))
    before, place = opened.points(), handle_at(opened)
    opened.page.get_by_role("button", name="Zoom in").click()
    x, _, half = view(opened)
    assert half == pytest.approx(SHARED_HALF / 1.5, rel=1e-3)
    assert axis_range(opened) == pytest.approx([x - half, x + half], abs=1e-3)
    assert handle_at(opened) == pytest.approx(place, abs=0.5)
    assert opened.points() != before
    opened.page.get_by_role("button", name="Zoom out").click()
    opened.page.wait_for_url(lambda url: f"%2C{SHARED_HALF}" in url)
    follow(opened)


def test_a_drag_of_the_paper_moves_points_axes_and_handle_alike(open_map: Callable) -> None:
    opened = open_map(anywhere=True)
    opened.wait_for_axes()
    before, place, z = opened.points(), handle_at(opened), opened.z
    opened.page.mouse.move(*opened.place((-3.5, 3)))
    opened.page.mouse.down()
    opened.page.mouse.move(*opened.place((-2.5, 2)), steps=5)
    opened.page.mouse.up()
    x, y, half = view(opened)
    assert (x, y, half) == pytest.approx((-1, 1, SHARED_HALF), abs=0.02)
    assert axis_range(opened) == pytest.approx([x - half, x + half], abs=0.01)
    unit = opened.box()["width"] / (2 * SHARED_HALF)
    assert handle_at(opened) == pytest.approx((place[0] + unit, place[1] + unit), abs=1)
    assert opened.points() != before
    assert opened.z == z
    follow(opened)


def test_the_wheel_zooms_and_a_double_click_goes_back(open_map: Callable) -> None:
    opened = open_map(anywhere=True)
    opened.wait_for_axes()
    opened.drag((0, 0))
    opened.page.evaluate("document.activeElement.blur()")
    before, corner = opened.points(), opened.place((3.4, 3.4))  # where no code is near, for a click selects
    hint = opened.page.get_by_test_id("wheel-hint")
    opened.page.mouse.move(*corner)
    opened.page.mouse.wheel(0, -200)
    expect(hint).to_be_visible()
    assert opened.view()[2] == SHARED_HALF
    opened.page.keyboard.down("Control")
    opened.page.mouse.wheel(0, -200)
    opened.page.keyboard.up("Control")
    assert view(opened)[2] < SHARED_HALF
    opened.press_twice(lambda: opened.page.mouse.dblclick(*corner), lambda url: "view" not in url)
    opened.page.mouse.wheel(0, -200)  # the click gave the map the focus
    assert view(opened)[2] < SHARED_HALF
    opened.press_twice(lambda: opened.page.mouse.dblclick(*corner), lambda url: "view" not in url)
    expect(opened.root).to_have_attribute("data-gliding", "false")
    assert opened.points() == before


@pytest.mark.slow
def test_a_pan_hides_no_class(open_map: Callable) -> None:
    opened = open_map("?model=mnist-beta-1&digits=17")
    opened.wait_for_axes()
    opened.page.get_by_role("button", name="Zoom out").click()
    view(opened)
    assert opened.query["digits"] == "17"


@pytest.mark.slow
def test_a_double_click_on_a_code_goes_back_too(open_map: Callable) -> None:
    opened = open_map("?model=mnist-beta-1&view=0,0,3.9")
    opened.wait_for_axes()
    code = gallery.read(gallery.REFERENCE).codes.mean[lonely_image(gallery.REFERENCE)].tolist()
    opened.press_twice(lambda: opened.page.mouse.dblclick(*opened.place(code)), lambda url: "view" not in url)
    expect(opened.root).to_have_attribute("data-gliding", "false")
