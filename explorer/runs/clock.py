"""Time as the run manager measures it: what passes while the computer sleeps does not count."""

from collections.abc import Callable

MAX_GAP_S = 5.0
"""Seconds between two readings that count at most."""


class AwakeClock:
    """Seconds since its first reading, without those in which nobody could read it.

    A suspended laptop or a paused virtual machine comes back with one long gap between two readings. Neither the
    run nor the manager did anything in it, so that no limit may be reached by it. ``clock`` is monotonic, in seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._last = clock()
        self._seconds = 0.0

    def read(self) -> float:
        """The seconds so far; to be read more often than every MAX_GAP_S."""
        now = self._clock()
        self._seconds += min(now - self._last, MAX_GAP_S)
        self._last = now
        return self._seconds
