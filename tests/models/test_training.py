"""Training learns, counts its steps, keeps its randomness to itself, and stops with a sentence."""

import math
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise, zip_longest

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from models.data import Dataset
from models.evaluation import encode_dataset, summarise
from models.likelihood import LIKELIHOODS
from models.recipe import Recipe
from models.training import Step, TrainingError, kl_weight, one_cycle, settles_at, steps_per_epoch, train
from models.vae import VAE
from tests.conftest import global_generators_untouched, seeded


def start(dataset: Dataset, recipe: Recipe) -> tuple[VAE, Iterator[Step]]:
    generator = seeded(recipe.seed)
    vae = VAE(recipe.hidden, generator)
    return vae, train(vae, dataset, recipe, generator)


def small(beta: float = 1.0, epochs: int = 10, seed: int = 0) -> Recipe:
    return Recipe("digits", beta, epochs, (32,), batch_size=64, seed=seed)


def weights(vae: VAE) -> torch.Tensor:
    return torch.nn.utils.parameters_to_vector(vae.parameters()).detach()


def test_the_loss_falls_on_digits(digits: Dataset) -> None:
    losses = [step.reconstruction + step.kl for step in start(digits, small())[1]]
    assert sum(losses[-20:]) / 20 < 0.7 * losses[0]


@pytest.mark.slow
def test_without_kl_training_narrows_q(digits: Dataset) -> None:
    metrics = {}
    for beta in (0, 1):
        vae, steps = start(digits, small(beta, epochs=6))
        assert len(list(steps)) == 6 * 23
        metrics[beta] = summarise(encode_dataset(vae, digits))
    assert metrics[0]["mean_sigma"] < 0.7 * metrics[1]["mean_sigma"]
    assert metrics[0]["kl"] > metrics[1]["kl"]


def test_two_runs_at_once_are_two_runs_alone(tiny_dataset: Dataset) -> None:
    choices = [Recipe("digits", epochs=3, hidden=(8,), batch_size=8, seed=seed) for seed in (1, 2)]
    alone = [start(tiny_dataset, recipe) for recipe in choices]
    alone_steps = [list(steps) for _, steps in alone]
    together = [start(tiny_dataset, recipe) for recipe in choices]
    taken = list(zip_longest(*(steps for _, steps in together)))
    assert [list(steps) for steps in zip(*taken, strict=True)] == alone_steps
    assert all(torch.equal(weights(a), weights(b)) for (a, _), (b, _) in zip(alone, together, strict=True))
    assert not torch.equal(weights(alone[0][0]), weights(alone[1][0]))


def test_no_global_generator_is_drawn_from(tiny_dataset: Dataset) -> None:
    with global_generators_untouched():
        list(start(tiny_dataset, small(epochs=2))[1])


@pytest.mark.parametrize(("batch_size", "an_epoch"), [(20, 1), (19, 2), (7, 3), (1, 20)])
def test_the_steps_are_counted_whole_epochs(tiny_dataset: Dataset, batch_size: int, an_epoch: int) -> None:
    steps = list(start(tiny_dataset, Recipe("digits", epochs=2, hidden=(8,), batch_size=batch_size))[1])
    assert [step.number for step in steps] == list(range(1, 2 * an_epoch + 1))
    assert {step.total for step in steps} == {2 * an_epoch}


def test_a_step_is_taken_before_it_is_told(tiny_dataset: Dataset) -> None:
    vae, steps = start(tiny_dataset, Recipe("digits", epochs=2, hidden=(8,), batch_size=10))
    before = weights(vae)
    for step in steps:
        # The cycle ends at or near zero, so the last step may stand still.
        assert step.number == step.total or not torch.equal(weights(vae), before)
        before = weights(vae)


def test_a_single_step_trains(tiny_dataset: Dataset) -> None:
    vae, steps = start(tiny_dataset, Recipe("digits", epochs=1, hidden=(8,), batch_size=20))
    before = weights(vae)
    assert len(list(steps)) == 1
    assert not torch.equal(weights(vae), before)


def test_a_run_can_be_left_after_any_step(tiny_dataset: Dataset) -> None:
    vae, steps = start(tiny_dataset, small())
    next(steps)
    steps.close()
    assert weights(vae).isfinite().all()


@pytest.mark.parametrize("epochs", [10, 200])
def test_a_run_of_overflowing_losses_stops_with_the_remedy_and_spares_the_weights(
    tiny_dataset: Dataset, epochs: int
) -> None:
    vae, steps = start(tiny_dataset, small(epochs=epochs))
    torch.nn.init.constant_(vae.encoder[-1].bias, 1e30)  # the square of the mean is beyond float32
    before = weights(vae)
    taken = []
    with pytest.raises(TrainingError, match=r"Lower the learning rate.*\.$"):
        taken.extend(steps)
    assert len(taken) == min(100, epochs) - 1
    assert torch.equal(weights(vae), before)


def test_a_sigma_that_explodes_has_a_finite_loss_and_comes_back(tiny_dataset: Dataset) -> None:
    """The cause of NaN at a high learning rate: exp(2 * 45), a variance, is beyond float32."""
    vae, steps = start(tiny_dataset, small(epochs=200))
    torch.nn.init.constant_(vae.encoder[-1].bias, 45.0)
    taken = list(steps)
    assert all(math.isfinite(step.reconstruction + step.kl) for step in taken)
    assert taken[-1].kl < taken[0].kl / 1e3


@pytest.mark.slow
@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_the_highest_learning_rate_reaches_the_end_without_a_skipped_step(digits: Dataset, likelihood: str) -> None:
    recipe = Recipe("digits", epochs=8, batch_size=64, learning_rate=0.1, likelihood=likelihood)
    generator = seeded(recipe.seed)
    vae = VAE.of(recipe, generator)
    assert all(math.isfinite(step.reconstruction + step.kl) for step in train(vae, digits, recipe, generator))
    assert summarise(encode_dataset(vae, digits, samples=1))["mean_sigma"] > 0
    assert weights(vae).isfinite().all()


@pytest.mark.parametrize("huge", [math.inf, 1e36], ids=["the loss", "the gradient alone"])
def test_a_step_that_overflows_is_skipped_and_the_run_goes_on(tiny_dataset: Dataset, huge: float) -> None:
    recipe = Recipe("digits", epochs=3, hidden=(8,), batch_size=10)
    vae, generator = VAE(recipe.hidden, seeded()), seeded()
    seen = [weights(vae)]
    for step in train(vae, tiny_dataset, recipe, generator, lambda taken, *_: huge if taken == 2 else 1.0):
        assert step.number == len(seen)
        seen.append(weights(vae).clone())
    assert [torch.equal(before, after) for before, after in pairwise(seen)] == [False] * 2 + [True] + [False] * 2 + [
        True
    ]


@given(st.floats(0, 1))
def test_one_cycle_is_a_share(progress: float) -> None:
    assert 0 <= one_cycle(progress) <= 1


def test_one_cycle_rises_to_its_peak_and_falls_to_zero_without_a_jump() -> None:
    shares = [one_cycle(step / 1000) for step in range(1001)]
    peak = shares.index(max(shares))
    assert (shares[0], shares[peak], peak) == (0, 1, 500)
    assert shares[-1] == pytest.approx(0, abs=1e-12)
    assert shares[: peak + 1] == sorted(shares[: peak + 1])
    assert shares[peak:] == sorted(shares[peak:], reverse=True)
    assert max(abs(after - before) for before, after in pairwise(shares)) < 0.004


def test_the_kl_weight_rises_in_a_straight_line_to_beta_and_stays() -> None:
    recipe = Recipe(beta=3, kl_warm_up=0.5)
    assert [kl_weight(taken, 100, recipe) for taken in (0, 24, 49, 74, 99)] == [0.06, 1.5, 3, 3, 3]


def test_without_a_warm_up_the_kl_weight_is_beta_from_the_start() -> None:
    assert kl_weight(0, 100, Recipe(beta=3, kl_warm_up=0)) == 3


@pytest.mark.parametrize(("warm_up", "settled"), [(0, 0), (0.1, 9), (0.5, 49), (1, 99)])
def test_from_the_step_that_is_told_on_the_kl_weight_stays(warm_up: float, settled: int) -> None:
    recipe = Recipe(beta=3, kl_warm_up=warm_up)
    assert settles_at(100, recipe) == settled
    assert {kl_weight(taken, 100, recipe) for taken in range(settled, 101)} == {3}
    assert all(kl_weight(taken, 100, recipe) < 3 for taken in range(settled))


def test_from_a_change_on_the_kl_weight_is_what_the_latest_one_says() -> None:
    recipe = Recipe(beta=3, kl_warm_up=0.5, kl_changes=((25, 0.0), (40, 7.0), (60, 1.0)))
    assert [kl_weight(taken, 100, recipe) for taken in (24, 25, 39, 40, 59, 60, 99)] == [1.5, 0, 0, 7, 7, 1, 1]
    assert kl_weight(0, 100, Recipe(beta=3, kl_changes=((0, 0.5),))) == 0.5


def test_the_weight_is_asked_before_each_step_and_told_after_it(tiny_dataset: Dataset) -> None:
    recipe = Recipe("digits", epochs=2, hidden=(8,), batch_size=10)
    asked: list[tuple[int, int]] = []

    def hand(taken: int, total: int, given: Recipe) -> float:
        assert given is recipe
        asked.append((taken, total))
        return taken / 4

    vae = VAE(recipe.hidden, seeded())
    told = []
    for step in train(vae, tiny_dataset, recipe, seeded(), hand):
        assert len(asked) == step.number
        told.append(step.weight)
    assert asked == [(taken, 4) for taken in range(4)]
    assert told == [0, 0.25, 0.5, 0.75]


def test_a_step_tells_the_schedules_weight(tiny_dataset: Dataset) -> None:
    recipe = Recipe("digits", 3, epochs=2, hidden=(8,), batch_size=10, kl_changes=((3, 0.0),))
    steps = list(start(tiny_dataset, recipe)[1])
    assert [step.weight for step in steps] == [1.5, 3, 3, 0]


@settings(max_examples=20)
@given(st.dictionaries(st.integers(0, 15), st.sampled_from([0.0, 0.1, 1.0, 30.0]), max_size=4))
def test_the_changes_repeat_bit_for_bit_what_a_hand_did(tiny_dataset: Dataset, moves: dict[int, float]) -> None:
    recipe = Recipe("digits", epochs=4, hidden=(8,), batch_size=5)
    in_hand: list[float] = []

    def hand(taken: int, total: int, recipe: Recipe) -> float:
        in_hand.extend([moves[taken]] if taken in moves else [])
        return in_hand[-1] if in_hand else kl_weight(taken, total, recipe)

    generator = seeded(recipe.seed)
    live = VAE(recipe.hidden, generator)
    live_steps = list(train(live, tiny_dataset, recipe, generator, hand))
    again, steps = start(tiny_dataset, replace(recipe, kl_changes=tuple(sorted(moves.items()))))
    assert list(steps) == live_steps
    assert torch.equal(weights(again), weights(live))


@pytest.mark.parametrize(
    ("images", "batch_size", "steps"), [(20, 20, 1), (20, 19, 2), (1, 4096, 1), (60_000, 256, 235)]
)
def test_an_epoch_holds_every_image_once(images: int, batch_size: int, steps: int) -> None:
    assert steps_per_epoch(images, Recipe(batch_size=batch_size)) == steps


def test_grey_pixels_are_learnt_as_they_are(digits: Dataset) -> None:
    recipe = replace(small(), likelihood="gaussian")
    generator = seeded(recipe.seed)
    vae = VAE(recipe.hidden, generator, recipe.likelihood)
    losses = [step.reconstruction + step.kl for step in train(vae, digits, recipe, generator)]
    # ln(0.2 sqrt(2 pi)) = -0.69 nats a pixel is what a perfect reconstruction would leave.
    assert -0.69 * 784 < sum(losses[-20:]) / 20 < losses[0] - 100
