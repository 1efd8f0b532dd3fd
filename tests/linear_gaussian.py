"""A model whose evidence, posterior and best q are known in closed form."""

from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.distributions import Independent, MultivariateNormal, Normal

from models.likelihood import LIKELIHOODS, Likelihood

PIXELS = 7


@dataclass
class LinearGaussian:
    """p(x|z) = N(x; W z, s^2 I) under p(z) = N(0, I), with an encoder that is off on purpose. All float64.

    p(x) = N(0, W W^T + s^2 I),   p(z|x) = N(P^-1 W^T x / s^2, P^-1),   P = I + W^T W / s^2

    Source: Bishop, 2006, Pattern Recognition and Machine Learning, section 12.2
    """

    weight: Tensor  # [PIXELS, 2]
    stddev: float = 0.5
    encoder: object = field(default=None, repr=False)
    likelihood: Likelihood = LIKELIHOODS["gaussian"]

    def encode(self, x: Tensor) -> Independent:
        truth = self.posterior(x)
        return Independent(Normal(truth.mean + 0.5 * truth.stddev, 0.4 * truth.stddev), 1)

    def decode(self, z: Tensor) -> Independent:
        return Independent(Normal(z @ self.weight.T, self.stddev), 1)

    def log_evidence(self, x: Tensor) -> Tensor:
        covariance = self.weight @ self.weight.T + self.stddev**2 * torch.eye(PIXELS)
        return MultivariateNormal(torch.zeros(PIXELS).double(), covariance).log_prob(x)

    def posterior(self, x: Tensor) -> MultivariateNormal:
        precision = torch.eye(2) + self.weight.T @ self.weight / self.stddev**2
        mean = torch.linalg.solve(precision, (x @ self.weight / self.stddev**2).T).T
        return MultivariateNormal(mean, precision_matrix=precision)


def _columns(angle: float, first: float, second: float) -> Tensor:
    """W whose columns have these lengths, ``angle`` apart: where that is small the posterior is a tilted ridge."""
    angle = torch.tensor(angle).double()
    weight = torch.zeros(PIXELS, 2).double()
    weight[0, 0], weight[0, 1], weight[1, 1] = first, second * angle.cos(), second * angle.sin()
    return weight


MODELS = {
    "round": LinearGaussian(_columns(1.5, 1.0, 1.0)),
    "nothing learnt": LinearGaussian(_columns(1.0, 0.0, 0.0)),
    "narrow": LinearGaussian(_columns(1.5, 60.0, 60.0)),
    "one axis narrow": LinearGaussian(_columns(1.3, 50.0, 0.5)),
    "a tilted ridge": LinearGaussian(_columns(0.2, 8.0, 8.0)),
}


def images(model: LinearGaussian, far: float = 1.0, count: int = 5) -> Tensor:
    """Draws of the model with z ``far`` times as far out as the prior has them: float64 [count, PIXELS]."""
    generator = torch.Generator().manual_seed(8)
    z = far * torch.randn(count, 2, generator=generator, dtype=torch.float64)
    noise = torch.randn(count, PIXELS, generator=generator, dtype=torch.float64)
    return z @ model.weight.T + model.stddev * noise
