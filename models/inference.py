"""What approximate inference costs a model: log p(x), the bounds below it and the gaps between them, as averages."""

from collections.abc import Iterator

import torch
from torch import Tensor

from models.best_q import best_q, better, gaps
from models.bound import elbo
from models.evidence import evidence
from models.importance import effective_sample_size, importance_bound, log_weights
from models.vae import VAE

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

# Images whose weights are drawn at a time.
_CHUNK = 100


@torch.no_grad()
def measure(vae: VAE, x: Tensor, subset: int, generator: torch.Generator) -> Iterator[dict[str, float]]:
    """Every average of UNITS over images x [N, 784], those of the subset over the first ``subset``, part by part.

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
    for full in (False, True):
        yield _gaps(vae, x[:subset], full, found.log_evidence[:subset], bound.value[:subset])


def _importance(vae: VAE, x: Tensor, generator: torch.Generator) -> dict[str, float]:
    weights = torch.cat([log_weights(vae, part, vae.encode(part), DRAWS, generator) for part in x.split(_CHUNK)], dim=1)
    bound, effective = importance_bound(weights), effective_sample_size(weights)
    return {"importance_bound": _mean(bound), "effective_draws": _mean(effective)}


def _gaps(vae: VAE, x: Tensor, full: bool, log_evidence: Tensor, encoders: Tensor) -> dict[str, float]:
    start = vae.encode(x)
    *_, end = best_q(vae, x, start, full)
    approximation, amortisation = gaps(log_evidence, better(vae, x, start, end)[1].value, encoders)
    kind = "full_" if full else ""
    return {f"{kind}approximation_gap": _mean(approximation), f"{kind}amortisation_gap": _mean(amortisation)}


def _mean(values: Tensor) -> float:
    return values.mean().item()
