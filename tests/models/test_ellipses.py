"""Overlaps and holes against closed forms, integration, and draws from the prior."""

import math

import pytest
import torch
from torch.distributions import Normal

from models import gallery
from models.ellipses import holes, overlap
from models.evaluation import Codes
from tests.conftest import seeded
from tests.models.test_aggregate import codes_at, some_codes


def test_equal_codes_overlap_wholly() -> None:
    assert overlap(codes_at(torch.full((600, 2), 3.0), (0.2, 1e-5))) == pytest.approx(1, abs=1e-12)


def test_codes_far_apart_do_not_overlap() -> None:
    along = torch.arange(300) * 10.0
    assert overlap(codes_at(torch.stack([along, along], dim=1), 0.5)) == pytest.approx(0, abs=1e-12)


def test_one_pair_in_three_that_is_equal_makes_a_third() -> None:
    assert overlap(codes_at([[0, 0], [0, 0], [50, 0]], 1.0)) == pytest.approx(1 / 3)


def test_the_overlap_of_every_pair_is_its_integral() -> None:
    codes = some_codes(6, (0.1, 1.0), seed=1)
    step = 0.005
    axis = torch.arange(-12, 12, step, dtype=torch.float64)
    roots = [
        (Normal(codes.mean[:, d, None].double(), codes.stddev[:, d, None].double()).log_prob(axis) / 2).exp()
        for d in (0, 1)
    ]
    along = [root @ root.T * step for root in roots]  # int sqrt(q_n q_m), one axis at a time
    pairs = (along[0] * along[1]).triu(diagonal=1).sum() / 15
    assert overlap(codes) == pytest.approx(pairs.item(), abs=1e-9)


def test_blocks_of_pairs_change_nothing() -> None:
    """More codes than a block has rows."""
    codes = some_codes(2000, (0.05, 0.5), seed=2)
    mean, stddev = codes.mean.double(), codes.stddev.double()
    total = 0.0
    for n in range(1, len(mean)):
        variance = stddev[n] ** 2 + stddev[:n] ** 2
        distance = ((mean[n] - mean[:n]) ** 2 / (4 * variance)).sum(dim=1)
        total += ((2 * stddev[n] * stddev[:n] / variance).prod(dim=1).sqrt() * (-distance).exp()).sum().item()
    assert overlap(codes) == pytest.approx(total / (2000 * 1999 / 2), rel=1e-9)


@pytest.mark.parametrize("reach", [1.0, 3.0])
def test_outside_one_circle_lies_the_tail_of_the_prior(reach: float) -> None:
    assert holes(codes_at(torch.zeros(5, 2), 1.0), reach) == pytest.approx(math.exp(-(reach**2) / 2), abs=5e-5)


def test_a_wide_code_leaves_no_hole_and_a_far_one_the_whole_prior() -> None:
    assert holes(codes_at(torch.zeros(2, 2), 100.0)) == pytest.approx(0, abs=1e-8)
    assert holes(codes_at(torch.full((2, 2), 40.0), 1.0)) == pytest.approx(1, abs=1e-12)


def test_ellipses_that_do_not_meet_cover_the_sum() -> None:
    one, other = codes_at([[1.0, 0.5]], (0.1, 0.2)), codes_at([[-1.0, 0.5]], (0.2, 0.1))
    both = codes_at([[1.0, 0.5], [-1.0, 0.5]], [[0.1, 0.2], [0.2, 0.1]])
    assert 1 - holes(both) == pytest.approx(2 - holes(one) - holes(other), abs=1e-12)


@pytest.mark.parametrize("count", [1, 30, 1000])
def test_holes_are_the_draws_that_no_ellipse_holds(count: int) -> None:
    codes = some_codes(count, (0.01, 0.4), seed=count)
    outside = share_outside(codes, draws=100_000)
    assert holes(codes) == pytest.approx(outside, abs=5 * math.sqrt(max(outside * (1 - outside), 1e-5) / 1e5) + 2e-4)


def share_outside(codes: Codes, draws: int, reach: float = 3.0) -> float:
    z = torch.randn(draws, 2, generator=seeded(3))
    outside = torch.ones(draws, dtype=torch.bool)
    for mean, stddev in zip(codes.mean, codes.stddev, strict=True):
        outside &= (((z - mean) / stddev) ** 2).sum(dim=1) > reach**2
    return outside.double().mean().item()


def test_a_swap_of_the_axes_changes_no_share() -> None:
    codes = some_codes(200, (0.05, 0.5), seed=5)
    assert holes(codes_at(codes.mean.flip(1), codes.stddev.flip(1))) == pytest.approx(holes(codes), abs=2e-4)


@pytest.mark.parametrize("name", ["mnist-beta-0.1", "mnist-beta-3", gallery.SWITCHED_OFF])
def test_more_lines_change_the_share_of_a_shipped_model_by_little(name: str) -> None:
    codes = gallery.read(name).codes
    assert holes(codes, lines=6000) == pytest.approx(holes(codes), abs=2e-4)
