"""What the dial's other seeds lose: measured by a command, shipped for every mark, and refused of another recipe."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from models import checkpoint, data, dial_seeds, gallery
from models.__main__ import main
from models.dial_table import MARKS
from models.evaluation import average_terms
from models.recipe import Recipe


@pytest.fixture
def shipped_is_tiny(dial_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recipe:
    """As if dial_file were another seed of the shipped dial; the figures go to a file of the test's own."""
    recipe = replace(checkpoint.read(dial_file).recipe, seed=5)
    monkeypatch.setattr(gallery, "dial_recipe", lambda: recipe)
    monkeypatch.setattr(dial_seeds, "FILE", tmp_path / "dials.json")
    return recipe


@pytest.mark.usefixtures("shipped_is_tiny")
def test_the_command_writes_the_terms_at_every_mark(dial_file: Path) -> None:
    assert main(["dials", str(dial_file)]) == 0
    (entry,) = json.loads(dial_seeds.FILE.read_bytes())["dials"]
    model, held_out = checkpoint.read(dial_file), data.load("digits", "test")
    assert (entry["seed"], entry["fingerprint"]) == (0, model.fingerprint)
    assert [mark["beta"] for mark in entry["marks"]] == list(MARKS)
    wanted = average_terms(model.vae(30), held_out, model.codes).summary()
    assert entry["marks"][-1] == pytest.approx(
        {"beta": 30, "reconstruction": wanted["reconstruction"], "kl": wanted["kl"]}
    )


def test_a_model_that_differs_in_more_than_the_seed_is_refused(
    dial_file: Path, shipped_is_tiny: Recipe, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for other in (replace(shipped_is_tiny, epochs=3), replace(shipped_is_tiny, seed=0)):
        monkeypatch.setattr(gallery, "dial_recipe", lambda other=other: other)
        assert main(["dials", str(dial_file)]) == 1
        assert "is not the shipped dial with another seed" in capsys.readouterr().err
    assert not dial_seeds.FILE.exists()


def test_four_more_seeds_are_shipped_with_every_mark() -> None:
    shipped = dial_seeds.read_shipped()
    assert [entry["seed"] for entry in shipped] == [1, 2, 3, 4]
    for entry in shipped:
        assert [mark["beta"] for mark in entry["marks"]] == list(MARKS)
        kl = [mark["kl"] for mark in entry["marks"]]
        assert kl == sorted(kl, reverse=True)
