"""The likelihood p(x|z): what a model observes, the distribution of a pixel, and the unit of its nats.

A likelihood is one class here. explorer/browser/net/likelihood.js computes the same in the browser, and a test checks
that they agree.
"""

import math
from abc import ABC, abstractmethod
from typing import ClassVar, Generic, TypedDict, TypeVar

import torch
from torch import Tensor, distributions
from torch.distributions import Distribution, Normal
from torch.nn.functional import softplus

from models.data import binarise, grey_levels

PIXEL_STDDEV = 0.2
"""The default sigma of the Gaussian likelihood, in units of the grey level's 0 to 1."""

PIXEL_STDDEVS = (0.01, 1.0)
"""The allowed range: smaller than a step between grey levels, or larger than their whole range, makes no sense."""


Pixels = TypeVar("Pixels", bound=Distribution)


class LikelihoodFacts(TypedDict):
    """The facts about a likelihood that a page needs; the fields are those of Likelihood."""

    name: str
    is_binary: bool
    is_density: bool
    has_stddev: bool
    unit: str
    short_unit: str
    unit_per_image: str


class Likelihood(ABC, Generic[Pixels]):
    """p(x|z) = prod_j p(x_j|z), with a parameter of each pixel from the decoder's output, a logit.

    ``name`` is used in files and on the command line, ``title`` in a sentence, ``label`` in a form. ``is_binary``: the
    model observes binarised pixels, else grey levels in 0..1. ``is_density``: the nats are those of a density, can be
    negative, and cannot be compared with those of a probability. ``has_stddev``: it has one sigma for all pixels.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    label: ClassVar[str]
    is_binary: ClassVar[bool]
    is_density: ClassVar[bool]
    has_stddev: ClassVar[bool] = False

    @property
    def unit(self) -> str:
        """The unit of log p(x|z), in a sentence."""
        return "nats of a density" if self.is_density else "nats"

    @property
    def short_unit(self) -> str:
        """The unit in the cell of a table."""
        return "nats, density" if self.is_density else "nats"

    @property
    def unit_per_image(self) -> str:
        """The unit of an average."""
        return f"{self.unit} per image"

    def facts(self) -> LikelihoodFacts:
        """The facts that a page needs."""
        return LikelihoodFacts(
            name=self.name,
            is_binary=self.is_binary,
            is_density=self.is_density,
            has_stddev=self.has_stddev,
            unit=self.unit,
            short_unit=self.short_unit,
            unit_per_image=self.unit_per_image,
        )

    def observe(self, pixels: Tensor, generator: torch.Generator) -> Tensor:
        """x float32 [B, 784] of pixels uint8 [B, 28, 28]: binary draws, see binarise, or the grey levels."""
        return binarise(pixels, generator) if self.is_binary else grey_levels(pixels)

    @abstractmethod
    def distribution(self, logits: Tensor, stddev: float | Tensor) -> Pixels:
        """p(x_j|z) of each pixel, with the batch shape of ``logits`` [..., 784]; ``stddev`` is sigma, if there is
        one."""

    @abstractmethod
    def log_prob_of_pairs(self, pixels: Pixels, x: Tensor) -> Tensor:
        """log p(x|z) of images x [..., K, 784] at points [..., G, 784]: every pair, [..., G, K], in nats.

        ``pixels`` is the ``distribution`` at those points. For an exponential family, all pairs take one or two matrix
        products.
        """

    @abstractmethod
    def rounding_magnitudes(self, pixels: Pixels, x: Tensor) -> Tensor:
        """The magnitudes of the rounded terms of log_prob_of_pairs, for x [N, 784], each at its own point:
        [N, 784]."""

    @abstractmethod
    def highest_log_prob(self, pixels: Pixels) -> Tensor:
        """An upper bound of log p(x|z) over all images and the points of ``pixels`` [G, 784]: a scalar, in nats."""


class Bernoulli(Likelihood[distributions.Bernoulli]):
    """p(x_j|z) = Bernoulli(x_j; sigmoid(logit_j))."""

    name = "bernoulli"
    title = "Bernoulli"
    label = "Bernoulli, on binarised pixels"
    is_binary = True
    is_density = False

    def distribution(self, logits: Tensor, stddev: float | Tensor) -> distributions.Bernoulli:
        """See Likelihood."""
        return distributions.Bernoulli(logits=logits, validate_args=False)

    def log_prob_of_pairs(self, pixels: distributions.Bernoulli, x: Tensor) -> Tensor:
        """log Bernoulli(x; logits) = sum_j x_j logit_j - softplus(logit_j)"""
        return pixels.logits @ x.mT - softplus(pixels.logits).sum(dim=-1, keepdim=True)

    def rounding_magnitudes(self, pixels: distributions.Bernoulli, x: Tensor) -> Tensor:
        """The magnitudes of all terms."""
        return x * pixels.logits.abs() + softplus(pixels.logits)

    def highest_log_prob(self, pixels: distributions.Bernoulli) -> Tensor:
        """0, because no probability exceeds 1."""
        return torch.zeros(())


class Gaussian(Likelihood[Normal]):
    """p(x_j|z) = N(x_j; sigmoid(logit_j), stddev^2), on grey levels in 0..1."""

    name = "gaussian"
    title = "Gaussian"
    label = "Gaussian, on grey levels"
    is_binary = False
    is_density = True
    has_stddev = True

    def distribution(self, logits: Tensor, stddev: float | Tensor) -> Normal:
        """See Likelihood."""
        return Normal(logits.sigmoid(), stddev, validate_args=False)

    def log_prob_of_pairs(self, pixels: Normal, x: Tensor) -> Tensor:
        """log N(x; m, s^2) = sum_j x_j m_j / s_j^2 - x_j^2 / (2 s_j^2) - m_j^2 / (2 s_j^2) - log s_j - log(2 pi) / 2"""
        # In float64, because for small s the sums are millions of nats and nearly cancel.
        x, loc, scale = x.double(), pixels.loc.double(), pixels.scale.double()
        precision = scale**-2
        alone = (loc**2 * precision / 2 + scale.log() + math.log(2 * math.pi) / 2).sum(dim=-1, keepdim=True)
        return (loc * precision) @ x.mT - (precision / 2) @ (x**2).mT - alone

    def rounding_magnitudes(self, pixels: Normal, x: Tensor) -> Tensor:
        """Each mean times the derivative of log p(x|z); the other terms are added up in float64."""
        return pixels.loc.abs() * (x - pixels.loc).abs() / pixels.scale**2

    def highest_log_prob(self, pixels: Normal) -> Tensor:
        """The value for an image that equals the mean."""
        return pixels.log_prob(pixels.mean).sum(dim=-1).max()


LIKELIHOODS: dict[str, Likelihood] = {each.name: each for each in (Bernoulli(), Gaussian())}
"""Every likelihood by its name: the only place where a name in a recipe becomes a likelihood."""
