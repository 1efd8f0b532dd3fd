"""The dial in JavaScript decodes as torch does; at the KL weights of its table its codes lie where torch's do."""

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from playwright.sync_api import Browser, Page

from models import gallery
from models.data import Dataset
from models.dial_bytes import decoder_bytes, encoder_bytes
from models.dial_table import DialTable
from models.evaluation import fixed_images
from tests.browser.blank_page import address_of, blank_page, modules
from tests.browser.opened_map import SHARED_HALF

LOAD = """async ([table_url, encoder_url, metrics, betas]) => {
    const model = { name: "mnist-dial", likelihood: { name: "bernoulli" } };
    window.models = new DialModels({ table_url, encoder_url, metrics, betas, model });
    window.dial = await window.models.load();
}"""
AT = """([beta, places, count]) => {
    const { decoder, mean, stddev } = window.dial.at(beta);
    return {
        pixels: places.map(z => Array.from(decoder.decode(Float32Array.from(z)))),
        mean: Array.from(mean.slice(0, 2 * count)),
        stddev: Array.from(stddev.slice(0, 2 * count)),
        metrics: window.models.metricsAt(beta),
    };
}"""
ENCODE = """async ([beta, x]) => {
    const encoder = await fetchEncoder(window.models.at(beta).encoder_url);
    const { mean, stddev } = encoder.encode(Float32Array.from(x));
    return { mean: Array.from(mean), stddev: Array.from(stddev) };
}"""
IMAGES = 1000
BETAS = (0.01, 0.0112, 0.0178, 0.05, 0.111, 0.27, 0.9, 1, 1.7, 5, 13.9, 27, 30)
"""Some of the table's KL weights, and the middle between others."""


def table() -> DialTable:
    """The shipped one."""
    found = gallery.read(gallery.DIAL).table
    assert found is not None
    return found


@pytest.fixture(scope="module")
def javascript(browser: Browser) -> Iterator[Page]:
    """A page that has loaded the shipped dial."""
    model = gallery.read(gallery.DIAL)
    with blank_page(browser, modules("encoder", "dial_model")) as page:
        addresses = [address_of(each) for each in (decoder_bytes(model, table()), encoder_bytes(model))]
        page.evaluate(LOAD, [*addresses, table().metrics, table().betas.tolist()])
        yield page


def at(page: Page, beta: float, places: torch.Tensor) -> dict:
    return page.evaluate(AT, [beta, places.tolist(), IMAGES])


@pytest.mark.parametrize("beta", BETAS)
def test_the_decoder_is_exactly_that_of_the_weight(javascript: Page, beta: float) -> None:
    places = 2 * torch.randn(20, 2, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        wanted = gallery.read(gallery.DIAL).vae(beta).double().decode(places.double()).mean.numpy()
    assert np.abs(np.array(at(javascript, beta, places)["pixels"]) - wanted).max() <= 1e-4


@pytest.mark.parametrize("beta", [0.01, 0.27, 1, 30])
def test_the_encoder_is_exactly_that_of_the_weight(javascript: Page, mnist_test: Dataset, beta: float) -> None:
    for x in fixed_images(mnist_test)[:5]:
        found = javascript.evaluate(ENCODE, [beta, x.tolist()])
        with torch.no_grad():
            q = gallery.read(gallery.DIAL).vae(beta).encode(x)
        assert found["mean"] == pytest.approx(q.mean.tolist(), abs=1e-4)
        assert found["stddev"] == pytest.approx(q.stddev.tolist(), rel=1e-4)


def test_two_maps_turn_their_dials_apart(javascript: Page) -> None:
    """They share the table and nothing that a turn changes."""
    script = """async () => {
        const other = await new DialModels(window.models.data).load();
        const [first, second] = [window.dial.at(0.3), other.at(10)];
        const z = Float32Array.of(1, 1);
        const [mean, pixels] = [first.mean.slice(), Array.from(first.decoder.decode(z))];
        window.dial.at(0.3);
        const again = Array.from(first.decoder.decode(z));
        return { same: other.table === window.dial.table, moved: pixels.some((p, i) => p !== again[i]),
            differ: second.mean.some((m, i) => m !== mean[i]) };
    }"""
    assert javascript.evaluate(script) == {"same": True, "moved": False, "differ": True}


def test_a_name_leads_to_the_nearest_weight_of_the_table(javascript: Page) -> None:
    names = ["mnist-dial@0.3", "mnist-dial@0.31", "mnist-dial@2000", "mnist-dial", "mnist-beta-1"]
    found = javascript.evaluate("names => names.map(name => window.models.named(name)?.name)", names)
    assert found == ["mnist-dial@0.3", "mnist-dial@0.3", "mnist-dial@30", "mnist-dial@1", None]


@pytest.mark.parametrize("beta", [0.01, 0.0631, 0.3, 1, 4.48, 15.5, 30])
def test_at_the_weights_of_the_table_the_codes_are_the_encoders(
    javascript: Page, mnist_test: Dataset, beta: float
) -> None:
    """Within a quarter of a pixel, for float16's sake, of a map 600 pixels wide in the window that the camera takes."""
    mean, stddev = errors(javascript, mnist_test, beta)
    assert max(mean.max(), stddev.max()) < 0.25


@pytest.mark.parametrize("beta", [0.0112, 0.0356, 0.111, 0.27, 0.9, 1.7, 5, 13.9, 27])
def test_on_the_way_between_them_most_codes_are_less_than_a_pixel_off(
    javascript: Page, mnist_test: Dataset, beta: float
) -> None:
    mean, stddev = errors(javascript, mnist_test, beta)
    assert np.median(mean) < 1
    assert np.median(stddev) < 1


def errors(page: Page, mnist_test: Dataset, beta: float) -> tuple[np.ndarray, np.ndarray]:
    """How far mean and sigma are off, in pixels."""
    found = at(page, beta, torch.zeros(1, 2))
    with torch.no_grad():
        q = gallery.read(gallery.DIAL).vae(beta).encode(fixed_images(mnist_test)[:IMAGES])
    pixel = 2 * SHARED_HALF / 600
    return tuple(
        np.abs(np.array(found[name]).reshape(-1, 2) - getattr(q, name).numpy()) / pixel for name in ("mean", "stddev")
    )


def test_the_averages_are_those_of_the_table_at_its_weights_and_between_their_neighbours_elsewhere(
    javascript: Page,
) -> None:
    metrics = table().metrics
    for row in (0, 10, 37):
        found = at(javascript, table().betas[row].item(), torch.zeros(1, 2))["metrics"]
        assert found["kl"] == pytest.approx(metrics[row]["kl"], rel=1e-5)
    low, high = (metrics[row]["kl"] for row in (11, 10))
    assert low < at(javascript, 0.111, torch.zeros(1, 2))["metrics"]["kl"] < high
