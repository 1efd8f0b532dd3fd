"""Without MNIST's files each page works and says what is missing."""

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from playwright.sync_api import expect

from models import gallery
from tests.browser.conftest import openings
from tests.browser.map.test_faults import assert_draggable
from tests.browser.map.test_select_and_hover import assert_card_names, hover_over
from tests.browser.opened_map import decoded, lonely_image
from tests.browser.opened_pair import PAIR, SEVEN, B
from tests.browser.opened_probability import OpenedProbability
from tests.browser.probability.test_probability import assert_adds_up

pytestmark = pytest.mark.slow

REFERENCE = gallery.REFERENCE


@pytest.fixture
def open_probability_without_files(new_context: Callable, server_without_files: str) -> Iterator[Callable]:
    """As open_probability, where the MNIST files are missing."""
    yield from openings(new_context, f"{server_without_files}probability", OpenedProbability)


def test_the_map_says_that_no_original_is_here(open_map_without_files: Callable) -> None:
    opened = open_map_without_files(f"?model={REFERENCE}&image=17")
    panel = opened.page.get_by_test_id("image")
    expect(panel).to_contain_text("The MNIST images are not on the server")
    expect(panel.locator("figure")).to_have_count(1)
    expect(opened.error).to_be_hidden()
    assert_draggable(opened)
    assert opened.root.get_attribute("data-model") == REFERENCE


def test_hovering_shows_the_reconstruction(open_map_without_files: Callable) -> None:
    opened = open_map_without_files()
    opened.wait_for_axes()
    image = lonely_image(REFERENCE)
    hover_over(opened, image)
    assert_card_names(opened, image, "reconstruction")
    shown = opened.picture(opened.page.get_by_test_id("hover").locator("canvas"))
    code = gallery.read(REFERENCE).codes.mean[image]
    assert np.abs(shown - decoded(REFERENCE, code.tolist())).max() <= 1


def test_the_receipt_says_what_is_missing(open_pair_without_files: Callable) -> None:
    opened = open_pair_without_files(f"{PAIR}&image=7")
    receipt = opened.page.get_by_test_id("receipt")
    expect(receipt).to_contain_text("not on the server")
    assert f"{gallery.read(B).codes.reconstruction[7].item():.1f}" in receipt.inner_text()


def test_a_drawing_is_answered(open_probability_without_files: Callable) -> None:
    opened = open_probability_without_files()
    expect(opened.page.get_by_test_id("invitation")).to_be_visible()
    opened.draw(*SEVEN)
    opened.wait_for_answer()
    assert_adds_up(opened, REFERENCE)
