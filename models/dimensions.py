"""What log p(x) costs in more dimensions of z: a grid over z beside draws from the encoder's q, on small VAEs."""

import json
import math
from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor
from torch.distributions import kl_divergence
from tqdm import tqdm

from models import gallery
from models.checkpoint import dependency_versions
from models.data import Dataset
from models.evaluation import SEED, fixed_images
from models.evidence import log_likelihood
from models.files import write_atomically
from models.importance import effective_sample_size, importance_bound
from models.objective import Terms
from models.recipe import Recipe
from models.shipped import are_all, are_numbers, read_figures
from models.training import steps_per_epoch, train
from models.vae import VAE, prior

FILE = gallery.FOLDER / "dimensions.json"

DIMENSIONS = (2, 3, 10, 50)
RECIPE = Recipe(epochs=10, hidden=(256, 256))
"""Of the VAE of each dimension: small and short, because only the costs are compared."""

IMAGES = 100
DRAWS = 4096
"""K of the importance bound."""

TOLERANCE = 0.1
"""The grid is fine enough where twice as many points along each axis change log p(x) of an average image by less, in
nats."""

# The grid's half side, in units of z: 6e-5 of the prior's mass lies beyond, along each axis.
_HALF = 4.0
_FIRST = 16
_MOST_POINTS = 1 << 22
# Points or draws of one block.
_BLOCK = 1 << 12

UNITS = {
    "dimensions": "of z",
    "elbo": "nats per image, the importance bound of one draw",
    "importance_bound": f"nats per image, {DRAWS:,} draws of the encoder's q",
    "draws": "points decoded for each image",
    "effective_draws": "of the draws; counts those that came, not the mass of p(z|x) that they missed",
    "along_each_axis": "points of the grid along each axis",
    "grid_points": "points decoded for all images together",
    "grid_log_evidence": "nats per image, on that grid; only where it was measured",
    "grid_change": "nats, the mean change of log p(x) from half as many points along each axis; where measured",
}


class Grid(NamedTuple):
    """``along`` points along each axis; log p(x) [N] on them, and the mean change at the last doubling, in nats."""

    along: int
    log_evidence: Tensor
    change: float


def measure(dataset: Dataset, held_out: Dataset) -> Iterator[dict]:
    """The row of each of DIMENSIONS: figures of UNITS, and under "grid" whether it is measured or extrapolated.

    A grid that is too large to be decoded is extrapolated: as many points along each axis as the last measured one
    needed, to the power of the dimension. Raises TrainingError.
    """
    x, along = fixed_images(held_out)[:IMAGES], 0
    for dimensions in DIMENSIONS:
        vae = _trained(dimensions, dataset)
        row = {"dimensions": dimensions} | _importance(vae, x, dimensions)
        found = grid(vae, x, dimensions)
        along = found.along if found else along
        row |= {"grid": "measured" if found else "extrapolated"}
        row |= {"along_each_axis": along, "grid_points": float(along) ** dimensions}
        if found:
            row |= {"grid_log_evidence": found.log_evidence.mean().item(), "grid_change": found.change}
        yield row


def _trained(dimensions: int, dataset: Dataset) -> VAE:
    generator = torch.Generator().manual_seed(RECIPE.seed)
    vae = VAE(RECIPE.hidden, generator, latents=dimensions)
    steps = train(vae, dataset, RECIPE, generator, objective=_bound)
    total = RECIPE.epochs * steps_per_epoch(len(dataset.pixels), RECIPE)
    for _ in tqdm(steps, desc=f"{dimensions} dimensions", total=total, unit=" steps"):
        pass
    return vae.eval()


def _bound(vae: VAE, x: Tensor, generator: torch.Generator) -> Terms:
    """As models.objective.terms, with a prior of q's dimension."""
    q = vae.encode(x)
    z = q.mean + q.stddev * torch.randn(q.mean.shape, generator=generator)
    return Terms(-vae.decode(z).log_prob(x), kl_divergence(q, prior(latents=z.shape[-1])))


@torch.no_grad()
def _importance(vae: VAE, x: Tensor, dimensions: int) -> dict[str, float]:
    q, generator = vae.encode(x), torch.Generator().manual_seed(SEED + 1)
    blocks = []
    for _ in range(0, DRAWS, _BLOCK // len(x)):
        z = q.mean + q.stddev * torch.randn(_BLOCK // len(x), *q.mean.shape, generator=generator)
        log_p = vae.decode(z).log_prob(x) + prior(latents=dimensions).log_prob(z)
        blocks.append((log_p - q.log_prob(z)).double())
    weights = torch.cat(blocks)[:DRAWS]
    bound, effective = importance_bound(weights), effective_sample_size(weights)
    means = {"elbo": weights, "importance_bound": bound, "effective_draws": effective}
    return {name: each.mean().item() for name, each in means.items()} | {"draws": DRAWS}


def grid(vae: VAE, x: Tensor, dimensions: int) -> Grid | None:
    """An even grid over a cube, doubled along each axis until log p(x) of images x [N, 784] settles; None where more
    than four million points would be needed."""
    along, before = _FIRST, torch.full((len(x),), torch.nan, dtype=torch.float64)
    while along**dimensions <= _MOST_POINTS:
        found = on_grid(vae, x, dimensions, along)
        change = (found - before).abs().mean().item()
        if change < TOLERANCE:
            return Grid(along, found, change)
        along, before = 2 * along, found
    return None


@torch.no_grad()
def on_grid(vae: VAE, x: Tensor, dimensions: int, along: int) -> Tensor:
    """log p(x) of images x [N, 784] by the midpoints of ``along`` cells along each axis: float64 [N], in nats."""
    side = 2 * _HALF / along
    total = torch.full((len(x),), -torch.inf, dtype=torch.float64)
    for block in torch.arange(along**dimensions).split(_BLOCK):
        cells = torch.stack([block // along**axis % along for axis in range(dimensions)], dim=1)
        z = side * (cells + 0.5) - _HALF
        log_p = log_likelihood(vae, z, x) + prior(latents=dimensions).log_prob(z)[:, None]
        total = torch.logaddexp(total, log_p.double().logsumexp(dim=0))
    return total + dimensions * math.log(side)


def write(rows: list[dict]) -> None:
    """Write FILE. Raises OSError."""
    facts = {"images": IMAGES, "tolerance": TOLERANCE, "recipe": json.loads(RECIPE.to_json()), "units": UNITS}
    facts |= {"rows": rows, "versions": dependency_versions()}
    write_atomically(FILE, (json.dumps(facts, indent=1) + "\n").encode())


def read() -> dict:
    """What ``python -m models dimensions`` measured: {"images", "tolerance", "rows": [row], ...}, see measure and
    UNITS. Raises ShippedError."""
    return read_figures(FILE, _is_sound)


def _is_sound(found: object) -> bool:
    return are_numbers(found, ("images", "tolerance")) and are_all(found.get("rows"), _is_row)


def _is_row(row: object) -> bool:
    needed = [name for name in UNITS if name not in ("grid_log_evidence", "grid_change")]
    return are_numbers(row, needed, UNITS) and row.get("grid") in ("measured", "extrapolated")
