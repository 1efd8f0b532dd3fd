"""Importance sampling of log p(x): log weights, the bound that they give, and the effective sample size."""

import math

import torch
from torch import Tensor
from torch.distributions import Distribution

from models.bound import as_gaussian
from models.evidence import log_joint
from models.vae import LATENTS, PIXELS, VAE

# Floats of the decoded images of one block of draws.
_BLOCK = 1 << 22


@torch.no_grad()
def log_weights(vae: VAE, x: Tensor, proposal: Distribution, draws: int, generator: torch.Generator) -> Tensor:
    """log w_k = log p(x, z_k) - log r(z_k) of images x [N, 784] for z_k ~ r: float64 [draws, N], in nats.

    ``proposal`` is a Gaussian r for each image, such as vae.encode(x), of batch shape [N]; or one for all, such as
    prior(), of batch shape []. Then all images share the draws, so that each is decoded once. The expectation for each
    image is the same.

    Source: Burda, Grosse and Salakhutdinov, 2016, section 3, https://arxiv.org/abs/1509.00519
    """
    r = as_gaussian(proposal)
    apart = r.batch_shape != ()
    size = max(1, _BLOCK // (PIXELS * (len(x) if apart else 1)))
    blocks = []
    for start in range(0, draws, size):
        shape = (min(size, draws - start), *r.batch_shape, LATENTS)
        noise = torch.randn(shape, generator=generator, dtype=torch.float64)
        z = r.mean + (r.scale_tril @ noise[..., None])[..., 0]
        if apart:
            log_p = log_joint(vae, z.to(x.dtype).transpose(0, 1), x[:, None])[..., 0].T
            blocks.append(log_p.double() - r.log_prob(z))
        else:
            blocks.append(log_joint(vae, z.to(x.dtype), x).double() - r.log_prob(z)[:, None])
    return torch.cat(blocks)


def importance_bound(log_weights: Tensor) -> Tensor:
    """The K-sample bound of weights [K, ...]: [...], in nats; its expectation rises with K, from the ELBO to log p(x).

        L_K = E log 1/K sum_k w_k <= log p(x)

    Source: Burda, Grosse and Salakhutdinov, 2016, section 3 and theorem 1, https://arxiv.org/abs/1509.00519
    """
    return log_weights.logsumexp(dim=0) - math.log(len(log_weights))


def effective_sample_size(log_weights: Tensor) -> Tensor:
    """The number of equal weights that would estimate as well as these [K, ...]: [...], from 1 to K.

        (sum_k w_k)^2 / sum_k w_k^2

    Source: Kong, 1992, A Note on Importance Sampling using Standardized Weights, University of Chicago, report 348
    """
    return (2 * log_weights.logsumexp(dim=0) - (2 * log_weights).logsumexp(dim=0)).exp()
