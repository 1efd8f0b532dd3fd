"""Answers about one image under one model: log p(x), the posterior, the bound of q, the best q, importance curves."""

import base64
import json
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache, partial
from operator import itemgetter
from typing import Any

import torch
from torch import Tensor
from torch.distributions import Distribution, MultivariateNormal, kl_divergence

from explorer.server import posterior_shape
from explorer.server.questions import (
    ModelKey,
    ParsedQuestion,
    QuestionError,
    decode_pixels,
    int_or,
    load_model,
    parse_question,
)
from explorer.wire import (
    Answer,
    Bounds,
    Estimate,
    Fit,
    Fits,
    Gap,
    Gaussian,
    ImportanceCurve,
    ImportanceCurves,
    Inference,
)
from models import bound
from models.best_q import best_bound, best_q, gaps
from models.bound import as_gaussian
from models.evidence import Posterior, posterior
from models.importance import effective_sample_size, importance_bound, log_weights
from models.vae import VAE, prior

DRAWS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000)
REPEATS = 20
"""The repeats of the largest number of draws from each proposal. Smaller numbers get proportionally more repeats."""

SHOWN_STEPS = 40

_BLOCKS = 4
"""The repeats are drawn in this many blocks. The curves show after the first block, and another question waits for
one block only."""

# Eight of ten repeats lie between the two curves of a band.
_BAND = torch.tensor([0.1, 0.9], dtype=torch.float64)
# Thirty students may ask at once: their answers queue up, so that not all become slow. Curves take seconds. The
# semaphores are acquired inside the caches, so that a cached answer never waits.
_ANSWERS, _CURVES = threading.BoundedSemaphore(2), threading.BoundedSemaphore(1)


def answer(question: object, visitor_id: str, parts: int = 2 + _BLOCKS) -> Answer | Inference:
    """The answer to a browser's question, or the sentence that says why there is none.

    The first of its ``parts`` has log p(x), the posterior and the encoder's q; the second the fits; the others, if
    requested, the importance curves with more and more repeats. Results are cached.
    """
    known = question if isinstance(question, dict) else {}
    head: Answer = {
        "id": int_or(known.get("id"), 0),
        "model": known["model"] if isinstance(known.get("model"), str) and len(known["model"]) <= 80 else "",
        "image": int_or(known.get("image"), -1),
        "problem": "",
        "complete": True,
    }
    try:
        checked = parse_question(question, visitor_id)
        curves = [partial(_curves, blocks=blocks) for blocks in range(1, _BLOCKS + 1)]
        wanted = [_bounds, _fits, *(curves if checked.curves else [])]
        found: dict[str, Any] = {"fits": None, "curves": None}
        for part in wanted[: min(parts, 2)] + wanted[2:parts][-1:]:  # only the curves with the most repeats
            found.update(_finite(part, checked))
    except QuestionError as error:
        head["problem"] = str(error)
        return head
    head["complete"] = parts >= len(wanted)
    return Inference(**head, **found)


def _finite(part: Callable[[ParsedQuestion], Mapping[str, object]], question: ParsedQuestion) -> Mapping[str, object]:
    """A part of the answer, valid as JSON. Raises QuestionError if a visitor's own model gives no finite numbers."""
    try:
        found = part(question)
        json.dumps(found, allow_nan=False)
    except (ArithmeticError, ValueError, RuntimeError) as error:
        raise QuestionError("This image has no finite probability under the model. Choose another image.") from error
    return found


def _bounds(question: ParsedQuestion) -> Bounds:
    return _compute_bounds(question.model, question.x)


def _fits(question: ParsedQuestion) -> dict[str, Fits | None]:
    return {"fits": _compute_fits(question.model, question.x)}


def _curves(question: ParsedQuestion, blocks: int) -> dict[str, ImportanceCurves]:
    return {"curves": _compute_curves(question.model, question.x, question.curves, blocks)}


@lru_cache(maxsize=8)
def _picture(model: ModelKey, image: bytes) -> Posterior:
    vae, x = _model_and_image(model, image)
    return posterior(vae, x[0])


@lru_cache(maxsize=300)
@torch.no_grad()
def _compute_bounds(model: ModelKey, image: bytes) -> Bounds:
    with _ANSWERS:
        vae, x = _model_and_image(model, image)
        picture = _picture(model, image)
        found = picture.evidence
        q = _encoded(vae, x)
        return {
            "unit": vae.likelihood.unit,
            "x": base64.b64encode(image).decode(),
            "log_evidence": found.log_evidence.item(),
            "evidence_error": found.error.item(),
            "missed": found.missed.item(),
            "tiles": posterior_shape.tiles(picture),
            "window": posterior_shape.window(picture, q),
            "modes": posterior_shape.modes(picture),
            **_bound(vae, x, q, found.log_evidence),
        }


def _bound(vae: VAE, x: Tensor, q: MultivariateNormal | None, log_evidence: Tensor) -> Gap:
    """ELBO and KL(q||p(z|x)), each on its own nodes, and the two terms of the ELBO."""
    if q is None:
        return {"q": None, "elbo": None, "reconstruction": None, "kl_prior": None, "kl": None}
    elbo = bound.elbo(vae, x, q)
    kl_prior = kl_divergence(q, as_gaussian(prior()))
    return {
        "q": Gaussian(mean=q.mean[0].tolist(), tril=q.scale_tril[0].tolist()),
        "elbo": _estimate(elbo, 0),
        "reconstruction": (-elbo.value - kl_prior).item(),
        "kl_prior": kl_prior.item(),
        "kl": _estimate(bound.kl_to_posterior(vae, x, q, log_evidence), 0),
    }


@lru_cache(maxsize=300)
@torch.no_grad()
def _compute_fits(model: ModelKey, image: bytes) -> Fits | None:
    with _ANSWERS:
        vae, x = _model_and_image(model, image)
        q, picture = _encoded(vae, x), _picture(model, image)
        return q and Fits(diagonal=_fit(vae, x, q, False, picture), full=_fit(vae, x, q, True, picture))


def _fit(vae: VAE, x: Tensor, start: MultivariateNormal, full: bool, picture: Posterior) -> Fit:
    trace = [start, *best_q(vae, x, start, full)]
    step = sorted({*range(0, len(trace), -(-len(trace) // SHOWN_STEPS)), len(trace) - 1})
    mean, tril = (torch.cat([getattr(trace[each], name) for each in step]) for name in ("mean", "scale_tril"))
    shown = MultivariateNormal(mean, scale_tril=tril, validate_args=False)
    elbo = bound.elbo(vae, x.expand(len(step), -1), shown)
    best = max(_estimate(elbo, 0), _estimate(elbo, -1), _best_nearby(vae, x, picture, full), key=itemgetter("value"))
    gap = gaps(picture.evidence.log_evidence[0], torch.tensor(best["value"], dtype=torch.float64), elbo.value[0])
    return {
        "step": step,
        "mean": mean.tolist(),
        "tril": tril.tolist(),
        "elbo": elbo.value.tolist(),
        "best": best,
        "approximation": gap.approximation.item(),
        "amortisation": gap.amortisation.item(),
    }


def _best_nearby(vae: VAE, x: Tensor, picture: Posterior, full: bool) -> Estimate:
    """The bound of the best q near the posterior's mean: a fit that starts in a minor mode would stay there."""
    mean, covariance = picture.moments()
    if not full:
        covariance = covariance.diag().diag()
    return _estimate(best_bound(vae, x, MultivariateNormal(mean[None], covariance[None]), full), 0)


@lru_cache(maxsize=60)
@torch.no_grad()
def _compute_curves(model: ModelKey, image: bytes, seed: int, blocks: int) -> ImportanceCurves:
    drawn = [_drawn_log_weights(model, image, _BLOCKS * seed + block) for block in range(blocks)]
    encoder, of_prior = zip(*drawn, strict=True)
    return {
        "draws": list(DRAWS),
        "repeats": blocks * REPEATS // _BLOCKS,
        "prior": _curve(torch.cat(of_prior)),
        "encoder": None if encoder[0] is None else _curve(torch.cat(encoder)),
    }


@lru_cache(maxsize=40)
@torch.no_grad()
def _drawn_log_weights(model: ModelKey, image: bytes, seed: int) -> tuple[Tensor | None, Tensor]:
    """The log weights of a block of draws from the encoder's q, if there is one, and from the prior."""
    vae, x = _model_and_image(model, image)
    q, count = _encoded(vae, x), DRAWS[-1] * REPEATS // _BLOCKS

    def draw(proposal: Distribution) -> Tensor:
        return log_weights(vae, x, proposal, count, torch.Generator().manual_seed(seed))[:, 0]

    with _CURVES, ThreadPoolExecutor(2) as threads:
        encoder = q and threads.submit(draw, q)
        of_prior = threads.submit(draw, prior()).result()
        return encoder and encoder.result(), of_prior


def _curve(draws: Tensor) -> ImportanceCurve:
    bounds, sizes = _groups(importance_bound, draws), _groups(effective_sample_size, draws)
    error = [each.std().item() / len(each) ** 0.5 for each in bounds]
    mean, low, high = _band(bounds)
    effective, effective_low, effective_high = _band(sizes)
    return {
        "bound": mean,
        "low": low,
        "high": high,
        "error": error,
        "effective": effective,
        "effective_low": effective_low,
        "effective_high": effective_high,
    }


def _groups(quantity: Callable[[Tensor], Tensor], draws: Tensor) -> list[Tensor]:
    """For each K, the quantity of each group of K log weights."""
    return [quantity(draws.view(-1, count).T) for count in DRAWS]


def _band(groups: list[Tensor]) -> tuple[list[float], list[float], list[float]]:
    """For each K, the mean and the ends of the band."""
    low, high = torch.stack([each.quantile(_BAND) for each in groups], dim=1).tolist()
    return [each.mean().item() for each in groups], low, high


def _model_and_image(model: ModelKey, image: bytes) -> tuple[VAE, Tensor]:
    # On a busy machine two threads of one small product wait for each other far longer than the time that they save.
    torch.set_num_threads(1)
    return _vae(model), decode_pixels(image)[None]


@lru_cache(maxsize=8)
def _vae(model: ModelKey) -> VAE:
    return load_model(model.path).vae(model.beta)


def _encoded(vae: VAE, x: Tensor) -> MultivariateNormal | None:
    return None if vae.encoder is None else as_gaussian(vae.encode(x))


def _estimate(found: bound.Estimate, row: int) -> Estimate:
    return {"value": found.value[row].item(), "error": found.error[row].item()}
