"""Answers agree with brute force on a fine grid, hold the identities that they show, and come part by part."""

import base64
import json
import math
from functools import partial
from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.distributions import MultivariateNormal

from explorer.runs.store import STATE_VARIABLE
from explorer.server import model_store, posteriors
from explorer.wire import Answer, ImportanceCurve
from models import checkpoint, gallery
from models.checkpoint import Checkpoint
from models.data import Dataset
from models.evaluation import encode_dataset
from models.recipe import Recipe
from models.vae import VAE
from tests.conftest import TINY_HIDDEN, global_generators_untouched, seeded
from tests.runs.running import ANN

STRIPES = bytes([0, 255] * 392)
SPACING, REACH = 0.05, 9.0


@pytest.fixture(scope="module")
def few_draws() -> tuple[int, ...]:
    return 1, 10, 100, 1000


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, few_draws: tuple[int, ...]) -> None:
    """A folder of the test's own, and fewer draws than a visitor gets."""
    monkeypatch.setenv(STATE_VARIABLE, str(tmp_path / "state"))
    monkeypatch.setattr(model_store, "_check_images", lambda model: None)
    monkeypatch.setattr(posteriors, "DRAWS", few_draws)


def asking(model: str, **changes: object) -> dict:
    pixels = base64.b64encode(STRIPES).decode()
    return {"model": model, "image": -1, "pixels": pixels, "curves": 0, "id": 5} | changes


def keep(folder: Path, recipe: Recipe, vae: VAE, dataset: Dataset) -> str:
    """The name of a model that ANN keeps from now on."""
    weights = checkpoint.half_weights(vae)
    vae.load_state_dict(weights)
    codes = encode_dataset(vae, dataset)
    versions = checkpoint.dependency_versions()
    checkpoint.write(folder / "it.safetensors", Checkpoint(recipe, dataset.sha256(), versions, weights, codes))
    return model_store.keep(ANN, recipe.objective + recipe.likelihood, (folder / "it.safetensors").read_bytes())


def by_brute_force(vae: VAE) -> dict[str, float]:
    """What the answer about STRIPES should say, from torch's distributions on an even grid of z."""
    axis = torch.arange(-REACH, REACH + SPACING / 2, SPACING)
    z, x = torch.cartesian_prod(axis, axis), torch.tensor([0.0, 1.0] * 392)
    likelihood = vae.decode(z).log_prob(x).double()
    joint = likelihood + MultivariateNormal(torch.zeros(2), torch.eye(2)).log_prob(z)
    log_evidence = joint.logsumexp(dim=0) + 2 * math.log(SPACING)
    log_q = vae.encode(x).log_prob(z).double()
    q = log_q.exp() * SPACING**2

    def under_q(values: Tensor) -> float:
        return (q * values).sum().item()

    return {
        "log_evidence": log_evidence.item(),
        "elbo": under_q(joint - log_q),
        "kl": under_q(log_q - joint + log_evidence),
        "reconstruction": -under_q(likelihood),
        "kl_prior": under_q(log_q - joint + likelihood),
    }


@pytest.fixture
def answered(tiny_bytes: bytes) -> Answer:
    """All three parts about STRIPES."""
    return posteriors.answer(asking(model_store.keep(ANN, "my own", tiny_bytes), curves=3), ANN)


@torch.no_grad()
def test_every_number_is_that_of_brute_force(answered: Answer, tiny_checkpoint: Checkpoint) -> None:
    expected = by_brute_force(tiny_checkpoint.vae())
    values = {name: answered[name] for name in ("log_evidence", "reconstruction", "kl_prior")}
    values |= {name: answered[name]["value"] for name in ("elbo", "kl")}
    assert values == pytest.approx(expected, abs=2e-3)
    assert answered["evidence_error"] < 0.01
    assert answered["missed"] < 1e-3
    assert answered["unit"] == "nats"


def test_the_answer_says_what_it_answers(answered: Answer) -> None:
    assert (answered["id"], answered["image"], answered["problem"]) == (5, -1, "")
    assert base64.b64decode(answered["x"]) == STRIPES
    assert json.loads(json.dumps(answered, allow_nan=False)) == answered


def test_the_fits_begin_at_the_encoder_and_leave_two_gaps(answered: Answer) -> None:
    for fit in answered["fits"].values():
        assert {"mean": fit["mean"][0], "tril": fit["tril"][0]} == answered["q"]
        assert fit["elbo"][0] == pytest.approx(answered["elbo"]["value"], abs=1e-3)
        assert fit["best"]["value"] >= max(fit["elbo"][0], fit["elbo"][-1])
        assert fit["approximation"] + fit["amortisation"] == pytest.approx(answered["kl"]["value"], abs=2e-3)
        assert fit["amortisation"] >= 0
        assert fit["step"][0] == 0
        assert fit["step"] == sorted(set(fit["step"]))
        assert len(fit["step"]) == len(fit["elbo"]) == len(fit["mean"]) == len(fit["tril"])
    assert answered["fits"]["full"]["best"]["value"] > answered["fits"]["diagonal"]["best"]["value"] - 1e-3


def test_a_long_fit_is_shown_from_its_start_to_its_end(monkeypatch: pytest.MonkeyPatch, tiny_bytes: bytes) -> None:
    monkeypatch.setattr(posteriors, "SHOWN_STEPS", 3)
    monkeypatch.setattr("models.best_q._CONVERGED", 0.0)
    monkeypatch.setattr(posteriors, "best_q", partial(posteriors.best_q, steps=20))
    fit = posteriors.answer(asking(model_store.keep(ANN, "my own", tiny_bytes)), ANN)["fits"]["diagonal"]
    assert fit["step"] == [0, 7, 14, 20]


@pytest.mark.parametrize("proposal", ["encoder", "prior"])
def test_the_curves_rise_from_the_bound_to_the_evidence(
    answered: Answer, proposal: str, few_draws: tuple[int, ...]
) -> None:
    curves = answered["curves"]
    curve: ImportanceCurve = curves[proposal]
    assert curves["draws"] == list(few_draws)
    assert curves["repeats"] == posteriors.REPEATS
    assert all(low <= mean <= high for low, mean, high in zip(curve["low"], curve["bound"], curve["high"], strict=True))
    assert curve["bound"] == sorted(curve["bound"])
    assert curve["bound"][-1] == pytest.approx(answered["log_evidence"], abs=0.1)
    assert all(0 < error < 2 for error in curve["error"])
    assert curve["effective"][0] == pytest.approx(1)
    assert all(1 <= size <= draws for size, draws in zip(curve["effective"], few_draws, strict=True))
    if proposal == "encoder":
        assert curve["bound"][0] == pytest.approx(answered["elbo"]["value"], abs=0.1)


@pytest.mark.slow
def test_the_standard_error_is_what_the_mean_varies_by_from_press_to_press(tiny_bytes: bytes) -> None:
    name, presses, places = model_store.keep(ANN, "my own", tiny_bytes), 30, (1, 3)
    drawn = [posteriors.answer(asking(name, curves=press), ANN)["curves"]["prior"] for press in range(1, presses + 1)]
    for place in places:
        means = torch.tensor([curve["bound"][place] for curve in drawn], dtype=torch.float64)
        stated = sum(curve["error"][place] for curve in drawn) / presses
        # A standard deviation of 30 means is itself known to about 13 %.
        assert means.std().item() == pytest.approx(stated, rel=0.5)


def test_the_same_press_draws_the_same_and_the_next_one_draws_anew(tiny_bytes: bytes) -> None:
    name = model_store.keep(ANN, "my own", tiny_bytes)
    with global_generators_untouched():
        first, again, other = (posteriors.answer(asking(name, curves=press), ANN)["curves"] for press in (1, 1, 2))
    assert first == again
    assert first["encoder"] != other["encoder"]


def test_what_takes_longer_comes_later(tiny_bytes: bytes) -> None:
    question = asking(model_store.keep(ANN, "my own", tiny_bytes), curves=1)
    first, second, *more = (posteriors.answer(question, ANN, parts) for parts in range(1, 7))
    assert (first["fits"], first["curves"], second["curves"]) == (None, None, None)
    assert [each["complete"] for each in (first, second, *more)] == [False] * 5 + [True]
    assert [each["curves"]["repeats"] for each in more] == [5, 10, 15, 20]
    assert all(each | {"curves": None, "complete": False} == second for each in more)
    assert posteriors.answer(question | {"curves": 0}, ANN, 2) == second | {"complete": True}


def test_without_an_encoder_there_is_the_evidence_alone(
    tiny_dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = Recipe("digits", epochs=1, hidden=TINY_HIDDEN, objective="lattice")
    answer = posteriors.answer(
        asking(keep(tmp_path, recipe, VAE(TINY_HIDDEN, seeded(), encoder=False), tiny_dataset), curves=1), ANN
    )
    assert answer["log_evidence"] < 0
    assert {answer[name] for name in ("q", "elbo", "reconstruction", "kl_prior", "kl", "fits")} == {None}
    assert answer["curves"]["encoder"] is None
    assert answer["curves"]["prior"]["bound"][-1] == pytest.approx(answer["log_evidence"], abs=0.1)


def test_grey_pixels_have_a_density(tiny_dataset: Dataset, tmp_path: Path) -> None:
    recipe = Recipe("digits", epochs=1, hidden=TINY_HIDDEN, likelihood="gaussian")
    name = keep(tmp_path, recipe, VAE(TINY_HIDDEN, seeded(), "gaussian"), tiny_dataset)
    answer = posteriors.answer(asking(name, pixels=base64.b64encode(bytes([128] * 784)).decode()), ANN)
    assert answer["unit"] == "nats of a density"
    assert answer["log_evidence"] > 0  # of pixels that are nearly the means, with a narrow Gaussian
    assert answer["elbo"]["value"] + answer["kl"]["value"] == pytest.approx(answer["log_evidence"], abs=0.01)


def test_numbers_that_are_none_become_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posteriors, "_compute_bounds", lambda path, image: {"log_evidence": math.nan})
    answer = posteriors.answer(asking(gallery.REFERENCE), ANN)
    assert answer["problem"].startswith("This image has no finite probability under the model")
    assert answer["complete"]


def test_a_decoder_too_rough_for_any_grid_becomes_a_sentence(tiny_dataset: Dataset, tmp_path: Path) -> None:
    vae = VAE((64, 64), seeded())
    with torch.no_grad():
        for weight in vae.decoder.parameters():
            weight.mul_(1000)
    recipe = Recipe("digits", epochs=1, hidden=(64, 64))
    answer = posteriors.answer(asking(keep(tmp_path, recipe, vae, tiny_dataset)), ANN)
    assert answer["problem"].startswith("This image has no finite probability under the model")


def test_a_test_image_of_a_shipped_model_adds_up(mnist_folder: Path) -> None:
    answer = posteriors.answer(asking(gallery.REFERENCE, image=0, pixels=""), ANN, parts=1)
    assert answer["image"] == 0
    assert answer["elbo"]["value"] + answer["kl"]["value"] == pytest.approx(answer["log_evidence"], abs=0.01)
