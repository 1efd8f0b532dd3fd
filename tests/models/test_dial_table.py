"""The dial's table: at its KL weights it is what the dial's encoder says, and its file is whole or refused."""

import json
import math
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
import safetensors.torch
import torch

from models import checkpoint, dial_table, gallery
from models.checkpoint import Checkpoint, CheckpointError
from models.data import Dataset
from models.dial import BETAS, Dial
from models.dial_bytes import decoder_bytes
from models.dial_table import DialTable, table_betas
from models.evaluation import encode_dataset, summarise
from models.recipe import Recipe
from tests.conftest import TINY_HIDDEN, seeded
from tests.forging import with_metadata, with_tensors

BETAS_OF_TABLE = torch.tensor([0.01, 1, 30])
RECIPE = Recipe("digits", hidden=TINY_HIDDEN, objective="dial")


@pytest.fixture(scope="module")
def few(digits: Dataset) -> Dataset:
    """An untrained model has wide codes, whose integrals take long."""
    return Dataset(digits.name, digits.pixels[:50], digits.labels[:50])


@pytest.fixture(scope="module")
def model(few: Dataset) -> Checkpoint:
    """An untrained dial, whose films are drawn too."""
    dial, generator = Dial(RECIPE.hidden, seeded()).requires_grad_(False), seeded(1)
    for weight in dial.films.parameters():
        weight.normal_(0, 0.3, generator=generator)
    return checkpoint.from_trained(dial, RECIPE, few, few, BETAS_OF_TABLE)


@pytest.fixture(scope="module")
def table(model: Checkpoint) -> DialTable:
    assert model.table is not None
    return model.table


def test_the_table_spans_the_dial_in_small_steps_and_has_every_mark() -> None:
    betas = table_betas().tolist()
    assert betas == sorted(betas)
    assert (betas[0], betas[-1]) == pytest.approx(BETAS)
    assert set(torch.tensor(dial_table.MARKS).tolist()) <= set(betas)
    assert max(math.log(high / low) for low, high in pairwise(betas)) < math.log(1.28)


def test_each_row_is_what_the_dial_says_at_its_weight(model: Checkpoint, table: DialTable, few: Dataset) -> None:
    assert len(table.betas) == len(table.averages) == len(table.mean)
    for row in (0, 1, 2):
        wanted = encode_dataset(model.vae(min(max(table.betas[row].item(), BETAS[0]), BETAS[1])), few, table.samples)
        found = table.codes(row)
        for name in ("mean", "stddev", "reconstruction", "kl"):
            assert torch.equal(getattr(found, name), getattr(wanted, name).half().float()), name
        assert torch.equal(found.label, few.labels)
        assert table.metrics[row]["spread"] == pytest.approx(summarise(wanted)["spread"], rel=1e-3)


def test_a_table_comes_back_from_its_checkpoint(model: Checkpoint, table: DialTable, tmp_path: Path) -> None:
    checkpoint.write(tmp_path / "file", replace(model, table=table))
    found = checkpoint.read(tmp_path / "file")
    assert found.table is not None
    assert (found.table.averages, found.table.samples) == (table.averages, 2)
    assert found.table.tensors.keys() == table.tensors.keys()
    assert all(torch.equal(tensor, table.tensors[name]) for name, tensor in found.table.tensors.items())
    assert torch.equal(found.table.label, model.codes.label)
    assert found.weights.keys() == model.weights.keys()
    assert found.fingerprint == replace(model, table=None).fingerprint


def test_whoever_trains_a_dial_makes_its_table_and_can_watch(few: Dataset) -> None:
    seen = []
    made = checkpoint.from_trained(
        Dial(RECIPE.hidden, seeded()), RECIPE, few, few, torch.tensor(BETAS), lambda *done: seen.append(done)
    )
    assert made.table is not None
    assert made.table.betas.tolist() == pytest.approx(BETAS)
    assert seen == [(1, 2), (2, 2)]


BAD = {
    "fewer averages than weights": ({}, {"table_averages": "[]"}, "averages"),
    "no averages": ({}, {"table_averages": "["}, "cannot be used"),
    "averages that are no numbers": ({}, {"table_averages": json.dumps([{"reconstruction": [], "kl": []}] * 3)}, "two"),
    "no number of draws": ({}, {"table_samples": "-1"}, "draws of z"),
    "weights that descend": ({"table__betas": torch.tensor([30.0, 1, 0.01])}, {}, "ascend"),
    "weights too near": ({"table__betas": torch.tensor([0.01, 29.9, 30])}, {}, "ascend"),
    "other ends": ({"table__betas": torch.tensor([0.1, 1, 30])}, {}, "ascend"),
    "no weight": ({"table__betas": torch.tensor([])}, {}, "not of 2 to 100 KL weights"),
    "codes of other images": ({"table__kl": torch.zeros(3, 9).half()}, {}, "table.kl"),
    "a sigma of 0": ({"table__stddev": torch.zeros(3, 50, 2).half()}, {}, "not positive"),
    "no number": ({"table__kl": torch.full((3, 50), torch.nan).half()}, {}, "not a finite number"),
}


@pytest.mark.parametrize("bad", BAD)
def test_a_table_that_does_not_fit_is_refused(model: Checkpoint, table: DialTable, tmp_path: Path, bad: str) -> None:
    checkpoint.write(tmp_path / "file", replace(model, table=table))
    tensors, metadata, words = BAD[bad]
    raw = with_metadata(with_tensors((tmp_path / "file").read_bytes(), **tensors), **metadata)
    with pytest.raises(CheckpointError, match=words):
        checkpoint.parse(raw)


def test_another_model_has_no_table(tiny_bytes: bytes, table: DialTable) -> None:
    with pytest.raises(CheckpointError, match="does not have"):
        checkpoint.parse(with_tensors(tiny_bytes, table__betas=table.betas))


def test_a_browser_gets_the_films_of_the_decoder_and_nothing_of_the_encoder(
    model: Checkpoint, table: DialTable
) -> None:
    tensors = safetensors.torch.load(decoder_bytes(model, table))
    assert not any("encoder" in name for name in tensors)
    for layer, outputs in enumerate((TINY_HIDDEN[0], 784)):
        assert tensors[f"decoder.{2 * layer}.weight"].shape[0] == outputs
        assert tensors[f"decoder.{2 * layer}.scale"].shape == (24, outputs)


def test_the_shipped_table_is_of_the_shipped_dial() -> None:
    table = gallery.read(gallery.DIAL).table
    assert table is not None
    assert gallery.read(gallery.DIAL).recipe == gallery.dial_recipe()
    assert torch.equal(table.betas, table_betas())
    assert table.mean.shape == (len(table.betas), 10_000, 2)
    at_one = table.metrics[table.betas.tolist().index(1.0)]
    assert at_one["negative_elbo"] == pytest.approx(gallery.read(gallery.DIAL).metrics["negative_elbo"], abs=1e-3)


def test_the_shipped_dial_is_at_least_as_good_at_one_as_a_model_for_it_alone() -> None:
    of_dial, alone = (gallery.read(name).metrics["negative_elbo"] for name in (gallery.DIAL, gallery.REFERENCE))
    assert of_dial <= 133.5
    assert of_dial < alone
