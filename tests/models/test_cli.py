"""The commands that people run, run as they run them."""

import argparse
import os
import re
import shlex
from pathlib import Path

import pytest

from models import checkpoint, gallery
from models.__main__ import main, parser
from models.recipe import Recipe
from tests.commands import refused, run
from tests.conftest import ROOT, TRAIN


def test_train_writes_the_recipe_that_was_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "digits.safetensors"
    done = run(*TRAIN, "--out", path)
    assert done.returncode == 0, done.stderr
    assert "nats per image" in done.stdout
    assert checkpoint.read(path).recipe == Recipe("digits", epochs=2, hidden=(16,), batch_size=64)
    assert os.listdir(tmp_path) == [path.name]


def test_the_printed_command_makes_the_same_weights_again(digits_file: Path, tmp_path: Path) -> None:
    model = checkpoint.read(digits_file)
    again = tmp_path / "again.safetensors"
    assert main(shlex.split(model.recipe.command(str(again)))[3:]) == 0
    twin = checkpoint.read(again)
    assert twin.recipe == model.recipe
    assert twin.dataset_sha256 == model.dataset_sha256
    assert all(weight.equal(twin.weights[name]) for name, weight in model.weights.items())


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


def test_a_learnt_sigma_leaves_its_start_and_repeats(grey_file: Path, tmp_path: Path) -> None:
    made, again = checkpoint.read(grey_file), tmp_path / "again.safetensors"
    assert made.pixel_stddev > 0.205  # two epochs leave a greater error than its start, 0.2
    assert main(shlex.split(made.recipe.command(str(again)))[3:]) == 0
    twin = checkpoint.read(again)
    assert made.weights.keys() == twin.weights.keys()
    assert all(weight.equal(twin.weights[name]) for name, weight in made.weights.items())


@pytest.mark.slow
def test_a_learnt_sigma_can_be_fixed_later_but_not_the_reverse(
    grey_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fixed = tmp_path / "fixed.safetensors"
    words = [*TRAIN, "--likelihood", "gaussian"]
    start = ["--continue-from", str(grey_file), "--pixel-stddev", "0.3", "--out", str(fixed)]
    assert main([*words, *start]) == 0
    assert checkpoint.read(fixed).pixel_stddev == 0.3
    capsys.readouterr()
    back = ["--continue-from", str(fixed), "--pixel-stddev", "learnt", "--out", str(tmp_path / "back.safetensors")]
    assert "fixed sigma; continue it with --pixel-stddev 0.3." in refused([*words, *back], capsys)


def test_a_decoder_alone_reaches_the_file_and_repeats(lattice_file: Path, tmp_path: Path) -> None:
    made, again = checkpoint.read(lattice_file), tmp_path / "again.safetensors"
    assert made.recipe == Recipe("digits", epochs=2, hidden=(16,), batch_size=64, objective="lattice")
    assert made.vae().encoder is None
    assert main(shlex.split(made.recipe.command(str(again)))[3:]) == 0
    twin = checkpoint.read(again)
    assert all(weight.equal(twin.weights[name]) for name, weight in made.weights.items())
    assert all(part.equal(vars(twin.codes)[name]) for name, part in vars(made.codes).items())


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
    "a sigma for binary pixels": ["--pixel-stddev", "0.3"],
    "a sigma of zero": ["--likelihood", "gaussian", "--pixel-stddev", "0"],
    "a sigma that is a word": ["--likelihood", "gaussian", "--pixel-stddev", "small"],
    "an objective": ["--objective", "iwae"],
    "a beta for a loss without KL": ["--objective", "lattice", "--beta", "2"],
    "a warm-up for a loss without KL": ["--objective", "lattice", "--kl-warm-up", "0"],
    "changes for a loss without KL": ["--objective", "lattice", "--kl-changes", "400:0"],
    "grey levels on the lattice": ["--objective", "lattice", "--likelihood", "gaussian"],
    "changes that are no pairs": ["--kl-changes", "400"],
    "changes that are no numbers": ["--kl-changes", "soon:0"],
    "a change to a negative weight": ["--kl-changes", "400:-1"],
    "changes out of order": ["--kl-changes", "400:0,200:1"],
    "a change after the last step": ["--kl-changes", "10:0,46:1"],
    "an empty batch": ["--batch-size", "0"],
    "a learning rate of one": ["--learning-rate", "1"],
    "a seed beyond floats": ["--seed", "1" + "0" * 400],
    "no threads": ["--threads", "0"],
    "a folder that does not exist": ["--out", "nowhere/at/all.safetensors"],
    "a folder for a file": ["--out", "."],
    "a start that does not exist": ["--continue-from", "nowhere.safetensors"],
    "a layout that does not exist": ["--fold-onto", "nowhere.safetensors"],
}


@pytest.mark.parametrize("what", BAD)
def test_a_bad_choice_is_refused_with_a_sentence(
    what: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    sentence = refused([*TRAIN, "--out", "made.safetensors", *BAD[what]], capsys)
    assert len(sentence.split()) > 3
    assert not re.search("invalid (widths|changes|stddev|count)", sentence)
    assert os.listdir(tmp_path) == []


def test_an_existing_file_is_replaced_only_by_force(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "made.safetensors"
    path.write_bytes(b"dear to someone")
    assert "--force" in refused([*TRAIN, "--out", str(path)], capsys)
    assert path.read_bytes() == b"dear to someone"
    assert main([*TRAIN, "--out", str(path), "--force"]) == 0
    assert checkpoint.read(path).recipe.dataset == "digits"


def _verbs() -> dict[str, argparse.ArgumentParser]:
    return next(each for each in parser()._actions if isinstance(each, argparse._SubParsersAction)).choices


@pytest.mark.parametrize("verb", _verbs())
def test_help_says_what_each_option_does_and_its_default(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main([verb, "--help"])
    printed = " ".join(capsys.readouterr().out.split())
    for action in _verbs()[verb]._actions:
        if action.option_strings and action.dest != "help":
            said = action.help % vars(action)
            assert said in printed
            assert said.endswith(")"), f"{action.option_strings[0]} does not say its default"
    assert verb != "train" or "passes over all images (60)" in printed


def test_a_flag_that_would_do_nothing_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "not allowed" in refused(["sweep", "--print", "--only-measure"], capsys)
    late = [*TRAIN, "--kl-changes", "46:0", "--out", str(tmp_path / "late.safetensors")]
    assert "after 45 steps at most" in refused(late, capsys)
    assert main([*TRAIN, "--kl-changes", "45:0", "--out", str(tmp_path / "last.safetensors")]) == 0


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


def test_pretrain_prints_a_command_a_model_that_parses(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["pretrain", "--print"]) == 0
    lines = capsys.readouterr().out.splitlines()
    made = [str(parser().parse_args(shlex.split(line)[3:]).out) for line in lines]
    names = [*gallery.recipes(), gallery.DIAL, *gallery.FEW_VALUES.values()]
    assert made == [gallery.path(name).relative_to(ROOT).as_posix() for name in names]


@pytest.mark.slow
def test_mnist_is_learnt_in_one_epoch(mnist_folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "mnist.safetensors"
    assert main(["train", "--dataset", "mnist", "--epochs", "1", "--hidden", "32", "--out", str(path)]) == 0
    model = checkpoint.read(path)
    assert len(model.codes.label) == 10_000
    assert model.metrics["negative_elbo"] < 230
