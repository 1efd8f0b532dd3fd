"""Each likelihood: what it observes, that it is a distribution, and what the quadrature relies on."""

import pytest
import torch
from torch import Tensor

from models import inference, measures
from models.data import Dataset, binarise, grey_levels
from models.likelihood import LIKELIHOODS, Likelihood
from tests.conftest import seeded

STDDEV = 0.3
each_likelihood = pytest.mark.parametrize("likelihood", LIKELIHOODS.values(), ids=list(LIKELIHOODS))


def some_x(likelihood: Likelihood, count: int = 5) -> Tensor:
    """[count, 784], as the likelihood observes it."""
    return likelihood.observe(torch.randint(0, 256, (count, 784), generator=seeded(), dtype=torch.uint8), seeded(1))


def some_logits(count: int = 7) -> Tensor:
    return 3 * torch.randn(count, 784, generator=seeded(2))


@each_likelihood
def test_a_model_sees_binary_draws_or_the_grey_levels_themselves(likelihood: Likelihood, tiny_dataset: Dataset) -> None:
    generator = seeded()
    x = likelihood.observe(tiny_dataset.pixels, generator)
    if likelihood.is_binary:
        assert torch.equal(x, binarise(tiny_dataset.pixels, seeded()))
    else:
        assert torch.equal(x, grey_levels(tiny_dataset.pixels))
        assert torch.equal(generator.get_state(), seeded().get_state())  # nothing is drawn


@each_likelihood
def test_the_probabilities_of_a_pixel_add_up_to_one(likelihood: Likelihood) -> None:
    pixels = likelihood.distribution(some_logits(1)[0].double(), STDDEV)
    if likelihood.is_density:
        grid = torch.linspace(-3, 4, 7001, dtype=torch.float64)[:, None]
        inside = pixels.support.check(grid.expand(-1, 784))
        density = pixels.log_prob(grid.clamp(0, 1) if not inside.all() else grid).exp() * inside
        total = density.sum(dim=0) * (grid[1, 0] - grid[0, 0])
    else:
        total = sum(pixels.log_prob(torch.full((784,), value).double()).exp() for value in (0.0, 1.0))
    torch.testing.assert_close(total, torch.ones(784).double(), rtol=0, atol=2e-2 if likelihood.is_density else 1e-12)


@each_likelihood
def test_the_matrix_product_is_the_sum_over_the_pixels(likelihood: Likelihood) -> None:
    pixels, x = likelihood.distribution(some_logits(), STDDEV), some_x(likelihood)
    expected = torch.stack([pixels.log_prob(image).double().sum(dim=-1) for image in x], dim=1)
    torch.testing.assert_close(likelihood.log_prob_of_pairs(pixels, x).double(), expected, rtol=1e-5, atol=1e-2)


@each_likelihood
def test_rounding_is_bounded_and_no_image_is_likelier_than_the_highest(likelihood: Likelihood) -> None:
    x = some_x(likelihood, 7)
    pixels = likelihood.distribution(some_logits(), STDDEV)
    assert (likelihood.rounding_magnitudes(pixels, x) >= 0).all()
    assert likelihood.rounding_magnitudes(pixels, x).shape == (7, 784)
    assert (likelihood.log_prob_of_pairs(pixels, x) <= likelihood.highest_log_prob(pixels)).all()


@each_likelihood
def test_a_density_says_so_wherever_its_unit_stands(likelihood: Likelihood) -> None:
    units = [likelihood.unit, likelihood.short_unit, likelihood.unit_per_image]
    units += [measures.units(likelihood)["negative_elbo"], inference.units(likelihood)["log_evidence"]]
    assert all(("density" in unit) == likelihood.is_density for unit in units)
    plain = [measures.units(likelihood)["kl"], inference.units(likelihood)["gap"]]
    assert all(unit.startswith("nats per image") for unit in plain)


def test_no_two_likelihoods_have_a_name_or_a_label_in_common() -> None:
    for field in ("name", "title", "label"):
        assert len({getattr(each, field) for each in LIKELIHOODS.values()}) == len(LIKELIHOODS)
    assert all(name == each.name for name, each in LIKELIHOODS.items())
