"""An estimate of a run's time on this machine, from a measurement of half a second."""

import threading
import time
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import torch

from explorer.runs.recorder import FRAME_SHARE
from explorer.runs.worker import TABLE, THREADS
from models.data import DATASETS, Dataset
from models.evaluation import BINARISATIONS, DRAWS
from models.recipe import Recipe
from models.training import best_device, steps_per_epoch, train
from models.vae import LATENTS, PIXELS, VAE

_START_S = 4.0  # to start a process, import torch, and load the images
_MEASURE_S = 0.15
# A busy machine measures itself five times too slow, which may refuse a run: so no measurement counts for long.
_FRESH_S = 600
_NODES = 60
"""Quadrature nodes per code in an evaluation: from 25 for narrow codes to 441 for wide ones."""


_LOCK = threading.Lock()


class _Speed(NamedTuple):
    """Seconds of training: per step, plus per image of the batch, plus per image and weight."""

    step: float
    image: float
    weight: float


def seconds(recipe: Recipe) -> float:
    """The seconds that a run of ``recipe`` takes on this machine if no other run is active, from start to
    checkpoint."""
    speed, known = _measured(), DATASETS[recipe.dataset]
    images, held_out = known.training_images, known.held_out_images
    encoder, decoder = _weights(recipe.hidden, 2 * LATENTS), _weights(recipe.hidden, LATENTS)
    steps = recipe.epochs * steps_per_epoch(images, recipe)
    training = steps * speed.step + recipe.epochs * images * (speed.image + speed.weight * (encoder + decoder))
    # An evaluation has only forward passes, a third of a step's work: one per code, and one per binarisation.
    forward = (1 + BINARISATIONS) * encoder + (_NODES + BINARISATIONS * DRAWS) * decoder
    evaluation = held_out * speed.weight * forward / 3
    if recipe.is_dial:
        evaluation *= 1 + len(TABLE)
    return _START_S + training * (1 + FRAME_SHARE) + evaluation


def _weights(hidden: tuple[int, ...], end: int) -> int:
    widths = [PIXELS, *hidden, end]
    return sum(a * b for a, b in pairwise(widths))


def _measured() -> _Speed:
    with _LOCK:  # otherwise two measurements at the same time would slow each other
        return _measured_in(int(time.monotonic() / _FRESH_S))


@lru_cache(maxsize=1)
def _measured_in(_period: int) -> _Speed:
    """Runs in a thread of its own, so that the caller's number of torch threads does not change."""
    found: list[_Speed] = []
    thread = threading.Thread(target=lambda: found.append(_measure()))
    thread.start()
    thread.join()
    return found[0]


def _measure() -> _Speed:
    torch.set_num_threads(THREADS)
    small, large = (8,), (512, 512)
    few, many = _step_seconds(small, 16), _step_seconds(small, 256)
    full = _step_seconds(large, 256)
    image = (many - few) / (256 - 16)
    weights = _weights(large, 2 * LATENTS) + _weights(large, LATENTS)
    return _Speed(max(0.0, few - 16 * image), max(0.0, image), max(0.0, full - many) / (256 * weights))


def _step_seconds(hidden: tuple[int, ...], batch: int) -> float:
    """The seconds of one training step, measured on noise."""
    generator = torch.Generator().manual_seed(0)
    pixels = torch.randint(0, 256, (batch, 28, 28), generator=generator, dtype=torch.uint8)
    dataset = Dataset("digits", pixels, torch.zeros(batch, dtype=torch.uint8))
    vae = VAE(hidden, generator).to(best_device())
    steps = train(vae, dataset, Recipe("digits", epochs=1000, hidden=hidden, batch_size=batch), generator)
    next(steps)
    start, count = time.perf_counter(), 0
    while time.perf_counter() - start < _MEASURE_S:
        next(steps)
        count += 1
    return (time.perf_counter() - start) / count
