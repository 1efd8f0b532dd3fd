"""The shipped models: a series that differs in the KL weight only, a few others, and a dial."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

from models import checkpoint, data
from models.checkpoint import Checkpoint
from models.command_line import progress_of_table
from models.recipe import Recipe

FOLDER = Path(__file__).parent / "pretrained"
BETAS = (0, 0.01, 0.1, 0.3, 1, 3, 10, 30)
REFERENCE = "mnist-beta-1"
SWITCHED_OFF = "mnist-kl-switched-off"
EXACT = "mnist-lattice"
GAUSSIAN = "mnist-gaussian-beta-1"
DIAL = "mnist-dial"

_RECIPE = Recipe(epochs=100)


def path(name: str) -> Path:
    """The file of the shipped model ``name``."""
    return FOLDER / f"{name}.safetensors"


def series() -> dict[str, Recipe]:
    """The name and recipe of the shipped models that differ in the KL weight only, the reference first."""
    made = {REFERENCE: _RECIPE}
    for beta in BETAS:
        made.setdefault(f"mnist-beta-{beta:g}", replace(_RECIPE, beta=beta, folded_onto=_file(REFERENCE)))
    return made


def recipes() -> dict[str, Recipe]:
    """Each shipped model's name and recipe, in an order in which they can be trained."""
    made = series()
    made[SWITCHED_OFF] = replace(_RECIPE, beta=0, epochs=24, initial=_file(REFERENCE))
    made[GAUSSIAN] = replace(_RECIPE, likelihood="gaussian", pixel_stddev=None, folded_onto=_file(REFERENCE))
    made[EXACT] = replace(_RECIPE, objective="lattice", learning_rate=1e-2, folded_onto=_file(REFERENCE))
    return made


def dial_recipe() -> Recipe:
    """The recipe of the dial, which is one model for all KL weights and not among ``recipes``."""
    wide = replace(_RECIPE, hidden=(400, 400, 400, 400), learning_rate=5e-4, folded_onto=_file(REFERENCE))
    return replace(wide, objective="dial")


def commands() -> Iterator[tuple[str, str]]:
    """Each shipped model's name and the command, run in the repository's root, that makes it; the dial comes last."""
    made = recipes() | {DIAL: dial_recipe()}
    return ((name, recipe.command(_file(name))) for name, recipe in made.items())


def evaluate_again(name: str) -> None:
    """Compute the codes, the averages and a dial's table of the shipped model ``name`` anew and write them to its file.

    Raises CheckpointError, DataError, OSError.
    """
    model = checkpoint.read(path(name))
    held_out = data.load(model.recipe.dataset, "test", progressbar=True)
    again = checkpoint.evaluated_again(model, held_out)
    if model.table is not None:
        again = again.tabulated_again(held_out, model.table.betas, progress_of_table())
    checkpoint.write(path(name), again)


@cache
def read(name: str) -> Checkpoint:
    """The shipped model ``name``, read once per process."""
    return checkpoint.read(path(name))


def _file(name: str) -> str:
    return path(name).relative_to(FOLDER.parents[1]).as_posix()
