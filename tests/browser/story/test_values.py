"""KL as a sum, and entropy, of a z of few values."""

import numpy as np
import pytest
from playwright.sync_api import Browser

from tests.browser.blank_page import blank_page, modules


def divergence(p: np.ndarray, q: np.ndarray) -> float:
    return float(np.sum(p * np.log(p / q)))


def test_the_figures_of_few_values_are_those_of_their_definitions(browser: Browser) -> None:
    logs = -150 + 20 * np.random.default_rng(0).random(10)
    with blank_page(browser, modules("story/values")) as page:
        found = page.evaluate("logs => figuresOf(logs)", logs.tolist())
    q, p = np.full(10, 0.1), np.exp(logs + 140) / np.exp(logs + 140).sum()
    assert found["told"] == pytest.approx(divergence(p, q))
    assert found["reverse"] == pytest.approx(divergence(q, p))
    assert found["byTheMean"] == pytest.approx(divergence(q, (p + q) / 2) + divergence((p + q) / 2, p))
    assert found["entropy"] == pytest.approx(-np.sum(p * np.log(p)))
    assert found["byTheMean"] < found["reverse"]  # which no distance does
