"""The ELBO and KL(q(z|x) || p(z|x)) by quadrature over q, each on its own nodes. Their sum is log p(x)."""

from collections.abc import Callable, Iterator
from itertools import chain
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.distributions import Distribution, MultivariateNormal, kl_divergence

from models.evidence import log_joint, log_likelihood, rounding
from models.vae import LATENTS, PIXELS, VAE, prior

# In units of q's sigma; 4e-9 of its mass lies beyond.
_REACH = 6.0
# Nodes along each axis, rule by rule: first Gauss-Hermite nodes, of which a smooth function needs few, then an even
# grid, ...
_HERMITE, _EVEN = (6, 10, 16), (24, 32, 44, 60, 96)
# ... and for the KL divergence even grids that share only their ends with the others.
_ODD = (13, 19, 25, 33, 49, 65, 97)
# In nats. An image whose integral changed by more than this at the last rule gets a finer one.
_TOLERANCE = 1e-3
# Floats of the decoded images of one block.
_BLOCK = 1 << 22

Rule = tuple[Tensor, Tensor]
"""Nodes [G, 2] and weights [G], float64, of an expectation under N(0, I)."""


class Estimate(NamedTuple):
    """A quantity of each of N images and an estimate of its numerical error, both float64 [N], in nats.

    The error is the change of the quantity at the last refinement plus a bound on rounding, see
    models.evidence.rounding.
    """

    value: Tensor
    error: Tensor


def elbo(vae: VAE, x: Tensor, q: Distribution) -> Estimate:
    """The evidence lower bound of images x [N, 784] with the Gaussians q of batch shape [N].

        ELBO(q) = E_q[log p(x|z)] - KL(q || p(z))

    The KL term is exact. The expectation is computed with more and more nodes until it no longer changes.

    Source: Kingma and Welling, 2014, section 2.2, https://arxiv.org/abs/1312.6114
    """
    q = as_gaussian(q)
    rules = chain(map(hermite, _HERMITE), map(_even, _EVEN))
    expected = _expectation(lambda z, rows: pairwise(log_likelihood, vae, z, x[rows]), q, rules)
    value = expected.value - kl_divergence(q, as_gaussian(prior()))
    return Estimate(value, expected.error + _rounding(vae, x, q))


def kl_to_posterior(vae: VAE, x: Tensor, q: Distribution, log_evidence: Tensor) -> Estimate:
    """KL from the Gaussians q [N] to the posteriors of images x [N, 784], given log p(x) [N] in nats.

        KL(q || p(z|x)) = E_q[log q(z) - log p(x, z) + log p(x)] = log p(x) - ELBO(q)

    on a grid over +-6 sigma of q, refined until the integral no longer changes. The second equation checks this
    integral and the ELBO's, which share only the nodes at the ends. The integral of p(z|x), which must be one, checks
    log p(x), see models.evidence.Posterior.mass.

    Source: Jordan, Ghahramani, Jaakkola and Saul, 1999, An Introduction to Variational Methods for Graphical Models,
    section 4, https://doi.org/10.1023/A:1007665907178
    """
    q = as_gaussian(q)

    def log_ratio(z: Tensor, rows: Tensor) -> Tensor:
        log_q = MultivariateNormal(q.mean[rows, None], scale_tril=q.scale_tril[rows, None], validate_args=False)
        return log_q.log_prob(z) - pairwise(log_joint, vae, z, x[rows]) + log_evidence[rows, None]

    found = _expectation(log_ratio, q, map(_even, _ODD))
    return Estimate(found.value, found.error + _rounding(vae, x, q))


@torch.no_grad()
def _rounding(vae: VAE, x: Tensor, q: MultivariateNormal) -> Tensor:
    return rounding(vae, q.mean, x)


def as_gaussian(q: Distribution) -> MultivariateNormal:
    """A Gaussian of event shape [2], with independent dimensions or not, as float64 and detached."""
    tril = q.scale_tril if isinstance(q, MultivariateNormal) else torch.diag_embed(q.stddev)
    return MultivariateNormal(q.mean.detach().double(), scale_tril=tril.detach().double(), validate_args=False)


def place_nodes(mean: Tensor, scale_tril: Tensor, nodes: Tensor) -> Tensor:
    """Nodes [G, 2] of N(0, I) mapped to the Gaussians of mean [N, 2] and scale_tril [N, 2, 2]: [N, G, 2]."""
    return mean[:, None] + nodes @ scale_tril.mT


def hermite(count: int) -> Rule:
    """Gauss-Hermite nodes, ``count`` along each axis."""
    nodes, weights = (torch.from_numpy(part) for part in np.polynomial.hermite_e.hermegauss(count))
    return _square(nodes, weights)


def _even(count: int) -> Rule:
    """An even grid over +-6 sigma, ``count`` along each axis."""
    nodes = torch.linspace(-_REACH, _REACH, count, dtype=torch.float64)
    return _square(nodes, (-(nodes**2) / 2).exp())


def _square(nodes: Tensor, weights: Tensor) -> Rule:
    weights = weights / weights.sum()
    return torch.cartesian_prod(*[nodes] * LATENTS), torch.outer(weights, weights).flatten()


@torch.no_grad()
def _expectation(
    integrand: Callable[[Tensor, Tensor], Tensor], q: MultivariateNormal, rules: Iterator[Rule]
) -> Estimate:
    """E_q of integrand(z [B, G, 2], rows [B]) [B, G] for each q [N], by the first rule that changes the result
    little."""
    value = torch.full((len(q.mean),), torch.nan, dtype=torch.float64)
    error, rows = torch.full_like(value, torch.inf), torch.arange(len(value))
    for nodes, weights in rules:
        blocks = rows.split(max(1, _BLOCK // (PIXELS * len(nodes))))
        values = (integrand(place_nodes(q.mean[block], q.scale_tril[block], nodes), block) for block in blocks)
        finer = torch.cat([each @ weights for each in values])
        error[rows] = (finer - value[rows]).abs().nan_to_num(torch.inf)
        value[rows] = finer
        rows = rows[error[rows] > _TOLERANCE]
        if not len(rows):
            break
    return Estimate(value, error)


def pairwise(function: Callable[..., Tensor], vae: VAE, z: Tensor, x: Tensor) -> Tensor:
    """log_likelihood or log_joint of each image x [B, 784] at its own points z [B, G, 2] alone: float64 [B, G]."""
    return function(vae, z.to(x.dtype), x[:, None])[..., 0].double()
