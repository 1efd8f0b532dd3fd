"""Measures of kept models, made in the background: one process at a time for the whole server, and kept beside them."""

import atexit
import json
import logging
import os
import subprocess
import sys
import tempfile
import threading
from collections import deque
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from explorer.runs.store import ROOT
from models import report
from models.files import is_number, write_atomically
from models.measures import UNITS

SECONDS = 60.0
"""For one model; those of the gallery take 6 s of a processor."""
_COMMAND = (sys.executable, "-m", "explorer.runs.lifeline", "models", "measure")
_MAX_BYTES = 64 << 10  # of a result, which has some 400


class MeasuringError(RuntimeError):
    """A model could not be measured; the message says why."""


class Measurer:
    """A queue of checkpoints in front of one process. Safe to call from any thread.

    ``command`` takes a file and --json and prints the measures; it is killed after ``seconds``. Visitors, each with a
    folder, take turns, so that the many or slow files of one visitor hold up another visitor by one file at most.
    """

    def __init__(self, command: Sequence[str] = _COMMAND, seconds: float = SECONDS) -> None:
        self.command = list(command)
        self.seconds = seconds
        self._lock = threading.Lock()
        self._work = threading.Semaphore(0)  # counts the files that wait
        self._waiting: dict[Path, deque[Path]] = {}  # the files of each folder
        self._served: Path | None = None  # the folder that had the last turn
        self._pending: set[Path] = set()  # in the queue or at work
        self._failed: set[Path] = set()
        self._process: subprocess.Popen | None = None
        self._thread: threading.Thread | None = None
        self._closed = False

    def measures_of(self, path: Path) -> tuple[dict[str, float] | None, bool]:
        """The measures of the checkpoint file ``path``, or None, and whether they are being made just now.

        The first to ask has them made. What has failed is not tried again in this process.
        """
        with self._lock:
            found = _read(result_file(path))
            if found is None and path not in self._failed | self._pending:
                self._submit(path)
            return found, found is None and path in self._pending

    def close(self) -> None:
        """End the process and start no other, as the server's end does."""
        with self._lock:
            self._closed = True
            if self._process is not None:
                self._process.kill()

    def _submit(self, path: Path) -> None:
        self._pending.add(path)
        self._waiting.setdefault(path.parent, deque()).append(path)
        self._work.release()
        if self._thread is None:
            atexit.register(self.close)
            self._thread = threading.Thread(target=self._run, name="measurer", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while not self._closed:
            self._work.acquire()
            path = self._next()
            try:
                self._make(path)
            except Exception as error:  # whatever it was: every other model waits on this thread
                # A model that has been forgotten meanwhile may be kept again.
                if path.exists() and not self._closed:
                    logging.getLogger(__name__).warning("%s could not be measured. %s", path.name, error)
                    with self._lock:
                        self._failed.add(path)
            with self._lock:
                self._pending.remove(path)

    def _next(self) -> Path:
        """The first file of the folder whose turn it is; the folder's other files wait for its next turn."""
        with self._lock:
            folder = next((each for each in self._waiting if each != self._served), None) or next(iter(self._waiting))
            self._served, files = folder, self._waiting.pop(folder)
            path = files.popleft()
            if files:
                self._waiting[folder] = files
            return path

    def _make(self, path: Path) -> None:
        text = self._output(path)
        measures = _parse(text)
        if measures is None:
            raise MeasuringError(f"The command printed no measures but {text[:200]!r}.")
        if path.exists():
            write_atomically(result_file(path), json.dumps(measures).encode(), sync=False)

    def _output(self, path: Path) -> bytes:
        """What the command prints of ``path``. Raises MeasuringError, OSError."""
        environment = os.environ | {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
        with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as complaints:
            with self._lock:
                if self._closed:
                    raise MeasuringError("The server stops.")
                self._process = subprocess.Popen(
                    [*self.command, str(path), "--json"],
                    cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=output, stderr=complaints,
                )  # fmt: skip
            # Not communicate(), which would close its standard input, the sign for it to end.
            with self._process as process:
                try:
                    process.wait(self.seconds)
                except subprocess.TimeoutExpired:
                    process.kill()
                    raise MeasuringError(f"It took longer than {self.seconds:g} s.") from None
            if process.returncode:
                complaints.seek(0)
                raise MeasuringError(complaints.read(_MAX_BYTES).decode(errors="replace")[-1000:])
            output.seek(0)
            return output.read(_MAX_BYTES)


def result_file(checkpoint: Path) -> Path:
    """Where the measures of the file ``checkpoint`` lie."""
    return checkpoint.with_suffix(".measures.json")


def _read(path: Path) -> dict[str, float] | None:
    try:
        with path.open("rb") as file:
            return _parse(file.read(_MAX_BYTES))
    except OSError:
        return None


def _parse(text: bytes) -> dict[str, float] | None:
    """The measures in a JSON text, a report or what was kept of one; None where it is damaged."""
    try:
        values = json.loads(text)
        if isinstance(values, dict) and "measures" in values:
            values = report.values(text)
    except (ValueError, RecursionError):
        return None
    found = {name: values[name] for name in UNITS if name in values} if isinstance(values, dict) else {}
    return found if found and all(map(is_number, found.values())) else None


@cache
def measurer() -> Measurer:
    """The one measurer of this process."""
    return Measurer()


def measures_of(path: Path) -> tuple[dict[str, float] | None, bool]:
    """See Measurer.measures_of."""
    return measurer().measures_of(path)
