"""Ctrl-C between two steps, so that what stops is whole."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def noted() -> Iterator[Callable[[], None]]:
    """Within the block Ctrl-C waits for the next call of what is given, which then raises KeyboardInterrupt."""
    asked = threading.Event()

    def stop_if_asked() -> None:
        if asked.is_set():
            raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, lambda *_: asked.set())
    try:
        yield stop_if_asked
    finally:
        signal.signal(signal.SIGINT, before)
