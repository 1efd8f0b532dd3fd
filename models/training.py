"""Training as a generator of steps; it owns no screen, no thread and no file."""

import math
from collections.abc import Iterator
from typing import NamedTuple

import torch

from models.data import Dataset, binarise
from models.objective import Terms, terms
from models.recipe import Recipe
from models.vae import LATENTS, VAE


class TrainingError(ArithmeticError):
    """The loss stopped being a number; the message says what to change."""


class Step(NamedTuple):
    """One step taken: its number (from 1) of how many, and the batch's means in nats per image."""

    number: int
    total: int
    reconstruction: float
    kl: float


_MAX_GRADIENT_NORM = 500.0
"""Twice what it usually is on MNIST: without a limit a rare batch at the peak rate ends a run in NaN."""


def one_cycle(progress: float) -> float:
    """The learning rate at ``progress`` in [0, 1], as a share of its peak: a straight rise, then a cosine to zero.

    After Smith and Topin, 2018, Super-Convergence, section 3, https://arxiv.org/abs/1708.07120, whose fall is straight.
    """
    if progress < 0.5:
        return 2 * progress
    return 0.5 * (1 - math.cos(2 * math.pi * progress))


def kl_weight(progress: float, recipe: Recipe) -> float:
    """The weight of the KL term at ``progress`` in [0, 1]: from 0 to beta in a straight line, then beta.

    Two dimensions leave codes little room to pass each other. A weak KL term at first lets them find their places:
    24 epochs at beta = 1 end about a nat lower with a warm-up than without.

    Source: Bowman et al., 2016, Generating Sentences from a Continuous Space, section 3.1,
    https://arxiv.org/abs/1511.06349
    """
    return recipe.beta * min(1.0, progress / recipe.kl_warm_up) if recipe.kl_warm_up else recipe.beta


def train(vae: VAE, dataset: Dataset, recipe: Recipe, generator: torch.Generator) -> Iterator[Step]:
    """Fit ``vae`` in place by Adam on the mean loss of a batch; yields after every step.

    Images are binarised afresh for each step (dynamic binarisation). Raises TrainingError.
    """
    device = next(vae.parameters()).device
    optimiser = torch.optim.Adam(vae.parameters(), lr=recipe.learning_rate, fused=True)
    total = recipe.epochs * math.ceil(len(dataset.pixels) / recipe.batch_size)
    number = 0
    for _ in range(recipe.epochs):
        for rows in torch.randperm(len(dataset.pixels), generator=generator).split(recipe.batch_size):
            x = binarise(dataset.pixels[rows], generator).to(device)
            noise = torch.randn(1, len(x), LATENTS, generator=generator).to(device)
            progress = (number + 1) / max(total, 2)  # of a single step, so that it too has a learning rate
            optimiser.param_groups[0]["lr"] = recipe.learning_rate * one_cycle(progress)
            batch = terms(vae, x, noise)
            _descend(optimiser, batch, kl_weight(progress, recipe))
            number += 1
            yield Step(number, total, batch.reconstruction.mean().item(), batch.kl.mean().item())


def _descend(optimiser: torch.optim.Optimizer, batch: Terms, weight: float) -> None:
    loss = batch.loss(weight).mean()
    if not torch.isfinite(loss):
        raise TrainingError("The loss is no longer a number; lower the learning rate and train again.")
    optimiser.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(optimiser.param_groups[0]["params"], _MAX_GRADIENT_NORM)
    optimiser.step()
