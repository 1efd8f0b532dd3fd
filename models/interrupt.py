"""Ctrl-C takes effect between two steps, so that the state is consistent."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def deferred() -> Iterator[Callable[[], None]]:
    """Within the block, Ctrl-C has no effect until the next call of the yielded function, which raises
    KeyboardInterrupt."""
    asked = threading.Event()

    def stop_if_asked() -> None:
        if asked.is_set():
            raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, lambda *_: asked.set())
    try:
        yield stop_if_asked
    finally:
        signal.signal(signal.SIGINT, before)
