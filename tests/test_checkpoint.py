"""A checkpoint is read back as written, written whole or not at all, and a hostile one meets CheckpointError alone."""

import dataclasses
import json
import math
import os
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

from models import checkpoint
from models.checkpoint import MAX_FILE_BYTES, MAX_HEADER_BYTES, Checkpoint, CheckpointError, parse, read, write
from models.data import Dataset
from models.evaluation import Codes, encode_dataset, summarise
from models.recipe import Recipe
from models.vae import VAE
from tests.conftest import TINY_HIDDEN, global_generators_untouched, seeded


def header_of(raw: bytes) -> dict:
    return json.loads(raw[8 : 8 + int.from_bytes(raw[:8], "little")])


def with_header(raw: bytes, header: bytes) -> bytes:
    """``raw`` with its header replaced and its tensors as they were."""
    return len(header).to_bytes(8, "little") + header + raw[8 + int.from_bytes(raw[:8], "little") :]


def with_metadata(raw: bytes, **changes: object) -> bytes:
    header = header_of(raw)
    header["__metadata__"] |= changes
    return with_header(raw, json.dumps(header).encode())


def with_tensors(raw: bytes, **changes: Tensor | None) -> bytes:
    """``raw`` written anew with other tensors under some names, or without them; "__" stands for a dot."""
    tensors = safetensors.torch.load(raw)
    tensors |= {name.replace("__", "."): tensor for name, tensor in changes.items()}
    kept = {name: tensor for name, tensor in tensors.items() if tensor is not None}
    return safetensors.torch.save(kept, header_of(raw)["__metadata__"])


def filled(raw: bytes, name: str, value: float) -> bytes:
    """``raw`` with one number of one tensor replaced."""
    tensor = safetensors.torch.load(raw)[name]
    tensor.view(-1)[0] = value
    return with_tensors(raw, **{name: tensor})


def test_a_written_checkpoint_is_read_back(tiny_checkpoint: Checkpoint, tmp_path: Path) -> None:
    write(tmp_path / "a", tiny_checkpoint)
    again = read(tmp_path / "a")
    assert (again.recipe, again.dataset_sha256) == (tiny_checkpoint.recipe, tiny_checkpoint.dataset_sha256)
    assert again.versions == tiny_checkpoint.versions
    assert again.metrics == tiny_checkpoint.metrics
    assert again.weights.keys() == tiny_checkpoint.weights.keys()
    assert all(torch.equal(weight, tiny_checkpoint.weights[name]) for name, weight in again.weights.items())
    assert all(torch.equal(part, vars(tiny_checkpoint.codes)[name]) for name, part in vars(again.codes).items())


def test_what_was_read_is_written_to_the_same_bytes(tiny_bytes: bytes, tmp_path: Path) -> None:
    write(tmp_path / "a", parse(tiny_bytes))
    assert header_of((tmp_path / "a").read_bytes()) == header_of(tiny_bytes)
    assert parse((tmp_path / "a").read_bytes()).metrics == parse(tiny_bytes).metrics


def test_the_file_states_half_precision_for_weights_and_full_for_codes(tiny_bytes: bytes) -> None:
    header = header_of(tiny_bytes)
    header.pop("__metadata__")
    weights = {entry["dtype"] for name, entry in header.items() if not name.startswith("codes.")}
    codes = {entry["dtype"] for name, entry in header.items() if name.startswith("codes.")}
    assert (weights, codes) == ({"F16"}, {"F32", "U8"})


def test_the_model_is_the_one_in_the_file(tiny_bytes: bytes) -> None:
    with global_generators_untouched():
        vae = parse(tiny_bytes).vae()
    assert not vae.training
    for name, weight in vae.state_dict().items():
        assert weight.dtype == torch.float32
        assert torch.equal(weight, parse(tiny_bytes).weights[name].float())


def test_the_metrics_are_those_of_the_codes_whatever_the_header_says(tiny_bytes: bytes) -> None:
    forged = parse(with_metadata(tiny_bytes, metrics='{"kl": 0}'))
    assert forged.metrics == summarise(parse(tiny_bytes).codes)


def test_a_measured_model_is_that_of_the_rounded_weights(tiny_dataset: Dataset) -> None:
    recipe = Recipe("digits", epochs=1, hidden=TINY_HIDDEN, likelihood="gaussian", kl_changes=((1, 0.0),))
    vae = VAE(TINY_HIDDEN, seeded(), "gaussian")
    images = Dataset("digits", tiny_dataset.pixels[:15], tiny_dataset.labels[:15])
    made = checkpoint.measured(vae, recipe, tiny_dataset, images)
    assert (made.recipe, made.dataset_sha256) == (recipe, tiny_dataset.sha256())
    assert made.vae().likelihood == "gaussian"
    expected = encode_dataset(made.vae(), images)
    assert all(torch.equal(part, vars(expected)[name]) for name, part in vars(made.codes).items())


def test_what_draws_a_model_is_its_decoder_and_codes_and_nothing_else(tiny_checkpoint: Checkpoint) -> None:
    raw = checkpoint.drawable(tiny_checkpoint.weights, tiny_checkpoint.codes)
    assert "__metadata__" not in header_of(raw)
    found = safetensors.torch.load(raw)
    expected = {name: part for name, part in tiny_checkpoint.weights.items() if name.startswith("decoder.")}
    expected |= {f"codes.{name}": part for name, part in vars(tiny_checkpoint.codes).items()}
    assert found.keys() == expected.keys()
    assert all(each.dtype == expected[name].dtype and each.equal(expected[name]) for name, each in found.items())


def test_what_encodes_an_image_is_the_rest_of_the_weights(tiny_checkpoint: Checkpoint) -> None:
    raw = checkpoint.encodable(tiny_checkpoint.weights)
    assert "__metadata__" not in header_of(raw)
    found = safetensors.torch.load(raw)
    assert found.keys() == {name for name in tiny_checkpoint.weights if not name.startswith("decoder.")}
    assert all(
        each.dtype == torch.float16 and each.equal(tiny_checkpoint.weights[name]) for name, each in found.items()
    )


def test_the_largest_recipe_fits_into_a_file(tiny_checkpoint: Checkpoint, tmp_path: Path) -> None:
    recipe = Recipe(hidden=(1024,) * 4)
    weights = checkpoint.half_weights(VAE(recipe.hidden, seeded()))
    codes = Codes(**{name: part.repeat_interleave(500, dim=0) for name, part in vars(tiny_checkpoint.codes).items()})
    write(tmp_path / "a", dataclasses.replace(tiny_checkpoint, recipe=recipe, weights=weights, codes=codes))
    assert len(read(tmp_path / "a").codes.label) == 10_000


def test_a_write_that_fails_leaves_the_old_file_alone(
    tiny_checkpoint: Checkpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError("The disk is full.")

    path = tmp_path / "a"
    path.write_bytes(b"old")
    for step in ("fsync", "replace"):
        with monkeypatch.context() as patch, pytest.raises(OSError, match="full"):
            patch.setattr(os, step, fail)
            write(path, tiny_checkpoint)
        assert path.read_bytes() == b"old"
        assert os.listdir(tmp_path) == ["a"]


def test_a_write_replaces_the_old_file(tiny_checkpoint: Checkpoint, tiny_bytes: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")
    write(path, tiny_checkpoint)
    assert len(path.read_bytes()) == len(tiny_bytes)
    assert os.listdir(tmp_path) == ["a"]


def test_what_could_not_be_read_is_never_written(tiny_checkpoint: Checkpoint, tmp_path: Path) -> None:
    weights = {name: weight * float("nan") for name, weight in tiny_checkpoint.weights.items()}
    with pytest.raises(CheckpointError):
        write(tmp_path / "a", dataclasses.replace(tiny_checkpoint, weights=weights))
    assert os.listdir(tmp_path) == []


def forged_recipe(**changes: object) -> Callable[[bytes], bytes]:
    return lambda raw: with_metadata(raw, recipe=json.dumps(json.loads(Recipe().to_json()) | changes))


HOSTILE: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "an empty file": (lambda raw: b"", "empty"),
    "four bytes": (lambda raw: raw[:4], "empty"),
    "a length and no header": (lambda raw: raw[:8], "empty"),
    "cut inside the header": (lambda raw: raw[:100], "cut short"),
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
    "a file over the cap": (lambda raw: raw + bytes(MAX_FILE_BYTES), "larger than 16 MB"),
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
    with pytest.raises(CheckpointError, match="larger than 16 MB"):
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
