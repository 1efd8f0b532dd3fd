"""Inference by looking up: the best of a fixed set of decoded points for each image, and a Gaussian fitted from there.

No encoder takes part. So what an encoder's q loses against this q is the cost of one encoder for all images.
"""

from dataclasses import dataclass
from math import log

import numpy as np
import torch
from torch import Tensor
from torch.distributions import Distribution, Independent, MultivariateNormal, Normal, kl_divergence

from models.best_q import best_q
from models.bound import as_gaussian, pairwise, place_nodes
from models.evidence import log_joint
from models.lattice import fixed_points
from models.vae import LATENTS, PIXELS, VAE, prior

POINTS = (987, 6765)
"""The numbers of points that are measured: near the origin they are 0.08 and 0.03 apart."""

STEPS = 5
"""The steps of models.best_q from the point that was found."""

REACH = 4.0
"""In units of sigma: how far from its mean a Gaussian is taken to reach. It has 99.97 % of its mass there."""

LEAST_SHARE = 0.01
"""The least share of p(z|x) within that reach; a q with less is in the wrong place."""

# The step of the numerical derivative, in units of z: a fraction of the narrowest posteriors' sigma, about 0.015.
_STEP = 0.005
# Images per product with the decoded points.
_CHUNK = 500
# Floats of the decoded images of one block.
_BLOCK = 1 << 22
# Nodes along the radius and around the circle of a disc.
_RADIAL, _ROUND = 10, 20


@dataclass(frozen=True)
class Table:
    """K points z [K, 2], p(x|z) at each, and the sigma [K, 2] that a q around each point starts with."""

    z: Tensor
    pixels: Distribution
    stddev: Tensor


@torch.no_grad()
def table(vae: VAE, count: int, dtype: torch.dtype = torch.float32) -> Table:
    """The table of ``count`` points in the type of the images, spread like the prior, see models.lattice.fixed_points.

    For each dimension d of z,

        sigma_d^2 = 1 / (1 + F_dd(z)) + h(z)^2 / 12

    F is the Fisher information of p(x|z) about z, so that 1 + F_dd is the posterior's expected precision. h^2 = 1 / (K
    p(z)) is the area that one point stands for, and h^2 / 12 the variance of a uniform place in a square of that area:
    the posterior's mode lies anywhere in it.
    """
    z = fixed_points(count).to(dtype)
    area = (-prior().log_prob(z)).exp()[:, None] / count
    variance = 1 / (1 + fisher_information(vae, z)) + area / 12
    return Table(z, vae.decode(z).base_dist, variance.sqrt().clamp(max=1.0))


def fisher_information(vae: VAE, z: Tensor) -> Tensor:
    """The diagonal of the Fisher information of p(x|z) about z, at points z [K, 2]: [K, 2], in 1 / z^2.

    By KL(p(x|z) || p(x|z + h e_d)) = h^2 F_dd / 2 + O(h^3), averaged over both signs of h.

    Source: Kullback, 1959, Information Theory and Statistics, chapter 2, section 6
    """
    here = vae.decode(z)
    steps = _STEP * torch.eye(LATENTS, dtype=z.dtype)
    both = (kl_divergence(here, vae.decode(z + step)) + kl_divergence(here, vae.decode(z - step)) for step in steps)
    return torch.stack(list(both), dim=-1) / _STEP**2


@torch.no_grad()
def look_up(vae: VAE, found: Table, x: Tensor) -> Independent:
    """For images x [N, 784], the Gaussians of independent dimensions at argmax_k p(x|z_k) p(z_k), of batch shape [N].

    All images share the decoded points, so that each image takes one product of its pixels with those of the table.
    """
    log_prior = prior().log_prob(found.z)[:, None]
    best = [
        (vae.likelihood.log_prob_of_pairs(found.pixels, part) + log_prior).argmax(dim=0) for part in x.split(_CHUNK)
    ]
    rows = torch.cat(best)
    return Independent(Normal(found.z[rows], found.stddev[rows]), 1)


def infer(vae: VAE, found: Table, x: Tensor) -> MultivariateNormal:
    """q(z|x) of images x [N, 784] without an encoder: ``look_up``, then STEPS steps of models.best_q, of batch shape
    [N].

    Its dimensions are independent, as the encoder's are.
    """
    *_, last = best_q(vae, x, look_up(vae, found, x), steps=STEPS)
    return last


@torch.no_grad()
def share_within(vae: VAE, x: Tensor, q: Distribution, log_evidence: Tensor) -> Tensor:
    """The share of p(z|x) within REACH sigma of q's mean, for images x [N, 784] of log p(x) [N]: float64 [N], of 1.

    The integral of p(x, z) / p(x) over the ellipse, by Gauss-Legendre nodes along the radius and even ones around it.
    The nodes are about half a sigma apart, at the rim 1.3: too coarse for a p(z|x) that is much narrower than q. On the
    first 1,000 images and the shipped beta = 1 a finer grid finds no other image below LEAST_SHARE.
    """
    nodes, log_weights = _disc()
    q = as_gaussian(q)
    log_area = q.scale_tril.diagonal(dim1=-2, dim2=-1).log().sum(dim=1)
    parts = []
    for rows in torch.arange(len(x)).split(max(1, _BLOCK // (PIXELS * len(nodes)))):
        log_p = pairwise(log_joint, vae, place_nodes(q.mean[rows], q.scale_tril[rows], nodes), x[rows])
        parts.append((log_p + log_weights).logsumexp(dim=1))
    return (torch.cat(parts) + log_area - log_evidence).exp()


def _disc() -> tuple[Tensor, Tensor]:
    """Nodes [G, 2] in a disc of radius REACH, and the logs of their weights [G], which sum to its area."""
    place, weight = (torch.from_numpy(part) for part in np.polynomial.legendre.leggauss(_RADIAL))
    radius = REACH * (place + 1) / 2
    angle = 2 * torch.pi * (torch.arange(_ROUND, dtype=torch.float64) + 0.5) / _ROUND
    directions = torch.stack([angle.cos(), angle.sin()], dim=1)
    log_weight = (weight * radius).log() + log(REACH * torch.pi / _ROUND)
    return (radius[:, None, None] * directions).flatten(0, 1), log_weight.repeat_interleave(_ROUND)


def misplaced(vae: VAE, x: Tensor, encoders: Distribution, own: Distribution, log_evidence: Tensor) -> Tensor:
    """Whether the encoder put each image into the wrong place: bool [N].

    So it is where less than LEAST_SHARE of p(z|x) lies within REACH sigma of the mean of the encoder's q, where sigma
    is that of ``encoders`` or of ``own``, the q that ``infer`` found, whichever is larger, for each dimension. Without
    the latter a q that is at the right place, but much narrower than p(z|x), would count too.
    """
    wide = torch.maximum(encoders.stddev.double(), own.stddev.double())
    return share_within(vae, x, Independent(Normal(encoders.mean.double(), wide), 1), log_evidence) < LEAST_SHARE
