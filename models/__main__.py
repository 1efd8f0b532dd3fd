"""python -m models train | evaluate | pretrain | measure | sweep | evidence: progress on stderr, results on stdout."""

import argparse
import json
import os
import shlex
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace
from pathlib import Path

import torch
from tqdm import tqdm

from models import checkpoint, data, gallery, inference, measures, sweep, symmetry, words
from models.checkpoint import Checkpoint, CheckpointError
from models.evaluation import SAMPLES, SEED, Codes, encode_dataset, fixed_images, summarise
from models.evidence import EvidenceError
from models.idx import IdxError
from models.initial import initial
from models.recipe import DATASETS, LIKELIHOODS, OBJECTIVES, Recipe, RecipeError
from models.training import TrainingError, best_device, train
from models.vae import VAE

SPLITS = {"test": "held-out", "train": "training"}
"""The splits of a data set, and what their images are called."""


def main(arguments: list[str] | None = None) -> int:
    """Run one verb; 0, or 1 with one sentence on stderr."""
    options = parser().parse_args(arguments)
    try:
        options.run(options)
    except (RecipeError, CheckpointError, IdxError, data.DataError, TrainingError, EvidenceError) as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{error.filename}: {error.strerror}." if error.filename else error, file=sys.stderr)
        return 1
    return 0


def parser() -> argparse.ArgumentParser:
    """The verbs and their options; those of ``train`` are named as the fields of Recipe."""
    default = Recipe()
    line = argparse.ArgumentParser(prog="python -m models", description=__doc__)
    verbs = line.add_subparsers(required=True)

    verb = verbs.add_parser("train", help="train a model and write its checkpoint")
    verb.add_argument("--dataset", choices=DATASETS, default=default.dataset)
    verb.add_argument("--likelihood", choices=LIKELIHOODS, default=default.likelihood, help="of a pixel given z")
    verb.add_argument(
        "--pixel-stddev",
        type=words.stddev,
        default=default.pixel_stddev,
        metavar="STDDEV",
        help="sigma of grey pixels, 0.01 to 1, or the word learnt",
    )
    verb.add_argument(
        "--objective", choices=OBJECTIVES, default=default.objective, help="the bound, or log p(x) without an encoder"
    )
    verb.add_argument("--beta", type=float, default=default.beta, help="weight of the KL term")
    verb.add_argument("--epochs", type=int, default=default.epochs)
    verb.add_argument("--seed", type=int, default=default.seed)
    verb.add_argument("--out", type=Path, required=True, metavar="FILE")
    verb.add_argument("--hidden", type=words.widths, default=default.hidden, help="layer widths, such as 512,512")
    verb.add_argument("--batch-size", type=int, default=default.batch_size)
    verb.add_argument("--learning-rate", type=float, default=default.learning_rate, help="peak of the one cycle")
    verb.add_argument("--kl-warm-up", type=float, default=default.kl_warm_up, help="share of the run, 0 to 1")
    verb.add_argument(
        "--kl-changes",
        type=words.changes,
        default=default.kl_changes,
        metavar="STEP:WEIGHT,...",
        help="set the KL weight after so many steps, such as 400:0,800:1",
    )
    verb.add_argument("--threads", type=words.count, default=1, help="several runs at once use the cores better")
    verb.add_argument(
        "--continue-from", dest="initial", default="", metavar="FILE", help="start from this checkpoint's weights"
    )
    verb.add_argument(
        "--fold-onto",
        dest="folded_onto",
        default="",
        metavar="FILE",
        help="flip or swap z1, z2 to lie nearest to this one",
    )
    verb.set_defaults(run=_train)

    _add_evaluating(verbs)

    verb = verbs.add_parser("pretrain", help="make the shipped models that are missing")
    verb.add_argument("--jobs", type=words.count, default=1, help="models in training at a time, one thread each")
    verb.add_argument("--print", action="store_true", help="only print the commands")
    verb.set_defaults(run=_pretrain)
    _add_measuring(verbs)
    return line


def _add_evaluating(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    verb = verbs.add_parser("evaluate", help="the loss terms and the codes' spread over the held-out images")
    verb.add_argument("file", type=Path)
    verb.add_argument(
        "--split", choices=SPLITS, default="test", help="held-out images, or those that a model trains on (%(default)s)"
    )
    verb.add_argument("--json", action="store_true")
    verb.add_argument("--threads", type=words.count, default=1)
    verb.add_argument(
        "--evidence", action="store_true", help="instead log p(x) by quadrature, bounds below it and gaps"
    )
    verb.add_argument(
        "--images", type=words.images, metavar="N", help=f"the first N of the split only (at most {inference.IMAGES:,})"
    )
    verb.add_argument(
        "--subset",
        type=words.subset,
        default=inference.SUBSET,
        metavar="N",
        help="with --evidence: the importance bound and the fits take the first N only (%(default)s); 0: none",
    )
    verb.set_defaults(run=_evaluate)


def _add_measuring(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    verb = verbs.add_parser("measure", help="all that is measured of a model, from the codes and weights in its file")
    verb.add_argument("file", type=Path)
    verb.add_argument("--json", action="store_true")
    verb.add_argument("--threads", type=words.count, default=1)
    verb.set_defaults(run=_measure)

    verb = verbs.add_parser("sweep", help="measure the shipped models and four more seeds of each, trained if missing")
    verb.add_argument("--jobs", type=words.count, default=1, help="models at a time, one thread each")
    verb.add_argument("--print", action="store_true", help="only print the commands that train")
    verb.add_argument("--only-measure", action="store_true", help="train none, and measure those that are there")
    verb.add_argument("--folder", type=Path, default=sweep.FOLDER, metavar="DIR", help="where the seeds' models lie")
    verb.set_defaults(run=_sweep)

    verb = verbs.add_parser("evidence", help="evaluate --evidence of the shipped models whose figures are not kept yet")
    verb.add_argument("--jobs", type=words.count, default=1, help="models at a time, one thread each")
    verb.add_argument(
        "--controls", type=Path, nargs="+", metavar="FILE", help="instead of these models, to stand beside the shipped"
    )
    verb.set_defaults(run=_evidence)


def _train(options: argparse.Namespace) -> None:
    recipe = recipe_of(options)
    if not os.access(options.out.parent, os.W_OK) or options.out.is_dir():
        raise OSError(f"{options.out} cannot be written: name a file in a folder that exists and is yours.")
    torch.set_num_threads(options.threads)
    dataset = data.load(recipe.dataset, "train", progressbar=True)
    held_out = data.load(recipe.dataset, "test", progressbar=True)
    reference = _reference(recipe, held_out)
    generator = torch.Generator().manual_seed(recipe.seed)
    vae = initial(recipe, generator).to(best_device())
    _run_steps(vae, dataset, recipe, generator)

    vae.cpu()
    if reference is not None:
        symmetry.fold(vae, symmetry.nearest_symmetry(encode_dataset(vae, held_out).mean, reference.mean))
    trained = checkpoint.measured(vae, recipe, dataset, held_out)
    checkpoint.write(options.out, trained)
    _print_metrics(trained.metrics, trained, f"{len(held_out.labels):,} {SPLITS['test']} images")


def recipe_of(options: argparse.Namespace) -> Recipe:
    """The recipe that the words of ``train`` name. Raises RecipeError."""
    return Recipe(**{field.name: getattr(options, field.name) for field in fields(Recipe)})


def _reference(recipe: Recipe, held_out: data.Dataset) -> Codes | None:
    if not recipe.folded_onto:
        return None
    codes = checkpoint.read(Path(recipe.folded_onto)).codes
    if not torch.equal(codes.label, held_out.labels):
        raise CheckpointError(f"{recipe.folded_onto} holds the codes of other images than {recipe.dataset}'s.")
    return codes


def _run_steps(vae: VAE, dataset: data.Dataset, recipe: Recipe, generator: torch.Generator) -> None:
    described = f"beta {recipe.beta:g}" if recipe.has_encoder else "log p(x)"
    with tqdm(desc=described, unit=" steps", mininterval=1) as bar:
        for step in train(vae, dataset, recipe, generator):
            bar.total = step.total
            bar.update()
            if step.number % 100 == 0 or step.number == step.total:
                bar.set_postfix_str(f"reconstruction {step.reconstruction:.1f}, KL {step.kl:.1f} nats per image")


def _evaluate(options: argparse.Namespace) -> None:
    torch.set_num_threads(options.threads)
    model = checkpoint.read(options.file)
    images = _images(options, model)
    if options.evidence:
        _evaluate_evidence(options, model, images)
        return
    codes = encode_dataset(model.vae(), images)
    metrics = summarise(codes)
    command = model.recipe.command(options.file.as_posix())
    if options.json:
        samples = SAMPLES if model.recipe.has_encoder else 0
        facts = {"split": options.split, "images": len(codes.label), "samples_per_image": samples}
        facts |= {"beta": model.recipe.last_weight, "pixel_stddev": model.pixel_stddev}
        print(json.dumps(metrics | facts | {"command": command, "versions": model.versions}))
        return
    _print_metrics(metrics, model, f"{len(images.labels):,} {SPLITS[options.split]} images")
    print(f"made by: {command}")


def _images(options: argparse.Namespace, model: Checkpoint) -> data.Dataset:
    """The first images of the split that is asked for. Raises DataError."""
    dataset = data.load(model.recipe.dataset, options.split, progressbar=True)
    there = len(dataset.labels)
    if options.images is not None and options.images > there:
        raise data.DataError(f"There are {there:,} {SPLITS[options.split]} images: --images takes no more than that.")
    count = options.images or min(inference.IMAGES, there)
    return replace(dataset, pixels=dataset.pixels[:count], labels=dataset.labels[:count])


def _evaluate_evidence(options: argparse.Namespace, model: Checkpoint, images: data.Dataset) -> None:
    x = fixed_images(images, model.recipe.likelihood)
    counts = {"split": options.split, "images": len(x)}
    if model.recipe.has_encoder:
        counts |= {"subset": min(options.subset, len(x)), "draws": inference.DRAWS}
    found = _measure_inference(model, x, options.subset)
    if options.json:
        print(json.dumps(found | counts))
        return
    subset = f"; the subset is the first {counts['subset']:,}" if counts.get("subset") else ""
    print(f"averages over the first {len(x):,} {SPLITS[options.split]} images, {_seen(model)}{subset}")
    _print_with_units(found, inference.units(model.recipe.likelihood), digits=5)


def _measure_inference(model: Checkpoint, x: torch.Tensor, subset: int) -> dict[str, float]:
    found, parts = {}, inference.measure(model.vae(), x, subset, torch.Generator().manual_seed(SEED + 1))
    for part in tqdm(
        parts, desc="log p(x), bounds and gaps", total=inference.parts(model.recipe, subset), unit=" parts"
    ):
        found |= part
    return found


def _print_metrics(metrics: dict[str, float], model: Checkpoint, images: str) -> None:
    sampled = model.recipe.has_encoder
    how = f"{SAMPLES} draws of z an image; beta = 1 in the sum" if sampled else "the sum is -log p(x) itself"
    print(f"averages over {images}, {_seen(model)}; {how}")
    _print_with_units(metrics, measures.units(model.recipe.likelihood))


def _seen(model: Checkpoint) -> str:
    sigma = model.pixel_stddev
    return "binarised once" if sigma is None else f"grey, in nats of a density of sigma {sigma:.4g}"


def _print_with_units(found: dict[str, float], units: dict[str, str], digits: int = 4) -> None:
    width = max(map(len, found))
    for name, value in found.items():
        print(f"{name:>{width}} {value:10.{digits}g}  {units[name]}")


def _evidence(options: argparse.Namespace) -> None:
    if options.controls:
        inference.measure_controls([path.resolve() for path in options.controls], options.jobs)
    else:
        inference.measure_missing(options.jobs)


def _pretrain(options: argparse.Namespace) -> None:
    commands = dict(gallery.commands())
    if options.print:
        print("\n".join(commands.values()))
        return
    missing = [name for name in commands if not gallery.path(name).exists()]
    # Every other model is laid out like the reference, or continues it.
    for wave in ({gallery.REFERENCE}, commands.keys() - {gallery.REFERENCE}):
        with ThreadPoolExecutor(options.jobs) as pool:
            list(pool.map(sweep.run, [commands[name] for name in missing if name in wave]))


def _measure(options: argparse.Namespace) -> None:
    torch.set_num_threads(options.threads)
    model = checkpoint.read(options.file)
    found = measures.measure(model)
    if options.json:
        print(json.dumps(found))
    else:
        _print_with_units(found, measures.units(model.recipe.likelihood))


def _sweep(options: argparse.Namespace) -> None:
    folder = options.folder.resolve()
    if options.print:
        print("\n".join([shlex.join(["mkdir", "-p", sweep.shown(folder)]), *dict(sweep.commands(folder)).values()]))
        return
    folder.mkdir(parents=True, exist_ok=True)
    sweep.train_classifier()
    if not options.only_measure:
        sweep.train_missing(folder, options.jobs)
    text = json.dumps(sweep.measure_all(folder, options.jobs), indent=1) + "\n"
    checkpoint.write_atomically(measures.FILE, text.encode())


if __name__ == "__main__":
    sys.exit(main())
