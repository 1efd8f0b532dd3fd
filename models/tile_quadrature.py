"""The integral of exp(f) over a square tile, from f at Gauss-Legendre nodes, and how well these nodes know f."""

from functools import cache
from typing import NamedTuple

import numpy as np
import torch
from numpy.polynomial.legendre import leggauss, legvander
from torch import Tensor

# What the coefficients of a polynomial fall by, at least, from one degree to the next where it is good.
_FALL = 0.25
# The share of the difference between two rules that is left to the finer one.
_CHANGE = 0.1
# An error is an estimate where it is below this many nats,
_SURE = 0.1
# and where neighbouring nodes differ by less than this many nats, because a peak could lie between them. A normal
# density in the tile then has a sigma of at least a 14th of the tile's width.
_ROUGH = 10.0


@cache
def rule(nodes: int) -> tuple[Tensor, Tensor]:
    """Gauss-Legendre nodes from 0 to 1 along a side, [n], and the logs of the weights on the unit square, [n^2]."""
    place, weight = (torch.from_numpy(part) / 2 for part in leggauss(nodes))
    return place + 0.5, torch.outer(weight, weight).log().flatten()


class Integral(NamedTuple):
    """For T tiles and K images, all [T, K] and in nats."""

    log_integral: Tensor
    """The log of the integral of exp(f) over the unit square."""
    most: Tensor
    """About an upper bound of it, with peaks of f between the nodes."""
    error: Tensor
    """An estimate of its error, infinite where the nodes know f too badly for one."""


def integrate(grid: Tensor) -> Integral:
    """The integral of exp(f) over the unit square, from f at the nodes of T tiles, for K images: grid [T, n, n, K].

    f is closer to a polynomial than exp(f) is, so twice as many nodes along each side integrate the exponential of the
    polynomial through the given ones. The error has two parts. The polynomial's: along a line it is a sum of Legendre
    polynomials. The coefficient of the last, or a quarter of that of the one before it, estimates what is missing, and
    the largest of all lines is taken. The finer rule's: a tenth of the difference between the two rules, which is ten
    times what normal densities need. Where the error is no estimate, the integral is that of the given nodes alone.
    """
    coefficients, finer_nodes = (part.to(grid.dtype) for part in _legendre(grid.shape[1]))
    shares = finer_nodes @ coefficients
    coarse, finer = _by_rule(grid), _by_rule(torch.einsum("ai,bj,tijk->tabk", shares, shares, grid))
    last = coefficients[-2:] * torch.tensor([[_FALL], [1]], dtype=grid.dtype)
    along, across = (torch.einsum(f"d{axis},tijk->tkd{line}", last, grid).abs() for axis, line in ("ij", "ji"))
    error = torch.maximum(along, across).amax(dim=(2, 3)) + _CHANGE * (finer - coarse).abs()
    most, rise = _between(grid)
    known = (error < _SURE) & (rise < _ROUGH)
    return Integral(finer.where(known, coarse), most, error.where(known, torch.inf))


def _by_rule(grid: Tensor) -> Tensor:
    """The log of the integral, from f at Gauss-Legendre nodes [T, n, n, K]: [T, K]."""
    _, log_weights = rule(grid.shape[1])
    return (grid.flatten(1, 2) + log_weights.to(grid.dtype)[:, None]).logsumexp(dim=1)


def _between(grid: Tensor) -> tuple[Tensor, Tensor]:
    """About the maximum of f [T, n, n, K] between nodes, and its largest difference of neighbouring nodes: [T, K] each.

    The assumption: between two nodes it exceeds both by at most their difference. A parabola exceeds them by an 8th of
    it.
    """
    most, rise = [], []
    for axis in (1, 2):
        before, after = grid.narrow(axis, 0, grid.shape[axis] - 1), grid.narrow(axis, 1, grid.shape[axis] - 1)
        change = (after - before).abs()
        most.append((torch.maximum(before, after) + change).amax(dim=(1, 2)))
        rise.append(change.amax(dim=(1, 2)))
    return torch.maximum(*most), torch.maximum(*rise)


@cache
def _legendre(nodes: int) -> tuple[Tensor, Tensor]:
    """The coefficients of the Legendre polynomials from values at n nodes, [n, n], and these polynomials at the nodes
    of the finer rule, [2n, n]."""
    place, weight = leggauss(nodes)
    degree = np.arange(nodes)
    coefficients = (degree + 0.5)[:, None] * weight * legvander(place, nodes - 1).T
    return torch.from_numpy(coefficients), torch.from_numpy(legvander(leggauss(2 * nodes)[0], nodes - 1))
