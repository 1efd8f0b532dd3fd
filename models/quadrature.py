"""E_q[-log p(x|z)] of single images by quadrature; explorer/browser/net/quadrature.js uses the same rule."""

from functools import cache
from itertools import product

import numpy as np
import torch
from torch import Tensor
from torch.distributions import Distribution

from models.bound import Rule, pairwise
from models.evidence import log_likelihood
from models.vae import PIXELS, VAE

WIDTHS = (0.08, 0.2, 0.5)
"""The largest sigma, in units of z, for which each rule of an axis but the last is fine enough."""

# Floats of the decoded images of one block: small enough to stay in a cache.
_BLOCK = 1 << 20


@torch.no_grad()
def reconstruction(vae: VAE, x: Tensor, q: Distribution) -> Tensor:
    """The reconstruction term E_q[-log p(x|z)] of images x [N, 784] under their own q(z|x): float64 [N], in nats.

    q, of batch shape [N], has independent dimensions. The nodes along each depend on its sigma: the wider q, the less
    smooth is the decoder over it. The error is below 0.05 nats for every image and every shipped model.
    """
    mean, stddev = q.mean.double(), q.stddev.double()
    result = torch.empty(len(x), dtype=torch.float64, device=x.device)
    kinds = torch.bucketize(stddev, torch.tensor(WIDTHS, dtype=torch.float64, device=x.device))
    for pair in product(range(len(WIDTHS) + 1), repeat=2):
        nodes, weights = (part.to(x.device) for part in _rule(pair))
        rows = (kinds == torch.tensor(pair, device=x.device)).all(dim=1).nonzero()[:, 0]
        for block in rows.split(max(1, _BLOCK // (PIXELS * len(nodes)))):
            z = mean[block, None] + stddev[block, None] * nodes
            result[block] = -(pairwise(log_likelihood, vae, z, x[block]) @ weights)
    return result


@cache
def _rule(kinds: tuple[int, int]) -> Rule:
    """Nodes [G, 2] and weights [G] of an expectation under N(0, I), by the kind of the rule along each axis."""
    if min(kinds) == len(WIDTHS):
        # Codes that are wide along both axes belong to a nearly collapsed model, whose decoder is smooth.
        kinds = len(WIDTHS) - 1, len(WIDTHS) - 1
    (first, first_weights), (second, second_weights) = (_AXIS[kind] for kind in kinds)
    return torch.cartesian_prod(first, second), torch.outer(first_weights, second_weights).flatten()


def _hermite(count: int) -> tuple[Tensor, Tensor]:
    nodes, weights = map(torch.from_numpy, np.polynomial.hermite_e.hermegauss(count))
    return nodes, weights / weights.sum()


def _even(count: int, reach: float) -> tuple[Tensor, Tensor]:
    nodes = torch.linspace(-reach, reach, count, dtype=torch.float64)
    return nodes, (-(nodes**2) / 2).softmax(dim=0)


# For N(0, 1). For a function that is not smooth, an even grid (the trapezoidal rule) is more accurate than Gauss's.
_AXIS = (_hermite(5), _even(11, 4.0), _even(21, 5.0), _even(41, 5.0))
