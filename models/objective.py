"""The loss of one image, term by term, in nats."""

from typing import NamedTuple

from torch import Tensor
from torch.distributions import kl_divergence

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
