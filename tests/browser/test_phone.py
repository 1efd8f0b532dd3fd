"""On a phone the map comes first and everything works by thumb; the dark scheme is a design of its own."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from models import gallery
from tests.browser.opened_map import OpenedMap, lift, lonely_image

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "device_scale_factor": 3}


@pytest.fixture
def phone(open_map: Callable) -> OpenedMap:
    opened = open_map(anywhere=True, **PHONE)
    opened.wait_for_axes()
    return opened


def test_nothing_scrolls_sideways_and_the_map_comes_before_the_decoded_picture(phone: OpenedMap) -> None:
    assert phone.page.evaluate("innerWidth") == 390
    assert phone.page.evaluate("document.scrollingElement.scrollWidth") <= 390
    main = phone.page.get_by_test_id("stMain")
    assert main.evaluate("main => main.scrollWidth <= main.clientWidth")
    plot, picture = phone.plot.bounding_box(), phone.page.get_by_test_id("decoded").bounding_box()
    assert plot["y"] + plot["height"] < picture["y"]
    assert plot["y"] + plot["height"] < 844


def test_every_control_is_large_enough_for_a_thumb(phone: OpenedMap) -> None:
    boxes = [button.bounding_box() for button in phone.root.locator("button:visible").all()]
    boxes += [phone.switch.bounding_box(), phone.handle.bounding_box()]
    assert min(box["height"] for box in boxes) >= 40


@pytest.mark.slow
def test_a_thumb_drags_the_handle(phone: OpenedMap) -> None:
    x, y = phone.z
    finger = phone.touch((x, y), (x - 0.5, y + 0.5), (x - 1, y + 1))
    lift(finger)
    phone.wait_for_z((x - 1, y + 1), within=0.05)
    phone.wait_for_z_in_the_address()


@pytest.mark.slow
def test_a_tap_turns_the_kl_term_off(phone: OpenedMap) -> None:
    phone.switch.tap()
    expect(phone.root).to_have_attribute("data-model", "mnist-beta-0")
    expect(phone.switch).to_have_attribute("aria-checked", "false")
    phone.switch.tap()
    expect(phone.root).to_have_attribute("data-model", gallery.REFERENCE)


@pytest.mark.slow
def test_a_tap_on_a_point_selects_its_image(phone: OpenedMap) -> None:
    image = lonely_image(gallery.REFERENCE)
    phone.page.touchscreen.tap(*phone.place(gallery.read(gallery.REFERENCE).codes.mean[image].tolist()))
    expect(phone.root).to_have_attribute("data-image", str(image))


@pytest.mark.slow
def test_the_map_wears_the_scheme_of_the_visitor_and_follows_a_change(open_map: Callable) -> None:
    opened = open_map(fresh=True, color_scheme="dark")
    expect(opened.root).to_have_attribute("data-theme", "dark")
    before = opened.points()
    opened.page.emulate_media(color_scheme="light")
    expect(opened.root).to_have_attribute("data-theme", "light")
    assert opened.points() != before
