"""The work of ``python -m models train``: it trains a model and writes its file, or continues a stopped run."""

import copy
import os
import sys
from pathlib import Path

import torch
from tqdm import tqdm

from models import checkpoint, command_line, data, dial, dial_table, interrupt, symmetry, unfinished
from models.checkpoint import Checkpoint, CheckpointError
from models.dial import Network, model_of, network
from models.evaluation import Codes, encode_dataset
from models.initial import initial
from models.recipe import Recipe
from models.training import Progress, TrainingError, best_device, check_changes, train


class StoppedError(Exception):
    """Ctrl-C stopped a run; the message says what is kept and how to continue."""


def make(recipe: Recipe, out: Path, force: bool = False) -> Checkpoint:
    """Train by ``recipe`` and write the model to ``out``; an unfinished run beside it is continued.

    With ``force`` an existing file is replaced, and an unfinished run starts again. Where Ctrl-C or an overflowing loss
    stops the run, it is kept beside ``out``. Raises StoppedError, TrainingError, RecipeError, CheckpointError,
    DataError, IdxError, OSError.
    """
    _check_out(out, force)
    dataset, held_out = (data.load(recipe.dataset, split, progressbar=True) for split in ("train", "test"))
    check_changes(recipe, len(dataset.pixels))
    reference = _reference(recipe, held_out)
    generator = torch.Generator().manual_seed(recipe.seed)
    vae, progress = _start(recipe, out, force, dataset, generator)
    try:
        _run_steps(vae, dataset, recipe, generator, progress)
        # A copy, because evaluation changes the model, and the run must stay intact if it is stopped meanwhile.
        trained = _finished(copy.deepcopy(vae).cpu(), recipe, dataset, held_out, reference)
        checkpoint.write(out, trained)
    except (KeyboardInterrupt, TrainingError) as error:
        unfinished.write(unfinished.path_for(out), vae, recipe, dataset, generator, progress)
        raise _stopped(error, out, progress) from error
    unfinished.path_for(out).unlink(missing_ok=True)
    return trained


def _check_out(out: Path, force: bool) -> None:
    if not os.access(out.parent, os.W_OK) or out.is_dir():
        raise OSError(f"{out} cannot be written: name a file in a folder that exists and is yours.")
    if out.exists() and not force:
        raise OSError(f"{out} exists already: name another file, or replace it with --force.")


def _start(
    recipe: Recipe, out: Path, force: bool, dataset: data.Dataset, generator: torch.Generator
) -> tuple[Network, Progress]:
    left = unfinished.path_for(out)
    if force or not left.exists():
        vae = initial(recipe, generator).to(best_device())
        return vae, Progress.before(vae, recipe)
    vae = network(recipe, generator).to(best_device())
    progress = unfinished.resume(left, vae, recipe, dataset, generator)
    print(f"Going on after step {progress.taken:,} of the run in {left}.", file=sys.stderr)
    return vae, progress


def _reference(recipe: Recipe, held_out: data.Dataset) -> Codes | None:
    if not recipe.folded_onto:
        return None
    codes = checkpoint.read(Path(recipe.folded_onto)).codes
    if not torch.equal(codes.label, held_out.labels):
        raise CheckpointError(f"{recipe.folded_onto} holds the codes of other images than {recipe.dataset}'s.")
    return codes


def _run_steps(
    vae: Network, dataset: data.Dataset, recipe: Recipe, generator: torch.Generator, progress: Progress
) -> None:
    unit = vae.likelihood.unit
    described = {"elbo": f"beta {recipe.beta:g}", "lattice": "log p(x)", "dial": "every beta"}[recipe.objective]
    with (
        interrupt.deferred() as stop_if_asked,
        tqdm(desc=described, unit=" steps", mininterval=1, initial=progress.taken) as bar,
    ):
        for step in train(vae, dataset, recipe, generator, progress=progress):
            bar.total = step.total
            bar.update()
            if step.number % 100 == 0 or step.number == step.total:
                bar.set_postfix_str(f"reconstruction {step.reconstruction:.1f} {unit}, KL {step.kl:.1f} nats per image")
            stop_if_asked()


def _finished(
    trained: Network, recipe: Recipe, dataset: data.Dataset, held_out: data.Dataset, reference: Codes | None
) -> Checkpoint:
    if reference is not None:
        means = encode_dataset(model_of(trained), held_out, samples=1).mean
        dial.align(trained, symmetry.nearest_symmetry(means, reference.mean))
    watch = command_line.progress_of_table() if recipe.is_dial else dial_table.unwatched
    return checkpoint.from_trained(trained, recipe, dataset, held_out, watch=watch)


def _stopped(error: BaseException, out: Path, progress: Progress) -> Exception:
    kept = f"it is kept as it stands after step {progress.taken:,} in {unfinished.path_for(out)}"
    if isinstance(error, TrainingError):
        return TrainingError(f"{error} The run stopped, and {kept}.")
    return StoppedError(f"Stopped, and {kept}; the same command goes on with it.")
