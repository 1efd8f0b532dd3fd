"""Exact training: two latents make p(x) = int p(x|z) p(z) dz a mean over a lattice of points, without any q(z|x)."""

import math
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import softplus

from models.objective import Terms
from models.vae import VAE, prior

POINTS = 987
"""Of the lattice of one training step; near the origin they lie 0.08 apart, about a posterior's stddev on MNIST."""

SPACING = 0.05
"""Of each of the two grids that measure a trained model, in units of z: half of it resolves a stddev of 0.02."""

# Beyond a radius of 6 lie 2e-8 of the prior.
_RADIUS = 6.0
# Where all the weight lies on one point, the points know no width; a stddev is positive.
_MIN_VARIANCE = 1e-12
# Floats of one block of log-likelihoods.
_BLOCK = 1 << 23


class Posterior(NamedTuple):
    """The exact p(z|x) of N images: mean, stddev [N, 2]; reconstruction, kl, error [N], in nats, see posterior."""

    mean: Tensor
    stddev: Tensor
    reconstruction: Tensor
    kl: Tensor
    error: Tensor


def lattice(points: int, generator: torch.Generator) -> Tensor:
    """Points z float32 [K, 2] whose mean of f(z) is an unbiased estimate of E f(z) under p(z) = N(0, I).

        u_k = (k / K, k K' / K) + shift mod 1,   z_k = Phi^-1(u_k),   k = 0 ... K - 1

    K = ``points`` is a Fibonacci number and K' the one before it: among lattices of K points in the plane these have
    a discrepancy of the best order, log K / K, with no search for a vector. The shift is uniform in the unit square,
    which makes every u_k uniform too; for smooth f the error falls almost as 1 / K, and not as its root.

    Raises ValueError for another K.

    Sources: Niederreiter, 1992, Random Number Generation and Quasi-Monte Carlo Methods, chapter 5,
    https://doi.org/10.1137/1.9781611970081; the shift: Cranley and Patterson, 1976, Randomization of Number Theoretic
    Methods for Multiple Integration, https://doi.org/10.1137/0713071
    """
    before, last = 1, 1
    while last < points:
        before, last = last, before + last
    if last != points:
        raise ValueError(f"{points} is no Fibonacci number; take {before} or {last} points.")
    k = torch.arange(points, dtype=torch.float64)
    u = torch.stack([k, k * before % points], dim=1) / points
    u = (u + torch.rand(2, dtype=torch.float64, generator=generator)) % 1
    # Phi^-1(0) is infinite. The least number above it that a draw can give costs no measurable bias; 1 is never drawn.
    return torch.special.ndtri(u.clamp(min=2.0**-53)).float()


def log_likelihood(vae: VAE, x: Tensor, z: Tensor) -> Tensor:
    """log p(x_b|z_k) in nats, [B, K], of every binary image x [B, 784] at every point z [K, 2].

    For Bernoulli pixels it is one matrix product: log p(x|z) = x . logits(z) - sum_j log(1 + exp(logits_j(z))).
    """
    slope, offset = _affine(vae, z)
    return x @ slope + offset


def _affine(vae: VAE, z: Tensor) -> tuple[Tensor, Tensor]:
    logits = vae.decode(z).base_dist.logits
    return logits.T, -softplus(logits).sum(dim=-1)


def lattice_terms(vae: VAE, x: Tensor, z: Tensor) -> Terms:
    """The two terms of -log p(x) for images x [B, 784], with p(x) the mean of p(x|z_k) over the points z [K, 2].

        -log p(x) = E_p(z|x)[-log p(x|z)] + KL(p(z|x) || p(z)) = -logsumexp_k log p(x|z_k) + log K

    They are the terms of the bound with the exact posterior for q(z|x), where the bound is tight: on the points the
    posterior is w_k = p(x|z_k) / sum_k p(x|z_k), and the KL term is sum_k w_k log(w_k K), at most log K. Over the
    shifts of a lattice the mean of p(x) is exact, so by Jensen that of the loss is, slightly, an upper bound.

    Source: Burda, Grosse and Salakhutdinov, 2016, section 3, for the bound of a mean of p(x|z_k) over random points,
    https://arxiv.org/abs/1509.00519
    """
    each = log_likelihood(vae, x, z)
    return _terms(each, each - math.log(len(z)))


def _terms(each: Tensor, joint: Tensor) -> Terms:
    """The terms from log p(x|z) and the log of p(x|z) times the share of p(z) that z stands for, both [B, K]."""
    loss = -joint.logsumexp(dim=1)
    reconstruction = -(joint.softmax(dim=1) * each).sum(dim=1)
    # The difference, so that the gradient of the sum is that of the log-sum-exp and nothing else.
    return Terms(reconstruction, loss - reconstruction)


@torch.no_grad()
def posterior(vae: VAE, x: Tensor, spacing: float = SPACING) -> Posterior:
    """Moments of p(z|x) and the terms of -log p(x), see lattice_terms, for images x [N, 784], by the trapezoidal rule.

    reconstruction + kl is -log p(x). The points are those of two square grids, either in the middle of the other's
    cells; ``error`` is how far log p(x) by one grid alone lies from log p(x) by both. What lies beyond 6 along an axis
    is missed: little of a decoder trained on points of the prior, and all of a code as far out as a small beta allows.

    Source: Trefethen and Weideman, 2014, The Exponentially Convergent Trapezoidal Rule,
    https://doi.org/10.1137/130932132
    """
    z = torch.cat([_grid(spacing, offset) for offset in (0.0, 0.5)]).to(x.device)
    log_mass = prior(x.device).log_prob(z) + math.log(spacing**2 / 2)
    slope, offset = _affine(vae, z)
    blocks = [_moments(block @ slope + offset, log_mass, z) for block in x.split(max(1, _BLOCK // len(z)))]
    return Posterior(*map(torch.cat, zip(*blocks, strict=True)))


def _grid(spacing: float, offset: float) -> Tensor:
    """The points of a square grid, moved along both axes by that share of its spacing."""
    half = math.ceil(_RADIUS / spacing)
    axis = (torch.arange(-half, half, dtype=torch.float64) + offset) * spacing
    return torch.cartesian_prod(axis, axis).float()


def _moments(each: Tensor, log_mass: Tensor, z: Tensor) -> Posterior:
    joint = each + log_mass
    share, z = joint.softmax(dim=1).double(), z.double()
    mean = share @ z
    variance = (share @ z**2 - mean**2).clamp(min=_MIN_VARIANCE)
    first, second = joint.unflatten(1, (2, -1)).logsumexp(dim=2).unbind(dim=1)
    one, both = first + math.log(2), torch.logaddexp(first, second)
    return Posterior(mean.float(), variance.sqrt().float(), *_terms(each, joint), (one - both).abs())
