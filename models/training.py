"""Training as a generator of steps; it owns no screen, no thread and no file."""

import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from models.data import Dataset, observe
from models.lattice import POINTS, lattice, lattice_terms
from models.objective import Terms, terms
from models.recipe import Recipe
from models.vae import LATENTS, VAE


class TrainingError(ArithmeticError):
    """The loss stopped being a number; the message says what to change."""


class Step(NamedTuple):
    """One step taken: its number (from 1) of how many, the batch's means in nats per image, and the KL weight.

    With the objective "lattice" the two means are those of models.lattice.lattice_terms, and their sum is -log p(x).
    """

    number: int
    total: int
    reconstruction: float
    kl: float
    weight: float


_MAX_GRADIENT_NORM = 500.0
"""In nats per unit of weight; on MNIST one step in a hundred passes it. Without a limit a rare batch at the peak rate
ends a run in NaN."""


def one_cycle(progress: float) -> float:
    """The learning rate at ``progress`` in [0, 1], as a share of its peak: a straight rise, then a cosine to zero.

    After Smith and Topin, 2018, Super-Convergence, section 3, https://arxiv.org/abs/1708.07120, whose fall is straight.
    """
    if progress < 0.5:
        return 2 * progress
    return 0.5 * (1 - math.cos(2 * math.pi * progress))


def kl_weight(taken: int, total: int, recipe: Recipe) -> float:
    """The weight of the KL term after ``taken`` of ``total`` steps: from 0 to beta in a straight line, then beta.

    From the first of the recipe's kl_changes on, the weight is what the latest of them says. It is 1 throughout for
    the objective "lattice", whose two terms make sense as a sum alone.

    Two dimensions leave codes little room to pass each other. A weak KL term at first lets them find their places:
    24 epochs at beta = 1 end about a nat lower with a warm-up than without.

    Source: Bowman et al., 2016, Generating Sentences from a Continuous Space, section 3.1,
    https://arxiv.org/abs/1511.06349
    """
    if recipe.objective == "lattice":
        return 1.0
    changed = [weight for step, weight in recipe.kl_changes if step <= taken]
    if changed:
        return changed[-1]
    return recipe.beta * min(1.0, _progress(taken, total) / recipe.kl_warm_up) if recipe.kl_warm_up else recipe.beta


def steps_an_epoch(images: int, recipe: Recipe) -> int:
    """How many batches hold ``images``, the last perhaps smaller."""
    return math.ceil(images / recipe.batch_size)


def best_device() -> torch.device:
    """CUDA or Apple's MPS where present, else the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def train(
    vae: VAE,
    dataset: Dataset,
    recipe: Recipe,
    generator: torch.Generator,
    weight: Callable[[int, int, Recipe], float] = kl_weight,
) -> Iterator[Step]:
    """Fit ``vae`` in place by Adam on the mean loss of a batch; yields after every step.

    Images are binarised afresh for each step (dynamic binarisation). z is drawn afresh too: one noise an image for the
    objective "elbo", one shift of the lattice for all in a batch for "lattice". ``weight`` is asked before each step,
    as kl_weight is, so that it can follow a hand. Raises TrainingError.
    """
    device = next(vae.parameters()).device
    objective = _OBJECTIVES[recipe.objective]
    optimiser = torch.optim.Adam(vae.parameters(), lr=recipe.learning_rate, fused=True)
    total = recipe.epochs * steps_an_epoch(len(dataset.pixels), recipe)
    number = 0
    for _ in range(recipe.epochs):
        for rows in torch.randperm(len(dataset.pixels), generator=generator).split(recipe.batch_size):
            x = observe(dataset.pixels[rows], recipe.likelihood, generator).to(device)
            optimiser.param_groups[0]["lr"] = recipe.learning_rate * one_cycle(_progress(number, total))
            weight_now = weight(number, total, recipe)
            batch = objective(vae, x, generator)
            _descend(optimiser, batch, weight_now)
            number += 1
            yield Step(number, total, batch.reconstruction.mean().item(), batch.kl.mean().item(), weight_now)


def _bound(vae: VAE, x: Tensor, generator: torch.Generator) -> Terms:
    return terms(vae, x, torch.randn(1, len(x), LATENTS, generator=generator).to(x.device))


def _likelihood(vae: VAE, x: Tensor, generator: torch.Generator) -> Terms:
    return lattice_terms(vae, x, lattice(POINTS, generator).to(x.device))


_OBJECTIVES = {"elbo": _bound, "lattice": _likelihood}


def _progress(taken: int, total: int) -> float:
    return (taken + 1) / max(total, 2)  # at least 2, so that a single step too has a learning rate


def _descend(optimiser: torch.optim.Optimizer, batch: Terms, weight: float) -> None:
    loss = batch.loss(weight).mean()
    if not torch.isfinite(loss):
        raise TrainingError("The loss is no longer a finite number. Lower the learning rate and train again.")
    optimiser.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(optimiser.param_groups[0]["params"], _MAX_GRADIENT_NORM)
    optimiser.step()
