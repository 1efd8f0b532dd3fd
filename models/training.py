"""Training as a generator of steps, without any screen, thread or file."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import torch
from torch import Tensor

from models.data import Dataset
from models.dial import Network, dial_terms
from models.lattice import POINTS, lattice, lattice_terms
from models.objective import Terms, terms
from models.recipe import Recipe, RecipeError
from models.vae import LATENTS, VAE


class TrainingError(ArithmeticError):
    """The loss was not finite in many steps in a row; the message says what to change."""


Objective = Callable[..., Terms]
"""The two terms of the loss, given the model, the images x [B, 784] of a step, and a generator."""


class Step(NamedTuple):
    """One step: its number (from 1), the total, the means over the batch in nats per image, and the KL weight.

    With the objective "lattice" the two means are those of models.lattice.lattice_terms, and their sum is -log p(x).
    With "dial" they are those of models.dial.dial_terms, in which each KL term is already multiplied by the KL weight
    of its image. The means of a skipped step, see train, may be infinite or NaN.
    """

    number: int
    total: int
    reconstruction: float
    kl: float
    weight: float


@dataclass
class Progress:
    """The state of a run between two steps: all that the next step depends on, besides weights and generator.

    taken counts the steps taken; order is the order of the images in the epoch that the last of them belongs to,
    int64 [N]. ``train`` keeps it up to date.
    """

    optimiser: torch.optim.Adam
    taken: int = 0
    order: Tensor | None = None

    @classmethod
    def before(cls, vae: Network, recipe: Recipe) -> "Progress":
        """The progress of a run of ``recipe`` that fits ``vae``, before its first step."""
        return cls(torch.optim.Adam(vae.parameters(), lr=recipe.learning_rate, fused=True))


_MAX_GRADIENT_NORMS = {"elbo": 500.0, "lattice": 500.0, "dial": 100.0}
"""For each objective, in nats per unit of weight. In 100 epochs of MNIST at a peak rate of 4e-3, 15 of 23,500 steps
exceed 500, by up to a factor of 2,000. Most of such a gradient comes from one image whose sigma has grown to hundreds.
The limit of a dial is lower; its usual norms are 30 to 110. A dial of 4 x 400 units loses what it has learnt near the
peak of a high learning rate all the same: at 2e-3 with a limit of 500, and at 1e-3 with this one, at step 11,900 of
23,500. At 5e-4 it does not. With the KL term's own gradient in place of the path's, 1e-3 is low enough too. Each is one
run."""

_MAX_SKIPPED = 100
"""The maximum of steps in a row without a finite gradient; recovery is then unlikely."""


def one_cycle(progress: float) -> float:
    """The learning rate at ``progress`` in [0, 1], as a share of its peak: a linear rise, then a cosine to zero.

    After Smith and Topin, 2018, Super-Convergence, section 3, https://arxiv.org/abs/1708.07120, where the fall is
    linear.
    """
    if progress < 0.5:
        return 2 * progress
    return 0.5 * (1 - math.cos(2 * math.pi * progress))


def kl_weight(taken: int, total: int, recipe: Recipe) -> float:
    """The weight of the KL term after ``taken`` of ``total`` steps: a linear rise from 0 to beta, then beta.

    After the first of the recipe's kl_changes, the weight is that of the latest change. It is always 1 for the
    objectives "lattice" and "dial", whose two terms have a meaning only as a sum.

    In two dimensions codes have little room to pass each other; a weak KL term at first lets them move more freely.
    How much that helps is not known: 6 epochs at beta = 1 end in the same -ELBO with a warm-up and without (145.7 and
    146.1 nats against 145.2 and 146.1, of two seeds).

    Source: Bowman et al., 2016, Generating Sentences from a Continuous Space, section 3.1,
    https://arxiv.org/abs/1511.06349
    """
    if recipe.objective != "elbo":
        return 1.0
    changed = [weight for step, weight in recipe.kl_changes if step <= taken]
    if changed:
        return changed[-1]
    return recipe.beta * min(1.0, _progress(taken, total) / recipe.kl_warm_up) if recipe.kl_warm_up else recipe.beta


@cache
def settles_at(total: int, recipe: Recipe) -> int:
    """The step of ``total`` from which kl_weight no longer changes; 0 where it never does."""
    weights = [kl_weight(taken, total, recipe) for taken in range(total + 1)]
    return next((taken + 1 for taken in reversed(range(total)) if weights[taken] != weights[-1]), 0)


def steps_per_epoch(images: int, recipe: Recipe) -> int:
    """The number of batches in an epoch; the last may be smaller."""
    return math.ceil(images / recipe.batch_size)


def best_device() -> torch.device:
    """CUDA or Apple's MPS where present, else the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def check_changes(recipe: Recipe, images: int) -> None:
    """Refuse a change of the KL weight after the last step of a run on ``images``. Raises RecipeError."""
    total = recipe.epochs * steps_per_epoch(images, recipe)
    late = [step for step, _ in recipe.kl_changes if step >= total]
    if late:
        raise RecipeError(
            f"kl_changes has a change after {late[0]:,} steps, and the run has {total:,}: "
            f"change the KL weight after {total - 1:,} steps at most, or train more epochs."
        )


def train(
    vae: Network,
    dataset: Dataset,
    recipe: Recipe,
    generator: torch.Generator,
    weight: Callable[[int, int, Recipe], float] = kl_weight,
    progress: Progress | None = None,
    objective: Objective | None = None,
) -> Iterator[Step]:
    """Fit ``vae`` in place by Adam on the mean loss of a batch; yields after every step.

    Images are binarised anew for each step (dynamic binarisation). z is drawn anew too: one noise per image for the
    objective "elbo", one shift of the lattice per batch for "lattice", and one noise and one KL weight per image for
    "dial", which trains a models.dial.Dial. ``weight`` is called before each step with the arguments of kl_weight, so
    that a user can change it during the run. With ``progress`` a stopped run continues and gives the same result. An
    ``objective`` replaces that of the recipe.

    A step whose loss or gradient is not finite is skipped: it counts, but changes neither weights nor optimiser.
    Raises TrainingError after 100 of them in a row, or all steps of a run; the weights are then those of the last good
    step.
    """
    device = next(vae.parameters()).device
    objective = objective or _OBJECTIVES[recipe.objective]
    progress = progress or Progress.before(vae, recipe)
    epoch = steps_per_epoch(len(dataset.pixels), recipe)
    total, skipped, max_norm = recipe.epochs * epoch, 0, _MAX_GRADIENT_NORMS[recipe.objective]
    while progress.taken < total:
        rows = _rows(progress, len(dataset.pixels), epoch, recipe, generator)
        x = vae.likelihood.observe(dataset.pixels[rows], generator).to(device)
        progress.optimiser.param_groups[0]["lr"] = recipe.learning_rate * one_cycle(_progress(progress.taken, total))
        weight_now = weight(progress.taken, total, recipe)
        batch = objective(vae, x, generator)
        skipped = 0 if _descend(progress.optimiser, batch, weight_now, max_norm) else skipped + 1
        if skipped == min(_MAX_SKIPPED, total):
            raise TrainingError("The loss is no longer a finite number. Lower the learning rate and train again.")
        progress.taken += 1
        yield Step(progress.taken, total, batch.reconstruction.mean().item(), batch.kl.mean().item(), weight_now)


def _rows(progress: Progress, images: int, epoch: int, recipe: Recipe, generator: torch.Generator) -> Tensor:
    """The images of the next batch; a new epoch has a new order."""
    batch = progress.taken % epoch
    if batch == 0 or progress.order is None:
        progress.order = torch.randperm(images, generator=generator)
    return progress.order[batch * recipe.batch_size : (batch + 1) * recipe.batch_size]


def _bound(vae: VAE, x: Tensor, generator: torch.Generator) -> Terms:
    return terms(vae, x, torch.randn(1, len(x), LATENTS, generator=generator).to(x.device))


def _likelihood(vae: VAE, x: Tensor, generator: torch.Generator) -> Terms:
    return lattice_terms(vae, x, lattice(POINTS, generator).to(x.device))


_OBJECTIVES = {"elbo": _bound, "lattice": _likelihood, "dial": dial_terms}


def _progress(taken: int, total: int) -> float:
    return (taken + 1) / max(total, 2)  # at least 2, so that a run of one step has a learning rate above 0


def _descend(optimiser: torch.optim.Optimizer, batch: Terms, weight: float, max_norm: float) -> bool:
    """Take one step if its loss and gradient are finite; returns whether it was taken."""
    loss = batch.loss(weight).mean()
    if not torch.isfinite(loss):
        return False
    optimiser.zero_grad()
    loss.backward()
    norm = torch.nn.utils.clip_grad_norm_(optimiser.param_groups[0]["params"], max_norm)
    if not torch.isfinite(norm):
        return False
    optimiser.step()
    return True
