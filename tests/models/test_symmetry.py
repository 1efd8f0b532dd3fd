"""A flip or a swap of z1 and z2 moves the codes and changes no probability."""

from itertools import permutations, product

import pytest
import torch

from models.data import Dataset
from models.evaluation import encode_dataset, fixed_images
from models.objective import terms
from models.symmetry import Symmetry, align, nearest_symmetry
from models.vae import VAE
from tests.conftest import TINY_HIDDEN, seeded

SYMMETRIES = list(product(permutations((0, 1)), product((1.0, -1.0), repeat=2)))
every_symmetry = pytest.mark.parametrize("symmetry", SYMMETRIES, ids=str)


def moved(points: torch.Tensor, symmetry: Symmetry) -> torch.Tensor:
    """By a matrix, so that the test does not repeat the code."""
    order, signs = symmetry
    matrix = torch.zeros(2, 2)
    for row in range(2):
        matrix[order[row], row] = signs[row]
    return points @ matrix


def pair(symmetry: Symmetry) -> tuple[VAE, VAE]:
    """A model, and the same model folded."""
    before, after = VAE(TINY_HIDDEN, seeded()), VAE(TINY_HIDDEN, seeded())
    align(after, symmetry)
    return before, after


@every_symmetry
def test_the_codes_move_by_the_symmetry(symmetry: Symmetry, tiny_dataset: Dataset) -> None:
    before, after = (encode_dataset(vae, tiny_dataset) for vae in pair(symmetry))
    torch.testing.assert_close(after.mean, moved(before.mean, symmetry))
    torch.testing.assert_close(after.stddev, moved(before.stddev, symmetry).abs())


@every_symmetry
def test_every_image_is_decoded_as_before(symmetry: Symmetry, tiny_dataset: Dataset) -> None:
    x = fixed_images(tiny_dataset)
    before, after = (vae.decode(vae.encode(x).mean).mean for vae in pair(symmetry))
    torch.testing.assert_close(after, before)


@every_symmetry
def test_the_loss_terms_stay(symmetry: Symmetry, tiny_dataset: Dataset) -> None:
    x = fixed_images(tiny_dataset)
    before, after = pair(symmetry)
    noise = torch.randn(3, 20, 2, generator=seeded(5))
    torch.testing.assert_close(terms(after, x, moved(noise, symmetry)), terms(before, x, noise))


@every_symmetry
def test_a_planted_symmetry_is_found(symmetry: Symmetry) -> None:
    reference = torch.randn(100, 2, generator=seeded()) * torch.tensor([2.0, 1.0]) + torch.tensor([0.5, 0.2])
    jitter = 0.1 * torch.randn(100, 2, generator=seeded(1))
    means = torch.empty(100, 2)
    order, signs = symmetry
    for row in range(2):
        means[:, order[row]] = reference[:, row] * signs[row]
    assert nearest_symmetry(means + jitter, reference) == symmetry


@every_symmetry
def test_folding_onto_a_moved_copy_brings_the_codes_back(symmetry: Symmetry, tiny_dataset: Dataset) -> None:
    reference, copy = pair(symmetry)
    target = encode_dataset(reference, tiny_dataset).mean
    align(copy, nearest_symmetry(encode_dataset(copy, tiny_dataset).mean, target))
    torch.testing.assert_close(encode_dataset(copy, tiny_dataset).mean, target)
