"""The run manager's clock, which does not count the time while the computer sleeps."""

from collections.abc import Callable

MAX_GAP_S = 5.0
"""The maximum of seconds that count between two readings."""


class AwakeClock:
    """Seconds since its creation, without long gaps between readings.

    After a suspended laptop or a paused virtual machine there is one long gap between two readings. Neither the run nor
    the manager did anything in it, so it must not count towards a limit. ``clock`` is monotonic, in seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._last = clock()
        self._seconds = 0.0

    def read(self) -> float:
        """The seconds so far. Call it at least every MAX_GAP_S."""
        now = self._clock()
        self._seconds += min(now - self._last, MAX_GAP_S)
        self._last = now
        return self._seconds
