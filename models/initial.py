"""The model that a run starts from: newly drawn weights, or those of a checkpoint that fits."""

from pathlib import Path

import torch

from models import checkpoint
from models.checkpoint import CheckpointError
from models.dial import Network, network
from models.recipe import Recipe


def initial(recipe: Recipe, generator: torch.Generator) -> Network:
    """The model before the first step of ``recipe``: from its file ``initial``, or else drawn from ``generator``.

    From a file with another objective or a learnt sigma, only the weights that ``recipe`` needs are taken.
    Raises CheckpointError, OSError.
    """
    start = network(recipe, generator)
    if recipe.initial:
        model = checkpoint.read(Path(recipe.initial))
        _check_continuation(recipe, model.recipe)
        start.load_state_dict({name: model.weights[name] for name in start.state_dict()})
    return start


def _check_continuation(recipe: Recipe, found: Recipe) -> None:
    name = recipe.initial
    if found.likelihood != recipe.likelihood:
        raise CheckpointError(f"{name} has another likelihood; continue it with --likelihood {found.likelihood}.")
    if found.hidden != recipe.hidden:
        widths = ",".join(map(str, found.hidden))
        raise CheckpointError(f"{name} has other layers; continue it with --hidden {widths}.")
    if "dial" in (recipe.objective, found.objective) and found.objective != recipe.objective:
        what = "a dial; continue it with" if found.objective == "dial" else "no dial; continue it without"
        raise CheckpointError(f"{name} is {what} --beta dial.")
    if recipe.has_encoder and not found.has_encoder:
        raise CheckpointError(f"{name} has no encoder; continue it with --objective lattice.")
    if recipe.pixel_stddev is None and found.pixel_stddev is not None:
        raise CheckpointError(f"{name} has a fixed sigma; continue it with --pixel-stddev {found.pixel_stddev}.")
