"""python -m models train: its options are the fields of Recipe."""

import argparse
from dataclasses import fields
from pathlib import Path

import torch

from models import argument_types, data, train_command
from models.commands.printing import SPLITS, Verbs, print_metrics
from models.likelihood import LIKELIHOODS
from models.recipe import OBJECTIVES, Recipe, RecipeError


def add_to(verbs: Verbs) -> None:
    """Add this subcommand."""
    verb = verbs.add_parser("train", help="train a model and write its checkpoint")
    _add_model(verb, Recipe())
    _add_optimisation(verb, Recipe())
    _add_start(verb)
    verb.add_argument("--out", type=Path, required=True, metavar="FILE", help="the model's file (must be given)")
    verb.add_argument("--force", action="store_true", help="replace FILE, and restart a stopped run (off)")
    verb.add_argument("--threads", type=argument_types.count, default=1, help="of the processor (%(default)s)")
    verb.set_defaults(run=_train)


def _add_model(verb: argparse.ArgumentParser, default: Recipe) -> None:
    verb.add_argument("--dataset", choices=data.DATASETS, default=default.dataset, help="images to learn (%(default)s)")
    verb.add_argument(
        "--likelihood", choices=LIKELIHOODS, default=default.likelihood, help="of a pixel given z (%(default)s)"
    )
    verb.add_argument(
        "--pixel-stddev",
        type=argument_types.stddev,
        default=default.pixel_stddev,
        metavar="STDDEV",
        help="sigma of grey pixels, 0.01 to 1, or the word learnt (%(default)s)",
    )
    verb.add_argument(
        "--objective",
        choices=[each for each in OBJECTIVES if each != "dial"],
        default=default.objective,
        help="the bound, or log p(x) without an encoder (%(default)s)",
    )
    verb.add_argument(
        "--beta",
        type=argument_types.beta,
        default=default.beta,
        help="weight of the KL term, or the word dial: one model for all weights from 0.01 to 30 (%(default)s)",
    )
    # As text, because argparse parses a default that is a string like a user's argument.
    widths = ",".join(map(str, default.hidden))
    verb.add_argument(
        "--hidden", type=argument_types.widths, default=widths, help="the encoder's layer widths (%(default)s)"
    )


def _add_optimisation(verb: argparse.ArgumentParser, default: Recipe) -> None:
    verb.add_argument("--epochs", type=int, default=default.epochs, help="passes over all images (%(default)s)")
    verb.add_argument("--seed", type=int, default=default.seed, help="draws weights, batches and noise (%(default)s)")
    verb.add_argument("--batch-size", type=int, default=default.batch_size, help="images a step (%(default)s)")
    verb.add_argument(
        "--learning-rate", type=float, default=default.learning_rate, help="peak of the one cycle (%(default)s)"
    )
    verb.add_argument(
        "--kl-warm-up", type=float, default=default.kl_warm_up, help="share of the run, 0 to 1 (%(default)s)"
    )
    verb.add_argument(
        "--kl-changes",
        type=argument_types.changes,
        default=default.kl_changes,
        metavar="STEP:WEIGHT,...",
        help="set the KL weight after so many steps, such as 400:0,800:1 (none)",
    )


def _add_start(verb: argparse.ArgumentParser) -> None:
    verb.add_argument(
        "--continue-from",
        dest="initial",
        default="",
        metavar="FILE",
        help="start from this checkpoint's weights (none)",
    )
    verb.add_argument(
        "--fold-onto",
        dest="folded_onto",
        default="",
        metavar="FILE",
        help="flip or swap z1, z2 to lie nearest to this one (none)",
    )


def _train(options: argparse.Namespace) -> None:
    torch.set_num_threads(options.threads)
    trained = train_command.make(recipe_of(options), options.out, options.force)
    print_metrics(trained.metrics, trained, f"{len(trained.codes.label):,} {SPLITS['test']} images")


def recipe_of(options: argparse.Namespace) -> Recipe:
    """The recipe that the arguments of ``train`` describe. Raises RecipeError."""
    chosen = {field.name: getattr(options, field.name) for field in fields(Recipe)}
    if chosen["beta"] == argument_types.DIAL:
        if chosen["objective"] != Recipe.objective:
            raise RecipeError("--beta dial is for the objective elbo; the objective lattice has no KL term.")
        chosen |= {"beta": Recipe.beta, "objective": "dial"}
    return Recipe(**chosen)
