"""A checkpoint is read back as it was written, and written whole or not at all."""

import dataclasses
import hashlib
import math
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import safetensors.torch
import torch

from models import checkpoint, classifier, gallery
from models.checkpoint import Checkpoint, CheckpointError, parse, read, write
from models.data import Dataset
from models.evaluation import Averages, Codes, average_terms, encode_dataset, summarise
from models.recipe import Recipe
from models.vae import VAE, NoEncoderError
from tests.conftest import ROOT, TINY_HIDDEN, global_generators_untouched, seeded
from tests.forging import header_of, with_metadata


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


WRITE = """
import sys
from pathlib import Path
from models.checkpoint import read, write
write(Path(sys.argv[2]), read(Path(sys.argv[1])))
"""


def test_another_process_writes_equal_bytes(with_averages: Checkpoint, tmp_path: Path) -> None:
    for name in "ab":
        write(tmp_path / name, with_averages)
    subprocess.run([sys.executable, "-c", WRITE, tmp_path / "a", tmp_path / "c"], cwd=ROOT, check=True)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes() == (tmp_path / "c").read_bytes()


def test_the_shipped_files_are_what_writing_them_gives(tmp_path: Path) -> None:
    write(tmp_path / "a", gallery.read(gallery.REFERENCE))
    assert (tmp_path / "a").read_bytes() == gallery.path(gallery.REFERENCE).read_bytes()
    classifier.write(tmp_path / "b", classifier.read())
    assert (tmp_path / "b").read_bytes() == classifier.FILE.read_bytes()


@pytest.fixture
def with_averages(tiny_checkpoint: Checkpoint) -> Checkpoint:
    """That checkpoint, with averages over two binarisations."""
    return dataclasses.replace(tiny_checkpoint, averages=Averages((500.5, 501.5), (2.0, 3.0)))


def test_averages_over_binarisations_are_read_back_and_are_the_metrics(
    with_averages: Checkpoint, tmp_path: Path
) -> None:
    write(tmp_path / "a", with_averages)
    again = read(tmp_path / "a")
    assert again.averages == with_averages.averages
    assert (again.metrics["negative_elbo"], again.metrics["kl"]) == (503.5, 2.5)
    assert again.metrics["negative_elbo_sd"] == pytest.approx(2**0.5)


def test_a_file_without_averages_is_read_and_has_those_of_its_codes(tiny_bytes: bytes) -> None:
    old = parse(tiny_bytes)
    assert old.averages is None
    assert old.metrics == summarise(old.codes)


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "{}",
        "",
        '{"reconstruction": [1], "kl": []}',
        '{"reconstruction": [1], "kl": [1, 2]}',
        '{"reconstruction": [NaN], "kl": [1]}',
        '{"reconstruction": [1e999], "kl": [1]}',
        '{"reconstruction": [true], "kl": [1]}',
        '{"reconstruction": "1", "kl": "2"}',
        '{"reconstruction": %s, "kl": %s}' % (2 * (str(list(range(101))),)),
    ],
)
def test_averages_that_are_none_are_refused(tiny_bytes: bytes, text: str) -> None:
    with pytest.raises(CheckpointError, match="averages"):
        parse(with_metadata(tiny_bytes, averages=text))


def test_measured_again_a_model_has_todays_codes_and_averages(
    tiny_checkpoint: Checkpoint, tiny_dataset: Dataset
) -> None:
    stale = dataclasses.replace(tiny_checkpoint.codes, reconstruction=torch.zeros(20))
    fresh = checkpoint.evaluated_again(dataclasses.replace(tiny_checkpoint, codes=stale), tiny_dataset)
    assert fresh.fingerprint == tiny_checkpoint.fingerprint
    assert torch.equal(fresh.codes.reconstruction, tiny_checkpoint.codes.reconstruction)
    assert fresh.averages == average_terms(fresh.vae(), tiny_dataset, fresh.codes)


def test_the_metrics_are_those_of_the_codes_whatever_the_header_says(tiny_bytes: bytes) -> None:
    forged = parse(with_metadata(tiny_bytes, metrics='{"kl": 0}'))
    assert forged.metrics == summarise(parse(tiny_bytes).codes)


def test_the_fingerprint_is_of_recipe_and_weights_alone(tiny_checkpoint: Checkpoint) -> None:
    name, weight = next(iter(tiny_checkpoint.weights.items()))
    weights = dict(reversed(tiny_checkpoint.weights.items()))
    same = dataclasses.replace(
        tiny_checkpoint,
        weights=weights,
        codes=dataclasses.replace(tiny_checkpoint.codes, kl=torch.zeros(20)),
        versions={},
    )
    others = [
        dataclasses.replace(tiny_checkpoint, weights=tiny_checkpoint.weights | {name: weight + 1}),
        dataclasses.replace(tiny_checkpoint, recipe=dataclasses.replace(tiny_checkpoint.recipe, seed=99)),
    ]
    assert re.fullmatch("[0-9a-f]{16}", tiny_checkpoint.fingerprint)
    assert same.fingerprint == tiny_checkpoint.fingerprint
    assert len({tiny_checkpoint.fingerprint, *(each.fingerprint for each in others)}) == 3


def test_the_fingerprint_hashes_the_recipe_then_names_and_bytes_in_order(tiny_bytes: bytes) -> None:
    header = header_of(tiny_bytes)
    start = 8 + int.from_bytes(tiny_bytes[:8], "little")
    text = header.pop("__metadata__")["recipe"].encode()
    for name in sorted(name for name in header if not name.startswith("codes.")):
        first, last = header[name]["data_offsets"]
        text += name.encode() + tiny_bytes[start + first : start + last]
    assert parse(tiny_bytes).fingerprint == hashlib.sha256(text).hexdigest()[:16]


def test_a_measured_model_is_that_of_the_rounded_weights(tiny_dataset: Dataset) -> None:
    recipe = Recipe("digits", epochs=1, hidden=TINY_HIDDEN, likelihood="gaussian", kl_changes=((1, 0.0),))
    vae = VAE(TINY_HIDDEN, seeded(), "gaussian")
    images = Dataset("digits", tiny_dataset.pixels[:15], tiny_dataset.labels[:15])
    made = checkpoint.from_trained(vae, recipe, tiny_dataset, images)
    assert (made.recipe, made.dataset_sha256) == (recipe, tiny_dataset.sha256())
    assert made.vae().likelihood.name == "gaussian"
    expected = encode_dataset(made.vae(), images)
    assert all(torch.equal(part, vars(expected)[name]) for name, part in vars(made.codes).items())
    assert made.averages == average_terms(made.vae(), images, expected)


def test_what_draws_a_model_is_its_decoder_and_codes_and_nothing_else(tiny_checkpoint: Checkpoint) -> None:
    raw = checkpoint.decoder_bytes(tiny_checkpoint.weights, tiny_checkpoint.codes)
    assert "__metadata__" not in header_of(raw)
    found = safetensors.torch.load(raw)
    expected = {name: part for name, part in tiny_checkpoint.weights.items() if name.startswith("decoder.")}
    expected |= {f"codes.{name}": part for name, part in vars(tiny_checkpoint.codes).items()}
    assert found.keys() == expected.keys()
    assert all(each.dtype == expected[name].dtype and each.equal(expected[name]) for name, each in found.items())


def test_what_encodes_an_image_is_the_rest_of_the_weights(tiny_checkpoint: Checkpoint) -> None:
    raw = checkpoint.encoder_bytes(tiny_checkpoint.weights)
    assert "__metadata__" not in header_of(raw)
    found = safetensors.torch.load(raw)
    assert found.keys() == {name for name in tiny_checkpoint.weights if not name.startswith("decoder.")}
    assert all(
        each.dtype == torch.float16 and each.equal(tiny_checkpoint.weights[name]) for name, each in found.items()
    )


def with_sigma(dataset: Dataset, log_stddev: float) -> Checkpoint:
    """An untrained model of grey pixels whose learnt sigma is that."""
    recipe = Recipe("digits", epochs=1, hidden=TINY_HIDDEN, likelihood="gaussian", pixel_stddev=None)
    vae = VAE.of(recipe, seeded())
    torch.nn.init.constant_(vae.log_pixel_stddev, log_stddev)
    return checkpoint.from_trained(vae, recipe, dataset, dataset)


def test_a_learnt_sigma_is_kept_and_told(tiny_dataset: Dataset, tmp_path: Path) -> None:
    write(tmp_path / "a", with_sigma(tiny_dataset, -1.0))
    again = read(tmp_path / "a")
    assert again.pixel_stddev == pytest.approx(math.exp(-1), rel=1e-3)
    assert again.vae().decode(torch.zeros(2)).stddev.unique().item() == pytest.approx(again.pixel_stddev)
    assert again.metrics == summarise(encode_dataset(again.vae(), tiny_dataset))


def test_a_sigma_that_is_no_number_is_refused(tiny_dataset: Dataset, tmp_path: Path) -> None:
    good = with_sigma(tiny_dataset, 0.0)
    for bad in (math.nan, math.inf):
        weights = good.weights | {"log_pixel_stddev": torch.tensor(bad).half()}
        with pytest.raises(CheckpointError, match="log_pixel_stddev"):
            write(tmp_path / "a", dataclasses.replace(good, weights=weights))


def test_a_fixed_sigma_is_the_recipes_and_binary_pixels_have_none(tiny_checkpoint: Checkpoint) -> None:
    assert tiny_checkpoint.pixel_stddev is None
    recipe = dataclasses.replace(tiny_checkpoint.recipe, likelihood="gaussian", pixel_stddev=0.3)
    grey = dataclasses.replace(tiny_checkpoint, recipe=recipe)
    assert grey.pixel_stddev == grey.vae().pixel_stddev == 0.3


@pytest.fixture(scope="session")
def decoder_alone(tiny_dataset: Dataset) -> Checkpoint:
    """A valid checkpoint of an untrained decoder for the objective "lattice"."""
    recipe = Recipe("digits", epochs=1, hidden=TINY_HIDDEN, objective="lattice")
    vae = VAE(TINY_HIDDEN, seeded(), encoder=False)
    return checkpoint.from_trained(vae, recipe, tiny_dataset, tiny_dataset)


def test_a_model_without_an_encoder_is_read_back_without_one(decoder_alone: Checkpoint, tmp_path: Path) -> None:
    write(tmp_path / "a", decoder_alone)
    again = read(tmp_path / "a")
    assert (again.recipe, again.metrics) == (decoder_alone.recipe, decoder_alone.metrics)
    assert {name.partition(".")[0] for name in again.weights} == {"decoder"}
    assert all(torch.equal(weight, decoder_alone.weights[name]) for name, weight in again.weights.items())
    assert all(torch.equal(part, vars(decoder_alone.codes)[name]) for name, part in vars(again.codes).items())


def test_a_model_without_an_encoder_draws_and_says_that_it_cannot_encode(decoder_alone: Checkpoint) -> None:
    drawn = safetensors.torch.load(checkpoint.decoder_bytes(decoder_alone.weights, decoder_alone.codes))
    assert {name.partition(".")[0] for name in drawn} == {"decoder", "codes"}
    with pytest.raises(NoEncoderError, match=r"no encoder.*\.$"):
        checkpoint.encoder_bytes(decoder_alone.weights)
    with pytest.raises(NoEncoderError):
        decoder_alone.vae().encode(torch.zeros(1, 784))


def test_the_objective_says_whether_a_file_has_an_encoder(
    decoder_alone: Checkpoint, tiny_checkpoint: Checkpoint, tmp_path: Path
) -> None:
    recipes = {"missing": tiny_checkpoint.recipe, "which its recipe does not have": decoder_alone.recipe}
    for (reason, recipe), other in zip(recipes.items(), (decoder_alone, tiny_checkpoint), strict=True):
        with pytest.raises(CheckpointError, match=rf"encoder\.\d.*{reason}"):
            write(tmp_path / "a", dataclasses.replace(other, recipe=recipe))


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
