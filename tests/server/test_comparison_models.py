"""What can be compared: the gallery with its measures, the visitor's models as they are measured, and runs."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from explorer.runs.manager import Manager
from explorer.runs.store import STATE_VARIABLE
from explorer.server import assets, catalogue, comparison_models, model_store
from explorer.wire import Choice, RunChoice
from models import checkpoint, gallery
from tests.comparing import MEASURES, SHIPPED, forget_shipped, lay_run, manage, ship
from tests.runs.running import ANN, BOB


@pytest.fixture(autouse=True)
def measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[Path, tuple]]:
    """What is known of kept models, and measures of the gallery, all of the test's own."""
    known: dict[Path, tuple] = {}
    monkeypatch.setenv(STATE_VARIABLE, str(tmp_path / "state"))
    monkeypatch.setattr(comparison_models, "measures_of", lambda path: known.get(path, (None, True)))
    monkeypatch.setattr(model_store, "_check_images", lambda model: None)
    ship(tmp_path, monkeypatch)
    yield known
    forget_shipped()


@pytest.fixture
def own(tiny_bytes: bytes) -> str:
    """The name of a model that Ann keeps."""
    return model_store.keep(ANN, "my own", tiny_bytes)


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Manager:
    return manage(tmp_path, monkeypatch)


def file_of(url: str) -> Path:
    return assets.FOLDER / url.rsplit("/", 1)[1]


def test_the_gallery_stands_in_its_order_with_its_measures() -> None:
    found = comparison_models.choices(ANN)
    assert [each["name"] for each in found] == [each["name"] for each in catalogue.shipped()]
    assert all((each["measures"], each["measuring"]) == (MEASURES, False) for each in found)


def test_every_choice_is_a_model_with_its_encoder_and_measures_in_plain_json(own: str) -> None:
    found = comparison_models.choices(ANN)
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert all(each.keys() == Choice.__annotations__.keys() for each in found)
    assert [{name: each[name] for name in each.keys() & catalogue.models_for(ANN)[0].keys()} for each in found] == (
        catalogue.models_for(ANN)
    )
    encoders = {each["name"]: each["encoder_url"] for each in found}
    assert encoders.pop(gallery.EXACT) is None
    assert len(set(encoders.values())) == len(found) - 1
    assert all(file_of(url).is_file() for url in encoders.values())


def test_the_gallery_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    before = comparison_models.choices(ANN)
    monkeypatch.setattr(comparison_models, "read_shipped", None)
    monkeypatch.setattr(checkpoint, "encoder_bytes", None)
    assert comparison_models.choices(BOB) == before


def test_a_model_that_was_never_measured_is_offered_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ship(tmp_path, monkeypatch, json.dumps(SHIPPED | {"models": {gallery.REFERENCE: MEASURES}}))
    assert [each["measures"] for each in comparison_models.choices(ANN)].count(MEASURES) == 1


def test_a_kept_model_is_offered_to_its_visitor_while_it_is_measured(own: str, measured: dict[Path, tuple]) -> None:
    assert len(comparison_models.choices(BOB)) == len(gallery.recipes())
    before = comparison_models.choices(ANN)
    assert (before[-1]["name"], before[-1]["measures"], before[-1]["measuring"]) == (own, None, True)
    assert comparison_models.with_new_measures(ANN, before) == before
    measured[model_store.path(ANN, own)] = (MEASURES, False)
    after = comparison_models.with_new_measures(ANN, before)
    assert after[:-1] == before[:-1]
    assert after[-1] == before[-1] | {"measures": MEASURES, "measuring": False}


def test_a_kept_model_that_cannot_be_measured_is_offered_without(own: str, measured: dict[Path, tuple]) -> None:
    measured[model_store.path(ANN, own)] = (None, False)
    offered = comparison_models.choices(ANN)[-1]
    assert (offered["measures"], offered["measuring"]) == (None, False)


def test_a_kept_model_that_has_gone_bad_is_left_out(own: str, monkeypatch: pytest.MonkeyPatch) -> None:
    offered = catalogue.models_for(ANN)
    monkeypatch.setattr(catalogue, "models_for", lambda visitor: offered)
    model_store.path(ANN, own).write_bytes(b"no model")
    assert len(comparison_models.choices(ANN)) == len(gallery.recipes())
    model_store.path(ANN, own).unlink()
    assert len(comparison_models.choices(ANN)) == len(gallery.recipes())


def test_what_is_forgotten_is_taken_back_from_the_browsers(own: str) -> None:
    mine = comparison_models.choices(ANN)[-1]
    assets.unpublish_model(own)
    assert not any(file_of(mine[name]).exists() for name in ("url", "encoder_url"))


def test_the_newest_runs_with_frames_can_be_chosen(runs: Manager) -> None:
    names = [f"{number:016x}" for number in range(8)]
    for number, name in enumerate(names):
        lay_run(runs.store, name, ANN, float(number), () if number == 5 else (0, 20))
    lay_run(runs.store, "b" * 16, BOB, 9.0)
    found = comparison_models.runs(ANN)
    assert [run["name"] for run in found] == [f"run-{names[number]}" for number in (7, 6, 4, 3, 2, 1)]
    assert all(run.keys() == RunChoice.__annotations__.keys() for run in found)
    assert [frame["step"] for frame in found[0]["frames"]] == [0, 20]


def test_a_run_that_a_link_names_comes_too_whosever_it_is(runs: Manager) -> None:
    lay_run(runs.store, "a" * 16, ANN, 1.0)
    lay_run(runs.store, "b" * 16, BOB, 2.0)
    lay_run(runs.store, "c" * 16, BOB, 2.0, ())
    names = ["run-" + letter * 16 for letter in "ab"]
    assert [run["name"] for run in comparison_models.runs(ANN, ["b" * 16, "a" * 16, "b" * 16])] == names
    assert [run["name"] for run in comparison_models.runs(ANN, ["c" * 16, "d" * 16, "../" * 5 + "x", ""])] == names[:1]


def test_a_run_whose_order_is_damaged_is_left_out(runs: Manager) -> None:
    for letter in "ab":
        lay_run(runs.store, letter * 16, ANN, 1.0)
    runs.store.files("b" * 16).spec.write_bytes(b"{")
    (runs.store.folder / "no run").mkdir()
    assert [run["name"] for run in comparison_models.runs(ANN, ["b" * 16])] == ["run-" + "a" * 16]
