"""What inference costs: averages against closed forms, and what is kept of the shipped models."""

import json
import shlex
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.distributions import MultivariateNormal, kl_divergence

from models import checkpoint, command_line, gallery, inference, lookup_costs
from models.inference import UNITS, measure, measure_missing, parts, read_shipped, stale, unmeasured
from models.likelihood import LIKELIHOODS
from models.recipe import Recipe
from tests.conftest import seeded
from tests.linear_gaussian import MODELS, LinearGaussian, images


def measured(model: LinearGaussian, x: torch.Tensor, subset: int) -> dict[str, float]:
    return {name: value for part in measure(model, x, subset, seeded()) for name, value in part.items()}


@pytest.mark.parametrize("name", MODELS)
def test_the_averages_are_the_closed_forms(name: str) -> None:
    model = LinearGaussian(MODELS[name].weight, encoder=True)
    x = images(model, count=12)
    found, exact = measured(model, x, subset=len(x)), model.log_evidence(x)
    assert list(found) == list(UNITS)
    assert found["log_evidence"] == pytest.approx(exact.mean().item(), abs=1e-3)
    assert found["subset_log_evidence"] == pytest.approx(found["log_evidence"], rel=1e-9)
    q = model.encode(x)
    each = kl_divergence(MultivariateNormal(q.mean, torch.diag_embed(q.variance)), model.posterior(x)).numpy()
    shape = [found[name] for name in ("gap", "gap_median", "gap_90")]
    assert shape == pytest.approx([each.mean(), np.median(each), np.quantile(each, 0.9)], abs=1e-3)
    for kind in ("", "full_"):
        both = found[f"{kind}approximation_gap"] + found[f"{kind}amortisation_gap"]
        assert both == pytest.approx(found["gap"], abs=1e-6)
    assert found["full_approximation_gap"] == pytest.approx(0, abs=1e-3)
    assert found["elbo"] < found["importance_bound"] < found["log_evidence"] + 0.02
    assert measured(model, x, subset=3)["subset_log_evidence"] == pytest.approx(exact[:3].mean().item(), abs=1e-3)


def test_without_an_encoder_there_is_the_evidence_alone() -> None:
    model = MODELS["round"]
    assert list(measured(model, images(model), 3)) == list(UNITS)[:4]


def test_without_a_subset_nothing_is_drawn_or_fitted() -> None:
    model = LinearGaussian(MODELS["round"].weight, encoder=True)
    generator = seeded()
    found = [name for part in measure(model, images(model), 0, generator) for name in part]
    assert found == list(UNITS)[: list(UNITS).index("subset_log_evidence")]
    assert torch.equal(generator.get_state(), seeded().get_state())


@pytest.mark.parametrize("subset", [0, 3])
def test_each_part_is_yielded_on_its_own(subset: int) -> None:
    model = LinearGaussian(MODELS["round"].weight, encoder=True)
    found = list(measure(model, images(model), subset, seeded()))
    assert len(found) == parts(gallery.recipes()["mnist-beta-1"], subset)


def test_of_grey_pixels_the_bounds_are_those_of_a_density_and_the_gaps_are_not() -> None:
    units = inference.units(LIKELIHOODS["gaussian"])
    assert list(units) == list(UNITS)
    changed = {name for name in units if units[name] != UNITS[name]}
    assert changed == {"log_evidence", "elbo", "subset_log_evidence", "importance_bound"}
    assert all("nats of a density per image" in units[name] for name in changed)


@pytest.fixture(scope="module")
def shipped() -> dict:
    return read_shipped()


def test_every_shipped_model_has_its_costs(shipped: dict) -> None:
    assert set(shipped["models"]) == set(gallery.recipes())
    assert (shipped["images"], shipped["subset"], shipped["draws"]) == (10_000, inference.SUBSET, inference.DRAWS)
    assert unmeasured(shipped["models"]) == []
    measured_alone = list(UNITS)[: list(UNITS).index("subset_log_evidence")]
    for name, recipe in gallery.recipes().items():
        entry, figures = shipped["models"][name], list(UNITS)[: None if recipe.has_encoder else 4]
        assert [key for key in entry if key != "lookup"] == ["fingerprint", *figures, "train"]
        assert list(entry["train"]) == [figure for figure in figures if figure in measured_alone]


def test_no_control_is_a_shipped_model_and_each_differs_from_one_in_its_rate_alone(shipped: dict) -> None:
    known = gallery.recipes().values()
    for control in shipped.get("controls", {}).values():
        recipe = Recipe.from_json(json.dumps(control["recipe"]))
        assert recipe.learning_rate not in {each.learning_rate for each in known if each.objective == recipe.objective}
        others = {replace(each, learning_rate=recipe.learning_rate, folded_onto=recipe.folded_onto) for each in known}
        assert recipe in others
        assert stale(dict.fromkeys(gallery.recipes(), control)) == list(gallery.recipes())


@pytest.mark.parametrize("name", gallery.recipes())
def test_the_costs_are_those_of_the_model_in_its_file(name: str, shipped: dict) -> None:
    """The codes' own terms are of the same images, by another rule; without an encoder their sum is -log p(x)."""
    found, codes = shipped["models"][name], gallery.read(name).codes
    loss = (codes.reconstruction.double() + codes.kl.double()).mean().item()
    assert found.get("elbo", found["log_evidence"]) == pytest.approx(-loss, abs=0.01)
    assert found["largest_error"] < 0.01
    assert found["largest_missed"] < 0.01
    if "gap" in found:
        assert found["gap"] == pytest.approx(found["log_evidence"] - found["elbo"])
        assert 0 < found["gap_median"] < found["gap_90"]
        sums = [found[f"{kind}approximation_gap"] + found[f"{kind}amortisation_gap"] for kind in ("", "full_")]
        assert sums == pytest.approx([sums[0]] * 2)
        assert 0 < found["full_approximation_gap"] < found["approximation_gap"] < sums[0]
        assert found["subset_log_evidence"] - sums[0] < found["importance_bound"] < found["subset_log_evidence"] + 0.05


def test_looking_up_is_a_bound_that_no_encoder_reaches(shipped: dict) -> None:
    entries = {name: each for name, each in shipped["models"].items() if "lookup" in each}
    assert {gallery.REFERENCE, gallery.EXACT} <= entries.keys()
    for name, entry in entries.items():
        found = entry["lookup"]
        assert ("misplaced" in found) == gallery.recipes()[name].has_encoder
        assert found["coarse_lookup_elbo"] < found["lookup_elbo"] < entry["log_evidence"]
        assert found["lookup_elbo"] > entry.get("elbo", -torch.inf)
        assert 0 <= found["lookup_elbo_error"] < 0.01
        assert 0 <= found.get("misplaced", 0) <= 1


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The commands that measure models from now on, into a file of the test's own; that of beta = 30 fails."""
    commands: list[str] = []

    def run(command: str) -> str:
        commands.append(command)
        if "mnist-beta-30" in command:
            raise OSError("no such file")
        value = 2.5 if "--split train" in command else 1.5
        names = lookup_costs.UNITS if "--look-up" in command else UNITS
        figures = {name: {"value": value, "unit": ""} for name in names}
        return json.dumps({"images": 10_000, "measures": figures})

    monkeypatch.setattr(inference, "FILE", tmp_path / "evidence.json")
    monkeypatch.setattr(command_line, "run", run)
    return commands


def kept() -> dict:
    return json.loads(inference.FILE.read_bytes())


def test_only_what_is_missing_is_measured_and_each_is_kept_at_once(asked: list[str]) -> None:
    with pytest.raises(OSError, match="no such file"):
        measure_missing(jobs=1)
    before = list(gallery.recipes())[: list(gallery.recipes()).index("mnist-beta-30")]
    assert list(kept()["models"]) == before
    fingerprint = {"fingerprint": gallery.read("mnist-beta-1").fingerprint}
    train = {"train": dict.fromkeys(UNITS, 2.5)}
    assert kept()["models"]["mnist-beta-1"] == fingerprint | dict.fromkeys(UNITS, 1.5) | train
    asked.clear()
    with pytest.raises(OSError, match="no such file"):
        measure_missing(jobs=1)
    assert "mnist-beta-30" in asked[0]


def test_what_was_measured_of_other_weights_is_measured_anew(asked: list[str]) -> None:
    figures = dict.fromkeys(UNITS, 7) | {"train": {}, "lookup": dict.fromkeys(lookup_costs.UNITS, 7)}
    entries = {name: {"fingerprint": gallery.read(name).fingerprint} | figures for name in gallery.recipes()}
    entries["mnist-beta-3"]["fingerprint"] = gallery.read("mnist-beta-1").fingerprint
    del entries["mnist-beta-10"]["fingerprint"], entries["mnist-beta-0"]["gap_90"], entries["mnist-lattice"]["gap_90"]
    inference.FILE.write_text(json.dumps({"models": entries, "controls": {"mine": {"gap": 3}}}))
    assert stale(entries) == ["mnist-beta-3", "mnist-beta-10"]
    missing = ["mnist-beta-0", "mnist-beta-3", "mnist-beta-10"]
    assert unmeasured(entries) == missing
    measure_missing(jobs=1)
    of_test = [command for command in asked if "--evidence" in command][::2]
    assert [shlex.split(command)[4] for command in of_test] == [
        command_line.relative(gallery.path(name)) for name in missing
    ]
    # The fits of the same weights stay as they are, and so does what was looked up.
    assert ["--subset 0" in command for command in of_test] == [True, False, False]
    assert [shlex.split(command)[4] for command in asked if "--look-up" in command] == [
        command_line.relative(gallery.path(name)) for name in missing[1:]
    ]
    assert kept()["models"]["mnist-beta-0"]["approximation_gap"] == 7
    assert kept()["models"]["mnist-beta-0"]["lookup"]["misplaced"] == 7
    assert kept()["models"]["mnist-beta-3"]["approximation_gap"] == 1.5
    assert stale(kept()["models"]) == []
    assert kept()["models"]["mnist-beta-1"] == entries["mnist-beta-1"]
    assert kept()["controls"] == {"mine": {"gap": 3}}


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"models": []}', '{"models": {"mnist-beta-1": 3}}'])
def test_a_damaged_file_is_measured_anew(text: str, asked: list[str]) -> None:
    inference.FILE.write_text(text)
    with pytest.raises(OSError, match="no such file"):
        measure_missing(jobs=1)
    assert "mnist-beta-1" in asked[0]


def test_a_control_is_kept_with_its_recipe_and_without_what_takes_a_fit(asked: list[str], digits_file: Path) -> None:
    inference.measure_controls([digits_file], jobs=1)
    model, entry = checkpoint.read(digits_file), kept()["controls"]["digits"]
    assert Recipe.from_json(json.dumps(entry["recipe"])) == model.recipe
    assert entry["fingerprint"] == model.fingerprint
    assert all("--subset 0" in command for command in asked)
    assert kept()["models"] == {}
