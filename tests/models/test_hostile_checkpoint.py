"""A hostile file meets CheckpointError and its sentence, and nothing else."""

import json
import math
import pickle
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import safetensors.torch
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from torch import Tensor

from models.checkpoint import MAX_FILE_BYTES, MAX_HEADER_BYTES, Checkpoint, CheckpointError, parse, read
from models.recipe import Recipe
from tests.conftest import TINY_HIDDEN
from tests.forging import filled, header_of, with_header, with_metadata, with_tensors


def forged_recipe(**changes: object) -> Callable[[bytes], bytes]:
    return lambda raw: with_metadata(raw, recipe=json.dumps(json.loads(Recipe().to_json()) | changes))


HOSTILE: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "an empty file": (lambda raw: b"", "empty"),
    "four bytes": (lambda raw: raw[:4], "empty"),
    "a length and no header": (lambda raw: raw[:8], "empty"),
    "cut inside the header": (lambda raw: raw[:100], "its end is missing"),
    "cut inside the tensors": (lambda raw: raw[:-1], "damaged"),
    "an extra tail": (lambda raw: raw + b"\0", "damaged"),
    "a pickle": (lambda raw: pickle.dumps({"weights": [1.0] * 100}), "not a safetensors file"),
    "a huge header length": (lambda raw: b"\xff" * 8 + raw[8:], "not a safetensors file"),
    "a header of length zero": (lambda raw: bytes(8) + raw[8:], "not JSON"),
    "a header over the cap": (lambda raw: with_header(raw, b" " * (MAX_HEADER_BYTES + 1)), "not a safetensors file"),
    "a header that is a list": (lambda raw: with_header(raw, b"[]"), "not a JSON object"),
    "a header that is no text": (lambda raw: with_header(raw, b"\xff\xfe\x00"), "not JSON"),
    "a deep header": (lambda raw: with_header(raw, b"[" * MAX_HEADER_BYTES), "not JSON"),
    "a key that stands twice": (lambda raw: with_header(raw, b'{"__metadata__":{},"__metadata__":{}}'), "not JSON"),
    "no metadata": (lambda raw: with_header(raw, b"{}"), "not a checkpoint of this app"),
    "metadata that is a list": (lambda raw: with_header(raw, b'{"__metadata__":[]}'), "not a checkpoint of this app"),
    "another format": (lambda raw: with_metadata(raw, format="other/1"), "not a checkpoint of this app"),
    "no recipe": (lambda raw: with_metadata(raw, recipe=""), "recipe"),
    "a recipe that is a number": (lambda raw: with_metadata(raw, recipe=5), "recipe"),
    "a recipe that is an object": (lambda raw: with_metadata(raw, recipe={"beta": 1}), "recipe"),
    "a recipe with a word for a number": (forged_recipe(beta="1"), "beta"),
    "a recipe with true for a number": (forged_recipe(epochs=True), "epochs"),
    "a recipe with a number beyond floats": (forged_recipe(seed=10**400), "seed"),
    "a recipe with nested widths": (forged_recipe(hidden=[[8]]), "hidden"),
    "a recipe with null for a name": (forged_recipe(initial=None), "initial"),
    "a recipe with a likelihood of its own": (forged_recipe(likelihood="poisson"), "likelihood"),
    "a recipe with an objective of its own": (forged_recipe(objective="iwae"), "objective"),
    "a recipe for a decoder alone": (forged_recipe(objective="lattice", hidden=[8]), "encoder"),
    "a recipe for a sigma that is not there": (
        forged_recipe(likelihood="gaussian", pixel_stddev=None, hidden=[8]),
        "log_pixel_stddev is missing",
    ),
    "a recipe with a sigma of binary pixels": (forged_recipe(pixel_stddev=0.3), "pixel_stddev"),
    "a sigma among the weights of binary pixels": (
        lambda raw: with_tensors(raw, log_pixel_stddev=torch.zeros(()).half()),
        "'log_pixel_stddev'",
    ),
    "a recipe that weighs what it has not": (forged_recipe(objective="lattice", beta=3), "beta"),
    "a recipe with a change that is no pair": (forged_recipe(kl_changes=[[1]]), "kl_changes"),
    "a recipe with an unknown key": (forged_recipe(optimiser="sgd"), "recipe"),
    "widths that do not match": (forged_recipe(hidden=[9]), r"F16 \[9"),
    "a layer more in the recipe": (forged_recipe(hidden=[8, 8]), "missing"),
    "versions that are no JSON": (lambda raw: with_metadata(raw, versions="{"), "versions"),
    "versions that are a list": (lambda raw: with_metadata(raw, versions="[]"), "versions"),
    "full precision weights": (
        lambda raw: with_tensors(raw, encoder__0__bias=torch.zeros(8)),
        r"encoder\.0\.bias .*F16 \[8\]",
    ),
    "a weight of another shape": (
        lambda raw: with_tensors(raw, encoder__0__bias=torch.zeros(2, 4).half()),
        r"encoder\.0\.bias .*F16 \[8\]",
    ),
    "a missing weight": (lambda raw: with_tensors(raw, encoder__0__bias=None), r"encoder\.0\.bias is missing"),
    "missing codes": (lambda raw: with_tensors(raw, codes__kl=None), r"codes\.kl is missing"),
    "missing labels": (lambda raw: with_tensors(raw, codes__label=None), r"codes\.\w+ is missing"),
    "an extra tensor": (lambda raw: with_tensors(raw, extra=torch.zeros(1)), "'extra'"),
    "codes of fewer images": (lambda raw: with_tensors(raw, codes__kl=torch.ones(19)), r"codes\.kl"),
    "codes of no image": (lambda raw: with_tensors(raw, **first_codes(raw, 0)), r"codes\."),
    "codes of one image": (lambda raw: with_tensors(raw, **first_codes(raw, 1)), r"codes\."),
    "a weight that is not a number": (lambda raw: filled(raw, "decoder.0.bias", torch.nan), r"decoder\.0\.bias"),
    "an infinite weight": (lambda raw: filled(raw, "decoder.0.bias", torch.inf), r"decoder\.0\.bias"),
    "a mean that is not a number": (lambda raw: filled(raw, "codes.mean", torch.nan), r"codes\.mean"),
    "an infinite loss": (lambda raw: filled(raw, "codes.kl", torch.inf), r"codes\.kl"),
    "a label over nine": (lambda raw: filled(raw, "codes.label", 10), "label over 9"),
    "a stddev of zero": (lambda raw: filled(raw, "codes.stddev", 0), "not positive"),
    "a negative stddev": (lambda raw: filled(raw, "codes.stddev", -1), "not positive"),
    "a file over the cap": (lambda raw: raw + bytes(MAX_FILE_BYTES), "larger than 24 MB"),
}


def first_codes(raw: bytes, count: int) -> dict[str, Tensor]:
    return {name: tensor[:count] for name, tensor in safetensors.torch.load(raw).items() if name.startswith("codes.")}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_file_is_refused_with_a_sentence(what: str, tiny_bytes: bytes) -> None:
    forge, reason = HOSTILE[what]
    with pytest.raises(CheckpointError, match=r"\.$") as refusal:
        parse(forge(tiny_bytes))
    assert re.search(reason, str(refusal.value))


def test_a_duplicate_tensor_name_is_refused(tiny_bytes: bytes) -> None:
    header = json.dumps(header_of(tiny_bytes)).encode()
    twice = header[:-1] + b', "codes.kl": {"dtype": "F32", "shape": [20], "data_offsets": [0, 80]}}'
    with pytest.raises(CheckpointError, match="not JSON"):
        parse(with_header(tiny_bytes, twice))


@pytest.mark.parametrize("offsets", [[0, 2**64], [-80, 0], [80, 0], ["0", "80"], None, [0, 80, 160]])
def test_offsets_that_lie_are_refused(tiny_bytes: bytes, offsets: object) -> None:
    header = header_of(tiny_bytes)
    header["codes.kl"]["data_offsets"] = offsets
    with pytest.raises(CheckpointError):
        parse(with_header(tiny_bytes, json.dumps(header).encode()))


@pytest.mark.parametrize("shape", [None, 20, "20", [2**63], [True], [20.0], [-1], [[20]], {}])
def test_label_shapes_that_are_no_count_are_refused(tiny_bytes: bytes, shape: object) -> None:
    header = header_of(tiny_bytes)
    header["codes.label"]["shape"] = shape
    with pytest.raises(CheckpointError):
        parse(with_header(tiny_bytes, json.dumps(header).encode()))


def test_a_huge_file_is_not_read_whole(tmp_path: Path) -> None:
    with (tmp_path / "a").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(CheckpointError, match="larger than 24 MB"):
        read(tmp_path / "a")


def parse_or_refusal(raw: bytes) -> Checkpoint | None:
    try:
        return parse(raw)
    except CheckpointError:
        return None


@given(st.binary())
@example(b"\2" + bytes(7) + b"{}")
def test_random_bytes_are_refused(raw: bytes) -> None:
    assert parse_or_refusal(raw) is None


@given(st.data())
def test_a_changed_byte_gives_a_refusal_or_a_valid_checkpoint(tiny_bytes: bytes, data: st.DataObject) -> None:
    """Half of the places lie in the header, which is a small part of the file."""
    header = 8 + int.from_bytes(tiny_bytes[:8], "little")
    place = data.draw(st.integers(0, header - 1) | st.integers(header, len(tiny_bytes) - 1))
    changed = bytearray(tiny_bytes)
    changed[place] = data.draw(st.integers(0, 255))
    survivor = parse_or_refusal(bytes(changed))
    if survivor is not None:
        assert len(survivor.codes.label) == 20
        assert all(weight.isfinite().all() for weight in survivor.vae().state_dict().values())
        assert all(map(math.isfinite, survivor.metrics.values()))


KEYS = st.sampled_from(["format", "recipe", "metrics", "dataset_sha256", "versions", "__metadata__"]) | st.text()


@settings(max_examples=40)
@given(st.dictionaries(KEYS, st.none() | st.text() | st.integers() | st.lists(st.integers()), max_size=3))
def test_any_metadata_gives_a_refusal_or_a_valid_checkpoint(tiny_bytes: bytes, metadata: dict) -> None:
    survivor = parse_or_refusal(with_metadata(tiny_bytes, **metadata))
    assert survivor is None or survivor.recipe.hidden == TINY_HIDDEN
