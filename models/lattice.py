"""Exact training: two latents make p(x) = int p(x|z) p(z) dz a mean over a lattice of points, without any q(z|x)."""

import math

import torch
from torch import Tensor

from models.evidence import log_likelihood
from models.objective import Terms
from models.vae import VAE

POINTS = 987
"""Of the lattice of one training step; near the origin they lie 0.08 apart, about a posterior's stddev on MNIST."""


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


def lattice_terms(vae: VAE, x: Tensor, z: Tensor) -> Terms:
    """The two terms of -log p(x) for images x [B, 784], with p(x) the mean of p(x|z_k) over the points z [K, 2].

        -log p(x) = E_p(z|x)[-log p(x|z)] + KL(p(z|x) || p(z)) = -logsumexp_k log p(x|z_k) + log K

    They are the terms of the bound with the exact posterior for q(z|x), where the bound is tight: on the points the
    posterior is w_k = p(x|z_k) / sum_k p(x|z_k), and the KL term is sum_k w_k log(w_k K), at most log K. Over the
    shifts of a lattice the mean of p(x) is exact, so by Jensen that of the loss is, slightly, an upper bound.

    Source: Burda, Grosse and Salakhutdinov, 2016, section 3, for the bound of a mean of p(x|z_k) over random points,
    https://arxiv.org/abs/1509.00519
    """
    each = log_likelihood(vae, z, x).mT
    loss = math.log(len(z)) - each.logsumexp(dim=1)
    reconstruction = -(each.softmax(dim=1) * each).sum(dim=1)
    # The difference, so that the gradient of the sum is that of the log-sum-exp and nothing else.
    return Terms(reconstruction, loss - reconstruction)
