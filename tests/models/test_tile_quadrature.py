"""The integral of exp(f) over a tile against closed forms and a fine grid: no error is larger than it says."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from models.tile_quadrature import integrate, rule

NODES = 6
ROUNDING = 1e-9


def at_nodes(nodes: int) -> Tensor:
    """The nodes of the unit square: [n, n, 2]."""
    place, _ = rule(nodes)
    return torch.stack(torch.meshgrid(place, place, indexing="ij"), dim=-1)


def log_normal(z: Tensor, centre: tuple[float, float], sigma: float) -> Tensor:
    return -((z - torch.tensor(centre, dtype=torch.float64)) ** 2).sum(dim=-1) / (2 * sigma**2)


def log_mass(centre: tuple[float, float], sigma: float) -> float:
    """Of log_normal over the unit square, by the error function."""
    scale = sigma * math.sqrt(2)
    sides = [math.erfc(-(1 - c) / scale) - math.erfc(c / scale) for c in centre]
    return sum(math.log(side * sigma * math.sqrt(math.pi / 2)) for side in sides if side > 0)


@given(st.tuples(st.floats(-0.3, 1.3), st.floats(-0.3, 1.3)), st.floats(0.02, 2))
def test_the_error_bounds_the_error_on_a_normal_density(centre: tuple[float, float], sigma: float) -> None:
    found = integrate(log_normal(at_nodes(NODES), centre, sigma)[None, ..., None])
    if found.error.isfinite():
        assert abs(found.log_integral.item() - log_mass(centre, sigma)) <= found.error.item() + ROUNDING
    if sigma > 0.2 and all(0 < c < 1 for c in centre):
        assert found.error < 0.02


@given(st.floats(0.1, 30), st.floats(0, 6), st.floats(0.1, 8), st.floats(0, 6))
def test_the_error_bounds_the_error_where_f_is_no_polynomial(
    height: float, shift: float, waves: float, turn: float
) -> None:
    def f(z: Tensor) -> Tensor:
        return height * torch.cos(waves * (z[..., 0] * math.cos(turn) + z[..., 1] * math.sin(turn)) + shift)

    found = integrate(f(at_nodes(NODES))[None, ..., None])
    if found.error.isfinite():
        nodes = 60
        exact = (f(at_nodes(nodes)).flatten() + rule(nodes)[1]).logsumexp(dim=0)
        assert abs(found.log_integral.item() - exact.item()) <= found.error.item() + ROUNDING


@pytest.mark.parametrize("sigma", [0.001, 0.01, 0.05])
def test_a_peak_between_the_nodes_is_no_estimate_but_within_the_upper_bound(sigma: float) -> None:
    centre = (0.5, 0.5)
    found = integrate(log_normal(at_nodes(NODES), centre, sigma)[None, ..., None])
    assert found.error.isinf()
    assert found.most > log_mass(centre, sigma)


def test_tiles_and_images_do_not_mix() -> None:
    z = at_nodes(NODES)
    grids = torch.stack([log_normal(z, (0.2, 0.7), sigma) for sigma in (0.05, 0.3, 0.5, 0.9)])
    together = integrate(grids.unflatten(0, (2, 2)).permute(0, 2, 3, 1))
    for i, grid in enumerate(grids):
        alone = integrate(grid[None, ..., None])
        for one, all_of_them in zip(alone, together, strict=True):
            torch.testing.assert_close(one[0, 0], all_of_them.flatten()[i])
