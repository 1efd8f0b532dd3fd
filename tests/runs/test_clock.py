"""A run's limits are of time in which its worker could work: no suspended laptop, and no clock set anew, ends a run."""

import time
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.runs.clock import MAX_GAP_S, AwakeClock
from explorer.runs.files import Status
from explorer.runs.manager import Manager
from tests.runs.running import ANN, ENDLESS, HandClock, fake, process_of, until_state

Manage = Callable[..., Manager]


@pytest.fixture
def by_hand(manage: Manage, monkeypatch: pytest.MonkeyPatch) -> tuple[Manager, HandClock]:
    """A manager of 60 s of silence and 600 s a run that looks at its workers only when the test says so."""
    monkeypatch.setattr(Manager, "_watch", lambda self: None)
    clock = HandClock()
    return manage(worker=fake("mute"), silence_s=60, wall_s=600, clock=clock), clock


def pass_time(runs: Manager, clock: HandClock, seconds: float, gap: float = 1.0) -> None:
    """Let the manager look every ``gap`` seconds."""
    for _ in range(round(seconds / gap)):
        clock.now += gap
        runs._tick()


def begun(runs: Manager) -> str:
    name = runs.submit(ANN, ENDLESS)
    runs._tick()
    assert process_of(runs, name).poll() is None
    return name


def verdict(runs: Manager, name: str) -> str:
    return runs._workers[name].kill_reason


@given(st.lists(st.floats(0, 1e6), max_size=20))
def test_a_gap_counts_up_to_its_limit(gaps: list[float]) -> None:
    clock = HandClock()
    awake = AwakeClock(clock)
    for gap in gaps:
        clock.now += gap
        seconds = awake.read()
    if gaps:
        assert seconds == pytest.approx(sum(min(gap, MAX_GAP_S) for gap in gaps), abs=1e-6)


def test_a_silent_worker_is_ended_once_the_manager_has_waited(by_hand: tuple[Manager, HandClock]) -> None:
    runs, clock = by_hand
    name = begun(runs)
    pass_time(runs, clock, 60)
    assert verdict(runs, name) == ""
    pass_time(runs, clock, 2)
    assert "no sign of life for 60 s" in verdict(runs, name)


def test_a_computer_that_sleeps_ends_no_run(by_hand: tuple[Manager, HandClock]) -> None:
    runs, clock = by_hand
    name = begun(runs)
    for _ in range(10):
        pass_time(runs, clock, 3600, gap=3600)
    assert verdict(runs, name) == ""


def test_what_counts_is_that_the_status_changes_and_not_the_time_it_tells(by_hand: tuple[Manager, HandClock]) -> None:
    runs, clock = by_hand
    name = begun(runs)
    path, told = runs.store.files(name).status, Status("running")
    for number in range(5):
        replace(told, updated=1e6 * number).write(path)  # a clock that is set far back, then forward
        pass_time(runs, clock, 50)
        assert verdict(runs, name) == ""
    replace(told, updated=time.time() + 1e6).write(path)
    pass_time(runs, clock, 62)
    assert "no sign of life" in verdict(runs, name)


def test_a_run_that_works_longer_than_its_limit_is_ended(by_hand: tuple[Manager, HandClock]) -> None:
    runs, clock = by_hand
    name = begun(runs)
    for number in range(12):
        Status("running", step=number).write(runs.store.files(name).status)
        pass_time(runs, clock, 50)
    assert verdict(runs, name) == ""
    pass_time(runs, clock, 1)
    assert "Stopped after 10 minutes" in verdict(runs, name)


@pytest.mark.parametrize("shift", [-1e6, 1e6])
def test_a_dead_run_whose_status_tells_another_time_reads_interrupted(
    by_hand: tuple[Manager, HandClock], manage: Manage, shift: float
) -> None:
    runs, _ = by_hand
    name = begun(runs)
    Status("running", updated=time.time() + shift).write(runs.store.files(name).status)
    assert runs.snapshot(name).status.state == "running"
    assert until_state(manage(), name, "interrupted")
