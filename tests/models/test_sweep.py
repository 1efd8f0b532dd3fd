"""The sweep's models differ from the shipped ones in the seed alone, and nothing is made or measured twice."""

import json
import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from models import checkpoint, classifier, command_line, gallery, measures, sweep
from models.__main__ import main, parser
from models.checkpoint import Checkpoint, CheckpointError
from models.commands.training import recipe_of


def test_a_model_differs_from_the_shipped_one_in_the_seed_alone() -> None:
    shipped = gallery.recipes()
    for path, command in sweep.commands():
        recipe = recipe_of(parser().parse_args(shlex.split(command)[3:]))
        like = shipped[f"mnist-beta-{recipe.beta:g}"]
        assert recipe == replace(like, seed=recipe.seed, folded_onto="") == sweep.recipes()[path.name]
        assert path.name == f"beta-{recipe.beta:g}-seed-{recipe.seed}.safetensors"


def test_every_beta_has_four_seeds_besides_the_shipped_one() -> None:
    pairs = {(recipe.beta, recipe.seed) for recipe in sweep.recipes().values()}
    assert pairs == {(beta, seed) for beta in gallery.BETAS for seed in (1, 2, 3, 4)}
    assert {recipe.seed for recipe in gallery.recipes().values()} == {0}


def test_the_printed_commands_write_into_the_folder(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["sweep", "--print", "--folder", str(tmp_path / "my seeds")]) == 0
    first, *lines = capsys.readouterr().out.splitlines()
    assert shlex.split(first) == ["mkdir", "-p", str(tmp_path / "my seeds")]
    assert len(lines) == 32
    assert {parser().parse_args(shlex.split(line)[3:]).out.parent for line in lines} == {tmp_path / "my seeds"}
    assert not list(tmp_path.iterdir())


@pytest.fixture
def small(tmp_path: Path, tiny_checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """A gallery of one tiny model and a sweep of two; what was run stands in the file of each command."""
    model = tiny_checkpoint.recipe
    recipes = {f"beta-1-seed-{seed}.safetensors": replace(model, seed=seed) for seed in (1, 2)}
    for name in ("recipes", "series"):
        monkeypatch.setattr(gallery, name, lambda: {"shipped": model})
    monkeypatch.setattr(gallery, "path", lambda name: tmp_path / f"{name}.safetensors")
    monkeypatch.setattr(sweep, "recipes", lambda: recipes)
    checkpoint.write(tmp_path / "shipped.safetensors", tiny_checkpoint)
    return {"folder": tmp_path, "one": tmp_path / "beta-1-seed-1.safetensors"}


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that the commands measured, in order; a measure is how many they were by then."""
    files: list[str] = []

    def run(command: str) -> str:
        files.append(shlex.split(command)[-1])
        return json.dumps({"measures": {"kl": {"value": len(files), "unit": "nats per image"}}})

    monkeypatch.setattr(sweep, "run", run)
    return files


def test_only_what_is_there_is_measured(small: dict[str, Path], tiny_checkpoint: Checkpoint, ran: list[str]) -> None:
    alone = sweep.measure_all(small["folder"], jobs=1)
    assert [(each["beta"], each["seed"]) for each in alone["seeds"]] == [(1, 0)]
    checkpoint.write(small["one"], replace(tiny_checkpoint, recipe=replace(tiny_checkpoint.recipe, seed=1)))
    both = sweep.measure_all(small["folder"], jobs=1)
    assert [(each["beta"], each["seed"]) for each in both["seeds"]] == [(1, 0), (1, 1)]
    assert both["seeds"][0]["measures"] == both["models"]["shipped"] == alone["models"]["shipped"]
    assert ran == [str(small["folder"] / "shipped.safetensors"), str(small["one"])]
    assert both["classifier"]["test_accuracy"] == classifier.read().test_accuracy


@pytest.mark.slow
def test_what_is_not_here_keeps_its_measures(
    small: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A clone has the shipped models and none of the other seeds. Measured by the real command."""
    file, seed = tmp_path / "measures.json", {"beta": 1, "seed": 4, "measures": {"kl": 6.5}}
    others = [{"beta": 0.3, "seed": 0, "measures": {"kl": 7.5}}, {"beta": 1, "seed": 0, "measures": {"kl": -1.0}}]
    file.write_text(json.dumps({"models": {"once": {"kl": 3.0}}, "seeds": [seed, *others]}))
    monkeypatch.setattr(measures, "FILE", file)
    assert main(["sweep", "--only-measure", "--folder", str(small["folder"])]) == 0
    found = json.loads(file.read_bytes())
    assert [(each["beta"], each["seed"]) for each in found["seeds"]] == [(0.3, 0), (1, 0), (1, 4)]
    assert (found["seeds"][0], found["seeds"][2]) == (others[0], seed)
    assert found["seeds"][1]["measures"] == found["models"]["shipped"]
    assert found["models"]["shipped"] == pytest.approx(measures.measure(checkpoint.read(gallery.path("shipped"))))
    json.dumps(found, allow_nan=False)
    assert found["models"]["once"] == {"kl": 3.0}
    assert "Kept the measures of 3 models" in capsys.readouterr().err


@pytest.mark.usefixtures("ran")
@pytest.mark.parametrize("text", ["{", "[]", '{"seeds": []}', '{"models": {}, "seeds": [1]}'])
def test_a_damaged_file_is_not_written_over(
    small: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    file = tmp_path / "measures.json"
    file.write_text(text)
    monkeypatch.setattr(measures, "FILE", file)
    assert main(["sweep", "--only-measure", "--folder", str(small["folder"])]) == 1
    assert file.read_text() == text


def test_a_file_is_measured_again_only_once_it_has_changed(
    small: dict[str, Path], tiny_checkpoint: Checkpoint, ran: list[str]
) -> None:
    assert [sweep.measure_all(small["folder"], 1)["models"]["shipped"] for _ in range(2)] == [{"kl": 1}, {"kl": 1}]
    changed = replace(tiny_checkpoint, weights={name: 0 * each for name, each in tiny_checkpoint.weights.items()})
    checkpoint.write(small["folder"] / "shipped.safetensors", changed)
    assert sweep.measure_all(small["folder"], 1)["models"]["shipped"] == {"kl": 2}
    assert ran == 2 * [(small["folder"] / "shipped.safetensors").as_posix()]


def test_a_model_of_another_recipe_is_not_measured(
    small: dict[str, Path], tiny_checkpoint: Checkpoint, ran: list[str]
) -> None:
    checkpoint.write(small["one"], tiny_checkpoint)
    with pytest.raises(CheckpointError, match="another recipe"):
        sweep.measure_all(small["folder"], jobs=1)
    assert ran == [(small["folder"] / "shipped.safetensors").as_posix()]


def test_only_missing_models_are_trained(small: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    small["one"].touch()
    ran = []
    monkeypatch.setattr(sweep, "run", ran.append)
    sweep.train_missing(small["folder"], jobs=2)
    assert [parser().parse_args(shlex.split(command)[3:]).seed for command in ran] == [2]


@pytest.mark.slow
def test_a_command_that_fails_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(OSError, match="nowhere"):
        command_line.run("python -m models measure nowhere.safetensors")
