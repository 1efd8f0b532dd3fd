"""The effective beta of a loss: how sums, means and sigma change the weight of its KL term."""

import math
from dataclasses import dataclass, replace

from models.checkpoint import Checkpoint
from models.vae import PIXELS

ERRORS = ("bernoulli", "squared", "half squared")
REDUCTIONS = ("sum", "mean")
MAX_SIZE = 1_000_000_000
MAX_WEIGHT = 1e6

FIXED_VARIANCE = {"squared": 0.5, "half squared": 1.0}
"""sigma^2 at which the error of a pixel is -log N(x; mean, sigma^2) in nats, up to a constant."""


_COUNTED = {"pixels": "values in an image", "latents": "latents", "batch": "images a batch"}


class ReductionError(ValueError):
    """The loss is not possible; the message says why and what to do."""


@dataclass(frozen=True)
class Loss:
    """The loss of a batch as code writes it, reconstruction + weight * KL, and how each term is reduced.

    The error of one pixel, whose value is x and whose decoder says m, is one of ERRORS:
    -x log m - (1 - x) log(1 - m), (x - m)^2, or half of that. Errors are added up over ``pixels`` values an image
    (times channels), KL over ``latents`` dimensions, and both over ``batch`` images; each reduction is "sum" or "mean".
    Raises ReductionError.
    """

    error: str = "bernoulli"
    over_pixels: str = "sum"
    reconstruction_over_batch: str = "mean"
    over_latents: str = "sum"
    kl_over_batch: str = "mean"
    weight: float = 1.0
    pixels: int = 784
    latents: int = 2
    batch: int = 128

    def __post_init__(self) -> None:
        if self.error not in ERRORS:
            raise ReductionError(f"The error of a pixel is one of {', '.join(ERRORS)}.")
        reductions = (self.over_pixels, self.reconstruction_over_batch, self.over_latents, self.kl_over_batch)
        if not set(reductions) <= set(REDUCTIONS):
            raise ReductionError("Each reduction is a sum or a mean.")
        # NaN fails every comparison.
        if not 0 <= self.weight <= MAX_WEIGHT:
            raise ReductionError(f"The weight of the KL term is a number from 0 to {MAX_WEIGHT:,.0f}.")
        for name in _COUNTED:
            if not 1 <= getattr(self, name) <= MAX_SIZE:
                raise ReductionError(f"The number of {_COUNTED[name]} is a whole number from 1 to {MAX_SIZE:,}.")

    @property
    def reconstruction_factor(self) -> float:
        """The factor of one pixel's error in the loss."""
        return _factor(self.over_pixels, self.pixels) * _factor(self.reconstruction_over_batch, self.batch)

    @property
    def kl_factor(self) -> float:
        """The factor of one latent dimension's KL in the loss, before the weight."""
        return _factor(self.over_latents, self.latents) * _factor(self.kl_over_batch, self.batch)


def effective_beta(loss: Loss) -> float:
    """The beta of the beta-VAE whose gradients equal those of ``loss`` up to a common factor.

        r sum_bp e_bp + weight k sum_bj KL_bj  =  r B * mean_b (sum_p e_bp + beta sum_j KL_bj),   beta = weight k / r

    with r = reconstruction_factor, k = kl_factor, B images b of pixels p, and latent dimensions j. The beta-VAE
    has -log p(x_b|z_b) in nats in place of sum_p e_bp. A Bernoulli error is that; a squared one is that, up to a
    constant, where p(x|z) is a Gaussian of the variance FIXED_VARIANCE, for

        -log N(x; m, sigma^2 I) = sum_p (x_p - m_p)^2 / (2 sigma^2) + P/2 log(2 pi sigma^2)

    Source: Higgins et al., 2017, beta-VAE, equation 4, https://openreview.net/forum?id=Sy2fzU9gl
    """
    return loss.weight * loss.kl_factor / loss.reconstruction_factor


def implied_stddev(loss: Loss) -> float:
    """The sigma of the Gaussian decoder, in units of a pixel's value, for which a squared-error ``loss`` has beta = 1.

    A squared error fixes only the product beta * sigma^2. At another variance sigma^2 than FIXED_VARIANCE, s, its nats
    change by the factor s / sigma^2. The same loss then has beta = effective_beta * s / sigma^2, which is 1 at

        sigma^2 = s * effective_beta

    It is 0 for a weight of 0: an autoencoder is the limit of a decoder without noise. Raises ReductionError.

    Source: Rybkin, Daniilidis and Levine, 2021, Simple and Effective VAE Training with Calibrated Decoders,
    https://arxiv.org/abs/2006.13202
    """
    if loss.error not in FIXED_VARIANCE:
        raise ReductionError("Only a squared error implies a sigma; a Bernoulli likelihood has none.")
    return math.sqrt(FIXED_VARIANCE[loss.error] * effective_beta(loss))


def _factor(reduction: str, count: int) -> float:
    return 1.0 if reduction == "sum" else 1 / count


@dataclass(frozen=True)
class Optimum:
    """Where a beta-VAE with a Gaussian decoder ended, in averages per image of ``pixels`` values.

    ``squared_error`` is E_q ||x - f(z)||^2 in units of a pixel's value squared; ``stddev`` is sigma in units of a
    pixel's value; ``kl`` is KL(q(z|x) || p(z)) in nats. The same networks are the optimum at every sigma, with the beta
    that at gives:

        ||x - f||^2 / (2 sigma^2) + D/2 log(2 pi sigma^2) + beta KL
            = (||x - f||^2 / 2 + beta sigma^2 KL) / sigma^2 + D/2 log(2 pi sigma^2)

    Source: Rybkin, Daniilidis and Levine, 2021, Simple and Effective VAE Training with Calibrated Decoders,
    section 3, https://arxiv.org/abs/2006.13202
    """

    squared_error: float
    kl: float
    stddev: float
    beta: float = 1.0
    pixels: int = PIXELS

    @classmethod
    def of(cls, model: Checkpoint) -> "Optimum":
        """Where ``model``, of the Gaussian likelihood, ended, by its metrics on held-out images."""
        stddev, metrics = model.pixel_stddev, model.metrics
        if stddev is None:
            raise ValueError("A model of binary pixels has no sigma. Take one of the Gaussian likelihood.")
        nats = metrics["reconstruction"] - _constant(stddev, PIXELS)
        return cls(2 * stddev**2 * nats, metrics["kl"], stddev, model.recipe.beta)

    def at(self, stddev: float) -> "Optimum":
        """The same optimum at another sigma: beta sigma^2 stays constant."""
        return replace(self, stddev=stddev, beta=self.beta * self.stddev**2 / stddev**2)

    def in_unit(self, factor: float) -> "Optimum":
        """The same optimum in another unit: each pixel value, and sigma, is a number ``factor`` times as large."""
        return replace(self, squared_error=self.squared_error * factor**2, stddev=self.stddev * factor)

    @property
    def error_nats(self) -> float:
        """The squared error over 2 sigma^2."""
        return self.squared_error / (2 * self.stddev**2)

    @property
    def constant(self) -> float:
        """D/2 log(2 pi sigma^2), nats of a density: no network changes it."""
        return _constant(self.stddev, self.pixels)

    @property
    def loss(self) -> float:
        """Nats of a density; -ELBO where beta is 1."""
        return self.error_nats + self.constant + self.beta * self.kl

    @property
    def common(self) -> float:
        """||x - f||^2 / 2 + beta sigma^2 KL, in units of a pixel's value squared: the same at every sigma."""
        return self.squared_error / 2 + self.beta * self.stddev**2 * self.kl

    @property
    def best_stddev(self) -> float:
        """The maximum likelihood sigma: its square is the mean squared error of a pixel."""
        return math.sqrt(self.squared_error / self.pixels)


def _constant(stddev: float, pixels: int) -> float:
    return pixels / 2 * math.log(2 * math.pi * stddev**2)
