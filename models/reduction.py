"""Which beta a loss really uses: what the sums and means of its code do to the weight of its KL term."""

import math
from dataclasses import dataclass

ERRORS = ("bernoulli", "squared", "half squared")
REDUCTIONS = ("sum", "mean")
MAX_SIZE = 1_000_000_000
MAX_WEIGHT = 1e6

FIXED_VARIANCE = {"squared": 0.5, "half squared": 1.0}
"""sigma^2 at which the error of a pixel is -log N(x; mean, sigma^2) in nats, up to a constant."""


_COUNTED = {"pixels": "values in an image", "latents": "latents", "batch": "images a batch"}


class ReductionError(ValueError):
    """A loss that cannot be; the message says why and what to do."""


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
        """What the error of one pixel of one image is multiplied by."""
        return _factor(self.over_pixels, self.pixels) * _factor(self.reconstruction_over_batch, self.batch)

    @property
    def kl_factor(self) -> float:
        """What the KL of one latent dimension of one image is multiplied by, before the weight."""
        return _factor(self.over_latents, self.latents) * _factor(self.kl_over_batch, self.batch)


def effective_beta(loss: Loss) -> float:
    """The beta with which ``loss`` pulls as that of the beta-VAE does: equal gradients, but for a common factor.

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
