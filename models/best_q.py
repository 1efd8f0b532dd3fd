"""The best Gaussian q for each single image, and the two gaps between the encoder's bound and log p(x)."""

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor
from torch.distributions import Distribution, MultivariateNormal

from models.bound import Estimate, as_gaussian, elbo, hermite, pairwise, place_nodes
from models.evidence import log_joint
from models.vae import LATENTS, PIXELS, VAE

STEPS = 400
"""The maximum. Where the encoder's q is near the posterior, 20 steps are enough."""

# A fit has converged once a step changes q by less than this share of its own width.
_CONVERGED = 3e-4
_NODES = 6
_RATE = 0.5
# Where q is far from the posterior: no step moves the mean by more than this many sigma, ...
_MAX_MOVE = 1.0
# ... or changes the log of a stddev by more than half of this times the rate.
_MAX_GROWTH = 2.0
# Floats of the decoded images of one block.
_BLOCK = 1 << 22


class Gaps(NamedTuple):
    """The two gaps between an ELBO and log p(x): each float64 [N], in nats. Their sum is log p(x) - ELBO(encoder's
    q)."""

    approximation: Tensor
    amortisation: Tensor


def best_q(
    vae: VAE, x: Tensor, start: Distribution, full: bool = False, steps: int = STEPS
) -> Iterator[MultivariateNormal]:
    """Fit a Gaussian to each of images x [N, 784]; yields a batch of shape [N] after each of at most ``steps`` steps.

        argmax_q E_q[log p(x, z)] + H(q)

    from ``start``, such as vae.encode(x), by natural-gradient steps: with z = m + L xi and xi ~ N(0, I),

        m <- m + rate * L E[xi log p(x, z)],   L <- L exp(rate / 2 * (E[(xi xi^T - I) log p(x, z)] + I))

    A fixed point of these steps has the precision of Opper and Archambeau's equation 9. The expectations are sums over
    6 x 6 fixed nodes. Once an image's q has converged it no longer changes; when all have converged, the steps end.
    Without ``full`` the covariance stays diagonal. Where a posterior has several modes, the fit finds the nearest one.

    Source: Glasmachers et al., 2010, Exponential Natural Evolution Strategies, section 4,
    https://doi.org/10.1145/1830483.1830557; Opper and Archambeau, 2009, The Variational Gaussian Approximation
    Revisited, https://doi.org/10.1162/neco.2008.08-07-592
    """
    q = as_gaussian(start)
    mean, tril, rows = q.mean, q.scale_tril, torch.arange(len(x))
    for _ in range(steps):
        before = mean[rows], tril[rows]
        after = _step(vae, x[rows], *before, full)
        mean, tril = mean.index_copy(0, rows, after[0]), tril.index_copy(0, rows, after[1])
        yield MultivariateNormal(mean, scale_tril=tril, validate_args=False)
        rows = rows[~_has_converged(before, after)]
        if not len(rows):
            return


def _step(vae: VAE, x: Tensor, mean: Tensor, tril: Tensor, full: bool) -> tuple[Tensor, Tensor]:
    move, growth = _natural_gradient(vae, x, mean, tril, full)
    root = torch.linalg.matrix_exp(_RATE / 2 * growth)
    return mean + _RATE * (tril @ move[..., None])[..., 0], _lower(tril @ root)


def _has_converged(before: tuple[Tensor, Tensor], after: tuple[Tensor, Tensor]) -> Tensor:
    moved, reshaped = ((new - old).abs().flatten(1).amax(dim=1) for old, new in zip(before, after, strict=True))
    return torch.maximum(moved, reshaped) < _CONVERGED * before[1].abs().amax(dim=(1, 2))


@torch.no_grad()
def _natural_gradient(vae: VAE, x: Tensor, mean: Tensor, tril: Tensor, full: bool) -> tuple[Tensor, Tensor]:
    """The natural gradient of the ELBO, in units of q's own sigma: for the mean [N, 2], and the log of the scale [N, 2,
    2]."""
    nodes, weights = hermite(_NODES)
    blocks = torch.arange(len(x)).split(max(1, _BLOCK // (PIXELS * len(nodes))))
    log_p = torch.cat(
        [pairwise(log_joint, vae, place_nodes(mean[rows], tril[rows], nodes), x[rows]) for rows in blocks]
    )
    identity = torch.eye(LATENTS, dtype=torch.float64)
    squares = nodes[:, :, None] * nodes[:, None] - identity
    move = (log_p * weights) @ nodes
    growth = torch.einsum("ng,gij->nij", log_p * weights, squares) + identity
    if not full:
        growth = growth * identity
    return _capped(move, _MAX_MOVE), _capped(growth.flatten(1), _MAX_GROWTH).view_as(growth)


def _capped(vectors: Tensor, most: float) -> Tensor:
    return vectors * (most / vectors.norm(dim=1, keepdim=True).clamp(min=most))


def _lower(root: Tensor) -> Tensor:
    """The Cholesky factor, lower triangular with a positive diagonal, of the covariance root root^T."""
    r = torch.linalg.qr(root.mT).R
    return r.mT * r.diagonal(dim1=-2, dim2=-1).sign()[:, None]


def better(vae: VAE, x: Tensor, start: Distribution, end: Distribution) -> tuple[MultivariateNormal, Estimate]:
    """For each image, the one of two Gaussians with the higher ELBO, and that ELBO. So no fit is worse than its
    start."""
    first, second = as_gaussian(start), as_gaussian(end)
    bounds = elbo(vae, x, first), elbo(vae, x, second)
    won = bounds[1].value > bounds[0].value
    mean = torch.where(won[:, None], second.mean, first.mean)
    tril = torch.where(won[:, None, None], second.scale_tril, first.scale_tril)
    chosen = Estimate(*(torch.where(won, new, old) for old, new in zip(*bounds, strict=True)))
    return MultivariateNormal(mean, scale_tril=tril, validate_args=False), chosen


def best_bound(vae: VAE, x: Tensor, start: Distribution, full: bool) -> Estimate:
    """The ELBO of the best q for each of images x [N, 784], fitted from ``start``, see best_q and better."""
    *_, end = best_q(vae, x, start, full)
    return better(vae, x, start, end)[1]


def gaps(log_evidence: Tensor, best: Tensor, encoders: Tensor) -> Gaps:
    """The gaps of log p(x), ELBO(best q) and ELBO(encoder's q), all [N] in nats.

        log p(x) - ELBO(q) = (log p(x) - ELBO(q*)) + (ELBO(q*) - ELBO(q))

    The first is the approximation gap: no q of this family is closer. The second is the amortisation gap: the cost of
    one encoder for all images. If that was trained with a beta other than 1, the different objective adds to it.

    Source: Cremer, Li and Duvenaud, 2018, Inference Suboptimality in Variational Autoencoders, section 3,
    https://arxiv.org/abs/1801.03558
    """
    return Gaps(log_evidence - best, best - encoders)
