"""python -m models evaluate: averages over images, log p(x) and bounds, or what looking up gives."""

import argparse
from dataclasses import replace

import torch
from tqdm import tqdm

from models import argument_types, checkpoint, data, inference, lookup_costs, measures, report
from models.checkpoint import Checkpoint
from models.commands.printing import SPLITS, Verbs, add_file, pixels_in_words, print_metrics, print_with_units
from models.evaluation import DRAWS, SEED, fixed_images


def add_to(verbs: Verbs) -> None:
    """Add this subcommand."""
    verb = verbs.add_parser("evaluate", help="the loss terms and the codes' spread over the held-out images")
    add_file(verb)
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
    print_metrics(metrics, model, f"{len(images.labels):,} {SPLITS[options.split]} images")
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
    print(f"averages over the first {len(x):,} {SPLITS[options.split]} images, {pixels_in_words(model)}{subset}")
    print_with_units(found, units, digits=5)


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
    print(f"averages over the first {len(x):,} {SPLITS[options.split]} images, {pixels_in_words(model)}")
    print_with_units(found, units, digits=5)


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
