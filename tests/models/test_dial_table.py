"""The dial's table: at its KL weights it is what the dial's encoder says, and its file is whole or refused."""

import math
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
import safetensors.torch
import torch

from models import checkpoint, dial_table, gallery
from models.checkpoint import Checkpoint
from models.data import Dataset
from models.dial import BETAS, Dial
from models.dial_table import DialTable, DialTableError, browser_bytes, make, path_of, read, rows, table_betas, write
from models.evaluation import encode_dataset, summarise
from models.recipe import Recipe
from tests.conftest import TINY_HIDDEN, seeded

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
    return checkpoint.from_trained(dial, RECIPE, few, few)


@pytest.fixture(scope="module")
def table(model: Checkpoint, few: Dataset) -> DialTable:
    betas = torch.tensor([0.01, 1, 30])
    return make(model, betas, rows(model, few, betas))


def test_the_table_spans_the_dial_in_small_steps_and_has_every_mark() -> None:
    betas = table_betas().tolist()
    assert betas == sorted(betas)
    assert (betas[0], betas[-1]) == pytest.approx(BETAS)
    assert set(torch.tensor(dial_table.MARKS).tolist()) <= set(betas)
    assert max(math.log(high / low) for low, high in pairwise(betas)) < math.log(1.28)


def test_each_row_is_what_the_dial_says_at_its_weight(model: Checkpoint, table: DialTable, few: Dataset) -> None:
    assert len(table.betas) == len(table.averages) == len(table.mean)
    for row in (0, 1, 2):
        wanted = encode_dataset(model.vae(min(max(table.betas[row].item(), BETAS[0]), BETAS[1])), few)
        found = table.codes(row)
        for name in ("mean", "stddev", "reconstruction", "kl"):
            assert torch.equal(getattr(found, name), getattr(wanted, name).half().float()), name
        assert torch.equal(found.label, few.labels)
        assert table.metrics[row]["spread"] == pytest.approx(summarise(wanted)["spread"], rel=1e-3)


def test_a_table_comes_back_from_its_file(model: Checkpoint, table: DialTable, tmp_path: Path) -> None:
    file = path_of(tmp_path / "mine.safetensors")
    assert file.name == "mine-table.safetensors"
    write(file, table)
    found = read(file, model)
    assert found.averages == table.averages
    assert all(torch.equal(getattr(found, name), getattr(table, name)) for name in ("betas", "mean", "stddev", "kl"))


def test_the_table_of_another_dial_is_refused(model: Checkpoint, table: DialTable, tmp_path: Path) -> None:
    write(tmp_path / "table", table)
    other = replace(model, recipe=replace(RECIPE, seed=1))
    with pytest.raises(DialTableError, match="another dial"):
        read(tmp_path / "table", other)


@pytest.mark.parametrize("damage", [lambda raw: b"", lambda raw: raw[:-1], lambda raw: raw[:40], lambda raw: b"x" * 99])
def test_a_damaged_table_is_refused(model: Checkpoint, table: DialTable, tmp_path: Path, damage) -> None:
    write(tmp_path / "table", table)
    (tmp_path / "table").write_bytes(damage((tmp_path / "table").read_bytes()))
    with pytest.raises(DialTableError, match="Restore it"):
        read(tmp_path / "table", model)


def test_a_browser_gets_the_films_of_the_decoder_and_nothing_of_the_encoder(
    model: Checkpoint, table: DialTable
) -> None:
    tensors = safetensors.torch.load(browser_bytes(model, table))
    assert not any("encoder" in name for name in tensors)
    for layer, outputs in enumerate((TINY_HIDDEN[0], 784)):
        assert tensors[f"decoder.{2 * layer}.weight"].shape[0] == outputs
        assert tensors[f"decoder.{2 * layer}.scale"].shape == (24, outputs)


def test_the_shipped_table_is_of_the_shipped_dial() -> None:
    table = gallery.read_table()
    assert gallery.read(gallery.DIAL).recipe == gallery.dial_recipe()
    assert torch.equal(table.betas, table_betas())
    assert table.mean.shape == (len(table.betas), 10_000, 2)
    at_one = table.metrics[table.betas.tolist().index(1.0)]
    assert at_one["negative_elbo"] == pytest.approx(gallery.read(gallery.DIAL).metrics["negative_elbo"], abs=1e-3)


def test_the_shipped_dial_is_at_least_as_good_at_one_as_a_model_for_it_alone() -> None:
    of_dial, alone = (gallery.read(name).metrics["negative_elbo"] for name in (gallery.DIAL, gallery.REFERENCE))
    assert of_dial <= 133.5
    assert of_dial < alone
