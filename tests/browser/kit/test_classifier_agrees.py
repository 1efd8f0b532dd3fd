"""The classifier in JavaScript says of a decoded picture what Python's says."""

from collections.abc import Iterator

import numpy as np
import pytest
import safetensors.numpy
import torch
from playwright.sync_api import Browser, Page

from explorer.server import assets
from models import classifier, gallery
from tests.browser.blank_page import address_of, blank_page, modules
from tests.conftest import seeded

MODULES = ("view", "tensors", "network", "likelihood", "decoder", "pictures", "loading", "classifier")
JUDGE = """async ([address, pictures]) => {
    const judge = new Classifier(await fetchTensors(address));
    return pictures.map(pixels => {
        const x = Float32Array.from(pixels);
        return [Array.from(judge.probabilities(x)), judge.describe(x)];
    });
}"""


@pytest.fixture(scope="module")
def javascript(browser: Browser) -> Iterator[Page]:
    """A page that knows the classifier."""
    with blank_page(browser, modules(*MODULES)) as page:
        yield page


def pictures() -> torch.Tensor:
    """What four models decode from draws of the prior, and no ink at all: float32 [B, 784]."""
    z = 1.5 * torch.randn(40, 2, generator=seeded())
    names = (gallery.REFERENCE, "mnist-beta-0", "mnist-beta-30", gallery.GAUSSIAN)
    with torch.no_grad():
        return torch.cat([*(gallery.read(name).vae().decode(z).mean for name in names), torch.zeros(1, 784)])


def test_javascript_classifies_as_python_does(javascript: Page) -> None:
    raw = safetensors.numpy.save(assets.classifier_tensors())
    answers = javascript.evaluate(JUDGE, [address_of(raw), pictures().tolist()])
    expected = classifier.read().probabilities(pictures()).numpy()
    found = np.array([probabilities for probabilities, _ in answers])
    # The browser has the weights as float16.
    assert np.abs(found - expected).max() < 2e-3
    for (_, words), probabilities in zip(answers, found, strict=True):
        digit, most = probabilities.argmax(), probabilities.max()
        sure = "looks like" if most >= classifier.CONFIDENT else "unclear, most like"
        assert words == f"{sure} {'an' if digit == 8 else 'a'} {digit} ({np.floor(100 * most + 0.5):.0f} %)"
    assert {words.split(",")[0] for _, words in answers} > {"unclear"}
