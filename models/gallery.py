"""The shipped models: a series that differs in the KL weight only, a few others, and a dial.

Beside them are decoders of a z of few values. They are no models that a page lets choose, and not among ``recipes``.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

from models import checkpoint, data, few_values
from models.checkpoint import Checkpoint
from models.command_line import progress_of_table
from models.few_values import FewValues
from models.recipe import Recipe

FOLDER = Path(__file__).parent / "pretrained"
BETAS = (0, 0.01, 0.1, 0.3, 1, 3, 10, 30)
REFERENCE = "mnist-beta-1"
SWITCHED_OFF = "mnist-kl-switched-off"
EXACT = "mnist-lattice"
GAUSSIAN = "mnist-gaussian-beta-1"
DIAL = "mnist-dial"
FEW_VALUES = {10: "mnist-10-values", 100: "mnist-100-values"}
"""The names of the decoders of a z of few values, by their number."""

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


def few_values_recipe() -> Recipe:
    """The recipe of the decoders of a z of few values: that of EXACT, continued from it.

    So most digits of 100 values lie where EXACT has them; of 10 values about half have moved.
    """
    return replace(_RECIPE, objective="lattice", learning_rate=1e-2, initial=_file(EXACT))


def commands() -> Iterator[tuple[str, str]]:
    """Each shipped file's name and the command, run in the repository's root, that makes it: the models, then the dial,
    then the decoders of few values."""
    for name, recipe in (recipes() | {DIAL: dial_recipe()}).items():
        yield name, recipe.command(_file(name))
    for count, name in FEW_VALUES.items():
        yield name, f"python -m models few-values {count} --out {_file(name)}"


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


@cache
def read_few_values(count: int) -> FewValues:
    """The decoder of a z of ``count`` values, read once per process. Raises FewValuesError, OSError."""
    return few_values.read(path(FEW_VALUES[count]))


def _file(name: str) -> str:
    return path(name).relative_to(FOLDER.parents[1]).as_posix()
