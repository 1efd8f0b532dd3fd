"""One image under one model has one -ELBO, on the map, on the receipt and on the page of the exact posterior."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.opened_map import OpenedMap
from tests.browser.opened_pair import OpenedPair
from tests.browser.opened_probability import OpenedProbability

TOLERANCE = 0.1 + 1e-6
"""The map and the receipt print one decimal, each of a number within 0.05 nats of the integral."""

CASES = [("mnist-beta-10", 247), ("mnist-beta-1", 18)]


def number(text: str) -> float:
    return float(text.split()[0].replace("−", "-"))


@pytest.mark.slow
@pytest.mark.usefixtures("mnist_folder")
def test_three_pages_say_one_number(open_map: Callable, open_pair: Callable, open_probability: Callable) -> None:
    """The last page has the integral itself, refined until it no longer moves."""
    on_map, pair, page = open_map(anywhere=True), open_pair("?b=mnist-beta-3"), open_probability()
    for model, image in CASES:
        exact = negative_elbo(page, model, image)
        assert on_receipt(pair, model, image) == pytest.approx(exact, abs=0.05), (model, image)
        assert on_card(on_map, model, image) == pytest.approx(exact, abs=TOLERANCE), (model, image)


def on_card(opened: OpenedMap, model: str, image: int) -> float:
    """-ELBO to one decimal."""
    opened.choose(model)
    opened.choose_image(image)
    return number(opened.page.get_by_test_id("image").locator("dd").nth(2).inner_text())


def on_receipt(opened: OpenedPair, model: str, image: int) -> float:
    """The total of A."""
    opened.put("A", model)
    opened.choose_image(image)
    receipt = opened.page.get_by_test_id("receipt")
    expect(receipt).to_contain_text(f"Test image {image},")
    expect(receipt).to_have_attribute("data-ready", "true")
    return float(str(receipt.get_attribute("data-total")).split(",")[0])


def negative_elbo(opened: OpenedProbability, model: str, image: int) -> float:
    """To three decimals."""
    if opened.root.get_attribute("data-model") != model:
        before = opened.answer
        opened.choose(model)
        opened.wait_for_answer(before)
    before = opened.answer
    opened.choose_image(image)
    opened.wait_for_answer(before)
    words = opened.page.get_by_test_id("identity").inner_text().replace("\n", " ")
    found = re.search(r"−ELBO = .* = (−?[\d.]+) nats", words)
    assert found, words
    return number(found[1])
