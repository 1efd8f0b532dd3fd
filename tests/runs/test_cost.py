"""The forecast grows with the work, and measuring for it leaves the process as it was."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
import torch

from explorer.runs import cost
from models.recipe import Recipe
from tests.conftest import global_generators_untouched

RECIPE = Recipe("digits", epochs=5, hidden=(64,))


@pytest.fixture
def two_threads() -> Iterator[None]:
    """As in a server, where torch has more threads than one."""
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("two_threads")
def test_the_measurement_leaves_threads_and_generators_alone() -> None:
    cost._measured_in.cache_clear()
    with global_generators_untouched():
        assert cost.seconds(RECIPE) > 0
    assert torch.get_num_threads() == 2


def test_the_forecast_grows_with_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """At a speed of ours: a busy machine may measure that a step costs nothing besides its images."""
    monkeypatch.setattr(cost, "_measured", lambda: cost._Speed(step=1e-3, image=1e-5, weight=1e-11))
    more = [{"epochs": 6}, {"hidden": (1024,)}, {"hidden": (64, 512)}, {"dataset": "mnist"}, {"batch_size": 32}]
    for change in more:
        assert cost.seconds(replace(RECIPE, **change)) > cost.seconds(RECIPE), change


def test_a_second_forecast_measures_nothing_and_a_later_one_measures_again(monkeypatch: pytest.MonkeyPatch) -> None:
    speeds = iter([cost._Speed(step=5e-3, image=1e-4, weight=1e-10), cost._Speed(step=1e-3, image=1e-5, weight=1e-11)])
    monkeypatch.setattr(cost, "_measure", lambda: next(speeds))
    cost._measured_in.cache_clear()
    now = cost.time.monotonic()
    busy = cost.seconds(RECIPE)
    monkeypatch.setattr(cost.time, "monotonic", lambda: now)
    assert cost.seconds(RECIPE) == busy
    monkeypatch.setattr(cost.time, "monotonic", lambda: now + cost._FRESH_S)
    assert cost.seconds(RECIPE) < busy
    cost._measured_in.cache_clear()
