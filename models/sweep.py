"""Five seeds for each KL weight: train the missing ones, measure all, and ship the measures but not the weights."""

import hashlib
import inspect
import json
import shlex
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

from models import aggregate, checkpoint, classifier, data, ellipses, evaluation, gallery, measures, report
from models.checkpoint import CheckpointError
from models.command_line import ROOT, relative, run
from models.files import write_atomically
from models.recipe import Recipe

FOLDER = ROOT / ".state" / "sweep"
SEEDS = (1, 2, 3, 4)
"""The seeds besides 0, which is that of the shipped models."""


def recipes() -> dict[str, Recipe]:
    """The file name of each model of the sweep and its recipe: a shipped one with another seed.

    Unlike the shipped ones none is aligned to another, because no measure depends on the layout.
    """
    base = gallery.recipes()[gallery.REFERENCE]
    return {
        f"beta-{beta:g}-seed-{seed}.safetensors": replace(base, beta=beta, seed=seed)
        for seed in SEEDS
        for beta in gallery.BETAS
    }


def commands(folder: Path = FOLDER) -> Iterator[tuple[Path, str]]:
    """Each file in ``folder`` and the command, run in the repository's root, that makes it."""
    for name, recipe in recipes().items():
        path = folder.resolve() / name
        yield path, recipe.command(relative(path))


def train_missing(folder: Path, jobs: int) -> None:
    """Train the models of the sweep that ``folder`` lacks, ``jobs`` at a time. Raises OSError."""
    missing = [command for path, command in commands(folder) if not path.exists()]
    with ThreadPoolExecutor(jobs) as pool:
        list(pool.map(run, missing))


def train_classifier() -> None:
    """Train the classifier if it is missing. Raises DataError, IdxError, OSError."""
    if not classifier.FILE.exists():
        fitted = classifier.fit(*(data.load("mnist", split, progressbar=True) for split in ("train", "test")))
        classifier.write(classifier.FILE, fitted)


def measure_all(folder: Path, jobs: int) -> dict:
    """Measure the shipped models and those of the sweep in ``folder``; the shape is that of
    models.measures.read_shipped.

    A file whose measures are already in ``folder`` is not measured again. Raises CheckpointError, OSError.
    """
    seeds = {path: recipes()[path.name] for path, _ in commands(folder) if path.exists()}
    shipped = {gallery.path(name): recipe for name, recipe in gallery.recipes().items()}
    wanted = shipped | seeds
    with ThreadPoolExecutor(jobs) as pool:
        results = pool.map(lambda path: _measured(path, wanted[path], folder), wanted)
        found = dict(zip(wanted, results, strict=True))
    series = {gallery.path(name): recipe for name, recipe in gallery.series().items()} | seeds
    judge = classifier.read()
    return {
        "models": {path.stem: found[path] for path in shipped},
        "seeds": [_seed(recipe, found[path]) for path, recipe in sorted(series.items(), key=_beta_and_seed)],
        "classifier": {"test_accuracy": judge.test_accuracy, "sure": classifier.CONFIDENT, "draws": classifier.DRAWS},
        "versions": checkpoint.dependency_versions() | {"scikit-learn": version("scikit-learn")},
    }


def merged(found: dict, file: Path) -> tuple[dict, int]:
    """``found`` from measure_all, plus the measures in ``file`` of models that it lacks; and the number of these.

    A clone has only the shipped models. The weights of the other seeds are not shipped, and a sweep in a clone must
    not lose their measures. Raises OSError where ``file`` is damaged.
    """
    models, seeds = _known_measures(file)
    models = {name: values for name, values in models.items() if name not in found["models"]}
    ours = {(each["beta"], each["seed"]): each for each in found["seeds"]}
    entries = [entry for _, entry in sorted((seeds | ours).items())]
    kept = len(models) + len(seeds.keys() - ours.keys())
    return found | {"models": found["models"] | models, "seeds": entries}, kept


def _known_measures(file: Path) -> tuple[dict, dict]:
    try:
        known = json.loads(file.read_bytes()) if file.exists() else {"models": {}, "seeds": []}
        seeds = {(each["beta"], each["seed"]): each for each in known["seeds"]}
        return dict(known["models"]), seeds
    except (ValueError, KeyError, TypeError) as error:
        raise OSError(f"{file.name} is damaged, and nothing of it could be kept: restore it, or delete it.") from error


def _seed(recipe: Recipe, found: dict[str, float]) -> dict:
    return {"beta": recipe.beta, "seed": recipe.seed, "measures": found}


def _beta_and_seed(entry: tuple[Path, Recipe]) -> tuple[float, int]:
    return entry[1].beta, entry[1].seed


def _measured(path: Path, recipe: Recipe, folder: Path) -> dict[str, float]:
    known = folder / f"{path.stem}-{_fingerprint(path)}.json"
    if not known.exists():
        if checkpoint.read(path).recipe != recipe:
            raise CheckpointError(f"{path} was made by another recipe; delete it, and the sweep trains it again.")
        text = run(shlex.join(["python", "-m", "models", "measure", "--json", relative(path)]))
        write_atomically(known, json.dumps(report.values(text)).encode())
    return json.loads(known.read_bytes())


def _fingerprint(path: Path) -> str:
    """The hash of everything that the measures of ``path`` depend on: the file, the classifier, and the source code."""
    sources = [Path(inspect.getfile(module)) for module in (aggregate, classifier, ellipses, evaluation, measures)]
    digest = hashlib.sha256()
    for file in (path, classifier.FILE, *sources):
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:16]
