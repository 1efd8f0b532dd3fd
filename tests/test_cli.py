"""The commands that people run, run as they run them."""

import json
import math
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from models import checkpoint, gallery, inference
from models.__main__ import main, parser
from models.measures import UNITS
from models.recipe import Recipe
from tests.conftest import ROOT

METRICS = list(UNITS)[:6]
JUDGED = ("sure_draws", "drawn_classes")  # by a classifier that knows MNIST's digits alone
TRAIN = ["train", "--dataset", "digits", "--epochs", "2", "--hidden", "16", "--batch-size", "64"]


def run(*arguments: str | Path) -> subprocess.CompletedProcess:
    """python -m models, with warnings as errors as in the tests."""
    command = [sys.executable, "-W", "error", "-m", "models", *map(str, arguments)]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=120)


@pytest.fixture(scope="module")
def digits_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of the digits, made by the command line."""
    path = tmp_path_factory.mktemp("cli") / "digits.safetensors"
    done = run(*TRAIN, "--out", path)
    assert done.returncode == 0, done.stderr
    assert "nats per image" in done.stdout
    return path


def test_train_writes_the_recipe_that_was_asked_for(digits_file: Path) -> None:
    assert checkpoint.read(digits_file).recipe == Recipe("digits", epochs=2, hidden=(16,), batch_size=64)
    assert os.listdir(digits_file.parent) == [digits_file.name]


def test_the_printed_command_makes_the_same_weights_again(digits_file: Path, tmp_path: Path) -> None:
    model = checkpoint.read(digits_file)
    again = tmp_path / "again.safetensors"
    assert main(shlex.split(model.recipe.command(str(again)))[3:]) == 0
    twin = checkpoint.read(again)
    assert twin.recipe == model.recipe
    assert twin.dataset_sha256 == model.dataset_sha256
    assert all(weight.equal(twin.weights[name]) for name, weight in model.weights.items())


def test_evaluate_prints_the_metrics_of_the_file_as_json(digits_file: Path) -> None:
    done = run("evaluate", digits_file, "--json")
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout)
    metrics = {name: facts[name] for name in METRICS}
    assert all(math.isfinite(value) for value in metrics.values())
    assert facts["negative_elbo"] == pytest.approx(facts["reconstruction"] + facts["kl"])
    assert metrics == pytest.approx(checkpoint.read(digits_file).metrics, rel=1e-4)
    assert (facts["images"], facts["beta"]) == (360, 1)
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


EVIDENCE = ["--evidence", "--images", "40", "--subset", "3"]


def test_evaluate_prints_the_evidence_and_all_below_it_as_json(digits_file: Path) -> None:
    done = run("evaluate", digits_file, *EVIDENCE, "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert list(found) == [*inference.UNITS, "images", "subset", "draws"]
    assert all(math.isfinite(value) for value in found.values())
    assert (found["images"], found["subset"], found["draws"]) == (40, 3, 5000)
    assert max(found["largest_error"], found["largest_missed"]) < 0.01
    assert found["gap"] == pytest.approx(found["log_evidence"] - found["elbo"])
    assert found["importance_bound"] < found["subset_log_evidence"] + 0.05
    sums = [found[f"{kind}approximation_gap"] + found[f"{kind}amortisation_gap"] for kind in ("", "full_")]
    assert sums[0] == pytest.approx(sums[1])
    assert all(found[name] > -1e-3 for name in inference.UNITS if name.endswith("_gap"))


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
    found = json.loads(capsys.readouterr().out)
    assert found["images"] == 360
    assert found["log_evidence"] == pytest.approx(-checkpoint.read(lattice_file).metrics["negative_elbo"], abs=0.02)
    assert "elbo" not in found


@pytest.mark.parametrize("what", [["--images", "0"], ["--images", "all"], ["--subset", "-1"]])
def test_a_bad_number_of_images_is_refused(
    what: list[str], digits_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert len(refused(["evaluate", str(digits_file), "--evidence", *what], capsys).split()) > 3


def test_measure_prints_numbers_as_json(digits_file: Path) -> None:
    done = run("measure", digits_file, "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert list(found) == [name for name in UNITS if name not in JUDGED]
    assert all(math.isfinite(value) for value in found.values())
    assert {name: found[name] for name in METRICS} == checkpoint.read(digits_file).metrics


def test_measure_prints_units_for_people(digits_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["measure", str(digits_file)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [name for name in UNITS if name not in JUDGED]
    assert all(line.endswith(UNITS[line.split()[0]]) for line in lines)


def test_a_model_is_continued_and_folded(digits_file: Path, tmp_path: Path) -> None:
    path, source = tmp_path / "more.safetensors", str(digits_file)
    arguments = [*TRAIN, "--beta", "0", "--continue-from", source, "--fold-onto", source, "--out", str(path)]
    assert main(arguments) == 0
    made = checkpoint.read(path)
    assert (made.recipe.initial, made.recipe.folded_onto) == (source, source)
    assert made.metrics["reconstruction"] < checkpoint.read(digits_file).metrics["reconstruction"]


def test_grey_levels_and_changes_of_the_kl_weight_reach_the_file_and_repeat(tmp_path: Path) -> None:
    path, again = tmp_path / "grey.safetensors", tmp_path / "again.safetensors"
    arguments = [*TRAIN, "--likelihood", "gaussian", "--kl-changes", "10:0,30:2.5", "--out", str(path)]
    assert main(arguments) == 0
    made = checkpoint.read(path)
    assert (made.recipe.likelihood, made.recipe.kl_changes) == ("gaussian", ((10, 0.0), (30, 2.5)))
    assert main(shlex.split(made.recipe.command(str(again)))[3:]) == 0
    assert all(weight.equal(checkpoint.read(again).weights[name]) for name, weight in made.weights.items())


@pytest.fixture(scope="module")
def lattice_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A decoder of the digits, trained on log p(x) itself."""
    path = tmp_path_factory.mktemp("lattice") / "lattice.safetensors"
    assert main([*TRAIN, "--objective", "lattice", "--out", str(path)]) == 0
    return path


def test_a_decoder_alone_reaches_the_file_and_repeats(lattice_file: Path, tmp_path: Path) -> None:
    made, again = checkpoint.read(lattice_file), tmp_path / "again.safetensors"
    assert made.recipe == Recipe("digits", epochs=2, hidden=(16,), batch_size=64, objective="lattice")
    assert made.vae().encoder is None
    assert main(shlex.split(made.recipe.command(str(again)))[3:]) == 0
    twin = checkpoint.read(again)
    assert all(weight.equal(twin.weights[name]) for name, weight in made.weights.items())
    assert all(part.equal(vars(twin.codes)[name]) for name, part in vars(made.codes).items())


def test_evaluate_says_that_the_likelihood_is_exact(lattice_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", str(lattice_file)]) == 0
    printed = capsys.readouterr().out
    assert "-log p(x) itself" in printed
    assert "draws" not in printed
    assert "--objective lattice" in printed


def test_a_decoder_alone_continues_a_vae_but_not_the_reverse(
    digits_file: Path, lattice_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "more.safetensors"
    onto = [*TRAIN, "--continue-from", str(digits_file), "--fold-onto", str(digits_file), "--out", str(path)]
    assert main([*onto, "--objective", "lattice"]) == 0
    loss = checkpoint.read(path).metrics["negative_elbo"]
    assert loss < checkpoint.read(digits_file).metrics["negative_elbo"]
    capsys.readouterr()
    back = [*TRAIN, "--continue-from", str(lattice_file), "--out", str(tmp_path / "back.safetensors")]
    assert "no encoder; continue it with --objective lattice." in refused(back, capsys)
    assert os.listdir(tmp_path) == ["more.safetensors"]


BAD = {
    "a data set": ["--dataset", "cifar"],
    "a negative beta": ["--beta", "-1"],
    "a beta that is not a number": ["--beta", "nan"],
    "no epochs": ["--epochs", "0"],
    "widths that are no numbers": ["--hidden", "wide"],
    "a width of zero": ["--hidden", "0"],
    "a likelihood": ["--likelihood", "poisson"],
    "an objective": ["--objective", "iwae"],
    "a beta for a loss without KL": ["--objective", "lattice", "--beta", "2"],
    "a warm-up for a loss without KL": ["--objective", "lattice", "--kl-warm-up", "0"],
    "changes for a loss without KL": ["--objective", "lattice", "--kl-changes", "400:0"],
    "grey levels on the lattice": ["--objective", "lattice", "--likelihood", "gaussian"],
    "changes that are no pairs": ["--kl-changes", "400"],
    "changes that are no numbers": ["--kl-changes", "soon:0"],
    "a change to a negative weight": ["--kl-changes", "400:-1"],
    "changes out of order": ["--kl-changes", "400:0,200:1"],
    "an empty batch": ["--batch-size", "0"],
    "a learning rate of one": ["--learning-rate", "1"],
    "a seed beyond floats": ["--seed", "1" + "0" * 400],
    "no threads": ["--threads", "0"],
    "a folder that does not exist": ["--out", "nowhere/at/all.safetensors"],
    "a folder for a file": ["--out", "."],
    "a start that does not exist": ["--continue-from", "nowhere.safetensors"],
    "a layout that does not exist": ["--fold-onto", "nowhere.safetensors"],
}


def refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """The sentence with which main refuses."""
    try:
        code = main(arguments)
    except SystemExit as stop:  # argparse's own way to refuse
        code = stop.code
    printed = capsys.readouterr()
    assert code not in (0, None)
    assert printed.out == ""
    return printed.err.splitlines()[-1]


@pytest.mark.parametrize("what", BAD)
def test_a_bad_choice_is_refused_with_a_sentence(
    what: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    sentence = refused([*TRAIN, "--out", "made.safetensors", *BAD[what]], capsys)
    assert len(sentence.split()) > 3
    assert not {"_widths", "_changes"} & set(sentence.split())
    assert os.listdir(tmp_path) == []


def test_a_refusal_shows_no_traceback(tmp_path: Path) -> None:
    done = run("evaluate", tmp_path / "missing.safetensors")
    assert done.returncode == 1
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert "missing.safetensors" in done.stderr


def test_a_file_that_is_no_model_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(b"no model")
    assert refused(["evaluate", str(path)], capsys).endswith(".")


@pytest.mark.parametrize("flag", ["--continue-from", "--fold-onto"])
def test_a_model_that_does_not_fit_is_refused(
    flag: str, tiny_bytes: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its widths differ from the run's, and it holds the codes of 20 images where the data set has 360."""
    other = tmp_path / "tiny.safetensors"
    other.write_bytes(tiny_bytes)
    sentence = refused([*TRAIN, flag, str(other), "--out", str(tmp_path / "made.safetensors")], capsys)
    assert len(sentence.split()) > 3
    assert os.listdir(tmp_path) == ["tiny.safetensors"]


def test_pretrain_prints_nine_commands_that_parse(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["pretrain", "--print"]) == 0
    lines = capsys.readouterr().out.splitlines()
    made = [str(parser().parse_args(shlex.split(line)[3:]).out) for line in lines]
    assert made == [gallery.path(name).relative_to(ROOT).as_posix() for name in gallery.recipes()]
    assert len(set(made)) == 9


def test_mnist_is_learnt_in_one_epoch(mnist_folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "mnist.safetensors"
    assert main(["train", "--dataset", "mnist", "--epochs", "1", "--hidden", "32", "--out", str(path)]) == 0
    model = checkpoint.read(path)
    assert len(model.codes.label) == 10_000
    assert model.metrics["negative_elbo"] < 230
