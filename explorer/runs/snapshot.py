"""The state of a run, as the pages read it."""

import time
from dataclasses import dataclass

from explorer.runs.files import Control, Status
from models.recipe import Recipe

STALE_S = 10.0


@dataclass(frozen=True)
class Snapshot:
    """A run at one moment. ``place`` in the queue counts from 1; 0 means not queued. ``mine``: the visitor is its
    owner."""

    name: str
    recipe: Recipe
    base: str
    status: Status
    control: Control
    place: int
    mine: bool


def is_stale(status: Status) -> bool:
    """Whether the worker of a run that has not ended is gone, judged by the time of its status.

    A time in the future is no sign of life either: the clock was set back, or the file is damaged.
    """
    return not status.ended and abs(time.time() - status.updated) >= STALE_S
