"""The handle decodes under the pointer, in the browser alone, as torch would."""

import re
from collections.abc import Callable

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.browser.opened_map import SHARED_HALF, OpenedMap, decoded, lift

REFERENCE = "mnist-beta-1"
STEP = 0.02 * SHARED_HALF  # of an arrow key


def assert_decodes_as_torch(opened: OpenedMap) -> None:
    # One grey level for the rounding of the picture, one for the four decimals of data-z.
    assert np.abs(opened.picture() - decoded(REFERENCE, opened.z)).max() <= 2


def test_the_picture_follows_while_the_button_is_down_and_the_server_hears_nothing(open_map: Callable) -> None:
    opened = open_map(anywhere=True)
    opened.wait_for_axes()
    opened.drag((0, 0))
    opened.wait_for_z_in_the_address()
    opened.wait_for_silence()
    opened.grab()
    said, sent, shown = opened.page.url, len(opened.frames), [(opened.z, opened.picture().tobytes())]
    for z in [(0.5, 0.3), (1.5, 1.0), (-1.5, 1.5), (-2.5, -1.0)]:
        opened.page.mouse.move(*opened.place(z), steps=5)
        opened.wait_for_z(z)
        shown.append((opened.z, opened.picture().tobytes()))
    assert len(opened.frames) == sent
    assert opened.page.url == said
    assert len({z for z, _ in shown}) == len({picture for _, picture in shown}) == 5
    opened.page.mouse.up()
    opened.wait_for_z_in_the_address()
    opened.wait_for_silence()
    assert len(opened.frames) > sent


def test_the_picture_is_what_torch_decodes(open_map: Callable) -> None:
    opened = open_map(anywhere=True)
    assert_decodes_as_torch(opened)
    for z in [(0.7, -0.4), (0, 0), (-1.8, 0.9), (2.5, -2.5), (-3.9, -3.9)]:
        opened.drag(z)
        assert_decodes_as_torch(opened)
    opened.choose_image(0)  # from the corner, where the next hand would not find it


@pytest.mark.slow
def test_dragged_beyond_the_data_it_still_decodes_and_the_address_says_z_after_the_release(open_map: Callable) -> None:
    opened = open_map(anywhere=True)
    opened.drag((3.8, 3.8))
    assert_decodes_as_torch(opened)
    opened.wait_for_z_in_the_address()
    assert opened.said_z() == pytest.approx(opened.z, abs=1e-3)
    opened.choose_image(0)


@pytest.mark.slow
def test_dragged_out_of_the_map_the_handle_waits_at_the_edge(open_map: Callable) -> None:
    opened = open_map(anywhere=True)
    opened.drag((0.0, -4.3))
    expect(opened.handle).to_have_class(re.compile("lse-outside"))
    assert_decodes_as_torch(opened)
    away = opened.page.get_by_test_id("away")
    expect(away).to_contain_text(f"z is {abs(opened.z[1]) - SHARED_HALF:.2f} units away")
    opened.handle.click()
    opened.wait_for_z((0, 0))
    expect(away).to_be_hidden()


@pytest.mark.slow
def test_a_finger_drags_as_a_mouse_does_and_leaves_z_in_the_address_when_lifted(open_map: Callable) -> None:
    opened = open_map(has_touch=True)
    before = opened.picture()
    finger = opened.touch((0, 0), (0.5, -0.3), (1, -0.7), (1.5, -1))
    opened.wait_for_z((1.5, -1))
    assert not np.array_equal(opened.picture(), before)
    assert_decodes_as_torch(opened)
    assert "z" not in opened.query
    lift(finger)
    opened.page.wait_for_url("**/*z=*")


@pytest.mark.slow
def test_an_arrow_key_moves_the_handle_a_step_and_shift_makes_it_five(open_map: Callable) -> None:
    opened = open_map(anywhere=True)
    opened.drag((0, 0))
    at = np.array(opened.z)
    keys = {"ArrowRight": (1, 0), "ArrowUp": (0, 1), "Shift+ArrowLeft": (-5, 0), "Shift+ArrowDown": (0, -5)}
    for key, steps in keys.items():
        before, at = opened.picture(), at + STEP * np.array(steps)
        opened.handle.press(key)
        opened.wait_for_z(at.tolist(), within=2e-4)
        assert not np.array_equal(opened.picture(), before)
        assert_decodes_as_torch(opened)
    opened.wait_for_z_in_the_address()
