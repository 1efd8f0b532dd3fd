"""One image under one model has one -ELBO, on the map, on the receipt and on the page of the exact posterior."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.opened_probability import OpenedProbability

TOLERANCE = 0.1 + 1e-6
"""The map and the receipt print one decimal, each of a number within 0.05 nats of the integral."""

CASES = [("mnist-beta-10", 247), ("mnist-beta-10", 8), ("mnist-beta-10", 0), ("mnist-beta-1", 18)]


def number(text: str) -> float:
    return float(text.split()[0].replace("−", "-"))


@pytest.mark.usefixtures("mnist_folder")
def test_three_pages_say_one_number(open_map: Callable, open_pair: Callable, open_probability: Callable) -> None:
    """The last page has the integral itself, refined until it no longer moves."""
    for model, image in CASES:
        on_map = open_map(f"?model={model}&image={image}")
        card = number(on_map.page.get_by_test_id("image").locator("dd").nth(2).inner_text())
        pair = open_pair(f"?a={model}&b=mnist-beta-3&image={image}")
        receipt = pair.page.get_by_test_id("receipt")
        expect(receipt).to_have_attribute("data-ready", "true")
        bill = float(str(receipt.get_attribute("data-total")).split(",")[0])
        exact = negative_elbo(open_probability(f"?model={model}&image={image}"))
        assert bill == pytest.approx(exact, abs=0.05), (model, image)
        assert card == pytest.approx(exact, abs=TOLERANCE), (model, image)
        for each in (on_map, pair):
            each.page.close()


def negative_elbo(opened: OpenedProbability) -> float:
    """-ELBO, to three decimals."""
    opened.wait_for_answer()
    words = opened.page.get_by_test_id("identity").inner_text().replace("\n", " ")
    found = re.search(r"−ELBO = .* = (−?[\d.]+) nats", words)
    assert found, words
    opened.page.close()
    return number(found[1])
