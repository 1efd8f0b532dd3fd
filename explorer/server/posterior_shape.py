"""The posterior of one image: its picture for the browser, the window that shows it, and the number of modes."""

import base64

import torch
from torch import Tensor
from torch.distributions import MultivariateNormal

from explorer.wire import Tiles, Window
from models.evidence import Posterior

# The share of the mass outside the window at each of its four sides.
_TAIL = 0.0025
# The window also includes the encoder's ellipse of this many sigma ...
_SIGMAS = 3.0
# ... unless this would make the window this many times wider, so that the posterior would be too small to see.
_WIDEST = 20.0
_MARGIN = 1.2
# The modes are the parts of the smallest region with this mass; smaller parts than that share do not count.
_REGION, _LEAST = 0.95, 0.01
# Every pair is compared; the shipped models need at most 900.
_MOST_PIXELS = 2000


def tiles(picture: Posterior) -> Tiles:
    """The picture with the square root of the density as shade, so that peaks and their surroundings are visible."""
    shade = 255 * ((picture.log_density - picture.log_density.max()) / 2).exp()
    return {
        "low": picture.low.tolist(),
        "width": picture.width.tolist(),
        "side": picture.log_density.shape[-1],
        "shade": base64.b64encode(shade.round().to(torch.uint8).numpy().tobytes()).decode(),
    }


def window(picture: Posterior, q: MultivariateNormal | None) -> Window:
    """The square that holds all but 1 % of p(z|x), and q [1] up to 3 sigma unless that makes it 20 times as wide."""
    centre, width, mass = _pixels(picture)
    bounds = torch.stack([_between(centre[:, axis], width, mass) for axis in (0, 1)])  # [2, low and high]
    if q is not None:
        reach = _SIGMAS * q.stddev[0]
        both = torch.stack([q.mean[0] - reach, q.mean[0] + reach], dim=1)
        both = torch.stack([torch.minimum(bounds, both)[:, 0], torch.maximum(bounds, both)[:, 1]], dim=1)
        bounds = both if _span(both) < _WIDEST * _span(bounds) else bounds
    x, y = bounds.mean(dim=1).tolist()
    return {"x": x, "y": y, "half": _MARGIN * _span(bounds) / 2}


def modes(picture: Posterior) -> int:
    """The number of separate parts, of at least 1 % of p(z|x) each, of the smallest region that holds 95 % of
    p(z|x)."""
    centre, width, mass = _pixels(picture)
    order = picture.log_density.flatten().argsort(descending=True)
    inside = order[mass[order].cumsum(dim=0) < _REGION * mass.sum()][:_MOST_PIXELS]
    centre, width, mass = centre[inside], width[inside], mass[inside]
    parts = torch.zeros_like(mass).index_add(0, _parts(centre, width), mass)
    return max(1, int((parts > _LEAST).sum()))


def _pixels(picture: Posterior) -> tuple[Tensor, Tensor, Tensor]:
    """The centre [P, 2], the width [P] and the mass [P] of each pixel of the picture."""
    side = picture.log_density.shape[-1]
    place = (torch.arange(side, dtype=torch.float64) + 0.5) / side
    centre = picture.low[:, None] + picture.width[:, None, None] * torch.cartesian_prod(place, place)
    width = (picture.width / side).repeat_interleave(side**2)
    return centre.flatten(0, 1), width, picture.log_density.flatten().exp() * width**2


def _between(place: Tensor, width: Tensor, mass: Tensor) -> Tensor:
    """The two ends [2] of a mass along one axis without its two tails."""
    order = place.argsort()
    below = mass[order].cumsum(dim=0) / mass.sum()
    kept = order[(below > _TAIL) & (below - mass[order] / mass.sum() < 1 - _TAIL)]
    return torch.stack([(place - width / 2)[kept].min(), (place + width / 2)[kept].max()])


def _span(bounds: Tensor) -> float:
    return (bounds[:, 1] - bounds[:, 0]).max().item()


def _parts(centre: Tensor, width: Tensor) -> Tensor:
    """A component number for each of P squares; squares that touch, also at corners, are connected: [P]."""
    reach = (width[:, None] + width) / 2 * 1.001
    touching = ((centre[:, None] - centre).abs() <= reach[..., None]).all(dim=-1)
    part, before = torch.arange(len(width)), None
    while before is None or not torch.equal(part, before):
        before = part
        part = torch.where(touching, part, len(width)).amin(dim=1)
        part = part[part]  # pointer jumping: the distance doubles each time
    return part
