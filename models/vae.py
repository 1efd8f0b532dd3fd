"""The model: encode(x) -> q(z|x) and decode(z) -> p(x|z), both as torch distributions."""

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.distributions import Distribution, Independent, Normal

from models.likelihood import LIKELIHOODS, PIXEL_STDDEV, PIXEL_STDDEVS
from models.recipe import Recipe

LATENTS = 2
PIXELS = 28 * 28

# exp(-12) = 6e-6, about the resolution of float32 for codes near 30. Without the KL term nothing else keeps sigma from
# reaching 0, where KL is infinite and 0 * KL is NaN.
_MIN_LOG_STDDEV = -12.0

# exp(12) = 160,000, while the prior's sigma is 1: no trained code comes near it. A step at a high learning rate can
# move the logarithm of one image's sigma far up. Without a bound sigma^2 overflows float32 at 44, and its gradient,
# whose norm squares it again, at 22.
_MAX_LOG_STDDEV = 12.0
MIN_STDDEV = math.exp(_MIN_LOG_STDDEV)
"""The least sigma of q(z|x), 6e-6 in units of z. A code with this sigma shows the bound, not a property of the data."""


class NoEncoderError(RuntimeError):
    """The model was trained without an encoder, and the call needs one."""

    def __init__(self) -> None:
        super().__init__("This model has no encoder: it was trained on log p(x) itself, and its p(z|x) is exact.")


class VAE(nn.Module):
    """A variational autoencoder with two latent dimensions.

        p(z) = N(0, I),   p(x|z) = prod_j p(x_j|z),   q(z|x) = N(mean(x), diag stddev(x)^2)

    ``likelihood`` names p(x_j|z), see models.likelihood. If it has a sigma, that is ``pixel_stddev``, or learnt if
    None: one number for all pixels and images.

    Encoder and decoder are perceptrons with SiLU units and the layer widths ``hidden``; the decoder mirrors the
    encoder. The weights are drawn from ``generator``; without one they are left unset, to be loaded. Without
    ``encoder`` there is only a decoder, and p(z|x) is computed exactly, see models.lattice. Only models.dimensions has
    another number of ``latents``.

    Source: Kingma and Welling, 2014, Auto-Encoding Variational Bayes, appendix C, https://arxiv.org/abs/1312.6114;
    the learnt sigma: Rybkin, Daniilidis and Levine, 2021, Simple and Effective VAE Training with Calibrated Decoders,
    section 3.1, https://arxiv.org/abs/2006.13202
    """

    def __init__(
        self,
        hidden: Sequence[int],
        generator: torch.Generator | None = None,
        likelihood: str = "bernoulli",
        encoder: bool = True,
        pixel_stddev: float | None = PIXEL_STDDEV,
        latents: int = LATENTS,
    ) -> None:
        super().__init__()
        self.likelihood = LIKELIHOODS[likelihood]
        self.encoder = _perceptron([PIXELS, *hidden, 2 * latents]) if encoder else None
        self.decoder = _perceptron([latents, *reversed(hidden), PIXELS])
        self.fixed_pixel_stddev = pixel_stddev
        if pixel_stddev is None:
            self.log_pixel_stddev = nn.Parameter(torch.tensor(math.log(PIXEL_STDDEV)))
        if generator is not None:
            _draw_weights(self, generator)

    @classmethod
    def of(cls, recipe: Recipe, generator: torch.Generator | None = None) -> "VAE":
        """The model that ``recipe`` describes, its weights drawn from ``generator``, or unset without one."""
        return cls(recipe.hidden, generator, recipe.likelihood, recipe.has_encoder, recipe.pixel_stddev)

    @property
    def pixel_stddev(self) -> float | Tensor:
        """Sigma of a pixel, in units of the grey level's 0 to 1, if there is one; a tensor if it is learnt."""
        if self.fixed_pixel_stddev is not None:
            return self.fixed_pixel_stddev
        return _clamp_keeping_gradient(self.log_pixel_stddev, *map(math.log, PIXEL_STDDEVS)).exp()

    def encode(self, x: Tensor) -> Independent:
        """q(z|x), event shape [2], of images x [..., 784]. Raises NoEncoderError."""
        if self.encoder is None:
            raise NoEncoderError
        mean, log_stddev = self.encoder(x).chunk(2, dim=-1)
        return _independent(
            Normal(
                mean, _clamp_keeping_gradient(log_stddev, _MIN_LOG_STDDEV, _MAX_LOG_STDDEV).exp(), validate_args=False
            )
        )

    def decode(self, z: Tensor) -> Independent:
        """p(x|z), event shape [784], of points z [..., 2]."""
        return _independent(self.likelihood.distribution(self.decoder(z), self.pixel_stddev))


def prior(device: torch.device | str = "cpu", latents: int = LATENTS) -> Independent:
    """p(z) = N(0, I), event shape [latents]."""
    return _independent(Normal(torch.zeros(latents, device=device), 1.0, validate_args=False))


def _clamp_keeping_gradient(value: Tensor, low: float, high: float) -> Tensor:
    # A straight-through clamp: it bounds the value and passes the gradient, so that the KL term can bring it back.
    return value + (value.clamp(low, high) - value).detach()


def _independent(base: Distribution) -> Independent:
    # Argument checks would read every number of every batch; training checks its loss instead.
    return Independent(base, 1, validate_args=False)


def _perceptron(widths: Sequence[int]) -> nn.Sequential:
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(widths):
        # skip_init, because nn.Linear would draw from the global generator.
        layers += [nn.utils.skip_init(nn.Linear, inputs, outputs), nn.SiLU()]
    return nn.Sequential(*layers[:-1])


def _draw_weights(module: nn.Module, generator: torch.Generator) -> None:
    """Uniform in +-1/sqrt(inputs), the range that nn.Linear itself uses."""
    for layer in module.modules():
        if isinstance(layer, nn.Linear):
            bound = layer.in_features**-0.5
            nn.init.uniform_(layer.weight, -bound, bound, generator=generator)
            nn.init.uniform_(layer.bias, -bound, bound, generator=generator)
