"""Whatever stands in measures.json and evidence.json is figures of a known shape, or one error and a page without."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from explorer.pages.probability.inference_costs import inference_costs
from models import inference, measures
from models.shipped import ShippedError, read_figures

READERS = {"measures": measures, "evidence": inference}
SHIPPED = {name: json.loads(module.FILE.read_bytes()) for name, module in READERS.items()}
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
JSON = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner))
ENDS = (b"[" * 200_000, b"", b'{"models": NaN}', b'{"models": 1e999}', b"\xff\xfe", b"9" * 5000, b"[]", b"{}")

in_one_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, bytes], dict | None]:
    """What a module reads from a file of these bytes, or None where it says so in the one way that pages expect."""

    def attempt(name: str, raw: bytes) -> dict | None:
        module, file = READERS[name], tmp_path / f"{name}.json"
        file.write_bytes(raw)
        monkeypatch.setattr(module, "FILE", file)
        module.read_shipped.cache_clear()
        try:
            return module.read_shipped()
        except ShippedError as error:
            assert file.name in str(error)
            assert str(tmp_path) not in str(error)
            return None

    yield attempt
    for module in READERS.values():
        module.read_shipped.cache_clear()


@pytest.mark.parametrize("name", READERS)
def test_what_is_shipped_is_read_as_it_stands(read: Callable, name: str) -> None:
    assert read(name, json.dumps(SHIPPED[name]).encode()) == SHIPPED[name]


@pytest.mark.parametrize("name", READERS)
def test_further_figures_are_no_damage(read: Callable, name: str) -> None:
    models = {model: found | {"further": [1]} for model, found in SHIPPED[name]["models"].items()}
    assert read(name, json.dumps(SHIPPED[name] | {"models": models, "more": {}}).encode()) is not None


@pytest.mark.parametrize("name", READERS)
@in_one_folder
@given(raw=st.binary(max_size=40) | st.sampled_from(ENDS) | JSON.map(lambda value: json.dumps(value).encode()))
def test_anything_else_is_one_error(read: Callable, name: str, raw: bytes) -> None:
    assert read(name, raw) is None


@pytest.mark.parametrize("name", READERS)
def test_a_missing_file_is_the_same_error(tmp_path: Path, name: str) -> None:
    with pytest.raises(ShippedError, match=r"none\.json cannot be read"):
        read_figures(tmp_path / "none.json", lambda found: True)


def places(value: object, way: tuple = ()) -> list[tuple]:
    """The way to each part of a JSON value."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [way, *(each for key, part in parts for each in places(part, (*way, key)))]


def replaced(value: object, way: tuple, by: object) -> object:
    if not way:
        return by
    copy = value.copy()
    copy[way[0]] = replaced(value[way[0]], way[1:], by)
    return copy


PLACES = [way for way in places(SHIPPED["evidence"]) if len(way) < 4][1:]


@in_one_folder
@given(way=st.sampled_from(PLACES), by=JSON)
@example(way=("models", "mnist-beta-1", "largest_error"), by=-1.0)
@example(way=("models", "mnist-beta-1", "largest_error"), by=5e-324)
@example(way=("models", "mnist-beta-1", "gap"), by=None)
@example(way=("models", "mnist-beta-1"), by={})
@example(way=("models",), by={})
def test_the_table_of_costs_is_drawn_whatever_part_is_damaged(read: Callable, way: tuple, by: object) -> None:
    read("evidence", json.dumps(replaced(SHIPPED["evidence"], way, by)).encode())
    inference_costs()
