"""Small files are read back as written; damaged ones read as nothing or as a valid value, and never raise."""

import json
import math
import os
import re
from dataclasses import asdict, fields, replace
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from explorer.runs.files import Control, Record, RunSpec, Status, is_run_name
from explorer.runs.manager import Manager, Snapshot
from explorer.runs.store import Store
from models.recipe import Recipe

NAME = "0123456789abcdef"
KINDS = [RunSpec, Control, Status, Record]
kinds = st.sampled_from(KINDS)
numbers = st.integers() | st.floats() | st.just(10**400)
json_values = st.recursive(
    st.none() | st.booleans() | numbers | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
written = {
    RunSpec: RunSpec(Recipe().to_json(), "owner", NAME, 1.5),
    Control: Control(0.25, True, 3, True),
    Status: Status("running", "β → 0", 5, 10, 0.5, 1.0, 100.0, 2.5, 1.5),
    Record: Record(23, 360, {"step": [1], "reconstruction": [1.5], "kl": [0.5]}, [{"step": 0, "weight": 0.0}], []),
}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """The files of one run, NAME."""
    folder = tmp_path_factory.mktemp("files")
    store = Store(folder / "runs", folder / "frames")
    store.files(NAME).folder.mkdir(parents=True)
    return store


def path_of(store: Store, kind: type) -> Path:
    return getattr(store.files(NAME), kind.__name__.removeprefix("Run").lower())


def write_all(store: Store) -> None:
    for kind, value in written.items():
        value.write(path_of(store, kind))


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_written_is_read_back_and_nothing_else_lies_there(tmp_path: Path, kind: type) -> None:
    for value in (kind(), written[kind]):
        value.write(tmp_path / "a.json")
        assert kind.read(tmp_path / "a.json") == value
    assert os.listdir(tmp_path) == ["a.json"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_write_that_fails_leaves_the_old_file_alone(
    tmp_path: Path, kind: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError("The disk is full.")

    written[kind].write(tmp_path / "a.json")
    with monkeypatch.context() as patch, pytest.raises(OSError, match="full"):
        patch.setattr(os, "replace", fail)
        patch.setattr(Path, "replace", fail)
        kind().write(tmp_path / "a.json")
    assert kind.read(tmp_path / "a.json") == written[kind]
    assert os.listdir(tmp_path) == ["a.json"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_cut_anywhere_reads_as_nothing(store: Store, kind: type) -> None:
    write_all(store)
    path = path_of(store, kind)
    raw = path.read_bytes()
    for length in range(len(raw)):
        path.write_bytes(raw[:length])
        assert kind.read(path) is None
        look_is_sound(store)


def look_is_sound(store: Store) -> None:
    """Whatever the files hold, looking at the run gives a run or none."""
    runs = Manager(store)
    found, record = runs.snapshot(NAME, "somebody"), runs.record(NAME)
    assert found is None or isinstance(found, Snapshot)
    assert found is None or found.status.state
    assert isinstance(record, Record)


def is_sound(value: object) -> bool:
    """Whether each field has the kind that its default has, and each number is one that floats can bear."""
    for each in fields(value):
        found, default = getattr(value, each.name), getattr(type(value)(), each.name)
        if isinstance(default, float) and not isinstance(found, (int, float)):
            return False
        if not isinstance(default, float) and not isinstance(found, type(default)):
            return False
        if isinstance(default, (int, float)) and not math.isfinite(float(found)):
            return False
    return True


@given(kinds, st.binary() | json_values.map(json.dumps).map(str.encode))
@example(Status, b"[" * 100_000)
@example(Record, b"\xff\xfe")
@example(Control, b"1" * 5000)
def test_any_bytes_read_as_nothing_or_a_sound_value(store: Store, kind: type, raw: bytes) -> None:
    write_all(store)
    path_of(store, kind).write_bytes(raw)
    found = kind.read(path_of(store, kind))
    assert found is None or is_sound(found)
    look_is_sound(store)


@given(st.data(), kinds)
def test_a_forged_field_reads_as_nothing_or_a_sound_value(store: Store, data: st.DataObject, kind: type) -> None:
    write_all(store)
    field = data.draw(st.sampled_from([each.name for each in fields(kind)]))
    path_of(store, kind).write_text(json.dumps(asdict(written[kind]) | {field: data.draw(json_values)}))
    found = kind.read(path_of(store, kind))
    assert found is None or is_sound(found)
    look_is_sound(store)


@pytest.mark.parametrize("number", [10**400, -(10**400), math.nan, math.inf, True])
@pytest.mark.parametrize("field", ["updated", "step", "share"])
def test_a_number_that_cannot_be_reckoned_with_reads_as_nothing(store: Store, field: str, number: float) -> None:
    path = path_of(store, Status)
    path.write_text(json.dumps(asdict(written[Status]) | {field: number}))
    assert Status.read(path) is None


def test_a_key_too_many_or_too_few_reads_as_nothing(tmp_path: Path) -> None:
    values = asdict(Control())
    for forged in (values | {"owner": "me"}, {"weight": 1.0}):
        (tmp_path / "a").write_text(json.dumps(forged))
        assert Control.read(tmp_path / "a") is None


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "a").open("wb") as file:
        file.truncate(1 << 40)
    assert Record.read(tmp_path / "a") is None


@pytest.mark.parametrize("state", ["queued", "starting", "fetching", "running", "paused", "evaluating"])
def test_a_run_that_nobody_minds_reads_interrupted_and_an_ended_one_as_it_ended(store: Store, state: str) -> None:
    write_all(store)
    replace(written[Status], state=state).write(path_of(store, Status))
    assert Manager(store).snapshot(NAME).status.state == "interrupted"
    for end in ("done", "cancelled", "failed"):
        replace(written[Status], state=end).write(path_of(store, Status))
        assert Manager(store).snapshot(NAME).status.state == end


@given(st.text() | st.text("0123456789abcdef", min_size=15, max_size=17) | json_values)
@example("0123456789abcdeF")
@example("0123456789abcdef\n")
@example("٠" * 16)
@example("../0123456789abc")
def test_a_run_name_is_sixteen_small_hexadecimal_digits(text: object) -> None:
    spelt = isinstance(text, str) and len(text) == 16 and set(text) <= set("0123456789abcdef")
    assert is_run_name(text) == spelt


def test_the_frame_of_a_later_step_comes_later_in_the_folder(store: Store) -> None:
    names = [store.files(NAME).frame(step).name for step in (0, 9, 10, 999_999, 1_000_000)]
    assert names == sorted(names)
    assert all(re.fullmatch(r"\d{7}\.safetensors\.gz", name) for name in names)


def test_the_encoder_of_a_frame_lies_beside_it(store: Store) -> None:
    files = store.files(NAME)
    assert files.encoder(20).parent == files.frame(20).parent
    assert files.encoder(20).name == "0000020.encoder.safetensors.gz"
