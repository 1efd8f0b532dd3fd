"""The legend chooses the classes that the canvas shows."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.opened_map import OpenedMap


def click_on_class(opened: OpenedMap, digit: int) -> None:
    opened.page.locator(".lse-legend button").nth(digit).click()


def test_a_click_on_a_digit_hides_its_class_and_another_shows_it_again(open_map: Callable) -> None:
    opened = open_map(anywhere=True)
    opened.wait_for_axes()
    before = opened.points()
    click_on_class(opened, 3)
    opened.page.wait_for_url("**/*digits=012456789*")
    expect(opened.letters).to_have_text(list("012456789"))
    assert opened.points() != before
    click_on_class(opened, 3)
    opened.page.wait_for_url(lambda url: "digits" not in url)
    expect(opened.letters).to_have_text(list("0123456789"))
    assert opened.points() == before


def test_a_double_click_on_a_digit_shows_it_alone(open_map: Callable) -> None:
    opened = open_map(anywhere=True)
    opened.wait_for_axes()
    toggle = opened.page.locator(".lse-legend button").nth(4)
    opened.press_twice(toggle.dblclick, lambda url: url.endswith("digits=4"))
    expect(opened.letters).to_have_text(["4"])
    opened.press_twice(toggle.dblclick, lambda url: "digits" not in url)
    expect(opened.letters).to_have_text(list("0123456789"))


def test_a_link_that_hides_a_class_greys_it_in_the_legend(open_map: Callable) -> None:
    opened = open_map("?model=mnist-beta-1&digits=7")
    opened.wait_for_axes()
    expect(opened.letters).to_have_text(["7"])
    click_on_class(opened, 1)
    opened.page.wait_for_url("**/*digits=17*")
    expect(opened.letters).to_have_text(["1", "7"])
