"""A run shows what it does, obeys its owner at the next step, repeats by its recipe, and says what went wrong."""

import math
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
import torch

from explorer.runs.files import Control, RunFiles
from explorer.runs.limits import RefusedError
from explorer.runs.manager import Manager
from explorer.runs.store import Store
from explorer.runs.worker import TABLE, ControlReader, Worker
from models import checkpoint, data
from models.dial import network
from models.recipe import MAX_KL_CHANGES, Recipe
from models.training import best_device, kl_weight, train
from models.vae import VAE
from tests.conftest import seeded
from tests.runs.running import (
    BRIEF,
    ENDLESS,
    failure,
    frame_tensors,
    patched,
    process_of,
    status,
    until,
    until_settled,
    until_state,
)

Manage = Callable[..., Manager]
TOTAL = 2 * 23
# The highest rate that the form offers; without a bound above on sigma it ends in NaN.
WILD = Recipe("digits", 1, 8, (512, 512), 64, 0.1, kl_warm_up=0.5, likelihood="gaussian")
DIAL = replace(BRIEF, objective="dial")
RECIPES = {"plain": BRIEF, "dial": DIAL, "steered": BRIEF, "cancelled": ENDLESS, "killed": ENDLESS, "wild": WILD}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Manager]:
    """A manager of as many runs as tests ask for."""
    folder = tmp_path_factory.mktemp("worker")
    manager = Manager(Store(folder / "runs", folder / "frames"), slots=len(RECIPES), worker=patched())
    yield manager
    manager.close()


def started(runs: Manager, visitor: str) -> str:
    """The run of ``visitor``, paused before its first step."""
    name = runs.submit(visitor, RECIPES[visitor])
    runs.steer(name, visitor, paused=True)
    assert until_state(runs, name, "paused").status.step == 0
    return name


def trained(recipe: Recipe) -> dict[str, torch.Tensor]:
    """The weights that the recipe gives here, without any worker."""
    generator = seeded(recipe.seed)
    vae = VAE(recipe.hidden, generator, recipe.likelihood).to(best_device())
    for _ in train(vae, data.load("digits", "train"), recipe, generator):
        pass
    return checkpoint.half_weights(vae)


def same(weights: dict[str, torch.Tensor], others: dict[str, torch.Tensor]) -> bool:
    return weights.keys() == others.keys() and all(weight.equal(others[name]) for name, weight in weights.items())


def test_a_run_that_is_left_alone_is_the_recipe_carried_out(runs: Manager) -> None:
    name = started(runs, "plain")
    runs.steer(name, "plain", paused=False)
    found, record, files = until_settled(runs, name), runs.record(name), runs.store.files(name)
    assert (found.status.state, found.status.step, found.status.total) == ("done", TOTAL, TOTAL), found.status.sentence
    made = checkpoint.read(files.checkpoint)
    assert f"{made.metrics['negative_elbo']:.1f} nats per image over all 360" in found.status.sentence
    assert made.recipe == BRIEF
    assert same(made.weights, trained(BRIEF))
    assert (record.epoch, record.images, record.changes) == (23, 360, [])
    assert record.training["step"] == list(range(1, TOTAL + 1))
    steps = [frame["step"] for frame in record.frames]
    assert (steps[0], steps[-1]) == (0, TOTAL)
    assert all(before < after for before, after in pairwise(steps))
    assert [frame["weight"] for frame in record.frames[1:]] == [kl_weight(step - 1, TOTAL, BRIEF) for step in steps[1:]]
    assert runs.snapshot(name).control.weight < 0
    assert set(files.frames.iterdir()) == {path(step) for path in (files.frame, files.encoder) for step in steps}
    last = frame_tensors(files.frame(TOTAL))
    assert same({part: weight for part, weight in made.weights.items() if part in last}, without_codes(last))
    assert last["codes.label"].equal(made.codes.label)


def without_codes(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name: tensor for name, tensor in tensors.items() if not name.startswith("codes.")}


@pytest.mark.slow
def test_a_hand_on_the_run_acts_at_the_next_step_and_its_recipe_repeats_it(runs: Manager) -> None:
    name = started(runs, "steered")

    def take_a_step() -> None:
        before = status(runs, name).step
        runs.step(name, "steered")
        until(lambda: status(runs, name).step > before)

    take_a_step()
    runs.steer(name, "steered", weight=0)
    take_a_step()
    take_a_step()
    first = status(runs, name)
    until(lambda: status(runs, name).updated > first.updated + 1)  # a sign of life, and not a step
    now = status(runs, name)
    assert (now.state, now.step, now.weight) == ("paused", 3, 0)
    frames = runs.record(name).frames
    assert [(frame["step"], frame["weight"]) for frame in frames] == [
        (0, kl_weight(0, TOTAL, BRIEF)),
        (1, kl_weight(0, TOTAL, BRIEF)),
        (2, 0),
        (3, 0),
    ]
    runs.steer(name, "steered", weight=2.5)
    runs.steer(name, "steered", paused=False)
    assert until_settled(runs, name).status.state == "done"
    made = checkpoint.read(runs.store.files(name).checkpoint)
    assert made.recipe.kl_changes == ((1, 0.0), (3, 2.5))
    assert runs.record(name).changes == [{"step": 1, "weight": 0.0}, {"step": 3, "weight": 2.5}]
    assert same(made.weights, trained(made.recipe))
    assert not same(made.weights, trained(BRIEF))


@pytest.mark.slow
def test_a_dial_is_trained_as_the_recipe_says_and_shows_its_model_at_one(runs: Manager) -> None:
    name = started(runs, "dial")
    with pytest.raises(RefusedError, match="none to set"):
        runs.steer(name, "dial", weight=0)
    runs.steer(name, "dial", paused=False)
    found, record, files = until_settled(runs, name), runs.record(name), runs.store.files(name)
    assert found.status.state == "done", found.status.sentence
    made = checkpoint.read(files.checkpoint)
    assert f"−ELBO {made.metrics['negative_elbo']:.1f} nats per image at β = 1" in found.status.sentence
    generator = seeded()
    dial = network(DIAL, generator).to(best_device())
    for _ in train(dial, data.load("digits", "train"), DIAL, generator):
        pass
    assert same(made.weights, checkpoint.half_weights(dial))
    assert made.table is not None
    assert torch.equal(made.table.betas, TABLE)
    assert {frame["weight"] for frame in record.frames} == {1}
    shown, at_one = frame_tensors(files.frame(TOTAL)), checkpoint.half_weights(made.vae(1.0))
    for part, weight in at_one.items():
        if part.startswith("decoder."):
            torch.testing.assert_close(
                shown[part], weight, atol=1e-3, rtol=1e-2
            )  # folded before it is rounded, or after


@pytest.mark.slow
def test_a_running_run_is_paused_and_cancelled_and_what_it_showed_stays(runs: Manager) -> None:
    name = started(runs, "cancelled")
    runs.steer(name, "cancelled", paused=False)
    until(lambda: status(runs, name).step > 30)
    until_state(runs, name, "running")
    runs.store.files(name).control.write_bytes(b'{"cancelled": tru')
    before = status(runs, name).step
    until(lambda: status(runs, name).step > before)  # a damaged control changes nothing
    runs.steer(name, "cancelled", paused=True)
    paused = until_state(runs, name, "paused").status
    assert max(frame["step"] for frame in runs.record(name).frames) <= paused.step
    runs.step(name, "cancelled")
    until(lambda: status(runs, name).step != paused.step)
    assert status(runs, name).step == paused.step + 1
    for _ in range(2):
        runs.cancel(name, "cancelled")
    assert until_settled(runs, name).status.state == "cancelled"
    assert [frame["step"] for frame in runs.record(name).frames][-1] == paused.step + 1
    assert all(runs.store.files(name).frame(frame["step"]).is_file() for frame in runs.record(name).frames)
    before = status(runs, name)
    runs.cancel(name, "cancelled")
    assert status(runs, name) == before


@pytest.mark.slow
def test_a_killed_worker_is_named_and_its_frames_stay(runs: Manager) -> None:
    name = started(runs, "killed")
    runs.steer(name, "killed", paused=False)
    until(lambda: len(runs.record(name).frames) > 2)
    process_of(runs, name).send_signal(signal.SIGKILL)
    found = until_settled(runs, name).status
    assert (found.state, "SIGKILL" in found.sentence) == ("failed", True)
    assert all(runs.store.files(name).frame(frame["step"]).is_file() for frame in runs.record(name).frames)


class Restless(ControlReader):
    """A hand that never keeps still."""

    def read(self) -> Control:
        self.control = Control(weight=self.control.weight + 1.125)
        return self.control


def test_a_hand_that_never_keeps_still_is_followed_as_far_as_a_recipe_can_tell(tmp_path: Path) -> None:
    recipe = Recipe("digits", epochs=5, hidden=(8,), batch_size=64)
    files = RunFiles(tmp_path / "run", tmp_path / "frames")
    files.folder.mkdir()
    worker = Worker(files, recipe)
    worker.control_reader = Restless(files.control)
    worker.run()
    made = checkpoint.read(files.checkpoint)
    assert len(made.recipe.kl_changes) == MAX_KL_CHANGES < 5 * 23
    assert same(made.weights, trained(made.recipe))


@pytest.mark.slow
def test_the_highest_learning_rate_reaches_the_end(runs: Manager) -> None:
    name = started(runs, "wild")
    runs.steer(name, "wild", paused=False)
    found = until_settled(runs, name).status
    assert (found.state, found.step) == ("done", found.total), found.sentence
    assert_finite(runs, name)


OVERFLOWS = """
from models import training
taken, descend = [], training._descend
training._descend = lambda *given: not taken.append(1) and len(taken) <= 20 and descend(*given)
training._MAX_SKIPPED = 5
"""


@pytest.mark.slow
def test_a_run_whose_steps_all_overflow_ends_and_what_it_reached_stays(manage: Manage) -> None:
    """No step after the twentieth is taken."""
    runs = manage(worker=patched(OVERFLOWS))
    assert "Lower the learning rate" in failure(runs, BRIEF)
    (frames,) = runs.store.frames.iterdir()
    assert_finite(runs, frames.name)
    assert checkpoint.read(runs.store.files(frames.name).checkpoint).recipe == BRIEF


def assert_finite(runs: Manager, name: str) -> None:
    """Nothing that a page reads of the run holds NaN."""
    record, files = runs.record(name), runs.store.files(name)
    assert all(map(math.isfinite, record.training["kl"]))
    assert record.frames[0]["step"] == 0
    for frame in record.frames:
        assert all(map(math.isfinite, frame.values()))
        assert all(tensor.isfinite().all() for tensor in frame_tensors(files.frame(frame["step"])).values())


@pytest.mark.slow
def test_a_full_disk_ends_the_run_with_the_remedy(manage: Manage) -> None:
    """The limit lets the small files through and no frame."""
    limit = "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))"
    runs = manage(worker=patched(limit))
    assert "The server's disk is full" in failure(runs, BRIEF)
    (frames,) = runs.store.frames.iterdir()
    assert list(frames.iterdir()) == []
