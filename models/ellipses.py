"""The ellipses of the codes q(z|x_n) on the map: how much they overlap, and how much of the prior none covers."""

import torch
from torch import Tensor

from models.evaluation import Codes

REACH = 3.0
"""The radius of a code's ellipse, in sigma, in the measure of holes."""

_LINES = 2000
# 2e-9 of the prior's mass lies beyond.
_TOP = 6.0
# Pairs in a block: small enough to stay in a cache.
_BLOCK = 1 << 18


def overlap(codes: Codes) -> float:
    """The overlap of two codes: the Bhattacharyya coefficient, 0 to 1, averaged over all pairs n != m of images.

        BC(n, m) = int sqrt(q(z|x_n) q(z|x_m)) dz
                 = prod_d sqrt(2 s_n s_m / (s_n^2 + s_m^2)) exp(-(m_n - m_m)^2 / (4 (s_n^2 + s_m^2)))

    with m, s the mean and stddev along dimension d.

    Source: Kailath, 1967, The Divergence and Bhattacharyya Distance Measures in Signal Selection, section II,
    https://doi.org/10.1109/TCOM.1967.1089532, after Bhattacharyya, 1943
    """
    mean, stddev = codes.mean.double().T, codes.stddev.double().T  # [2, N]
    count, total = mean.shape[1], 0.0
    rows = max(1, _BLOCK // count)
    for start in range(0, count, rows):
        block, rest = slice(start, start + rows), slice(start, None)
        pairs = _bhattacharyya(mean[:, block], stddev[:, block], mean[:, rest], stddev[:, rest])
        total += pairs.triu(diagonal=1).sum().item()
    return total / (count * (count - 1) / 2)


def _bhattacharyya(mean: Tensor, stddev: Tensor, others: Tensor, widths: Tensor) -> Tensor:
    """Between codes [2, B] and codes [2, N], by mean and stddev: [B, N]."""
    variance = stddev[:, :, None] ** 2 + widths[:, None] ** 2
    distance = ((mean[:, :, None] - others[:, None]) ** 2 / variance).sum(dim=0) / 4
    scale = (2 * stddev[:, :, None] * widths[:, None] / variance).prod(dim=0).sqrt()
    return scale * torch.exp(-distance)


def holes(codes: Codes, reach: float = REACH, lines: int = _LINES) -> float:
    """The share of the prior's mass, 0 to 1, that lies outside every code's ellipse of ``reach`` sigma.

        P(z ~ N(0, I): sum_d ((z_d - mean_d) / stddev_d)^2 > reach^2 for every code)

    It is exact along z1, where each ellipse covers an interval. Along z2 it is the midpoint rule on ``lines`` strips of
    equal height up to 6 sigma of the prior, each weighted by its mass. With more lines the share of every shipped model
    changes by less than 2e-4.
    """
    mean, stddev = codes.mean.double(), codes.stddev.double()
    edges = torch.linspace(-_TOP, _TOP, lines + 1, dtype=torch.float64)
    heights, mass = (edges[1:] + edges[:-1]) / 2, torch.special.ndtr(edges).diff()
    size = max(1, _BLOCK // len(mean))
    strips = zip(heights.split(size), mass.split(size), strict=True)
    return 1 - sum((mass * _covered(heights, mean, stddev, reach)).sum().item() for heights, mass in strips)


def _covered(heights: Tensor, mean: Tensor, stddev: Tensor, reach: float) -> Tensor:
    """The share of each line z2 = ``heights`` [L], in the prior's mass along z1, that lies within an ellipse: [L]."""
    room = reach**2 - ((heights[:, None] - mean[:, 1]) / stddev[:, 1]) ** 2
    line, code = (room > 0).nonzero(as_tuple=True)
    half = stddev[code, 0] * room[line, code].sqrt()
    # In units of prior mass each line has length 1, so that all lines can be placed end to end on one axis.
    start, end = (line + torch.special.ndtr(mean[code, 0] + side * half) for side in (-1, 1))
    start, order = start.sort()
    end = end[order]
    before = torch.cat([start[:1], end.cummax(dim=0).values[:-1]])
    new = (end - torch.maximum(start, before)).clamp(min=0)
    return torch.zeros_like(heights).index_add(0, line[order], new)
