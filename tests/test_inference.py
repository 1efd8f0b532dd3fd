"""What inference costs: averages against closed forms, and what is kept of the shipped models."""

import json
from pathlib import Path

import pytest
import torch

from models import gallery, inference, sweep
from models.inference import UNITS, measure, measure_missing, parts, read_shipped
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
    assert found["subset_log_evidence"] == found["log_evidence"]
    for kind in ("", "full_"):
        both = found[f"{kind}approximation_gap"] + found[f"{kind}amortisation_gap"]
        assert both == pytest.approx(found["gap"], abs=1e-6)
    assert found["full_approximation_gap"] == pytest.approx(0, abs=1e-3)
    assert found["elbo"] < found["importance_bound"] < found["log_evidence"] + 0.02
    assert measured(model, x, subset=3)["subset_log_evidence"] == pytest.approx(exact[:3].mean().item(), abs=1e-3)


def test_without_an_encoder_there_is_the_evidence_alone() -> None:
    model = MODELS["round"]
    assert list(measured(model, images(model), 3)) == list(UNITS)[:4]


def test_each_part_is_yielded_on_its_own() -> None:
    model = LinearGaussian(MODELS["round"].weight, encoder=True)
    assert len(list(measure(model, images(model), 3, seeded()))) == parts(gallery.recipes()["mnist-beta-1"])


def test_of_grey_pixels_the_bounds_are_those_of_a_density_and_the_gaps_are_not() -> None:
    units = inference.units("gaussian")
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
    for name, recipe in gallery.recipes().items():
        assert list(shipped["models"][name]) == list(UNITS)[: None if recipe.has_encoder else 4]


@pytest.mark.parametrize("name", gallery.recipes())
def test_the_costs_are_those_of_the_model_in_its_file(name: str, shipped: dict) -> None:
    """The file's own average takes 16 draws an image; without an encoder it is -log p(x) on a lattice."""
    found, loss = shipped["models"][name], gallery.read(name).metrics["negative_elbo"]
    assert found.get("elbo", found["log_evidence"]) == pytest.approx(-loss, abs=0.1)
    assert found["largest_error"] < 0.01
    assert found["largest_missed"] < 0.01
    if "gap" in found:
        assert found["gap"] == pytest.approx(found["log_evidence"] - found["elbo"])
        sums = [found[f"{kind}approximation_gap"] + found[f"{kind}amortisation_gap"] for kind in ("", "full_")]
        assert sums == pytest.approx([sums[0]] * 2)
        assert 0 < found["full_approximation_gap"] < found["approximation_gap"] < sums[0]
        assert found["subset_log_evidence"] - sums[0] < found["importance_bound"] < found["subset_log_evidence"] + 0.05


def test_only_what_is_missing_is_measured_and_each_is_kept_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, file = [], tmp_path / "evidence.json"

    def run(command: str) -> str:
        asked.append(command)
        if "mnist-beta-30" in command:
            raise OSError("no such file")
        return json.dumps(dict.fromkeys(UNITS, 1.5) | {"images": 10_000, "subset": 500, "draws": 5000})

    monkeypatch.setattr(inference, "FILE", file)
    monkeypatch.setattr(sweep, "run", run)
    with pytest.raises(OSError, match="no such file"):
        measure_missing(jobs=1)
    kept = json.loads(file.read_bytes())
    before = list(gallery.recipes())[: list(gallery.recipes()).index("mnist-beta-30")]
    assert list(kept["models"]) == before
    assert kept["models"]["mnist-beta-1"] == dict.fromkeys(UNITS, 1.5)
    asked.clear()
    with pytest.raises(OSError, match="no such file"):
        measure_missing(jobs=1)
    assert "mnist-beta-30" in asked[0]
