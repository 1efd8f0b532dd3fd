"""A file is replaced whole or not at all, and what is no number that a float can hold is told from one that is."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.files import is_number, write_atomically


def test_a_file_is_replaced_and_others_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "file"
    for raw in (b"old", b"new"):
        write_atomically(path, raw)
        assert path.read_bytes() == raw
    assert path.stat().st_mode & 0o777 == 0o644
    assert list(tmp_path.iterdir()) == [path]


def test_a_write_that_fails_leaves_the_old_file_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def refuse(*_: object) -> None:
        raise OSError("no room")

    monkeypatch.setattr("models.files.os.fsync", refuse)
    with pytest.raises(OSError, match="no room"):
        write_atomically(path, b"new")
    assert [each.read_bytes() for each in tmp_path.iterdir()] == [b"old"]


@given(st.floats(-1e15, 1e15) | st.integers(-(10**15), 10**15))
def test_what_json_brings_back_is_a_number(value: float) -> None:
    assert is_number(json.loads(json.dumps(value)))


@pytest.mark.parametrize("text", ["true", "null", '"1"', "[1]", "NaN", "Infinity", "-Infinity", "9007199254740992"])
def test_what_is_no_number_that_a_float_can_hold_is_told(text: str) -> None:
    assert not is_number(json.loads(text))


def test_bounds_and_whole_numbers() -> None:
    assert is_number(1, 1, 2)
    assert not is_number(3, 1, 2)
    assert not is_number(1.0, whole=True)
