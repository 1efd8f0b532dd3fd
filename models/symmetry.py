"""The eight axis flips and swaps of a two-dimensional latent space, which change no probability.

They map N(0, I) to itself and each diagonal Gaussian to a diagonal Gaussian, which a rotation does not. Models that
were trained separately may differ by one of them. An animation between two models would then show this accidental
difference and not the effect of beta.
"""

from itertools import permutations, product
from typing import cast

import torch
from torch import Tensor, nn

from models.vae import LATENTS, VAE

Symmetry = tuple[tuple[int, ...], tuple[float, ...]]


def nearest_symmetry(means: Tensor, reference: Tensor) -> Symmetry:
    """The (order, signs) for which means[:, order] * signs is nearest to ``reference``, both [N, 2]."""
    candidates = product(permutations(range(LATENTS)), product((1.0, -1.0), repeat=LATENTS))
    return min(candidates, key=lambda symmetry: (_apply(symmetry, means) - reference).square().sum().item())


def _apply(symmetry: Symmetry, points: Tensor) -> Tensor:
    order, signs = symmetry
    return points[..., list(order)] * torch.tensor(signs)


@torch.no_grad()
def align(vae: VAE, symmetry: Symmetry) -> None:
    """Transform ``vae``'s latent space by ``symmetry``, in place; p(x) and every loss term stay exactly the same."""
    order, signs = list(symmetry[0]), torch.tensor(symmetry[1])
    first = cast(nn.Linear, vae.decoder[0])
    first.weight.copy_(first.weight[:, order] * signs)
    if vae.encoder is None:
        return
    last = cast(nn.Linear, vae.encoder[-1])
    rows = [*order, *(LATENTS + unit for unit in order)]
    row_signs = torch.cat([signs, torch.ones(LATENTS)])  # a flip changes the sign of the mean and leaves log stddev
    last.weight.copy_(last.weight[rows] * row_signs[:, None])
    last.bias.copy_(last.bias[rows] * row_signs)
