"""The two twins of a likelihood, in Python and in JavaScript, agree."""

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from playwright.sync_api import Browser, Page
from torch import Tensor

from models.likelihood import LIKELIHOODS, Likelihood
from models.vae import PIXELS
from tests.browser.blank_page import DRAWING, INFERENCE, blank_page
from tests.conftest import seeded

STDDEVS = [0.07, 0.3]
COSTS = """([name, logits, x, stddev]) => {
    const costs = new Float64Array(x.length).fill(1);
    PIXELS_OF[name].addCosts(costs, Float32Array.from(logits), Float32Array.from(x), stddev, 0.5);
    return Array.from(costs);
}"""
MEANS = "([name, logits]) => Array.from(PIXELS_OF[name].mean(Float32Array.from(logits)))"
DRAWS = """([name, logits, stddev, count]) => {
    const uniform = uniformDraws(3);
    const noise = { uniform, normal: pairs => normalDraws(pairs, uniform) };
    const given = Float32Array.from(logits);
    return Array.from({ length: count }, () => Array.from(PIXELS_OF[name].draw(given, stddev, noise)));
}"""
each_likelihood = pytest.mark.parametrize("likelihood", LIKELIHOODS.values(), ids=list(LIKELIHOODS))


@pytest.fixture(scope="module")
def javascript(browser: Browser) -> Iterator[Page]:
    """A page that knows the likelihoods, and how to draw."""
    noise = [path for path in DRAWING if path.stem == "noise"]
    with blank_page(browser, [*noise, *INFERENCE]) as page:
        yield page


def some_logits(count: int = 784) -> Tensor:
    """Unsure ones and sure ones."""
    return 6 * torch.randn(count, generator=seeded())


def test_each_likelihood_has_its_twin(javascript: Page) -> None:
    assert javascript.evaluate("Object.keys(PIXELS_OF)") == list(LIKELIHOODS)


@each_likelihood
@pytest.mark.parametrize("stddev", STDDEVS)
def test_the_cost_of_each_pixel_is_that_of_torch(javascript: Page, likelihood: Likelihood, stddev: float) -> None:
    logits, pixels = some_logits(), torch.randint(0, 256, (1, PIXELS), generator=seeded(1), dtype=torch.uint8)
    x = likelihood.observe(pixels, seeded(2))[0]
    found = javascript.evaluate(COSTS, [likelihood.name, logits.tolist(), x.tolist(), stddev])
    expected = 1 - 0.5 * likelihood.distribution(logits.double(), stddev).log_prob(x.double())
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6)


@each_likelihood
def test_the_mean_of_a_pixel_is_that_of_torch(javascript: Page, likelihood: Likelihood) -> None:
    logits = some_logits()
    found = javascript.evaluate(MEANS, [likelihood.name, logits.tolist()])
    np.testing.assert_allclose(found, likelihood.distribution(logits.double(), 0.1).mean, rtol=1e-5, atol=1e-6)


@each_likelihood
def test_draws_have_the_mean_and_stddev_of_torch(javascript: Page, likelihood: Likelihood) -> None:
    count, stddev = 2000, 0.05
    logits = torch.linspace(-1, 1, 20)  # far from the ends, at which draws are clipped
    found = np.array(javascript.evaluate(DRAWS, [likelihood.name, logits.tolist(), stddev, count]))
    pixels = likelihood.distribution(logits.double(), stddev)
    error = (found.mean(axis=0) - pixels.mean.numpy()) / (pixels.stddev.numpy() / count**0.5)
    assert np.abs(error).max() < 4.5
    np.testing.assert_allclose(found.std(axis=0), pixels.stddev, rtol=0.12)
    assert set(np.unique(found)) == {0, 1} if likelihood.is_binary else len(np.unique(found)) > count
