"""What a trained model does on held-out images: one code an image, and the averages that describe them."""

from dataclasses import dataclass

import torch
from torch import Tensor

from models.data import Dataset, observe
from models.evidence import expectations
from models.objective import terms
from models.vae import LATENTS, VAE

SAMPLES = 16
"""Draws of z per image behind each reported reconstruction term."""

SEED = 20_140_416
"""Seeds the one fixed binarisation of the held-out images; the draws of z take the next seed."""

ACTIVE = 0.01
"""A latent unit is active when its mean varies more than this over the images (Burda et al., 2016)."""


@dataclass(frozen=True)
class Codes:
    """q(z|x) and the loss terms of N held-out images.

    Of a model without an encoder: the moments of p(z|x) and the terms of -log p(x), see models.evidence.expectations.

    mean, stddev: float32 [N, 2]; reconstruction, kl: float32 [N], in nats; label: uint8 [N].
    """

    mean: Tensor
    stddev: Tensor
    reconstruction: Tensor
    kl: Tensor
    label: Tensor


def fixed_images(dataset: Dataset, likelihood: str = "bernoulli") -> Tensor:
    """The held-out images as evaluated and displayed: float32 [N, 784], the same on every call."""
    return observe(dataset.pixels, likelihood, torch.Generator().manual_seed(SEED))


@torch.no_grad()
def encode_dataset(vae: VAE, dataset: Dataset, samples: int = SAMPLES, batch: int = 1000) -> Codes:
    """The codes of every image of ``dataset``; reconstruction averages ``samples`` draws of z an image.

    Without an encoder nothing is drawn: the codes are those of the exact posterior.
    """
    if vae.encoder is None:
        exact = expectations(vae, fixed_images(dataset, vae.likelihood))
        return Codes(*(part.float() for part in exact), label=dataset.labels)
    generator = torch.Generator().manual_seed(SEED + 1)
    device = next(vae.parameters()).device
    parts = []
    for x in fixed_images(dataset, vae.likelihood).split(batch):
        x = x.to(device)
        noise = torch.randn(samples, len(x), LATENTS, generator=generator).to(device)
        q = vae.encode(x)
        parts.append([part.cpu() for part in (q.mean, q.stddev, *terms(vae, x, noise))])
    return Codes(*map(torch.cat, zip(*parts, strict=True)), label=dataset.labels)


def summarise(codes: Codes) -> dict[str, float]:
    """Averages over the images of ``codes``: the three losses in nats per image, the rest in units of z.

    spread is the root of the means' variance averaged over the two dimensions; mean_sigma averages every
    stddev; active_units counts the dimensions whose mean varies by more than ACTIVE.

    Source of active units: Burda, Grosse and Salakhutdinov, 2016, section 5.2, https://arxiv.org/abs/1509.00519
    """
    variance = codes.mean.double().var(dim=0)
    reconstruction, kl = codes.reconstruction.double().mean(), codes.kl.double().mean()
    return {
        "reconstruction": reconstruction.item(),
        "kl": kl.item(),
        "negative_elbo": (reconstruction + kl).item(),
        "spread": variance.mean().sqrt().item(),
        "mean_sigma": codes.stddev.double().mean().item(),
        "active_units": int((variance > ACTIVE).sum()),
    }
