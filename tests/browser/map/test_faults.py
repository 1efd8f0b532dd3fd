"""What cannot be loaded is said in a sentence, and the rest of the map goes on."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.opened_map import OpenedMap

ON, OTHER = "mnist-beta-1", "mnist-beta-3"


def assert_draggable(opened: OpenedMap) -> None:
    opened.drag((1, 1))
    opened.page.wait_for_url("**/*z=*")


def test_a_model_that_does_not_load_leaves_the_old_one_and_can_be_chosen_again(open_map: Callable) -> None:
    opened = open_map()
    opened.wait_for_axes()
    before = opened.points()
    opened.break_requests(f"/{OTHER}-")
    opened.model_button(OTHER).click()
    expect(opened.error).to_be_visible()
    expect(opened.error).to_contain_text("could not be loaded")
    expect(opened.root).to_have_attribute("data-model", ON)
    expect(opened.model_button(ON)).to_have_attribute("aria-pressed", "true")
    assert opened.query["model"] == ON
    assert opened.points() == before
    opened.mend_requests()
    opened.choose(OTHER)
    expect(opened.error).to_be_hidden()


@pytest.mark.slow
def test_when_the_first_model_does_not_load_it_is_said_and_can_be_chosen_again(open_map: Callable) -> None:
    opened = open_map(broken=f"/{ON}-")
    expect(opened.error).to_contain_text("could not be loaded")
    opened.mend_requests()
    opened.model_button(ON).click()
    opened.wait_until_ready()
    expect(opened.error).to_be_hidden()
    assert_draggable(opened)


@pytest.mark.slow
def test_when_the_first_model_does_not_load_another_can_be_chosen(open_map: Callable) -> None:
    opened = open_map(broken=f"/{ON}-")
    expect(opened.error).to_contain_text("could not be loaded")
    opened.model_button(OTHER).click()
    opened.wait_until_ready()
    assert_draggable(opened)


@pytest.mark.slow
def test_without_plotly_the_map_is_draggable_and_says_what_is_missing(open_map: Callable) -> None:
    opened = open_map(broken="/plotly-")
    opened.wait_until_ready()
    expect(opened.error).to_contain_text("The axes could not be loaded")
    assert_draggable(opened)


@pytest.mark.slow
def test_originals_that_do_not_load_are_replaced_by_reconstructions(open_map: Callable, mnist_folder: object) -> None:
    opened = open_map("?model=mnist-beta-1&image=17", broken="/mnist-test-")
    opened.wait_until_ready()
    expect(opened.error).to_contain_text("The original images could not be loaded")
    expect(opened.page.get_by_test_id("image").locator("figure")).to_have_count(1)
