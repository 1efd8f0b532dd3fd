"""What approximate inference costs a model: log p(x), the bounds below it and the gaps between them, as averages."""

import json
import shlex
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import torch
from torch import Tensor
from torch.distributions import Independent, MultivariateNormal, Normal

from models import checkpoint, gallery, report, sweep
from models.best_q import best_bound, gaps
from models.bound import elbo
from models.evidence import evidence, posterior
from models.importance import effective_sample_size, importance_bound, log_weights
from models.recipe import Recipe
from models.shipped import are_all, are_numbers, read_figures
from models.vae import VAE

FILE = gallery.FOLDER / "evidence.json"

DRAWS = 5000
"""K of the importance bound."""

SUBSET = 500
"""How many images the importance bound and the fits take: each image's draws and steps are decoded for it alone."""

UNITS = {
    "log_evidence": "nats per image, by quadrature",
    "log_evidence_error": "nats, of the average, by refining the grid",
    "largest_error": "nats, of any one image",
    "largest_missed": "of 1, the most of any one image's evidence that the grid may leave out",
    "elbo": "nats per image, with the encoder's q",
    "elbo_error": "nats, of the average, by refining the grid",
    "gap": "nats per image, log_evidence - elbo",
    "subset_log_evidence": "nats per image, of the subset",
    "importance_bound": f"nats per image, of the subset, {DRAWS:,} draws of the encoder's q",
    "effective_draws": f"of {DRAWS:,}, of the subset",
    "approximation_gap": "nats per image, of the subset, with the best diagonal q",
    "amortisation_gap": "nats per image, of the subset, with the best diagonal q",
    "full_approximation_gap": "nats per image, of the subset, with the best q of any covariance",
    "full_amortisation_gap": "nats per image, of the subset, with the best q of any covariance",
}
"""What is measured, in the order of a table."""

_DENSITIES = ("log_evidence", "elbo", "subset_log_evidence", "importance_bound")
# Images whose weights are drawn at a time.
_CHUNK = 100


def units(likelihood: str) -> dict[str, str]:
    """UNITS of a model: of grey pixels log p(x) is a density's, while a gap between two is plain nats."""
    if likelihood == "bernoulli":
        return UNITS
    return UNITS | {name: UNITS[name].replace("nats", "nats of a density", 1) for name in _DENSITIES}


def parts(recipe: Recipe) -> int:
    """How many parts measure yields."""
    return 5 if recipe.has_encoder else 1


@torch.no_grad()
def measure(vae: VAE, x: Tensor, subset: int, generator: torch.Generator) -> Iterator[dict[str, float]]:
    """Every average of UNITS over images x [N, 784], those of the subset over the first ``subset``, part by part.

    The best q of an image is the better of two fits, one from the encoder's q and one from the moments of p(z|x).
    A model without an encoder has log_evidence and its errors alone.
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
    q = vae.encode(x)
    bound = elbo(vae, x, q)
    yield {
        "elbo": _mean(bound.value),
        "elbo_error": _mean(bound.error),
        "gap": _mean(found.log_evidence - bound.value),
        "subset_log_evidence": _mean(found.log_evidence[:subset]),
    }
    yield _importance(vae, x[:subset], generator)
    exact = _moments(vae, x[:subset])
    for full in (False, True):
        yield _gaps(vae, x[:subset], exact, full, found.log_evidence[:subset], bound.value[:subset])


def _importance(vae: VAE, x: Tensor, generator: torch.Generator) -> dict[str, float]:
    weights = torch.cat([log_weights(vae, part, vae.encode(part), DRAWS, generator) for part in x.split(_CHUNK)], dim=1)
    bound, effective = importance_bound(weights), effective_sample_size(weights)
    return {"importance_bound": _mean(bound), "effective_draws": _mean(effective)}


def _gaps(
    vae: VAE, x: Tensor, exact: MultivariateNormal, full: bool, log_evidence: Tensor, encoders: Tensor
) -> dict[str, float]:
    moments = exact if full else Independent(Normal(exact.mean, exact.stddev), 1)
    # Where the encoder's q lies in a lesser mode, its fit stays there.
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
    """Add to FILE each shipped model that it lacks, ``jobs`` at a time: delete an entry to have it measured anew.

    Raises OSError.
    """
    kept = json.loads(FILE.read_bytes())["models"] if FILE.exists() else {}
    missing = [name for name in gallery.recipes() if name not in kept]
    with ThreadPoolExecutor(jobs) as pool:
        for name, text in zip(missing, pool.map(sweep.run, map(_command, missing)), strict=True):
            kept[name] = report.values(text)
            counts = {"images": json.loads(text)["images"], "subset": SUBSET, "draws": DRAWS}
            facts = counts | {"models": kept, "versions": checkpoint.dependency_versions()}
            checkpoint.write_atomically(FILE, (json.dumps(facts, indent=1) + "\n").encode())


def _command(name: str) -> str:
    return shlex.join(["python", "-m", "models", "evaluate", sweep.shown(gallery.path(name)), "--evidence", "--json"])


@cache
def read_shipped() -> dict:
    """What ``python -m models evidence`` measured of the shipped models, read once a process.

    {"images", "subset", "draws", "models": {name: {measure of UNITS: value}}, "versions": {package: version}}; of a
    model without an encoder log_evidence and its errors alone. Raises ShippedError.
    """
    return read_figures(FILE, _is_sound)


def _is_sound(found: object) -> bool:
    if not are_numbers(found, ("images", "subset", "draws")):
        return False
    models = found.get("models")
    if not models or not isinstance(models, dict) or not are_all(models, _are_averages):
        return False
    recipes = gallery.recipes()
    return all({"elbo", "gap"} <= models[name].keys() for name in models.keys() & recipes if recipes[name].has_encoder)


def _are_averages(found: object) -> bool:
    errors = ("log_evidence_error", "largest_error", "largest_missed")
    return are_numbers(found, ("log_evidence", *errors), UNITS) and min(found[name] for name in errors) >= 0
