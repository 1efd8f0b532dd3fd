"""A trained model evaluated on held-out images: one code per image, and their averages."""

from dataclasses import dataclass, fields
from typing import TypeGuard

import torch
from torch import Tensor
from torch.distributions import kl_divergence

from models.data import Dataset
from models.evidence import expectations
from models.files import is_number
from models.likelihood import LIKELIHOODS, Likelihood
from models.objective import Terms, terms
from models.quadrature import reconstruction
from models.vae import LATENTS, MIN_STDDEV, VAE, prior

SEED = 20_140_416
"""Seeds the fixed binarisation of the held-out images. The seeds after it give the fresh binarisations."""

BINARISATIONS = 8
"""The number of fresh binarisations that the averages over all images use."""

DRAWS = 2
"""Draws of z per image and binarisation for those averages. The noise of z is then smaller than the binarisation's."""

_MAX_BINARISATIONS = 100
_LARGEST = 3e38  # nats that float32 can hold

ACTIVE = 0.01
"""A latent unit is active when its mean varies more than this over the images (Burda et al., 2016)."""


@dataclass(frozen=True)
class Codes:
    """q(z|x) and the loss terms of N held-out images.

    For a model without an encoder: the moments of p(z|x) and the terms of -log p(x), see models.evidence.expectations.

    mean, stddev: float32 [N, 2]; reconstruction, kl: float32 [N], in nats; label: uint8 [N]. reconstruction is within
    0.05 nats of the expectation over z, see models.quadrature.
    """

    mean: Tensor
    stddev: Tensor
    reconstruction: Tensor
    kl: Tensor
    label: Tensor


def fixed_images(dataset: Dataset, likelihood: Likelihood = LIKELIHOODS["bernoulli"]) -> Tensor:
    """The held-out images as evaluated and displayed: float32 [N, 784], the same on every call."""
    return likelihood.observe(dataset.pixels, torch.Generator().manual_seed(SEED))


@dataclass(frozen=True)
class Averages:
    """The two terms averaged over the held-out images, once for each binarisation of them, in nats per image.

    Grey images have one entry, because they are not binarised.
    """

    reconstruction: tuple[float, ...]
    kl: tuple[float, ...]

    @classmethod
    def parse(cls, values: object) -> "Averages":
        """The averages in a value of JSON, an object with a list under each name. Raises ValueError."""
        found = values if isinstance(values, dict) else {}
        lists = [found.get(field.name) for field in fields(cls)]
        sound = [each for each in lists if _are_averages(each)]
        if len(sound) < len(lists) or len(set(map(len, sound))) != 1:
            raise ValueError(f"averages are two lists of as many numbers, 1 to {_MAX_BINARISATIONS}.")
        return cls(*map(tuple, sound))

    def summary(self) -> dict[str, float]:
        """Each term and their sum, averaged over the binarisations, and the standard deviation between
        binarisations."""
        parts = torch.tensor([self.reconstruction, self.kl], dtype=torch.float64)
        parts = dict(zip(("reconstruction", "kl", "negative_elbo"), [*parts, parts.sum(dim=0)], strict=True))
        found = {name: part.mean().item() for name, part in parts.items()}
        if len(self.kl) > 1:
            found |= {f"{name}_sd": part.std().item() for name, part in parts.items()}
        return found


def _are_averages(values: object) -> TypeGuard[list[float]]:
    if not isinstance(values, list) or not 1 <= len(values) <= _MAX_BINARISATIONS:
        return False
    return all(is_number(value, -_LARGEST, _LARGEST) for value in values)


@torch.no_grad()
def encode_dataset(vae: VAE, dataset: Dataset, samples: int = 0, batch: int = 1000) -> Codes:
    """The codes of every image of ``dataset``; with ``samples``, the reconstruction is the mean over that many draws of
    z.

    Without an encoder there are no draws: the codes are those of the exact posterior.
    """
    if vae.encoder is None:
        exact = expectations(vae, fixed_images(dataset, vae.likelihood))
        return Codes(*(part.float() for part in exact), label=dataset.labels)
    generator = torch.Generator().manual_seed(SEED + 1)
    device = next(vae.parameters()).device
    parts = []
    for x in fixed_images(dataset, vae.likelihood).split(batch):
        x = x.to(device)
        q = vae.encode(x)
        if samples:
            noise = torch.randn(samples, len(x), LATENTS, generator=generator)
            loss = terms(vae, x, noise.to(device))
        else:
            loss = Terms(reconstruction(vae, x, q).float(), kl_divergence(q, prior(device)))
        parts.append([part.cpu() for part in (q.mean, q.stddev, *loss)])
    return Codes(*map(torch.cat, zip(*parts, strict=True)), label=dataset.labels)


def average_terms(vae: VAE, dataset: Dataset, codes: Codes) -> Averages:
    """The averages over ``dataset``, whose codes are ``codes``. Binary pixels are averaged over fresh binarisations.

    Without an encoder only the fixed binarisation is used: log p(x) hardly depends on it and takes long to compute.
    """
    if not vae.likelihood.is_binary or vae.encoder is None:
        return Averages((codes.reconstruction.double().mean().item(),), (codes.kl.double().mean().item(),))
    means = [_average_terms(vae, dataset, torch.Generator().manual_seed(SEED + 2 + i)) for i in range(BINARISATIONS)]
    return Averages(*zip(*means, strict=True))


@torch.no_grad()
def _average_terms(vae: VAE, dataset: Dataset, generator: torch.Generator, batch: int = 1000) -> list[float]:
    sums = torch.zeros(2, dtype=torch.float64)
    for x in vae.likelihood.observe(dataset.pixels, generator).split(batch):
        noise = torch.randn(DRAWS // 2, len(x), LATENTS, generator=generator)
        # Antithetic draws: each draw and its mirror image about the mean. Where log p(x|z) is linear, their mean has no
        # noise.
        sums += torch.stack([part.double().sum() for part in terms(vae, x, torch.cat([noise, -noise]))])
    return (sums / len(dataset.labels)).tolist()


def summarise(codes: Codes, averages: Averages | None = None) -> dict[str, float]:
    """Averages over the images of ``codes``: the three losses in nats per image, the rest in units of z.

    With ``averages`` the losses come from there, each with its standard deviation between binarisations, as ..._sd.
    spread is the root of the means' variance averaged over the two dimensions; mean_sigma averages every
    stddev; active_units counts the dimensions whose mean varies by more than ACTIVE; at_least_sigma is the share of the
    codes with a stddev at the lower bound of the model, MIN_STDDEV.

    Source of active units: Burda, Grosse and Salakhutdinov, 2016, section 5.2, https://arxiv.org/abs/1509.00519
    """
    variance = codes.mean.double().var(dim=0)
    reconstruction, kl = codes.reconstruction.double().mean(), codes.kl.double().mean()
    losses = {
        "reconstruction": reconstruction.item(),
        "kl": kl.item(),
        "negative_elbo": (reconstruction + kl).item(),
    }
    return (averages.summary() if averages else losses) | {
        "spread": variance.mean().sqrt().item(),
        "mean_sigma": codes.stddev.double().mean().item(),
        "active_units": int((variance > ACTIVE).sum()),
        "at_least_sigma": (codes.stddev < 1.001 * MIN_STDDEV).any(dim=1).double().mean().item(),
    }
