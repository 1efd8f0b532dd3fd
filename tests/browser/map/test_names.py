"""The names of the classes lie neither on each other nor on the handle, its words, the scale bar or the buttons."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.opened_map import OpenedMap

OVERLAPS = """() => {
    const shown = (node) => node.checkVisibility({ opacityProperty: true });
    const inner = (node, by) => {
        const { left, right, top, bottom } = node.getBoundingClientRect();
        return { name: node.textContent, left: left + by, right: right - by, top: top + by, bottom: bottom - by };
    };
    const all = (selector, by) => [...document.querySelectorAll(selector)].filter(shown).map((node) => inner(node, by));
    // A digit is less high than its line.
    const names = all(".lse-letter", 5);
    const handle = [...all(".lse-handle", 11), ...all(".lse-handle > span", 3)];
    const others = [...handle, ...all(".lse-zoom button", 3), ...all(".lse-rule", 0)];
    const touch = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
    return {
        names: names.length,
        pairs: names.flatMap((a, i) => {
            return [...names.slice(i + 1), ...others].filter((b) => touch(a, b)).map((b) => [a.name, b.name]);
        }),
    };
}"""
# Style sheets let a text that stays in the document glide to another place.
KEEP = "() => (window.kept = [...document.querySelectorAll('.lse-letter')])"
KEPT = """() => window.kept.every((text) => {
    return text.isConnected && getComputedStyle(text).transitionProperty.includes("transform");
})"""


def assert_apart(opened: OpenedMap, at_least: int) -> None:
    found = opened.page.evaluate(OVERLAPS)
    assert found["names"] >= at_least
    assert found["pairs"] == []


@pytest.mark.parametrize(("query", "at_least"), [("", 10), ("?model=mnist-beta-30", 8), ("?model=mnist-beta-0", 8)])
def test_no_name_lies_on_another_or_on_the_handle(open_map: Callable, query: str, at_least: int) -> None:
    assert_apart(open_map(query), at_least)


@pytest.mark.slow
def test_names_make_room_for_the_handle_once_it_stands_and_glide(open_map: Callable) -> None:
    opened = open_map(reduced_motion="no-preference")
    opened.page.evaluate(KEEP)
    opened.drag([1.05, -1.65])
    opened.page.wait_for_timeout(400)
    assert_apart(opened, 10)
    opened.switch.click()
    expect(opened.root).to_have_attribute("data-beta", "0")
    expect(opened.root).to_have_attribute("data-gliding", "false")
    assert opened.page.evaluate(KEPT)
