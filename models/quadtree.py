"""Square tiles of the plane of z that are quartered where images need it: finer for some images than for others."""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from models.vae import LATENTS


class Tiles(NamedTuple):
    """T squares of the plane: low [T, 2], width [T]. ``image`` lists the images that need a tile, tile by tile;
    ``count`` [T] is their number."""

    low: Tensor
    width: Tensor
    count: Tensor
    image: Tensor

    def where(self, chosen: Tensor) -> "Tiles":
        """Only the pairs of a tile and an image for which ``chosen`` [P] is true, and no tile without a pair."""
        owner = torch.arange(len(self.low)).repeat_interleave(self.count)
        count = torch.bincount(owner[chosen], minlength=len(self.low))
        return Tiles(self.low[count > 0], self.width[count > 0], count[count > 0], self.image[chosen])

    def quarter(self) -> "Tiles":
        """All first quarters, then all second quarters, and so on, each with its tile's images."""
        return Tiles(*_quarter(self.low, self.width), self.count.repeat(4), self.image.repeat(4))


def disc_tiles(radius: Tensor, widest: float) -> Tiles:
    """Tiles over a disc around the origin for each image, of ``radius`` [N].

    No tile is wider than ``widest`` or its distance from the origin, whichever is larger.
    """
    low, width = _graded(radius.max().item(), widest)
    needed = _distance(low, width)[:, None] < radius
    return Tiles(low, width, needed.sum(dim=1), needed.nonzero()[:, 1])


def points(low: Tensor, width: Tensor, place: Tensor) -> Tensor:
    """The grid with coordinates ``place`` [n], from 0 to 1, on each of T squares: [T, n^2, 2], z2 varies fastest."""
    return low[:, None] + width[:, None, None] * torch.cartesian_prod(*[place] * LATENTS)


def _graded(radius: float, widest: float) -> tuple[Tensor, Tensor]:
    """Squares that cover the disc of ``radius``: low [T, 2] and width [T]."""
    half = 2.0 ** math.ceil(math.log2(radius))
    low, width = torch.full((1, LATENTS), -half, dtype=torch.float64), torch.tensor([2 * half], dtype=torch.float64)
    done = []
    while len(low):
        distance = _distance(low, width)
        wide = width > distance.clamp(min=widest)
        final = ~wide & (distance < radius)
        done.append((low[final], width[final]))
        low, width = _quarter(low[wide], width[wide])
    lows, widths = (torch.cat(parts) for parts in zip(*done, strict=True))
    return lows, widths


def _quarter(low: Tensor, width: Tensor) -> tuple[Tensor, Tensor]:
    corners = torch.cartesian_prod(*[torch.tensor([0.0, 0.5], dtype=torch.float64)] * LATENTS)
    return (low + corners[:, None] * width[:, None]).flatten(0, 1), (width / 2).repeat(len(corners))


def _distance(low: Tensor, width: Tensor) -> Tensor:
    """From the origin to the nearest point of each square."""
    return torch.maximum(low, -low - width[:, None]).clamp(min=0).norm(dim=1)
