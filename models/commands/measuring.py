"""python -m models measure, few-values, dimensions and dials: numbers of models, and files of them."""

import argparse
from pathlib import Path

import torch
from tqdm import tqdm

from models import checkpoint, data, dial_seeds, dimensions, few_values, gallery, measures, report
from models.commands.printing import SPLITS, Verbs, add_file, print_with_units


def add_to(verbs: Verbs) -> None:
    """Add these subcommands."""
    verb = verbs.add_parser("measure", help="all that is measured of a model, from the codes and weights in its file")
    add_file(verb)
    verb.set_defaults(run=_measure)
    verb = verbs.add_parser("few-values", help="train a decoder for a z of few values, and keep its outputs at them")
    verb.add_argument("count", type=int, choices=gallery.FEW_VALUES, help="how many values z has, all equally likely")
    verb.add_argument("--out", type=Path, required=True, metavar="FILE", help="the file (must be given)")
    verb.set_defaults(run=_few_values)
    verb = verbs.add_parser("dimensions", help="measure what log p(x) costs in more dimensions: a grid beside draws")
    verb.set_defaults(run=_dimensions)
    verb = verbs.add_parser("dials", help="the losses of dials that differ from the shipped one in the seed only")
    verb.add_argument("files", type=Path, nargs="+", metavar="FILE", help="the dials' checkpoints (must be given)")
    verb.set_defaults(run=_dials)


def _measure(options: argparse.Namespace) -> None:
    torch.set_num_threads(options.threads)
    model = checkpoint.read(options.file)
    found, units = measures.measure(model), measures.units(model.likelihood)
    if options.json:
        print(report.report(options.file.stem, model, found, units, images=len(model.codes.label)))
    else:
        print_with_units(found, units)


def _few_values(options: argparse.Namespace) -> None:
    torch.set_num_threads(1)
    recipe = gallery.few_values_recipe()
    dataset, held_out = (data.load(recipe.dataset, split, progressbar=True) for split in ("train", "test"))
    found = few_values.make(options.count, recipe, dataset, held_out)
    few_values.write(options.out, found)
    print(f"averages over {found.images:,} {SPLITS['test']} images, binarised once")
    print_with_units(found.measures, few_values.UNITS, digits=5)


def _dimensions(options: argparse.Namespace) -> None:
    torch.set_num_threads(1)
    dataset, held_out = (data.load(dimensions.RECIPE.dataset, split, progressbar=True) for split in ("train", "test"))
    rows = []
    for row in dimensions.measure(dataset, held_out):
        rows.append(row)
        print(f"a grid of {row['dimensions']} dimensions: {row['grid']}")
        print_with_units({name: row[name] for name in dimensions.UNITS if name in row}, dimensions.UNITS)
    dimensions.write(rows)


def _dials(options: argparse.Namespace) -> None:
    torch.set_num_threads(1)
    measured = dial_seeds.measure(options.files)
    dial_seeds.write(list(tqdm(measured, total=len(options.files), unit=" dials")))
