"""The loss of one image, term by term, in nats."""

from typing import NamedTuple

from torch import Tensor
from torch.distributions import Independent, Normal, kl_divergence

from models.vae import VAE, prior


class Terms(NamedTuple):
    """The two terms of each image's loss, both [B], in nats."""

    reconstruction: Tensor
    kl: Tensor

    def loss(self, beta: float = 1.0) -> Tensor:
        """reconstruction + beta * KL, [B]; at beta = 1 it is -ELBO.

        Source: Higgins et al., 2017, beta-VAE, section 2, https://openreview.net/forum?id=Sy2fzU9gl
        """
        return self.reconstruction + beta * self.kl


def terms(vae: VAE, x: Tensor, noise: Tensor) -> Terms:
    """The terms of l = -E_q[log p(x|z)] + KL(q(z|x) || p(z)) for images x [B, 784].

    The expectation is the mean over S draws z = mean + stddev * noise, with noise [S, B, 2] standard normal;
    the KL term is exact.

    Source: Kingma and Welling, 2014, section 2.3 and appendix B, https://arxiv.org/abs/1312.6114
    """
    q = vae.encode(x)
    z = q.mean + q.stddev * noise
    return Terms(-vae.decode(z).log_prob(x).mean(dim=0), kl_divergence(q, prior(x.device)))


def path_terms(vae: VAE, x: Tensor, noise: Tensor) -> Terms:
    """As terms, but the KL term is the mean of log q(z|x) - log p(z) over the draws z; its gradient passes through z
    only.

    The gradient of log q at a fixed z is left out; its expectation is 0. Where q(z|x) is the exact posterior, the
    gradient of the loss at beta = 1 has no noise. The value of the KL term depends on the draws.

    Source: Roeder, Wu and Duvenaud, 2017, Sticking the Landing: Simple, Lower-Variance Gradient Estimators for
    Variational Inference, https://arxiv.org/abs/1703.09194
    """
    q = vae.encode(x)
    z = q.mean + q.stddev * noise
    detached = Independent(Normal(q.mean.detach(), q.stddev.detach(), validate_args=False), 1, validate_args=False)
    kl = detached.log_prob(z) - prior(x.device).log_prob(z)
    return Terms(-vae.decode(z).log_prob(x).mean(dim=0), kl.mean(dim=0))
