"""The encoder and the loss terms in JavaScript are those of torch."""

from collections.abc import Iterator
from itertools import product

import numpy as np
import pytest
import safetensors.torch
import torch
from numpy.polynomial.hermite_e import hermegauss
from playwright.sync_api import Browser, Page
from torch.distributions import Independent, Normal, kl_divergence

from models import checkpoint, gallery
from models.data import Dataset, binarise, grey_levels
from models.likelihood import LIKELIHOODS
from models.quadrature import WIDTHS, _rule
from models.vae import _MAX_LOG_STDDEV, _MIN_LOG_STDDEV, PIXELS, VAE, prior
from tests.browser.blank_page import INFERENCE, address_of, blank_page
from tests.conftest import seeded

ENCODE = """async ([address, images]) => {
    const encoder = await fetchEncoder(address);
    return images.map(x => Object.values(encoder.encode(Float32Array.from(x))).map(part => Array.from(part)));
}"""
TERMS = """async ([encoderAddress, decoderAddress, x, likelihood, pixelStddev]) => {
    const encoder = await fetchEncoder(encoderAddress);
    const decoder = new Decoder(await fetchTensors(decoderAddress));
    const image = Float32Array.from(x);
    const terms = termsOf(encoder.encode(image), decoder, image, likelihood, pixelStddev);
    return { ...terms, pixels: Array.from(terms.pixels) };
}"""
# The browser takes a step now and then, between frames; here all at once.
TERMS_OF = """() => {
    window.termsOf = (...given) => {
        const steps = termsInSteps(...given);
        let step = steps.next();
        while (!step.done) step = steps.next();
        return step.value;
    };
}"""
KL_PARTS = """([mean, stddev]) => mean.map((_, row) => {
    return klParts({ mean: Float32Array.from(mean[row]), stddev: Float32Array.from(stddev[row]) });
})"""
SURE = """([logit, x, likelihood]) => {
    const q = { mean: new Float32Array(2), stddev: Float32Array.of(1, 1) };
    return termsOf(q, { logits: () => Float32Array.of(logit) }, Float32Array.of(x), likelihood, 0).reconstruction;
}"""
SOME = ["mnist-beta-0", "mnist-beta-1", "mnist-beta-30"]


@pytest.fixture(scope="module")
def javascript(browser: Browser) -> Iterator[Page]:
    """A page that knows encoder, decoder and terms."""
    with blank_page(browser, INFERENCE) as page:
        page.evaluate(TERMS_OF)
        yield page


def images() -> torch.Tensor:
    """No ink, all ink, binary noise, grey noise: [22, 784]."""
    noise = torch.rand(20, PIXELS, generator=seeded())
    return torch.cat([torch.zeros(1, PIXELS), torch.ones(1, PIXELS), noise[:10].round(), noise[10:]])


def encoded(page: Page, weights: dict[str, torch.Tensor], x: torch.Tensor) -> np.ndarray:
    """mean and stddev of each image, [N, 2, 2]."""
    return np.array(page.evaluate(ENCODE, [address_of(checkpoint.encoder_bytes(weights)), x.tolist()]))


@pytest.mark.parametrize("name", [name for name, recipe in gallery.recipes().items() if recipe.has_encoder])
def test_javascript_encodes_as_torch_does(javascript: Page, name: str) -> None:
    model = gallery.read(name)
    found = encoded(javascript, model.weights, images())
    with torch.no_grad():
        q = model.vae().encode(images())
    np.testing.assert_allclose(found[:, 0], q.mean, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(found[:, 1], q.stddev, rtol=1e-3)


def test_stddev_has_the_floor_that_the_model_has(javascript: Page, tiny_vae: VAE) -> None:
    torch.nn.init.constant_(tiny_vae.encoder[-1].bias, -30.0)
    (mean, stddev), *_ = encoded(javascript, checkpoint.half_weights(tiny_vae), torch.zeros(1, PIXELS))
    with torch.no_grad():
        q = tiny_vae.encode(torch.zeros(1, PIXELS))
    np.testing.assert_allclose(mean, q.mean[0], rtol=1e-3)
    np.testing.assert_allclose(stddev, q.stddev[0], rtol=1e-6)


def test_the_bounds_of_sigma_are_those_of_the_model(javascript: Page) -> None:
    assert javascript.evaluate("[MIN_LOG_STDDEV, MAX_LOG_STDDEV]") == [_MIN_LOG_STDDEV, _MAX_LOG_STDDEV]


def test_the_rule_is_the_one_of_numpy(javascript: Page) -> None:
    nodes, weights = hermegauss(5)
    expected = np.stack([nodes, weights / weights.sum()], axis=1)
    np.testing.assert_allclose(javascript.evaluate("HERMITE_RULE"), expected, rtol=1e-12, atol=1e-15)


def test_the_parts_of_kl_add_up_to_what_torch_says(javascript: Page) -> None:
    mean = 4 * torch.randn(50, 2, generator=seeded())
    stddev = torch.exp(3 * torch.randn(50, 2, generator=seeded(1)) - 2)
    parts = javascript.evaluate(KL_PARTS, [mean.tolist(), stddev.tolist()])
    assert all(part["mean"] >= 0 and part["variance"] >= 0 for row in parts for part in row)
    sums = [sum(part["mean"] + part["variance"] for part in row) for row in parts]
    expected = kl_divergence(Independent(Normal(mean.double(), stddev.double()), 1), prior())
    np.testing.assert_allclose(sums, expected, rtol=1e-5)


def test_each_axis_has_the_rule_that_python_takes(javascript: Page) -> None:
    kinds = {1e-6: 0, WIDTHS[0]: 0, 1.01 * WIDTHS[0]: 1, WIDTHS[1]: 1, 0.21: 2, WIDTHS[2]: 2, 0.51: 3, 1.0: 3}
    for stddev in product(kinds, repeat=2):
        nodes, weights = _rule(tuple(kinds[sigma] for sigma in stddev))
        first, second = (np.array(rule) for rule in javascript.evaluate(f"rulesFor([{stddev[0]}, {stddev[1]}])"))
        found = np.array([(a, b, v * w) for (a, v), (b, w) in product(first, second)])
        expected = torch.cat([nodes, weights[:, None]], dim=1)
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-15)


def terms_by_nodes(vae: VAE, x: torch.Tensor) -> tuple[np.ndarray, float]:
    """The mean over q of -log p(x_j|z) for each pixel, on a grid finer than the browser's, and KL."""
    nodes = torch.linspace(-6, 6, 49)
    weight = torch.outer(*2 * [(-(nodes.double() ** 2) / 2).softmax(dim=0)]).flatten()
    with torch.no_grad():
        q = vae.encode(x)
        costs = -vae.decode(q.mean + q.stddev * torch.cartesian_prod(nodes, nodes)).base_dist.log_prob(x).double()
        return (weight[:, None] * costs).sum(0).numpy(), kl_divergence(q, prior()).item()


@pytest.mark.parametrize("pixel_stddev", [None, 0.2, 0.07])
@pytest.mark.parametrize("name", SOME)
def test_the_terms_of_an_image_are_those_of_torch(
    javascript: Page, mnist_test: Dataset, name: str, pixel_stddev: float | None
) -> None:
    model = gallery.read(name)
    grey = {"likelihood": "gaussian", "pixel_stddev": pixel_stddev} if pixel_stddev else {}
    vae = VAE(model.recipe.hidden, **grey)
    vae.load_state_dict(model.weights)
    pixels = mnist_test.pixels[7:10]
    for x in grey_levels(pixels) if grey else binarise(pixels, seeded()):
        found = terms_found(javascript, model.weights, x, pixel_stddev)
        expected, kl = terms_by_nodes(vae, x)
        np.testing.assert_allclose(found["pixels"], expected, rtol=1e-3, atol=2e-3)
        assert found["reconstruction"] == pytest.approx(expected.sum(), rel=1e-5, abs=0.05)
        assert sum(sum(part.values()) for part in found["kl"]) == pytest.approx(kl, rel=1e-4)
        assert found["total"] == pytest.approx(expected.sum() + kl, rel=1e-5, abs=0.05)


def terms_found(page: Page, weights: dict[str, torch.Tensor], x: torch.Tensor, pixel_stddev: float | None) -> dict:
    decoder = {name: weight for name, weight in weights.items() if name.startswith("decoder.")}
    addresses = [address_of(checkpoint.encoder_bytes(weights)), address_of(safetensors.torch.save(decoder))]
    likelihood = LIKELIHOODS["gaussian" if pixel_stddev else "bernoulli"].facts()
    return page.evaluate(TERMS, [*addresses, x.tolist(), likelihood, pixel_stddev or 0])


@pytest.mark.parametrize("name", SOME)
def test_the_reconstruction_is_the_mean_of_many_draws_within_its_error(
    javascript: Page, mnist_test: Dataset, name: str
) -> None:
    model, draws = gallery.read(name), 4000
    x = binarise(mnist_test.pixels[7:8], seeded())[0]
    with torch.no_grad():
        q = model.vae().encode(x)
        noise = torch.randn(draws, 2, generator=seeded())
        costs = -model.vae().decode(q.mean + q.stddev * noise).log_prob(x).double()
    error = (costs.std() / draws**0.5).item()
    found = terms_found(javascript, model.weights, x, None)["reconstruction"]
    assert found == pytest.approx(costs.mean().item(), abs=4 * error)


@pytest.mark.parametrize(("logit", "x", "nats"), [(1000, 1, 0), (-1000, 0, 0), (1000, 0, 1000), (-1000, 1, 1000)])
def test_a_model_that_is_sure_costs_nothing_or_much_and_never_infinity(
    javascript: Page, logit: float, x: float, nats: float
) -> None:
    assert javascript.evaluate(SURE, [logit, x, LIKELIHOODS["bernoulli"].facts()]) == pytest.approx(nats)
