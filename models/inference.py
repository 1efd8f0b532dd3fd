"""The cost of approximate inference for a model: averages of log p(x), of its lower bounds, and of the gaps."""

import json
import shlex
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, TypeGuard

import torch
from torch import Tensor
from torch.distributions import Independent, MultivariateNormal, Normal

from models import checkpoint, command_line, gallery, lookup_costs, report
from models.best_q import best_bound, gaps
from models.bound import elbo
from models.checkpoint import Checkpoint
from models.evidence import evidence, posterior
from models.files import write_atomically
from models.importance import effective_sample_size, importance_bound, log_weights
from models.likelihood import Likelihood
from models.recipe import Recipe
from models.shipped import are_all, are_numbers, read_figures
from models.vae import VAE

FILE = gallery.FOLDER / "evidence.json"

DRAWS = 5000
"""K of the importance bound."""

SUBSET = 500
"""The number of images for the importance bound and the fits. They are slow: no two images share a decoded point."""

IMAGES = 10_000
"""The default maximum of images measured of a split: the test split has no more."""

UNITS = {
    "log_evidence": "nats per image, by quadrature",
    "log_evidence_error": "nats, of the average, by refining the grid, and rounding",
    "largest_error": "nats, of any one image",
    "largest_missed": "of 1, the most of any one image's evidence that the grid may leave out",
    "elbo": "nats per image, with the encoder's q",
    "elbo_error": "nats, of the average, by refining the grid, and rounding",
    "gap": "nats per image, log_evidence - elbo",
    "gap_median": "nats, what half of the images' gaps do not exceed",
    "gap_90": "nats, what 90 % of the images' gaps do not exceed",
    "subset_log_evidence": "nats per image, of the subset",
    "importance_bound": f"nats per image, of the subset, {DRAWS:,} draws of the encoder's q",
    "effective_draws": f"of {DRAWS:,}, of the subset; counts the draws that came, not the mass of p(z|x) they missed",
    "approximation_gap": "nats per image, of the subset, with the best diagonal q",
    "amortisation_gap": "nats per image, of the subset, with the best diagonal q",
    "full_approximation_gap": "nats per image, of the subset, with the best q of any covariance",
    "full_amortisation_gap": "nats per image, of the subset, with the best q of any covariance",
}
"""The measures and their units, in the order of a table."""

# These are in the unit of the likelihood.
_LIKELIHOODS = ("log_evidence", "elbo", "subset_log_evidence", "importance_bound")
# A model without an encoder has only the first ones of UNITS.
_WITHOUT_ENCODER = 4
# Images per batch of importance weights.
_CHUNK = 100


def units(likelihood: Likelihood) -> dict[str, str]:
    """UNITS for a model: log p(x) may be that of a density, while a gap is a difference in plain nats."""
    return UNITS | {name: UNITS[name].replace("nats per image", likelihood.unit_per_image) for name in _LIKELIHOODS}


def parts(recipe: Recipe, subset: int) -> int:
    """The number of parts that measure yields."""
    if not recipe.has_encoder:
        return 1
    return 5 if subset else 2


@torch.no_grad()
def measure(vae: VAE, x: Tensor, subset: int, generator: torch.Generator) -> Iterator[dict[str, float]]:
    """Every average of UNITS over images x [N, 784], those of the subset over the first ``subset``, part by part.

    The best q of an image is the better of two fits, one from the encoder's q and one from the moments of p(z|x).
    A model without an encoder has only log_evidence and its errors. With a subset of 0 there are no draws and no fits.
    """
    found = evidence(vae, x)
    yield {
        "log_evidence": _mean(found.log_evidence),
        "log_evidence_error": _mean(found.error),
        "largest_error": found.error.max().item(),
        "largest_missed": found.missed.max().item(),
    }
    if vae.encoder is None:
        return
    bound = elbo(vae, x, vae.encode(x))
    yield {"elbo": _mean(bound.value), "elbo_error": _mean(bound.error)} | _shape(found.log_evidence - bound.value)
    if not subset:
        return
    yield {"subset_log_evidence": _mean(found.log_evidence[:subset])} | _importance(vae, x[:subset], generator)
    exact = _moments(vae, x[:subset])
    for full in (False, True):
        yield _gaps(vae, x[:subset], exact, full, found.log_evidence[:subset], bound.value[:subset])


def _shape(gap: Tensor) -> dict[str, float]:
    """The distribution of the gaps: the mean alone hides that most are small and a few are large."""
    return {"gap": _mean(gap), "gap_median": gap.quantile(0.5).item(), "gap_90": gap.quantile(0.9).item()}


def _importance(vae: VAE, x: Tensor, generator: torch.Generator) -> dict[str, float]:
    weights = torch.cat([log_weights(vae, part, vae.encode(part), DRAWS, generator) for part in x.split(_CHUNK)], dim=1)
    bound, effective = importance_bound(weights), effective_sample_size(weights)
    return {"importance_bound": _mean(bound), "effective_draws": _mean(effective)}


def _gaps(
    vae: VAE, x: Tensor, exact: MultivariateNormal, full: bool, log_evidence: Tensor, encoders: Tensor
) -> dict[str, float]:
    moments = exact if full else Independent(Normal(exact.mean, exact.stddev), 1)
    # Where the encoder's q lies in a minor mode, the fit from it stays there.
    best = torch.maximum(*(best_bound(vae, x, start, full).value for start in (vae.encode(x), moments)))
    approximation, amortisation = gaps(log_evidence, best, encoders)
    kind = "full_" if full else ""
    return {f"{kind}approximation_gap": _mean(approximation), f"{kind}amortisation_gap": _mean(amortisation)}


def _moments(vae: VAE, x: Tensor) -> MultivariateNormal:
    """The Gaussians with the mean and covariance of the posteriors p(z|x) of images x [N, 784]."""
    mean, covariance = map(torch.stack, zip(*(posterior(vae, image).moments() for image in x), strict=True))
    return MultivariateNormal(mean, covariance)


def _mean(values: Tensor) -> float:
    return values.mean().item()


def measure_missing(jobs: int) -> None:
    """Measure each shipped model that FILE lacks in whole or in part, see unmeasured, ``jobs`` at a time.

    The fits over the subset take longest; those in FILE are kept where the weights are the same. What looking up is
    worth, see models.lookup_costs, is measured last, and by itself.

    Raises CheckpointError, OSError.
    """
    missing = {name: gallery.path(name) for name in unmeasured(_known_figures()["models"])}
    _measure_files("models", missing, lambda name, known: _entry(missing[name], SUBSET, known), jobs)
    kept = _known_figures()["models"]
    without = [name for name in gallery.recipes() if not _is_looked_up(gallery.recipes()[name], kept[name])]
    _measure_files("models", without, lambda name, known: known | _looked_up(gallery.path(name)), jobs)


def measure_controls(files: Collection[Path], jobs: int) -> None:
    """Store in FILE the figures of models that are not shipped, each with its recipe under the name of its file.

    Raises CheckpointError, OSError.
    """
    paths = {path.stem: path for path in files}
    _measure_files("controls", paths, lambda name, known: _entry(paths[name], 0, known), jobs)


def stale(kept: dict[str, dict]) -> list[str]:
    """The shipped models without an entry in ``kept``, or with one that was measured with other weights."""
    return [name for name in gallery.recipes() if not _is_of(kept.get(name), gallery.read(name))]


def unmeasured(kept: dict[str, dict]) -> list[str]:
    """The stale models, and those whose entry in ``kept`` lacks a figure of UNITS."""
    old = stale(kept)
    return [name for name, recipe in gallery.recipes().items() if name in old or not _is_whole(recipe, kept[name])]


def _is_of(entry: object, model: Checkpoint) -> TypeGuard[dict]:
    return isinstance(entry, dict) and entry.get("fingerprint") == model.fingerprint


def _is_whole(recipe: Recipe, entry: dict) -> bool:
    figures = UNITS if recipe.has_encoder else list(UNITS)[:_WITHOUT_ENCODER]
    return {"train", *figures} <= entry.keys()


def _known_figures() -> dict:
    """The content of FILE; an empty one where it cannot be used."""
    kept: Any = None
    with suppress(FileNotFoundError, ValueError):
        kept = json.loads(FILE.read_bytes())
    groups = ("models", "controls")
    usable = isinstance(kept, dict) and all(isinstance(kept.get(group, {}), dict) for group in groups)
    return {"models": {}} | (kept if usable else {})


def _measure_files(group: str, names: Collection[str], measured: Callable[[str, Any], dict], jobs: int) -> None:
    """Store the entry ``measured`` of each name, given what is known of it, at once in the ``group`` of FILE."""
    with ThreadPoolExecutor(jobs) as pool:
        known = _known_figures().get(group, {})
        entries = pool.map(lambda name: measured(name, known.get(name)), names)
        for name, entry in zip(names, entries, strict=True):
            facts = {"images": IMAGES, "subset": SUBSET, "draws": DRAWS, "models": {}} | _known_figures()
            facts[group] = facts.get(group, {}) | {name: entry}
            facts["versions"] = checkpoint.dependency_versions()
            write_atomically(FILE, (json.dumps(facts, indent=1) + "\n").encode())


def _entry(path: Path, subset: int, known: object) -> dict:
    """The entry of one model in FILE: its fingerprint, the figures of test images, and those of training images."""
    model = checkpoint.read(path)
    same = known if _is_of(known, model) else {}
    fitted = _fitted(same)
    test_subset = subset if model.recipe.has_encoder and not fitted else 0
    splits = (("test", test_subset), ("train", 0))
    test, train = (_evaluated(path, "--split", split, "--evidence", "--subset", str(size)) for split, size in splits)
    facts = {"fingerprint": model.fingerprint} | test | fitted | {"train": train}
    kept = {name: same[name] for name in ("lookup",) if name in same}
    return facts | kept | ({} if subset else {"recipe": json.loads(model.recipe.to_json())})


def _fitted(entry: dict) -> dict[str, float]:
    """The figures of the subset in ``entry``; empty where one is missing."""
    names = list(UNITS)[list(UNITS).index("subset_log_evidence") :]
    return {name: entry[name] for name in names} if entry.keys() >= set(names) else {}


def _looked_up(path: Path) -> dict[str, dict]:
    return {"lookup": _evaluated(path, "--split", "test", "--look-up")}


def _is_looked_up(recipe: Recipe, entry: dict) -> bool:
    needed = [name for name in lookup_costs.UNITS if recipe.has_encoder or name != "misplaced"]
    return are_numbers(entry.get("lookup"), needed)


def _evaluated(path: Path, *flags: str) -> dict[str, float]:
    words = ["evaluate", command_line.relative(path), *flags, "--json"]
    return report.values(command_line.run(shlex.join(["python", "-m", "models", *words])))


@cache
def read_shipped() -> dict:
    """What ``python -m models evidence`` measured of the shipped models, read once per process.

    {"images", "subset", "draws", "models": {name: entry}, "controls": {name: entry}, "versions": {package: version}};
    an entry has the ``fingerprint`` of the checkpoint, each measure of UNITS over the first ``images`` test images,
    in "train" the same over as many training images, without those of the subset, and in "lookup" what
    models.lookup_costs measures over the test images. A model without an encoder has only log_evidence, its errors and
    "lookup". The controls are not shipped: their entries have a "recipe" and no subset.
    Raises ShippedError.
    """
    return read_figures(FILE, _is_sound)


def _is_sound(found: object) -> bool:
    if not are_numbers(found, ("images", "subset", "draws")):
        return False
    models, controls = found.get("models"), found.get("controls", {})
    if not isinstance(models, dict) or not models or not isinstance(controls, dict):
        return False
    if not are_all(models, _are_averages) or not are_all(controls, _is_control):
        return False
    recipes = gallery.recipes()
    return all(_has_gap(models[name]) for name in models.keys() & recipes if recipes[name].has_encoder)


def _are_averages(found: object) -> bool:
    errors = ("log_evidence_error", "largest_error", "largest_missed")
    return (
        are_numbers(found, ("log_evidence", *errors), UNITS)
        and min(found[name] for name in errors) >= 0
        and are_numbers(found.get("lookup", {}), known=lookup_costs.UNITS)
    )


def _is_control(found: object) -> bool:
    return are_numbers(found, ("log_evidence",), UNITS) and isinstance(found.get("recipe"), dict)


def _has_gap(found: dict) -> bool:
    """For the test images, and for the training images where there are figures of them."""
    splits = [found, *([found["train"]] if "train" in found else [])]
    return all(are_numbers(each, ("elbo", "gap", "gap_median", "gap_90"), UNITS) for each in splits)
