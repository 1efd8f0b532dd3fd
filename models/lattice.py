"""Exact training: with two latents, p(x) = int p(x|z) p(z) dz is a mean over a lattice of points; no q(z|x) is
needed."""

import math

import torch
from torch import Tensor

from models.evidence import log_likelihood
from models.objective import Terms
from models.vae import VAE

POINTS = 987
"""Points of one training step's lattice. Near the origin they are 0.08 apart, about a posterior's stddev on MNIST."""


def lattice(points: int, generator: torch.Generator) -> Tensor:
    """Points z float32 [K, 2]: the mean of f over them is an unbiased estimate of E f(z) under p(z) = N(0, I).

        u_k = (k / K, k K' / K) + shift mod 1,   z_k = Phi^-1(u_k),   k = 0 ... K - 1

    K = ``points`` is a Fibonacci number and K' the one before it. Such a lattice has a discrepancy of the best order,
    log K / K, without a search for a generating vector. The shift is uniform in the unit square, so every u_k is
    uniform too. For smooth f the error falls almost as 1 / K, not as 1 / sqrt(K).

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
    # Phi^-1(0) is infinite. Replacing 0 by the least positive number that can be drawn adds no measurable bias; 1 is
    # never drawn.
    return torch.special.ndtri(u.clamp(min=2.0**-53)).float()


def fixed_points(count: int) -> Tensor:
    """Points z float32 [K, 2] that are spread like p(z) = N(0, I), the same on every call; K = ``count`` is any number.

        u_k = ((k + 1/2) / K, (k + 1/2) g mod 1),   z_k = Phi^-1(u_k),   k = 0 ... K - 1,   g = (sqrt 5 - 1) / 2

    Where K is a Fibonacci number, g is nearly K' / K, and the points are nearly those of a lattice with one shift.

    Source: Niederreiter, 1992, see lattice, chapter 3: the multiples of g have a discrepancy of the best order.
    """
    k = torch.arange(count, dtype=torch.float64) + 0.5
    u = torch.stack([k / count, k * (math.sqrt(5) - 1) / 2 % 1], dim=1)
    return torch.special.ndtri(u).float()


def lattice_terms(vae: VAE, x: Tensor, z: Tensor) -> Terms:
    """The two terms of -log p(x) for images x [B, 784], with p(x) the mean of p(x|z_k) over the points z [K, 2].

        -log p(x) = E_p(z|x)[-log p(x|z)] + KL(p(z|x) || p(z)) = -logsumexp_k log p(x|z_k) + log K

    They are the terms of the bound with the exact posterior as q(z|x), where the bound is tight. On the points the
    posterior is w_k = p(x|z_k) / sum_k p(x|z_k), and the KL term is sum_k w_k log(w_k K), at most log K. Averaged over
    the shifts of the lattice p(x) is exact, so by Jensen's inequality the mean loss is a slight upper bound.

    Source: Burda, Grosse and Salakhutdinov, 2016, section 3, for the bound of a mean of p(x|z_k) over random points,
    https://arxiv.org/abs/1509.00519
    """
    return terms_of_pairs(log_likelihood(vae, z, x).mT)


def terms_of_pairs(each: Tensor) -> Terms:
    """The terms of lattice_terms, from log p(x|z_k) of every image at every point: [B, K], in nats."""
    loss = math.log(each.shape[1]) - each.logsumexp(dim=1)
    reconstruction = -(each.softmax(dim=1) * each).sum(dim=1)
    # KL is computed as a difference, so that the gradient of the sum is exactly that of the log-sum-exp.
    return Terms(reconstruction, loss - reconstruction)
