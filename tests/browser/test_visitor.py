"""A visitor is one and the same in every tab, after a reload, and to no script."""

import os
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from explorer.visitor import COOKIE
from tests.browser.conftest import served
from tests.runs.running import ANN


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a page that tells the visitor's number."""
    with served(dict(os.environ), tmp_path_factory.mktemp("server") / "log", "tests/browser/visitor_app.py") as address:
        yield address


def number(page: Page) -> str:
    text = page.get_by_test_id("stText")
    expect(text).to_have_count(1)
    return text.inner_text()


@pytest.mark.slow
def test_two_tabs_that_a_new_visitor_opens_at_once_are_one(
    new_context: Callable[..., BrowserContext], server: str
) -> None:
    context = new_context()
    tabs = [context.new_page() for _ in range(3)]
    for tab in tabs:
        tab.goto(server, wait_until="commit")
    numbers = {number(tab) for tab in tabs}
    assert len(numbers) == 1
    tabs[0].reload()
    assert {number(tabs[0])} == numbers
    assert tabs[0].evaluate("document.cookie").find(COOKIE) == -1
    other = new_context().new_page()
    other.goto(server)
    assert number(other) not in numbers


def test_who_had_a_cookie_of_a_script_keeps_the_number(new_context: Callable[..., BrowserContext], server: str) -> None:
    context = new_context()
    context.add_cookies([{"name": COOKIE, "value": ANN, "url": server}])
    page = context.new_page()
    page.goto(server)
    assert number(page) == ANN
    assert [each["httpOnly"] for each in context.cookies() if each["name"] == COOKIE] == [True]
