"""The decoder in JavaScript computes what torch computes, and reads the same halves as numpy."""

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from playwright.sync_api import Browser, Page

from models import checkpoint, gallery
from tests.browser.blank_page import address_of, blank_page, modules
from tests.conftest import seeded

DECODE = """async ([address, places]) => {
    const decoder = new Decoder(await fetchTensors(address));
    return places.map(z => Array.from(decoder.decode(Float32Array.from(z))));
}"""
HALVES_TO_BITS = """() => {
    const floats = halvesToFloats(Uint16Array.from({ length: 65536 }, (_, bits) => bits));
    return Array.from(new Uint32Array(floats.buffer));
}"""


@pytest.fixture(scope="module")
def javascript(browser: Browser) -> Iterator[Page]:
    """A page that knows the decoder."""
    with blank_page(browser, modules("tensors", "network", "likelihood", "decoder")) as page:
        yield page


def places() -> torch.Tensor:
    """50 points of the latent space [50, 2]: the middle, the tails, and where no code ever lies."""
    far = torch.cartesian_prod(*2 * [torch.tensor([-30.0, 0.0, 30.0])])
    return torch.cat([3 * torch.randn(41, 2, generator=seeded()), far])


@pytest.mark.parametrize("name", gallery.recipes())
def test_javascript_decodes_as_torch_does(javascript: Page, name: str) -> None:
    model = gallery.read(name)
    address = address_of(checkpoint.decoder_bytes(model.weights, model.codes))
    pixels = np.array(javascript.evaluate(DECODE, [address, places().tolist()]))
    vae = model.vae()
    with torch.no_grad():
        single = vae.decode(places()).mean.numpy()
        exact = vae.double().decode(places().double()).mean.numpy()
    # Steep decoders lose digits in single precision, in torch too.
    assert np.abs(pixels - exact).max() <= max(1e-5, 4 * np.abs(single - exact).max())
    assert np.abs(pixels - exact).max() <= 1e-3


def test_every_half_becomes_the_float_that_numpy_makes_of_it(javascript: Page) -> None:
    floats = np.array(javascript.evaluate(HALVES_TO_BITS), dtype=np.uint32).view(np.float32)
    expected = np.arange(65_536, dtype=np.uint16).view(np.float16).astype(np.float32)
    assert np.array_equal(np.isnan(floats), np.isnan(expected))
    numbers = ~np.isnan(expected)
    assert np.array_equal(floats[numbers].view(np.uint32), expected[numbers].view(np.uint32))
