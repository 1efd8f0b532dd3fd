"""Numbers of the probability page are printed as what they are, and bounds never below it."""

import math
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser, Page

from tests.browser.blank_page import blank_page, modules


@pytest.fixture(scope="module")
def javascript(browser: Browser) -> Iterator[Page]:
    """A page that prints numbers."""
    with blank_page(browser, modules("ticks")) as page:
        yield page


def printed(page: Page, function: str, value: float) -> float:
    return float(page.evaluate(f"value => {function}(value)", value).replace("−", "-"))


@given(st.floats(1e-30, 0.99))
@settings(max_examples=50)
def test_a_small_number_is_printed_with_one_digit_and_its_bound_is_none_less(javascript: Page, value: float) -> None:
    unit = 10.0 ** math.floor(math.log10(value))
    assert printed(javascript, "tiny", value) == pytest.approx(value, abs=unit / 2 * (1 + 1e-9))
    bound = printed(javascript, "atMost", value)
    assert value * (1 - 1e-9) <= bound <= 2 * value * (1 + 1e-9)


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (3e-10, "3e−10"), (0.00116, "0.001"), (2e-20, "2e−20"), (0.5, "0.5")]
)
def test_nothing_is_lost_of_an_exponent(javascript: Page, value: float, text: str) -> None:
    assert javascript.evaluate("value => tiny(value)", value) == text
