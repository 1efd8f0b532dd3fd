"""python -m models pretrain, sweep and evidence: the shipped models, and the files of their measures."""

import argparse
import json
import shlex
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import torch
from tqdm import tqdm

from models import argument_types, command_line, gallery, inference, measures, sweep
from models.commands.printing import Verbs
from models.files import write_atomically


def add_to(verbs: Verbs) -> None:
    """Add these subcommands."""
    _add_pretrain(verbs)
    _add_sweep(verbs)
    _add_evidence(verbs)


def _add_pretrain(verbs: Verbs) -> None:
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


def _add_sweep(verbs: Verbs) -> None:
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


def _add_evidence(verbs: Verbs) -> None:
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


def _evidence(options: argparse.Namespace) -> None:
    if options.controls:
        inference.measure_controls([path.resolve() for path in options.controls], options.jobs)
    else:
        inference.measure_missing(options.jobs)
