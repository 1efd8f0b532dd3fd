"""The shipped models are there, are what their recipes say, and show what the app tells with them."""

import math
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from torch.nn.functional import logsigmoid

from models import data, gallery
from models.checkpoint import evaluated_again
from models.data import Dataset
from models.evaluation import fixed_images
from models.likelihood import LIKELIHOODS
from models.symmetry import nearest_symmetry
from tests.conftest import ROOT, seeded

NAMES = list(gallery.recipes())
BY_BETA = [f"mnist-beta-{beta:g}" for beta in gallery.BETAS]


def test_every_shipped_model_is_there_and_nothing_else() -> None:
    assert len(NAMES) == 11
    others = {"classifier", gallery.DIAL, *gallery.FEW_VALUES.values()}
    assert {file.stem for file in gallery.FOLDER.glob("*.safetensors")} == {*NAMES, *others}


def test_all_shipped_models_together_stay_small() -> None:
    assert sum(gallery.path(name).stat().st_size for name in NAMES) < 32e6


def test_a_model_is_made_before_another_needs_it() -> None:
    for place, recipe in enumerate(gallery.recipes().values()):
        earlier = [gallery.path(name).relative_to(ROOT).as_posix() for name in NAMES[:place]]
        assert {recipe.initial, recipe.folded_onto} <= {"", *earlier}


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_model_is_what_its_recipe_says(name: str) -> None:
    model = gallery.read(name)
    assert model.recipe == gallery.recipes()[name]
    assert len(model.codes.label) == 10_000


def test_the_reference_is_a_good_model() -> None:
    metrics = gallery.read(gallery.REFERENCE).metrics
    assert metrics["negative_elbo"] <= 135.0
    assert metrics["active_units"] == 2


def test_exact_training_beats_amortised_inference_by_what_that_costs() -> None:
    model = gallery.read(gallery.EXACT)
    assert model.metrics["negative_elbo"] <= 127  # here the bound is tight: it is -log p(x)
    assert not any(name.startswith("encoder.") for name in model.weights)


def test_all_models_saw_the_original_images(mnist_folder: Path) -> None:
    seen = {gallery.read(name).dataset_sha256 for name in NAMES}
    assert seen == {data.load("mnist", "train").sha256()}


def test_the_learnt_sigma_is_the_error_of_a_pixel_of_the_training_images(mnist_folder: Path) -> None:
    model = gallery.read(gallery.GAUSSIAN)
    x = LIKELIHOODS["gaussian"].observe(data.load("mnist", "train").pixels[:3000], seeded())
    with torch.no_grad():
        q = model.vae().encode(x)
        z = q.mean + q.stddev * torch.randn(q.mean.shape, generator=seeded())
        error = (x - model.vae().decode(z).mean).square().mean().sqrt().item()
    assert model.pixel_stddev == pytest.approx(error, rel=0.02)


def test_kl_falls_with_beta() -> None:
    kl = [gallery.read(name).metrics["kl"] for name in BY_BETA[1:]]
    assert all(before > after for before, after in pairwise(kl))


def test_reconstruction_rises_with_beta() -> None:
    reconstruction = [gallery.read(name).metrics["reconstruction"] for name in BY_BETA[BY_BETA.index("mnist-beta-1") :]]
    assert all(before < after for before, after in pairwise(reconstruction))


def test_the_heaviest_kl_makes_the_codes_collapse() -> None:
    metrics = gallery.read("mnist-beta-30").metrics
    assert metrics["kl"] < 0.5
    assert metrics["mean_sigma"] > 0.9


@pytest.mark.parametrize("name", ["mnist-beta-0", gallery.SWITCHED_OFF])
def test_without_kl_the_codes_spread_and_q_narrows(name: str) -> None:
    off, on = gallery.read(name).metrics, gallery.read(gallery.REFERENCE).metrics
    assert off["spread"] > on["spread"]
    assert off["mean_sigma"] < 0.5 * on["mean_sigma"]


@pytest.mark.parametrize("name", [*BY_BETA, gallery.GAUSSIAN])
def test_no_flip_or_swap_lies_nearer_to_the_reference(name: str) -> None:
    means, reference = gallery.read(name).codes.mean, gallery.read(gallery.REFERENCE).codes.mean
    assert nearest_symmetry(means, reference) == ((0, 1), (1.0, 1.0))


def test_a_z_of_few_values_is_no_model_to_choose_and_the_more_values_the_better(mnist_test: Dataset) -> None:
    """log p(x) of all test images again, from the file's logits by another formula."""
    x, nats = fixed_images(mnist_test).double(), []
    for count, name in gallery.FEW_VALUES.items():
        found = gallery.read_few_values(count)
        assert name not in gallery.recipes()
        assert found.recipe == gallery.few_values_recipe()
        assert gallery.path(name).stat().st_size < 1600 * count + 4000
        each = -binary_cross_entropy(found.logits.double(), x)
        nats.append(found.measures["log_evidence"])
        assert nats[-1] == pytest.approx((each.logsumexp(dim=1) - math.log(count)).mean().item(), abs=1e-3)
        assert found.measures["kl"] <= math.log(count)
    assert nats[0] < nats[1] < -gallery.read(gallery.EXACT).metrics["negative_elbo"]


def binary_cross_entropy(logits: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """-log p(x|z_k) of images x [N, 784] with the probabilities of each row: [N, K]."""
    return -(x @ logsigmoid(logits).T + (1 - x) @ logsigmoid(-logits).T)


@pytest.mark.slow
def test_the_reference_measured_again_gives_its_metrics(mnist_test: Dataset) -> None:
    model = gallery.read(gallery.REFERENCE)
    again = evaluated_again(model, mnist_test)
    for name in ("reconstruction", "kl", "negative_elbo", "negative_elbo_sd"):
        assert again.metrics[name] == pytest.approx(model.metrics[name], abs=0.01)
    torch.testing.assert_close(again.codes.reconstruction, model.codes.reconstruction, rtol=0, atol=0.05)
