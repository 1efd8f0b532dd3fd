"""The commands that measure a model, and one of them run as people run it."""

import json
import math
import re
import shlex
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from models import checkpoint, data, gallery, inference, lookup_costs, report
from models.__main__ import main
from models.evaluation import fixed_images
from models.measures import UNITS
from models.vae import prior
from tests.commands import refused, run
from tests.conftest import TRAIN

METRICS = list(UNITS)[:10]
JUDGED = ("sure_share", "sure_share_sd", "drawn_classes")  # by a classifier that knows MNIST's digits alone
EVIDENCE = ["--evidence", "--images", "40", "--subset", "3"]


def reported(text: str, file: Path, units: dict[str, str]) -> tuple[dict, dict[str, float]]:
    """What a command says of ``file`` with --json, and its measures; the shape is the same for all commands."""
    found, model = json.loads(text), checkpoint.read(file)
    assert list(found)[:5] == ["name", "fingerprint", "versions", "images", "measures"]
    assert (found["name"], found["fingerprint"]) == (file.stem, model.fingerprint)
    assert found["versions"] == model.versions
    for name, entry in found["measures"].items():
        assert entry.keys() == {"value", "unit"}
        assert entry["unit"] == units[name]
        assert math.isfinite(entry["value"])
    return found, report.values(text)


def test_evaluate_prints_the_metrics_of_the_file_as_json(digits_file: Path) -> None:
    done = run("evaluate", digits_file, "--json")
    assert done.returncode == 0, done.stderr
    facts, metrics = reported(done.stdout, digits_file, UNITS)
    assert list(metrics) == METRICS
    assert metrics["negative_elbo"] == pytest.approx(metrics["reconstruction"] + metrics["kl"])
    assert metrics == pytest.approx(checkpoint.read(digits_file).metrics, rel=1e-4)
    assert (facts["split"], facts["images"], facts["beta"]) == ("test", 360, 1)
    assert facts["command"] == checkpoint.read(digits_file).recipe.command(digits_file.as_posix())


def test_evaluate_prints_units_and_the_command_for_people(
    digits_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", str(digits_file)]) == 0
    printed = capsys.readouterr().out
    assert "360 held-out images" in printed
    assert f"made by: python -m models {shlex.join(TRAIN[:3])}" in printed
    for name in METRICS:
        assert re.search(rf"^ *{name} +\d\S* +{UNITS[name]}$", printed, re.MULTILINE)


def test_evaluate_prints_the_evidence_and_all_below_it_as_json(
    digits_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", str(digits_file), *EVIDENCE, "--json"]) == 0
    facts, found = reported(capsys.readouterr().out, digits_file, inference.UNITS)
    assert list(found) == [*inference.UNITS]
    assert (facts["split"], facts["images"], facts["subset"], facts["draws"]) == ("test", 40, 3, 5000)
    assert max(found["largest_error"], found["largest_missed"]) < 0.01
    assert found["gap"] == pytest.approx(found["log_evidence"] - found["elbo"])
    assert found["importance_bound"] < found["subset_log_evidence"] + 0.05
    sums = [found[f"{kind}approximation_gap"] + found[f"{kind}amortisation_gap"] for kind in ("", "full_")]
    assert sums[0] == pytest.approx(sums[1])
    assert all(found[name] > -1e-3 for name in inference.UNITS if name.endswith("_gap"))
    assert found["gap_median"] < found["gap_90"]


def test_evaluate_prints_what_looking_up_is_worth(digits_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["evaluate", str(digits_file), "--look-up", "--images", "20"]
    assert main([*words, "--json"]) == 0
    facts, found = reported(capsys.readouterr().out, digits_file, lookup_costs.UNITS)
    assert list(found) == [*lookup_costs.UNITS]
    assert (facts["split"], facts["images"]) == ("test", 20)
    assert main(words) == 0
    printed = capsys.readouterr().out
    assert "averages over the first 20 held-out images, binarised once" in printed
    assert all(
        re.search(rf"^ *{name} +\S+  {re.escape(unit)}$", printed, re.MULTILINE)
        for name, unit in lookup_costs.UNITS.items()
    )


@pytest.mark.slow
def test_the_training_images_are_evaluated_as_the_held_out_ones(
    digits_file: Path, digits: data.Dataset, capsys: pytest.CaptureFixture[str]
) -> None:
    """Against the model's own distributions, by many draws."""
    command = ["evaluate", str(digits_file), "--split", "train", "--images", "300", "--evidence", "--subset", "0"]
    assert main([*command, "--json"]) == 0
    facts, found = reported(capsys.readouterr().out, digits_file, inference.UNITS)
    assert (facts["split"], facts["images"], facts["subset"]) == ("train", 300, 0)
    assert not [name for name in found if name.endswith(("_bound", "tion_gap"))]
    vae, x = checkpoint.read(digits_file).vae(), fixed_images(digits)[:300]
    with torch.no_grad():
        q = vae.encode(x)
        z = q.rsample((200,))
        bound = (vae.decode(z).log_prob(x) + prior().log_prob(z) - q.log_prob(z)).double()
    error = bound.mean(dim=0).mean().item() - found["elbo"]
    assert abs(error) < 4 * (bound.var(dim=0).sum() / 200).sqrt().item() / len(x) + 1e-3


def test_the_first_images_of_a_split_are_the_same_however_many_are_asked_for(digits: data.Dataset) -> None:
    few = replace(digits, pixels=digits.pixels[:37], labels=digits.labels[:37])
    assert torch.equal(fixed_images(few), fixed_images(digits)[:37])


@pytest.mark.parametrize("what", [[], ["--evidence", "--subset", "0"]])
def test_evaluate_says_of_which_split_its_averages_are(
    what: list[str], digits_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", str(digits_file), "--split", "train", "--images", "50", *what]) == 0
    assert "50 training images" in capsys.readouterr().out


def test_evaluate_says_which_images_the_evidence_is_of(digits_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", str(digits_file), *EVIDENCE]) == 0
    printed = capsys.readouterr()
    assert "first 40 held-out images" in printed.out
    assert "subset is the first 3" in printed.out
    assert "parts" in printed.err
    for name, unit in inference.UNITS.items():
        assert re.search(rf"^ *{name} +-?\d\S*  {re.escape(unit)}$", printed.out, re.MULTILINE)


def test_a_decoder_alone_has_an_evidence_and_no_bound(lattice_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", str(lattice_file), "--evidence", "--json"]) == 0
    facts, found = reported(capsys.readouterr().out, lattice_file, inference.UNITS)
    assert list(found) == [*inference.UNITS][:4]
    assert facts["images"] == 360
    assert "subset" not in facts
    assert found["log_evidence"] == pytest.approx(-checkpoint.read(lattice_file).metrics["negative_elbo"], abs=0.02)
    assert main(["evaluate", str(lattice_file), "--evidence", "--images", "30"]) == 0
    printed = capsys.readouterr().out
    assert "first 30 held-out images" in printed
    assert "subset" not in printed


def test_of_grey_levels_the_evidence_is_a_densitys_and_the_gaps_are_plain_nats(
    grey_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", str(grey_file), *EVIDENCE]) == 0
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    for name in inference.UNITS:
        density = name.endswith(("log_evidence", "elbo", "bound"))
        assert ("nats of a density per image" in lines[name]) == density


@pytest.mark.parametrize(
    "what",
    [
        ["--images", "0"],
        ["--images", "all"],
        ["--images", "361"],
        ["--images", "9" * 5000],
        ["--subset", "-1"],
        ["--images", "40", "--subset", "41"],
    ],
)
def test_a_bad_number_of_images_is_refused(
    what: list[str], digits_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert len(refused(["evaluate", str(digits_file), "--evidence", *what], capsys).split()) > 3


def test_what_says_nothing_without_the_evidence_is_refused(
    digits_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "give --evidence too" in refused(["evaluate", str(digits_file), "--subset", "5"], capsys)


def test_without_an_encoder_there_is_no_subset(lattice_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "leave --subset out" in refused(["evaluate", str(lattice_file), "--evidence", "--subset", "5"], capsys)


def test_without_the_images_of_a_model_nothing_is_evaluated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(data.FOLDER_VARIABLE, str(tmp_path))
    monkeypatch.setitem(data.DATASETS, "mnist", replace(data.DATASETS["mnist"], mirrors=()))
    assert refused(["evaluate", str(gallery.path("mnist-beta-1")), "--evidence"], capsys).endswith(".")


def test_measure_prints_numbers_as_json(digits_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["measure", str(digits_file), "--json"]) == 0
    facts, found = reported(capsys.readouterr().out, digits_file, UNITS)
    assert list(found) == [name for name in UNITS if name not in JUDGED]
    assert facts["images"] == 360
    assert {name: found[name] for name in METRICS} == checkpoint.read(digits_file).metrics


def test_measure_prints_units_for_people(digits_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["measure", str(digits_file)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [name for name in UNITS if name not in JUDGED]
    assert all(line.endswith(UNITS[line.split()[0]]) for line in lines)


@pytest.mark.parametrize("verb", ["evaluate", "measure"])
def test_nats_of_grey_levels_are_those_of_a_density(
    grey_file: Path, verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([verb, str(grey_file)]) == 0
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    for name, density in {"reconstruction": True, "kl": False, "negative_elbo": True}.items():
        assert ("nats of a density per image" in lines[name]) == density


def test_evaluate_tells_the_sigma(grey_file: Path, digits_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path, expected in {grey_file: checkpoint.read(grey_file).pixel_stddev, digits_file: None}.items():
        assert main(["evaluate", str(path), "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["pixel_stddev"] == expected
    assert main(["evaluate", str(grey_file)]) == 0
    assert f"sigma {checkpoint.read(grey_file).pixel_stddev:.4g}" in capsys.readouterr().out


def test_evaluate_says_that_the_likelihood_is_exact(lattice_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", str(lattice_file)]) == 0
    printed = capsys.readouterr().out
    assert "-log p(x) itself" in printed
    assert "draws" not in printed
    assert "--objective lattice" in printed
