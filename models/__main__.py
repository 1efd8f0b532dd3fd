"""python -m models train | evaluate | pretrain | measure | sweep | evidence | dials.

Progress goes to stderr, results go to stdout.
"""

import argparse
import json
import shlex
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace
from pathlib import Path

import torch
from tqdm import tqdm

from models import (
    argument_types,
    checkpoint,
    command_line,
    data,
    dial_seeds,
    dimensions,
    few_values,
    gallery,
    inference,
    lookup_costs,
    measures,
    report,
    sweep,
    train_command,
)
from models.checkpoint import Checkpoint, CheckpointError
from models.dial import DialError
from models.evaluation import DRAWS, SEED, fixed_images
from models.evidence import EvidenceError
from models.files import write_atomically
from models.idx import IdxError
from models.likelihood import LIKELIHOODS
from models.recipe import OBJECTIVES, Recipe, RecipeError
from models.train_command import StoppedError
from models.training import TrainingError

_STOPPED = 130  # the shells' convention: 128 plus the number of the signal

SPLITS = {"test": "held-out", "train": "training"}
"""The splits of a data set, and the adjective for their images."""


def main(arguments: list[str] | None = None) -> int:
    """Run one subcommand. Returns 0; 1 after one sentence on stderr; 130 if Ctrl-C stopped it."""
    options = parser().parse_args(arguments)
    try:
        options.run(options)
    except (RecipeError, CheckpointError, IdxError, data.DataError, TrainingError, EvidenceError, DialError) as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{error.filename}: {error.strerror}." if error.filename else error, file=sys.stderr)
        return 1
    except StoppedError as stop:
        print(stop, file=sys.stderr)
        return _STOPPED
    except KeyboardInterrupt:
        print("Stopped before the end; what was finished until then is kept.", file=sys.stderr)
        return _STOPPED
    return 0


def parser() -> argparse.ArgumentParser:
    """The subcommands and their options. The options of ``train`` have the names of Recipe's fields."""
    line = argparse.ArgumentParser(prog="python -m models", description=__doc__)
    verbs = line.add_subparsers(required=True)

    _add_training(verbs)
    _add_evaluating(verbs)

    verb = verbs.add_parser("pretrain", help="make the shipped models that are missing")
    verb.add_argument(
        "--jobs",
        type=argument_types.count,
        default=1,
        help="models in training at a time, one thread each (%(default)s)",
    )
    verb.add_argument("--print", action="store_true", help="only print the commands (off)")
    verb.add_argument(
        "--only-measure", action="store_true", help="train none, and compute the codes in each file again (off)"
    )
    verb.set_defaults(run=_pretrain)
    _add_few_values(verbs)
    _add_measuring(verbs)
    return line


def _add_training(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    default = Recipe()
    verb = verbs.add_parser("train", help="train a model and write its checkpoint")
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
    verb.add_argument("--epochs", type=int, default=default.epochs, help="passes over all images (%(default)s)")
    verb.add_argument("--seed", type=int, default=default.seed, help="draws weights, batches and noise (%(default)s)")
    verb.add_argument("--out", type=Path, required=True, metavar="FILE", help="the model's file (must be given)")
    verb.add_argument("--force", action="store_true", help="replace FILE, and restart a stopped run (off)")
    # As text, because argparse parses a default that is a string like a user's argument.
    widths = ",".join(map(str, default.hidden))
    verb.add_argument(
        "--hidden", type=argument_types.widths, default=widths, help="the encoder's layer widths (%(default)s)"
    )
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
    verb.add_argument("--threads", type=argument_types.count, default=1, help="of the processor (%(default)s)")
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
    verb.set_defaults(run=_train)


def _add_evaluating(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    verb = verbs.add_parser("evaluate", help="the loss terms and the codes' spread over the held-out images")
    _add_file(verb)
    verb.add_argument(
        "--split", choices=SPLITS, default="test", help="held-out images, or those that a model trains on (%(default)s)"
    )
    verb.add_argument("--beta", type=float, help="the KL weight at which a model of --beta dial is evaluated (1)")
    instead = verb.add_mutually_exclusive_group()
    instead.add_argument(
        "--evidence", action="store_true", help="instead log p(x) by quadrature, bounds below it and gaps (off)"
    )
    instead.add_argument(
        "--look-up", action="store_true", help="instead the ELBO of a q that is looked up, without the encoder (off)"
    )
    verb.add_argument(
        "--images",
        type=argument_types.images,
        metavar="N",
        help=f"the first N of the split only (all, {inference.IMAGES:,} at most)",
    )
    verb.add_argument(
        "--subset",
        type=argument_types.subset,
        metavar="N",
        help=f"with --evidence: the importance bound and the fits take the first N, 0 for none ({inference.SUBSET})",
    )
    verb.set_defaults(run=_evaluate)


def _add_few_values(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    verb = verbs.add_parser("few-values", help="train a decoder for a z of few values, and keep its outputs at them")
    verb.add_argument("count", type=int, choices=gallery.FEW_VALUES, help="how many values z has, all equally likely")
    verb.add_argument("--out", type=Path, required=True, metavar="FILE", help="the file (must be given)")
    verb.set_defaults(run=_few_values)
    verb = verbs.add_parser("dimensions", help="measure what log p(x) costs in more dimensions: a grid beside draws")
    verb.set_defaults(run=_dimensions)


def _add_measuring(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    verb = verbs.add_parser("measure", help="all that is measured of a model, from the codes and weights in its file")
    _add_file(verb)
    verb.set_defaults(run=_measure)

    verb = verbs.add_parser("sweep", help="measure the shipped models and four more seeds of each, trained if missing")
    verb.add_argument(
        "--jobs", type=argument_types.count, default=1, help="models at a time, one thread each (%(default)s)"
    )
    only = verb.add_mutually_exclusive_group()
    only.add_argument("--print", action="store_true", help="only print the commands that train (off)")
    only.add_argument("--only-measure", action="store_true", help="train none, and measure those that are there (off)")
    folder = command_line.relative(sweep.FOLDER)
    verb.add_argument(
        "--folder", type=Path, default=sweep.FOLDER, metavar="DIR", help=f"where the seeds' models lie ({folder})"
    )
    verb.set_defaults(run=_sweep)

    verb = verbs.add_parser(
        "evidence", help="evaluate --evidence and --look-up of the shipped models whose figures are not kept yet"
    )
    verb.add_argument(
        "--jobs", type=argument_types.count, default=1, help="models at a time, one thread each (%(default)s)"
    )
    verb.add_argument(
        "--controls",
        type=Path,
        nargs="+",
        metavar="FILE",
        help="measure these models instead, to compare with the shipped ones (none)",
    )
    verb.set_defaults(run=_evidence)

    verb = verbs.add_parser("dials", help="the losses of dials that differ from the shipped one in the seed only")
    verb.add_argument("files", type=Path, nargs="+", metavar="FILE", help="the dials' checkpoints (must be given)")
    verb.set_defaults(run=_dials)


def _add_file(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("file", type=Path, help="a checkpoint")
    verb.add_argument("--json", action="store_true", help="print JSON, see models.report (off)")
    verb.add_argument("--threads", type=argument_types.count, default=1, help="of the processor (%(default)s)")


def _train(options: argparse.Namespace) -> None:
    torch.set_num_threads(options.threads)
    trained = train_command.make(recipe_of(options), options.out, options.force)
    _print_metrics(trained.metrics, trained, f"{len(trained.codes.label):,} {SPLITS['test']} images")


def recipe_of(options: argparse.Namespace) -> Recipe:
    """The recipe that the arguments of ``train`` describe. Raises RecipeError."""
    chosen = {field.name: getattr(options, field.name) for field in fields(Recipe)}
    if chosen["beta"] == argument_types.DIAL:
        if chosen["objective"] != Recipe.objective:
            raise RecipeError("--beta dial is for the objective elbo; the objective lattice has no KL term.")
        chosen |= {"beta": Recipe.beta, "objective": "dial"}
    return Recipe(**chosen)


def _evaluate(options: argparse.Namespace) -> None:
    if options.subset is not None and not options.evidence:
        raise data.DataError("--subset says what --evidence is of: give --evidence too, or leave it out.")
    torch.set_num_threads(options.threads)
    model = checkpoint.read(options.file)
    images = _images(options, model)
    if options.evidence:
        _evaluate_evidence(options, model, images)
        return
    if options.look_up:
        _evaluate_lookup(options, model, images)
        return
    model = checkpoint.evaluated_again(model, images, options.beta)
    metrics = model.metrics
    command = model.recipe.command(options.file.as_posix())
    if options.json:
        facts = {"split": options.split, "images": len(model.codes.label), "binarisations": model.binarisations}
        facts |= {
            "samples_per_image": DRAWS if model.binarisations > 1 else 0,
            "beta": model.recipe.last_weight if options.beta is None else options.beta,
        }
        facts |= {"pixel_stddev": model.pixel_stddev}
        units = measures.units(model.likelihood)
        print(report.report(options.file.stem, model, metrics, units, **facts, command=command))
        return
    _print_metrics(metrics, model, f"{len(images.labels):,} {SPLITS[options.split]} images")
    print(f"made by: {command}")


def _images(options: argparse.Namespace, model: Checkpoint) -> data.Dataset:
    """The first images of the requested split. Raises DataError."""
    dataset = data.load(model.recipe.dataset, options.split, progressbar=True)
    there = len(dataset.labels)
    if options.images is not None and options.images > there:
        raise data.DataError(f"There are {there:,} {SPLITS[options.split]} images: --images takes no more than that.")
    count = options.images or min(inference.IMAGES, there)
    return replace(dataset, pixels=dataset.pixels[:count], labels=dataset.labels[:count])


def _evaluate_evidence(options: argparse.Namespace, model: Checkpoint, images: data.Dataset) -> None:
    x = fixed_images(images, model.likelihood)
    counts = {"split": options.split, "images": len(x)}
    subset = _subset(options.subset, len(x), model)
    if model.recipe.has_encoder:
        counts |= {"subset": subset, "draws": inference.DRAWS}
    if options.beta is not None:
        counts |= {"beta": options.beta}
    found, units = _measure_inference(model, x, subset, options.beta), inference.units(model.likelihood)
    if options.json:
        print(report.report(options.file.stem, model, found, units, **counts))
        return
    subset = f"; the subset is the first {counts['subset']:,}" if counts.get("subset") else ""
    print(f"averages over the first {len(x):,} {SPLITS[options.split]} images, {_pixels_in_words(model)}{subset}")
    _print_with_units(found, units, digits=5)


def _evaluate_lookup(options: argparse.Namespace, model: Checkpoint, images: data.Dataset) -> None:
    x, found = fixed_images(images, model.likelihood), {}
    for part in tqdm(lookup_costs.measure(model.vae(options.beta), x), desc="looking up", unit=" parts"):
        found |= part
    units = lookup_costs.units(model.likelihood)
    found = {name: found[name] for name in units if name in found}
    if options.json:
        beta = {} if options.beta is None else {"beta": options.beta}
        print(report.report(options.file.stem, model, found, units, split=options.split, images=len(x), **beta))
        return
    print(f"averages over the first {len(x):,} {SPLITS[options.split]} images, {_pixels_in_words(model)}")
    _print_with_units(found, units, digits=5)


def _subset(requested: int | None, images: int, model: Checkpoint) -> int:
    """The number of images for the importance bound and the fits. Raises DataError."""
    if requested and not model.recipe.has_encoder:
        raise data.DataError("This model has no encoder, and so no bound and no fit: leave --subset out.")
    if requested and requested > images:
        raise data.DataError(f"{images:,} images are evaluated: --subset takes no more than that.")
    return min(inference.SUBSET, images) if requested is None else requested


def _measure_inference(model: Checkpoint, x: torch.Tensor, subset: int, beta: float | None) -> dict[str, float]:
    found, parts = {}, inference.measure(model.vae(beta), x, subset, torch.Generator().manual_seed(SEED + 1))
    for part in tqdm(
        parts, desc="log p(x), bounds and gaps", total=inference.parts(model.recipe, subset), unit=" parts"
    ):
        found |= part
    return found


def _print_metrics(metrics: dict[str, float], model: Checkpoint, images: str) -> None:
    how = "beta = 1 in the sum" if model.recipe.has_encoder else "the sum is -log p(x) itself"
    times = model.binarisations
    seen = f"binarised afresh {times} times, {DRAWS} draws of z each" if times > 1 else _pixels_in_words(model)
    print(f"averages over {images}, {seen}; {how}")
    _print_with_units(metrics, measures.units(model.likelihood))


def _pixels_in_words(model: Checkpoint) -> str:
    likelihood, sigma = model.likelihood, model.pixel_stddev
    if likelihood.is_binary:
        return "binarised once"
    return f"grey, in {likelihood.unit}{'' if sigma is None else f' of sigma {sigma:.4g}'}"


def _print_with_units(found: dict[str, float], units: dict[str, str], digits: int = 4) -> None:
    width = max(map(len, found))
    for name, value in found.items():
        print(f"{name:>{width}} {value:10.{digits}g}  {units[name]}")


def _evidence(options: argparse.Namespace) -> None:
    if options.controls:
        inference.measure_controls([path.resolve() for path in options.controls], options.jobs)
    else:
        inference.measure_missing(options.jobs)


def _few_values(options: argparse.Namespace) -> None:
    torch.set_num_threads(1)
    recipe = gallery.few_values_recipe()
    dataset, held_out = (data.load(recipe.dataset, split, progressbar=True) for split in ("train", "test"))
    found = few_values.make(options.count, recipe, dataset, held_out)
    few_values.write(options.out, found)
    print(f"averages over {found.images:,} {SPLITS['test']} images, binarised once")
    _print_with_units(found.measures, few_values.UNITS, digits=5)


def _dimensions(options: argparse.Namespace) -> None:
    torch.set_num_threads(1)
    dataset, held_out = (data.load(dimensions.RECIPE.dataset, split, progressbar=True) for split in ("train", "test"))
    rows = []
    for row in dimensions.measure(dataset, held_out):
        rows.append(row)
        print(f"a grid of {row['dimensions']} dimensions: {row['grid']}")
        _print_with_units({name: row[name] for name in dimensions.UNITS if name in row}, dimensions.UNITS)
    dimensions.write(rows)


def _dials(options: argparse.Namespace) -> None:
    torch.set_num_threads(1)
    measured = dial_seeds.measure(options.files)
    dial_seeds.write(list(tqdm(measured, total=len(options.files), unit=" dials")))


def _pretrain(options: argparse.Namespace) -> None:
    commands = dict(gallery.commands())
    if options.print:
        print("\n".join(commands.values()))
        return
    if options.only_measure:
        torch.set_num_threads(1)
        for name in tqdm([*gallery.recipes(), gallery.DIAL], unit=" models"):
            gallery.evaluate_again(name)
        return
    missing = [name for name in commands if not gallery.path(name).exists()]
    # The reference comes first: every other model is aligned to it or continues its training. Few values come last.
    few = {*gallery.FEW_VALUES.values()}
    for wave in ({gallery.REFERENCE}, commands.keys() - {gallery.REFERENCE} - few, few):
        with ThreadPoolExecutor(options.jobs) as pool:
            list(pool.map(command_line.run, [commands[name] for name in missing if name in wave]))
    if gallery.DIAL in missing:
        gallery.evaluate_again(gallery.DIAL)


def _measure(options: argparse.Namespace) -> None:
    torch.set_num_threads(options.threads)
    model = checkpoint.read(options.file)
    found, units = measures.measure(model), measures.units(model.likelihood)
    if options.json:
        print(report.report(options.file.stem, model, found, units, images=len(model.codes.label)))
    else:
        _print_with_units(found, units)


def _sweep(options: argparse.Namespace) -> None:
    folder = options.folder.resolve()
    if options.print:
        print(
            "\n".join(
                [shlex.join(["mkdir", "-p", command_line.relative(folder)]), *dict(sweep.commands(folder)).values()]
            )
        )
        return
    folder.mkdir(parents=True, exist_ok=True)
    sweep.train_classifier()
    if not options.only_measure:
        sweep.train_missing(folder, options.jobs)
    found, kept = sweep.merged(sweep.measure_all(folder, options.jobs), measures.FILE)
    if kept:
        print(f"Kept the measures of {kept} models that are not here, from {measures.FILE.name}.", file=sys.stderr)
    write_atomically(measures.FILE, (json.dumps(found, indent=1) + "\n").encode())


if __name__ == "__main__":
    sys.exit(main())
