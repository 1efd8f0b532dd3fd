"""A run that Ctrl-C or an overflow stops is kept, and the same command goes on with it to the same weights."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch

from models import checkpoint, interrupt, training, unfinished, vae
from models.__main__ import main
from tests.commands import refused
from tests.conftest import ROOT, TRAIN

STOPPED = 130
SCHEDULE = ["--kl-changes", "20:0,35:2"]


def stop_after(monkeypatch: pytest.MonkeyPatch, steps: int) -> None:
    """Have Ctrl-C pressed during a step, as if by hand."""

    @contextmanager
    def deferred() -> Iterator[Callable[[], None]]:
        taken = []

        def stop_if_asked() -> None:
            taken.append(1)
            if len(taken) == steps:
                raise KeyboardInterrupt

        yield stop_if_asked

    monkeypatch.setattr(interrupt, "deferred", deferred)


@pytest.mark.parametrize("steps", [1, 23, 30, 46])
def test_a_resumed_run_gives_the_weights_of_one_that_was_never_stopped(
    steps: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Within an epoch of 23 steps, between two, and after the last step."""
    whole, path = tmp_path / "whole.safetensors", tmp_path / "model.safetensors"
    assert main([*TRAIN, *SCHEDULE, "--out", str(whole)]) == 0
    with pytest.MonkeyPatch.context() as patch:
        stop_after(patch, steps)
        capsys.readouterr()
        assert main([*TRAIN, *SCHEDULE, "--out", str(path)]) == STOPPED
    printed = capsys.readouterr()
    assert printed.out == ""
    assert (
        f"after step {steps} in {unfinished.path_for(path)}; the same command goes on" in printed.err.splitlines()[-1]
    )
    assert not path.exists()
    assert main([*TRAIN, *SCHEDULE, "--out", str(path)]) == 0
    assert f"Going on after step {steps} " in capsys.readouterr().err
    made, expected = checkpoint.read(path), checkpoint.read(whole)
    assert all(weight.equal(made.weights[name]) for name, weight in expected.weights.items())
    assert all(part.equal(vars(made.codes)[name]) for name, part in vars(expected.codes).items())
    assert sorted(os.listdir(tmp_path)) == ["model.safetensors", "whole.safetensors"]


@pytest.mark.slow
def test_ctrl_c_ends_with_a_sentence_and_a_file(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    words = ["train", "--dataset", "digits", "--epochs", "1000", "--hidden", "16", "--out", str(path)]
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "models", *words], cwd=ROOT, stderr=subprocess.PIPE, text=True
    )
    printed = ""
    while "reconstruction" not in printed:  # the bar, once a hundred steps are taken
        read = process.stderr.read(1)
        assert read, printed
        printed += read
    process.send_signal(signal.SIGINT)
    printed += process.communicate(timeout=60)[1]
    assert process.returncode == STOPPED, printed
    assert "Traceback" not in printed
    assert printed.splitlines()[-1].startswith("Stopped, and it is kept")
    assert os.listdir(tmp_path) == ["model.safetensors.unfinished"]


def stopped(out: Path, monkeypatch: pytest.MonkeyPatch, *words: str) -> Path:
    """The file of a run that was to make ``out``."""
    with monkeypatch.context() as patch:
        stop_after(patch, 10)
        assert main([*TRAIN, *words, "--out", str(out)]) == STOPPED
    return unfinished.path_for(out)


def test_an_unfinished_run_of_another_recipe_is_not_gone_on_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "model.safetensors"
    left = stopped(path, monkeypatch, "--beta", "3")
    capsys.readouterr()
    assert "another recipe" in refused([*TRAIN, "--out", str(path)], capsys)
    assert left.exists()
    assert main([*TRAIN, "--out", str(path), "--force"]) == 0
    assert os.listdir(tmp_path) == [path.name]


@pytest.mark.parametrize("keep", [0, 7, 200, 20_000])
def test_a_damaged_unfinished_run_is_refused(
    keep: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "model.safetensors"
    left = stopped(path, monkeypatch)
    left.write_bytes(left.read_bytes()[:keep])
    capsys.readouterr()
    assert refused([*TRAIN, "--out", str(path)], capsys).endswith("is damaged; use --force to start again.")


def test_a_run_whose_loss_overflows_keeps_what_it_reached(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without the bound on sigma this rate drives a run into NaN."""
    monkeypatch.setattr(vae, "_MAX_LOG_STDDEV", 1e4)
    monkeypatch.setattr(training, "_MAX_SKIPPED", 5)
    path = tmp_path / "wild.safetensors"
    wild = ["train", "--dataset", "digits", "--epochs", "8", "--batch-size", "64", "--learning-rate", "0.1"]
    sentence = refused([*wild, "--likelihood", "gaussian", "--out", str(path)], capsys)
    assert "Lower the learning rate" in sentence
    assert str(unfinished.path_for(path)) in sentence
    kept = unfinished._below("weight.", unfinished._parse(unfinished.path_for(path).read_bytes())[0])
    assert all(torch.isfinite(weight).all() for weight in kept.values())
