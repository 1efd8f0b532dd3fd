"""log p(x) and p(z|x) of each image by quadrature over z, on a grid that is fine where the posterior is narrow."""

import math
from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from models.quadtree import Tiles, disc_tiles, points
from models.tile_quadrature import Integral, integrate, rule
from models.vae import PIXELS, VAE, prior

# Gauss-Legendre nodes along each side of a tile.
_NODES = 6
# The width of the first tiles near the origin. On the shipped models 8 would do.
_WIDEST = 4.0
# A tile this many nats below an image's evidence is negligible for it.
_NEGLIGIBLE = 12.0
# A tile is fine enough for an image when its error changes the evidence by at most this share.
_TOLERANCE = 3e-4
# The log of the least area of a posterior, in units of z: the narrowest is about 0.01 x 0.01.
_LOG_AREA = -9.0
_MAX_LEVELS = 25
# The maximum of tiles per image over all levels. The shipped models need at most 700.
_MOST_TILES = 4000
# The error of a term of log p(x|z) in machine epsilons, after all layers of the decoder. Against float64 the sums of
# the shipped models differ by at most two thirds of that.
_ROUNDINGS = 4
# Floats of one batch of tiles.
_BATCH = 1 << 22
# Pixels along each side of a tile's picture.
_SIDE = 12
_CENTRES = (torch.arange(_SIDE, dtype=torch.float64) + 0.5) / _SIDE


class EvidenceError(ArithmeticError):
    """The decoder changes too fast with z for any grid; the message says so."""

    def __init__(self) -> None:
        super().__init__("This decoder changes too fast with z for the grid: its log p(x) cannot be computed.")


class Evidence(NamedTuple):
    """For N images, float64 [N]: log p(x) in nats, an estimate of its numerical error, and an upper bound on the share
    of p(x) that is left out."""

    log_evidence: Tensor
    error: Tensor
    missed: Tensor


class Posterior(NamedTuple):
    """p(z|x) of one image as T square pictures that do not overlap and hold all but 1e-3 of its mass.

    low float64 [T, 2], width float64 [T]; log_density float64 [T, 12, 12], log p(z|x) in nats at the centre of each
    pixel, indexed [tile, z1, z2]; evidence, of this one image.
    """

    low: Tensor
    width: Tensor
    log_density: Tensor
    evidence: Evidence

    @property
    def mass(self) -> Tensor:
        """The integral of p(z|x) over the pictures: 1 minus the mass outside them.

        It uses the midpoint rule, whose points differ from those of the evidence.
        """
        return (self.log_density.exp().sum(dim=(1, 2)) * (self.width / _SIDE) ** 2).sum()

    def moments(self) -> tuple[Tensor, Tensor]:
        """Its mean [2] and covariance [2, 2]."""
        z = points(self.low, self.width, _CENTRES).flatten(0, 1)
        weights = (self.log_density.exp() * self.width[:, None, None] ** 2).flatten()
        weights = weights / weights.sum()
        mean = weights @ z
        return mean, (weights[:, None] * (z - mean)).T @ (z - mean)


class Expectations(NamedTuple):
    """Under p(z|x) of N images, all float64: mean, stddev of z [N, 2]; reconstruction, kl [N] in nats."""

    mean: Tensor
    stddev: Tensor
    reconstruction: Tensor
    kl: Tensor


def evidence(vae: VAE, x: Tensor) -> Evidence:
    """The log evidence of each of images x [N, 784] under the prior N(0, I).

        log p(x) = log int p(x|z) p(z) dz

    by 6 x 6 Gauss-Legendre nodes on each tile of a quadtree. A tile that an image needs is quartered until the
    polynomial through its nodes gives its mass, see
    models.tile_quadrature. Images share tiles: log p(x|z) of many images at many
    points is one matrix product, and each point is decoded once. ``error`` is the sum of the errors of the tiles and of
    a bound on rounding, see rounding. ``missed`` is the sum of the mass that the tiles left out can hold, estimated at
    their nodes, and the prior's mass outside the disc of the first tiles, as if log p(x|z) had its maximum there.

    The nats may be those of a density, see models.likelihood. Raises EvidenceError.
    """
    return _integrate(vae, x)[0]


@torch.no_grad()
def posterior(vae: VAE, x: Tensor) -> Posterior:
    """The posterior p(z|x) = p(x, z) / p(x) of one image x [784], see evidence. Raises EvidenceError."""
    found, leaves = _integrate(vae, x[None])
    low, width = (torch.cat(parts) for parts in zip(*((tiles.low, tiles.width) for tiles in leaves), strict=True))
    if not len(low):
        raise EvidenceError
    blocks = zip(low.split(64), width.split(64), strict=True)
    log_p = torch.cat([log_joint(vae, points(*block, _CENTRES).to(x.dtype), x[None]) for block in blocks])
    log_density = log_p.double() - found.log_evidence
    return Posterior(low, width, log_density.unflatten(1, (_SIDE, _SIDE))[..., 0], found)


@torch.no_grad()
def expectations(vae: VAE, x: Tensor) -> Expectations:
    """The moments of p(z|x) and the two terms of -log p(x), for images x [N, 784], see evidence.

        -log p(x) = E_p(z|x)[-log p(x|z)] + KL(p(z|x) || p(z))

    They are the terms of the bound with p(z|x) as q(z|x), where the bound is tight. The moments have errors of at most
    0.2 % of a stddev. Raises EvidenceError.
    """
    found, leaves = _integrate(vae, x)
    sums = torch.zeros(len(x), 6, dtype=torch.float64)
    for tiles in (leaf.quarter() for leaf in leaves):  # finer, because a mean of z needs more nodes than the evidence
        for rows, _, image, listed in _batches(tiles, len(x)):
            each = _weighted(vae, x, tiles.low[rows], tiles.width[rows], image, found.log_evidence)
            sums.index_add_(0, image[listed], each[listed])
    _, first, second, likelihood = (sums / sums[:, :1]).split([1, 2, 2, 1], dim=1)
    reconstruction = -likelihood[:, 0]
    return Expectations(first, (second - first**2).sqrt(), reconstruction, -found.log_evidence - reconstruction)


def _weighted(vae: VAE, x: Tensor, low: Tensor, width: Tensor, image: Tensor, log_evidence: Tensor) -> Tensor:
    """The integrals over T tiles of p(z|x) times 1, z, z^2 and log p(x|z), for images [T, K] of x: [T, K, 6]."""
    place, log_weight = rule(_NODES)
    z = points(low, width, place)
    log_p = log_likelihood(vae, z.to(x.dtype), x[image]).double()
    log_area = (2 * width.log())[:, None, None] + log_weight[:, None]
    share = (log_p + prior().log_prob(z)[..., None] + log_area - log_evidence[image][:, None]).exp()
    powers = torch.cat([torch.ones_like(z[..., :1]), z, z**2], dim=-1)
    return torch.cat([share.mT @ powers, (share * log_p).sum(dim=1)[..., None]], dim=-1)


def log_likelihood(vae: VAE, z: Tensor, x: Tensor) -> Tensor:
    """log p(x|z) of images x [..., K, 784] at points z [..., G, 2], every pair of them: [..., G, K], in nats."""
    return vae.likelihood.log_prob_of_pairs(vae.decode(z).base_dist, x)


def rounding(vae: VAE, z: Tensor, x: Tensor) -> Tensor:
    """A bound on the rounding error of log p(x|z) of images x [N, 784], each at its own z [N, 2]: float64 [N], in nats.

    It is a few times the machine epsilon of x's type, times the sum of the magnitudes that are rounded, see
    models.likelihood: as if no two errors cancelled. An integral over z is no more accurate than its integrand.

    Source: Higham, 2002, Accuracy and Stability of Numerical Algorithms, section 4.2,
    https://doi.org/10.1137/1.9780898718027
    """
    rounded = vae.likelihood.rounding_magnitudes(vae.decode(z.to(x.dtype)).base_dist, x)
    return _ROUNDINGS * torch.finfo(x.dtype).eps * rounded.double().sum(dim=-1)


def log_joint(vae: VAE, z: Tensor, x: Tensor) -> Tensor:
    """log p(x, z) of images x [..., K, 784] at points z [..., G, 2], every pair of them: [..., G, K], in nats."""
    return log_likelihood(vae, z, x) + prior(z.device).log_prob(z)[..., None]


@torch.no_grad()
def _integrate(vae: VAE, x: Tensor) -> tuple[Evidence, list[Tiles]]:
    """The evidence, and for each level the tiles that contribute to it."""
    tiles, log_missed, rounded = _first_tiles(vae, x)
    log_evidence, log_error = torch.full((2, len(x)), -torch.inf, dtype=torch.float64)
    found, leaves, taken = _measure(vae, x, tiles), [], 0
    for _ in range(_MAX_LEVELS):
        total = _add(log_evidence, found.log_integral, tiles.image)[tiles.image]
        counts = found.most > total - _NEGLIGIBLE
        log_missed = _add(log_missed, found.most[~counts], tiles.image[~counts])
        uncertain = found.log_integral + found.error.log()
        fine = counts & (uncertain < total + math.log(_TOLERANCE))
        leaves.append(tiles.where(fine & (found.log_integral > total - _NEGLIGIBLE)))
        log_evidence = _add(log_evidence, found.log_integral[fine], tiles.image[fine])
        log_error = _add(log_error, uncertain[fine], tiles.image[fine])
        tiles = tiles.where(counts & ~fine)
        taken += 4 * len(tiles.image)
        if taken > _MOST_TILES * len(x):
            raise EvidenceError
        if not len(tiles.image):
            break
        tiles = tiles.quarter()
        found = _measure(vae, x, tiles)
    else:
        # Tiles that no level resolved are added to the evidence and to its error.
        log_evidence, log_error = (_add(logs, found.log_integral, tiles.image) for logs in (log_evidence, log_error))
    error = (log_error - log_evidence).exp() + rounded
    return Evidence(log_evidence, error, (log_missed - log_evidence).exp()), leaves


def _first_tiles(vae: VAE, x: Tensor) -> tuple[Tiles, Tensor, Tensor]:
    """Tiles over a disc for each image that holds its posterior, the log of the most mass outside, and the rounding.

    The prior's mass outside the radius R is exp(-R^2 / 2). Both values are given for each image, [N].
    """
    axis = torch.linspace(-4, 4, 17, dtype=x.dtype)
    z = torch.cartesian_prod(axis, axis)
    highest, likeliest = log_joint(vae, z, x).double().max(dim=0)
    outside = highest + _LOG_AREA - _NEGLIGIBLE
    best = vae.likelihood.highest_log_prob(vae.decode(z).base_dist)
    radius = (2 * (best - outside)).sqrt()
    return disc_tiles(radius, _WIDEST), outside, rounding(vae, z[likeliest], x)


def _add(logs: Tensor, values: Tensor, image: Tensor) -> Tensor:
    """log(exp(logs) + sum of exp(values)) for each image; ``logs`` [N], ``values`` [P], ``image`` [P] their images."""
    top = logs.scatter_reduce(0, image, values, "amax")
    # Any finite number will do where all are -inf.
    top = top.clamp(min=torch.finfo(top.dtype).min)
    return top + (logs - top).exp().index_add(0, image, (values - top[image]).exp()).log()


def _measure(vae: VAE, x: Tensor, tiles: Tiles) -> Integral:
    """p(x, z) integrated over each of P pairs of a tile and an image: [P] each."""
    place, _ = rule(_NODES)
    result = torch.empty(3, len(tiles.image), dtype=torch.float64)
    for rows, pairs, image, listed in _batches(tiles, len(x)):
        z = points(tiles.low[rows], tiles.width[rows], place).to(x.dtype)
        shared = 2 * image.shape[1] > len(x)  # then it is cheaper to take all images than to select for each tile
        log_p = log_joint(vae, z, x if shared else x[image])  # [T, nodes^2, K]
        found = torch.stack(integrate(log_p.unflatten(1, (_NODES, _NODES)))).double()
        found[:2] += 2 * tiles.width[rows, None].log()
        result[:, pairs] = (found.gather(2, image.expand(3, -1, -1)) if shared else found)[:, listed]
    return Integral(*result)


def _batches(tiles: Tiles, images: int) -> Iterator[tuple[Tensor, Tensor, Tensor, Tensor]]:
    """Batches of tiles with similar numbers of images: rows [T], pairs [P], images [T, K], and a mask of the pairs."""
    first = tiles.count.cumsum(dim=0) - tiles.count
    rows = tiles.count.argsort(descending=True)
    while len(rows):
        most = int(tiles.count[rows[0]])
        floats = max(_NODES**2 * max(PIXELS, images if 2 * most > images else most), PIXELS * most)
        batch, rows = rows[: max(1, _BATCH // floats)], rows[max(1, _BATCH // floats) :]
        entry = torch.arange(most)
        pairs, listed = first[batch, None] + entry, entry < tiles.count[batch, None]
        yield batch, pairs[listed], tiles.image[torch.where(listed, pairs, 0)], listed
