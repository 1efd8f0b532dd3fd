"""The aggregate posterior q(z) = 1/N sum_n q(z|x_n) of held-out codes, and the split of KL that it gives."""

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from models.evaluation import Codes
from models.vae import LATENTS

# Beyond 7 sigma lie 3e-12 of a Gaussian's mass.
_REACH = 7.0
# On the shipped models 8 nodes a side on 6 sigma leave errors of at most 4e-5 nats, 16 nodes of about 1e-7.
_WIDTH = 6.0
_NODES = 8
# A shipped model needs a million pairs of a tile and a code, and 44 halvings. In its first epochs a model needs 2.6
# million pairs.
_MAX_PAIRS = 5_000_000
_MAX_HALVINGS = 200
_MAX_MASS_ERROR = 1e-4
# Floats of one batch of tiles: small enough to stay in a cache.
_BATCH = 1 << 20


class AggregateError(ArithmeticError):
    """The codes' widths differ too much for the grid; the message says so."""


class SplitKL(NamedTuple):
    """The two parts of the mean KL term, and the change of ``aggregate_kl`` at the last refinement; all in nats."""

    mutual_information: float
    aggregate_kl: float
    error: float


class _Tiles(NamedTuple):
    """T rectangles of the plane: low, width float64 [T, 2]. ``code`` lists the codes in reach, tile by tile; ``count``
    [T] is their number."""

    low: Tensor
    width: Tensor
    count: Tensor
    code: Tensor

    def owner(self) -> Tensor:
        """The tile of each entry of ``code``."""
        return torch.arange(len(self.low)).repeat_interleave(self.count)

    def where(self, chosen: Tensor) -> "_Tiles":
        """The tiles for which ``chosen`` [T] is true."""
        code = self.code[chosen[self.owner()]]
        return _Tiles(self.low[chosen], self.width[chosen], self.count[chosen], code)


def split_kl(codes: Codes) -> SplitKL:
    """The mean KL term, split into the mutual information of x and z, and the KL of the aggregate posterior to the
    prior.

        1/N sum_n KL(q(z|x_n) || p(z)) = I(x; z) + KL(q(z) || p(z))
        I(x; z) = 1/N sum_n KL(q(z|x_n) || q(z)) = int q log(1/q) dz - 1/N sum_n H(q(z|x_n))

    x is one of the N held-out images, so I(x; z) is at most log N, 9.21 nats for 10,000. It reaches log N where no two
    codes overlap, for example without a KL term. The entropies H are closed-form. Both integrals are sums over one
    grid: rectangles are halved until none is wider than 6 times the narrowest sigma in reach along the same axis, with
    16 x 16 Gauss-Legendre nodes on each. The sum of the parts against the closed-form KL checks mass and second moment
    on the grid. int q log q is in both parts with opposite signs; ``error`` checks it, the change of KL(q(z) || p(z))
    from 8 x 8 nodes to 16 x 16.

    Raises AggregateError where the mass on the grid differs from 1 by more than 1e-4, or the grid grows too large.

    Source: Hoffman and Johnson, 2016, ELBO surgery, section 3,
    http://approximateinference.org/accepted/HoffmanJohnson2016.pdf
    """
    mean, stddev = codes.mean.double(), codes.stddev.double()
    tiles = _tiles(mean, stddev)
    coarse, fine = (_integrals(tiles, mean, stddev, nodes) for nodes in (_NODES, 2 * _NODES))
    if not abs(fine.mass - 1) <= _MAX_MASS_ERROR:
        raise AggregateError(f"The grid found {fine.mass:.5f} of the codes' mass; their widths differ too much for it.")
    entropy = (stddev.log().sum(dim=1) + LATENTS / 2 * math.log(2 * math.pi * math.e)).mean().item()
    # Neither part is negative, but rounding can make a sum near 0 negative, such as -1e-10.
    return SplitKL(max(-entropy - fine.log_q, 0.0), max(fine.kl, 0.0), abs(fine.kl - coarse.kl))


def _tiles(mean: Tensor, stddev: Tensor) -> _Tiles:
    low, high = mean - _REACH * stddev, mean + _REACH * stddev
    corner = low.amin(dim=0, keepdim=True)
    tiles = _Tiles(corner, high.amax(dim=0, keepdim=True) - corner, torch.tensor([len(mean)]), torch.arange(len(mean)))
    finished = []
    for _ in range(_MAX_HALVINGS):
        sigmas = tiles.width / _narrowest(tiles, stddev)
        wide = sigmas.amax(dim=1) > _WIDTH
        finished.append(tiles.where(~wide))
        if not wide.any():
            return _Tiles(*map(torch.cat, zip(*finished, strict=True)))
        tiles = _halve(tiles.where(wide), sigmas[wide].argmax(dim=1), low, high)
        if sum(len(each.code) for each in (*finished, tiles)) > _MAX_PAIRS:
            break
    raise AggregateError("The widths of these codes differ too much for a grid; no share of their KL can be told.")


def _narrowest(tiles: _Tiles, stddev: Tensor) -> Tensor:
    """The smallest stddev, along each axis, of the codes in reach of each tile: [T, 2]."""
    owner = tiles.owner()[:, None].expand(-1, LATENTS)
    return torch.full_like(tiles.width, torch.inf).scatter_reduce(0, owner, stddev[tiles.code], "amin")


def _halve(tiles: _Tiles, axis: Tensor, low: Tensor, high: Tensor) -> _Tiles:
    """Both halves of each tile, cut across ``axis`` [T]. Halves that no code's box low..high reaches are left out."""
    half = tiles.width / 2
    cut = torch.nn.functional.one_hot(axis, LATENTS).bool()
    width = torch.where(cut, half, tiles.width).repeat(2, 1)
    corner = torch.cat([tiles.low, torch.where(cut, tiles.low + half, tiles.low)])
    code, owner = tiles.code.repeat(2), torch.cat([tiles.owner(), tiles.owner() + len(tiles.low)])
    reached = ((low[code] < (corner + width)[owner]) & (high[code] > corner[owner])).all(dim=1)
    count = torch.bincount(owner[reached], minlength=len(corner))
    return _Tiles(corner[count > 0], width[count > 0], count[count > 0], code[reached])


class _Integrals(NamedTuple):
    mass: float
    log_q: float  # int q log q
    kl: float  # int q log(q / p)


def _integrals(tiles: _Tiles, mean: Tensor, stddev: Tensor, nodes: int) -> _Integrals:
    place, weight = (torch.from_numpy(part) / 2 for part in np.polynomial.legendre.leggauss(nodes))
    total = torch.zeros(3, dtype=torch.float64)
    for rows, codes in _batches(tiles, nodes):
        z = tiles.low[rows, None] + tiles.width[rows, None] * (place + 0.5)[:, None]  # [T, nodes, 2]
        q = _density(z, mean, stddev, codes) / len(mean)
        log_q = torch.log(q.clamp(min=torch.finfo(q.dtype).tiny))
        log_p = (-(z**2) - math.log(2 * math.pi)) / 2
        log_ratio = log_q - log_p[:, :, None, 0] - log_p[:, None, :, 1]
        area = tiles.width[rows].prod(dim=1)[:, None, None] * weight[:, None] * weight
        total += torch.stack([(area * q * part).sum() for part in (torch.ones_like(q), log_q, log_ratio)])
    return _Integrals(*total.tolist())


def _density(z: Tensor, mean: Tensor, stddev: Tensor, codes: Tensor) -> Tensor:
    """Sum of the densities of the ``codes`` [T, K] on each tile's grid z [T, nodes, 2]: [T, nodes, nodes].

    A diagonal Gaussian is a product over the axes, so the sum over the codes is one matrix product per tile. A code of
    -1 adds nothing.
    """
    scale = torch.where((codes < 0)[..., None], torch.inf, stddev[codes])[:, :, None]
    along = torch.exp(-(((z[:, None] - mean[codes][:, :, None]) / scale) ** 2) / 2) / (math.sqrt(2 * math.pi) * scale)
    return along[..., 0].mT @ along[..., 1]


def _batches(tiles: _Tiles, nodes: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Batches of tiles with similar numbers of codes: their rows [T], and their codes [T, K], padded with -1."""
    first = tiles.count.cumsum(dim=0) - tiles.count
    rows = tiles.count.argsort(descending=True)
    while len(rows):
        most = int(tiles.count[rows[0]])
        size = max(1, _BATCH // (nodes * max(most, nodes)))
        batch, rows = rows[:size], rows[size:]
        entry = torch.arange(most)
        codes = tiles.code[(first[batch, None] + entry).clamp(max=len(tiles.code) - 1)]
        yield batch, torch.where(entry < tiles.count[batch, None], codes, -1)
