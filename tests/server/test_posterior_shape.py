"""The picture of a posterior on tiles shows its density; its window and its modes are where the mass is."""

import base64
import math

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.distributions import MultivariateNormal

from explorer.server import posterior_shape
from models.evidence import Evidence, Posterior

SIDE = 12


def pictured(*means: tuple[float, float], stddev: float = 0.1, weights: tuple[float, ...] = ()) -> Posterior:
    """A mixture of round Gaussians as models.evidence.posterior would show it: 4 x 4 tiles over each."""
    weights = weights or (1 / len(means),) * len(means)
    width = 2 * stddev
    low = torch.tensor(
        [[x + i * width, y + j * width] for x, y in means for i in (-2, -1, 0, 1) for j in (-2, -1, 0, 1)]
    )
    place = (torch.arange(SIDE) + 0.5) / SIDE
    z = low[:, None] + width * torch.cartesian_prod(place, place)
    parts = [
        MultivariateNormal(torch.tensor(mean), stddev**2 * torch.eye(2)).log_prob(z) + math.log(weight)
        for mean, weight in zip(means, weights, strict=True)
    ]
    log_density = torch.stack(parts).logsumexp(dim=0).double().view(-1, SIDE, SIDE)
    zero = torch.zeros(1, dtype=torch.float64)
    return Posterior(low.double(), torch.full((len(low),), width).double(), log_density, Evidence(zero, zero, zero))


def gaussian(mean: tuple[float, float], stddev: tuple[float, float]) -> MultivariateNormal:
    return MultivariateNormal(torch.tensor([mean]).double(), scale_tril=torch.diag(torch.tensor(stddev)).double()[None])


def moments(tiles: dict) -> tuple[Tensor, Tensor]:
    """Mean and stddev of the density that a browser reads from the tiles."""
    shade = np.frombuffer(base64.b64decode(tiles["shade"]), dtype=np.uint8).reshape(-1, tiles["side"], tiles["side"])
    density = torch.from_numpy((shade / 255.0) ** 2)
    place = (torch.arange(tiles["side"]) + 0.5) / tiles["side"]
    low, width = torch.tensor(tiles["low"]), torch.tensor(tiles["width"])
    mass = density * (width[:, None, None] / tiles["side"]) ** 2
    along = low[:, :, None] + width[:, None, None] * place  # [T, 2, side]
    z1, z2 = along[:, 0, :, None].expand_as(mass), along[:, 1, None].expand_as(mass)
    mean = torch.stack([(mass * z).sum() / mass.sum() for z in (z1, z2)])
    square = torch.stack([(mass * (z - m) ** 2).sum() / mass.sum() for z, m in zip((z1, z2), mean, strict=True)])
    return mean, square.sqrt()


def test_the_tiles_show_the_density_with_each_axis_in_its_place() -> None:
    mean, stddev = moments(posterior_shape.tiles(pictured((1.0, -2.0), stddev=0.3)))
    assert mean.tolist() == pytest.approx([1.0, -2.0], abs=0.01)
    assert stddev.tolist() == pytest.approx([0.3, 0.3], abs=0.02)


def test_the_window_holds_all_but_a_hundredth_and_not_much_more() -> None:
    window = posterior_shape.window(pictured((3.0, 1.0)), None)
    assert (window["x"], window["y"]) == pytest.approx((3.0, 1.0), abs=0.02)
    assert 0.25 < window["half"] < 0.45


def test_the_window_holds_the_encoders_ellipse_too() -> None:
    window = posterior_shape.window(pictured((0.0, 0.0)), gaussian((1.0, 0.0), (0.2, 0.1)))
    assert window["x"] + window["half"] > 1.6
    assert window["x"] - window["half"] < -0.25


@pytest.mark.parametrize("q", [gaussian((1000.0, 0.0), (0.1, 0.1)), gaussian((0.0, 0.0), (50.0, 50.0))])
def test_an_ellipse_far_away_does_not_make_the_posterior_a_dot(q: MultivariateNormal) -> None:
    picture = pictured((0.0, 0.0))
    assert posterior_shape.window(picture, q) == posterior_shape.window(picture, None)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_modes_apart_are_counted(count: int) -> None:
    assert posterior_shape.modes(pictured(*[(2.0 * each, 0.0) for each in range(count)])) == count


def test_modes_that_run_into_one_another_are_one() -> None:
    assert posterior_shape.modes(pictured((0.0, 0.0), (0.1, 0.0))) == 1


def test_a_mode_with_less_than_a_hundredth_does_not_count() -> None:
    assert posterior_shape.modes(pictured((0.0, 0.0), (2.0, 0.0), weights=(0.995, 0.005))) == 1
