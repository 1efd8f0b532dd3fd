"""A z of few values: p(x) is the sum over them, training raises it, and its file is read back whole or refused."""

import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from models import few_values
from models.data import Dataset
from models.evaluation import fixed_images
from models.few_values import FewValues, FewValuesError
from models.lattice import fixed_points
from models.recipe import Recipe, RecipeError
from tests.conftest import global_generators_untouched

RECIPE = Recipe("digits", epochs=4, hidden=(16,), batch_size=64, objective="lattice", learning_rate=1e-2)


@pytest.fixture(scope="module")
def made(digits: Dataset) -> FewValues:
    with global_generators_untouched():
        return few_values.make(5, RECIPE, digits, digits)


def test_log_p_of_x_is_the_sum_over_the_values_one_by_one(made: FewValues, digits: Dataset) -> None:
    assert torch.equal(made.z, fixed_points(5))
    x, on = fixed_images(digits)[:9].double(), made.logits.double().sigmoid()
    joint = torch.stack([(x * p + (1 - x) * (1 - p)).prod(dim=1) / 5 for p in on], dim=1)
    found = made.terms(x.float())
    torch.testing.assert_close(-found.loss().double(), joint.sum(dim=1).log(), atol=1e-3, rtol=0)
    share = joint / joint.sum(dim=1, keepdim=True)
    kl = (share * (share * 5).clamp(min=1e-300).log()).sum(dim=1)
    torch.testing.assert_close(found.kl.double(), kl, atol=1e-3, rtol=0)


def test_five_values_say_more_than_one_and_the_measures_are_of_all_images(made: FewValues, digits: Dataset) -> None:
    one = few_values.make(1, RECIPE, digits, digits)
    assert made.measures["log_evidence"] > one.measures["log_evidence"] + 5
    assert abs(one.measures["kl"]) < 1e-4
    assert 0 < made.measures["kl"] <= math.log(5)
    each = made.terms(fixed_images(digits)).loss().double()
    assert (made.measures["log_evidence"], made.images) == (pytest.approx(-each.mean().item()), len(each))


def test_a_file_holds_all_of_it_and_a_damaged_one_is_refused(made: FewValues, tmp_path: Path) -> None:
    path = tmp_path / "five.safetensors"
    few_values.write(path, made)
    found, raw = few_values.read(path), path.read_bytes()
    assert torch.equal(found.z, made.z)
    assert torch.equal(found.logits, made.logits)
    assert (found.recipe, found.measures, found.images) == (made.recipe, made.measures, made.images)
    for bad in (b"", raw[:-2], raw[:40], raw.replace(b"log_evidence", b"log_evidenc_")):
        path.write_bytes(bad)
        with pytest.raises(FewValuesError, match=r"five\.safetensors is damaged.*make it again\.$"):
            few_values.read(path)


def test_a_recipe_with_an_encoder_is_refused(digits: Dataset) -> None:
    with pytest.raises(RecipeError, match=r"trained with lattice\.$"):
        few_values.make(5, replace(RECIPE, objective="elbo"), digits, digits)
