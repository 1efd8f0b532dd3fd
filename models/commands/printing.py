"""What the subcommands share: how a checkpoint is named in the arguments, and how numbers are printed."""

import argparse
from pathlib import Path
from typing import TypeAlias

from models import argument_types, measures
from models.checkpoint import Checkpoint
from models.evaluation import DRAWS

Verbs: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
"""The type of the object that holds the subcommands."""

SPLITS = {"test": "held-out", "train": "training"}
"""The splits of a data set, and the adjective for their images."""


def add_file(verb: argparse.ArgumentParser) -> None:
    """Add the arguments of a subcommand that is about one checkpoint."""
    verb.add_argument("file", type=Path, help="a checkpoint")
    verb.add_argument("--json", action="store_true", help="print JSON, see models.report (off)")
    verb.add_argument("--threads", type=argument_types.count, default=1, help="of the processor (%(default)s)")


def print_metrics(metrics: dict[str, float], model: Checkpoint, images: str) -> None:
    """Print the averages over ``images``, in words, with their units."""
    how = "beta = 1 in the sum" if model.recipe.has_encoder else "the sum is -log p(x) itself"
    times = model.binarisations
    seen = f"binarised afresh {times} times, {DRAWS} draws of z each" if times > 1 else pixels_in_words(model)
    print(f"averages over {images}, {seen}; {how}")
    print_with_units(metrics, measures.units(model.likelihood))


def pixels_in_words(model: Checkpoint) -> str:
    """What the model sees of a pixel."""
    likelihood, sigma = model.likelihood, model.pixel_stddev
    if likelihood.is_binary:
        return "binarised once"
    return f"grey, in {likelihood.unit}{'' if sigma is None else f' of sigma {sigma:.4g}'}"


def print_with_units(found: dict[str, float], units: dict[str, str], digits: int = 4) -> None:
    """Print one number a line."""
    width = max(map(len, found))
    for name, value in found.items():
        print(f"{name:>{width}} {value:10.{digits}g}  {units[name]}")
