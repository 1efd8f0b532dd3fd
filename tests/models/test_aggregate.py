"""The split of KL against closed forms, Monte Carlo and integration on another grid."""

import math

import pytest
import torch
from torch import Tensor
from torch.distributions import Categorical, Independent, MixtureSameFamily, Normal, kl_divergence

from models import gallery
from models.aggregate import AggregateError, split_kl
from models.evaluation import Codes
from models.vae import prior
from tests.conftest import global_generators_untouched, seeded


def codes_at(mean: object, stddev: object) -> Codes:
    mean = torch.as_tensor(mean, dtype=torch.float32)
    stddev = torch.as_tensor(stddev, dtype=torch.float32).expand_as(mean)
    none = torch.zeros(len(mean))
    return Codes(mean, stddev, none, none, none.to(torch.uint8))


def some_codes(count: int, widths: tuple[float, float], seed: int) -> Codes:
    """Codes whose stddevs lie anywhere between ``widths``, each axis for itself."""
    generator = seeded(seed)
    low, high = map(math.log, widths)
    stddev = (low + (high - low) * torch.rand(count, 2, generator=generator)).exp()
    return codes_at(1.5 * torch.randn(count, 2, generator=generator), stddev)


def mean_kl(codes: Codes) -> float:
    q = Independent(Normal(codes.mean.double(), codes.stddev.double()), 1)
    return kl_divergence(q, prior()).mean().item()


def test_a_collapsed_model_says_nothing_and_is_the_prior() -> None:
    with global_generators_untouched():
        split = split_kl(codes_at(torch.zeros(1000, 2), 1.0))
    assert split == pytest.approx((0, 0, 0), abs=1e-9)
    assert min(split) >= 0


@pytest.mark.parametrize("stddev", [(0.3, 0.3), (2.0, 0.01), (1e-5, 1e-3)])
def test_equal_codes_say_nothing_and_all_their_kl_is_the_aggregates(stddev: tuple[float, float]) -> None:
    codes = codes_at(torch.tensor([[1.5, -20.0]]).expand(50, 2), stddev)
    information, aggregate, error = split_kl(codes)
    assert information == pytest.approx(0, abs=1e-6)
    assert aggregate == pytest.approx(mean_kl(codes), abs=1e-4)
    assert error < 1e-3


@pytest.mark.parametrize("count", [2, 7, 64])
@pytest.mark.parametrize("stddev", [(0.5, 0.5), (1e-5, 1e-5), (0.5, 1e-4)])
def test_codes_far_apart_say_which_image_it_is(count: int, stddev: tuple[float, float]) -> None:
    along = torch.arange(count) * 20.0
    assert split_kl(codes_at(torch.stack([along, -along], dim=1), stddev))[0] == pytest.approx(
        math.log(count), abs=1e-6
    )


def test_codes_that_together_are_the_prior_are_no_distance_from_it() -> None:
    """Means N(0, 1 - s^2) with stddev s make q(z) = N(0, 1); here 100 x 100 means at its quantiles come near to it."""
    s, side = 0.6, 100
    place = math.sqrt(1 - s**2) * torch.special.ndtri((torch.arange(side) + 0.5) / side)
    split = split_kl(codes_at(torch.cartesian_prod(place, place), s))
    assert split.aggregate_kl == pytest.approx(0, abs=1e-3)
    # The capacity of two channels of a Gaussian signal in Gaussian noise.
    assert split.mutual_information == pytest.approx(-2 * math.log(s), abs=0.02)


def test_one_collapsed_axis_adds_nothing() -> None:
    along = torch.tensor([-30.0, 0.0, 30.0])
    split = split_kl(codes_at(torch.stack([along, torch.zeros(3)], dim=1), (0.01, 1.0)))
    assert split.mutual_information == pytest.approx(math.log(3), abs=1e-6)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("widths", [(0.3, 1.0), (1e-3, 1.0), (0.1, 0.3)])
def test_both_parts_are_those_of_monte_carlo(widths: tuple[float, float], seed: int) -> None:
    codes = some_codes(12, widths, seed)
    split = split_kl(codes)
    information, aggregate = monte_carlo(codes, draws=4000)
    assert split.mutual_information == pytest.approx(information[0], abs=5 * information[1] + 1e-9)
    assert split.aggregate_kl == pytest.approx(aggregate[0], abs=5 * aggregate[1])


def monte_carlo(codes: Codes, draws: int) -> tuple[tuple[float, float], tuple[float, float]]:
    """Both parts, each as an average and its standard error, from ``draws`` of every code."""
    mean, stddev = codes.mean.double(), codes.stddev.double()
    each = Independent(Normal(mean, stddev), 1)
    mixture = MixtureSameFamily(Categorical(torch.ones(len(mean), dtype=torch.float64)), each)
    z = mean + stddev * torch.randn(draws, len(mean), 2, generator=seeded(9), dtype=torch.float64)
    information = each.log_prob(z) - mixture.log_prob(z)
    aggregate = mixture.log_prob(z) - prior().log_prob(z)
    return average(information), average(aggregate)


def average(values: Tensor) -> tuple[float, float]:
    """Over stratified draws [D, N]: the standard error is that of D means of N."""
    rows = values.mean(dim=1)
    return rows.mean().item(), (rows.std() / len(rows) ** 0.5).item()


@pytest.mark.parametrize("seed", range(3))
def test_the_parts_are_those_of_a_plain_fine_grid(seed: int) -> None:
    codes = some_codes(20, (0.1, 0.8), seed)
    step = 0.01
    axis = torch.arange(-10, 10, step, dtype=torch.float64)
    one, two = (Normal(codes.mean[:, d, None].double(), codes.stddev[:, d, None].double()) for d in (0, 1))
    density = one.log_prob(axis).exp().T @ two.log_prob(axis).exp() / len(codes.mean)
    log_prior = -(axis[:, None] ** 2 + axis**2) / 2 - math.log(2 * math.pi)
    aggregate = ((torch.xlogy(density, density) - density * log_prior).sum() * step**2).item()
    split = split_kl(codes)
    assert split.aggregate_kl == pytest.approx(aggregate, abs=1e-5)
    assert split.mutual_information == pytest.approx(mean_kl(codes) - aggregate, abs=1e-5)


def test_flips_and_swaps_change_nothing() -> None:
    codes = some_codes(30, (0.01, 1.0), seed=4)
    expected = split_kl(codes)
    for mean, stddev in [
        (codes.mean * torch.tensor([-1.0, 1.0]), codes.stddev),
        (codes.mean.flip(1), codes.stddev.flip(1)),
        (codes.mean.flip(0), codes.stddev.flip(0)),
    ]:
        assert split_kl(codes_at(mean, stddev))[:2] == pytest.approx(expected[:2], abs=1e-6)


@pytest.mark.parametrize("name", [name for name in gallery.recipes() if name != gallery.EXACT])  # no Gaussian q
def test_the_parts_of_a_shipped_model_add_up_to_its_closed_form_kl(name: str) -> None:
    codes = gallery.read(name).codes
    information, aggregate, error = split_kl(codes)
    assert information + aggregate == pytest.approx(mean_kl(codes), abs=1e-6)
    assert 0 <= information <= math.log(len(codes.mean)) + 1e-6
    assert error < 1e-4


@pytest.mark.parametrize("stddev", [1e-6, 1e-12])
def test_codes_that_no_grid_can_hold_are_refused(stddev: float) -> None:
    with pytest.raises(AggregateError):
        split_kl(codes_at(1e30 * torch.randn(100, 2, generator=seeded()), stddev))


def test_wide_codes_over_thousands_of_narrow_ones_are_refused() -> None:
    stddev = torch.where(torch.arange(10_000) % 2 == 0, 1.0, 1e-3)[:, None]
    with pytest.raises(AggregateError):
        split_kl(codes_at(torch.randn(10_000, 2, generator=seeded()), stddev))
