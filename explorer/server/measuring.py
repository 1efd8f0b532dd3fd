"""Measures of kept models, computed in the background, one process at a time, and stored beside the models."""

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
"""The time limit for one model; a shipped model takes 6 s."""
_COMMAND = (sys.executable, "-m", "explorer.runs.lifeline", "models", "measure")
_MAX_BYTES = 64 << 10  # of a result, which has about 400


class MeasuringError(RuntimeError):
    """A model could not be measured; the message says why."""


class Measurer:
    """A queue of checkpoints in front of one process. Safe to call from any thread.

    ``command`` takes a file and --json and prints the measures; it is killed after ``seconds``. Folders, one per
    visitor, take turns, so that the files of one visitor delay another visitor by one file at most.
    """

    def __init__(self, command: Sequence[str] = _COMMAND, seconds: float = SECONDS) -> None:
        self.command = list(command)
        self.seconds = seconds
        self._lock = threading.Lock()
        self._work = threading.Semaphore(0)  # counts the waiting files
        self._waiting: dict[Path, deque[Path]] = {}  # the waiting files of each folder
        self._served: Path | None = None  # the folder of the last turn
        self._pending: set[Path] = set()  # waiting or being measured
        self._failed: set[Path] = set()
        self._process: subprocess.Popen | None = None
        self._thread: threading.Thread | None = None
        self._closed = False

    def measures_of(self, path: Path) -> tuple[dict[str, float] | None, bool]:
        """The measures of the checkpoint file ``path``, or None, and whether they are being computed.

        The first call starts the computation. A failed file is not tried again in this process.
        """
        with self._lock:
            found = _read(result_file(path))
            if found is None and path not in self._failed | self._pending:
                self._submit(path)
            return found, found is None and path in self._pending

    def close(self) -> None:
        """End the process and start no other, for the end of the server."""
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
                self._measure(path)
            except Exception as error:  # any error: all other models depend on this thread
                # A model that was deleted meanwhile may be saved again, so it does not count as failed.
                if path.exists() and not self._closed:
                    logging.getLogger(__name__).warning("%s could not be measured. %s", path.name, error)
                    with self._lock:
                        self._failed.add(path)
            with self._lock:
                self._pending.remove(path)

    def _next(self) -> Path:
        """The first file of the folder whose turn it is."""
        with self._lock:
            folder = next((each for each in self._waiting if each != self._served), None) or next(iter(self._waiting))
            self._served, files = folder, self._waiting.pop(folder)
            path = files.popleft()
            if files:
                self._waiting[folder] = files
            return path

    def _measure(self, path: Path) -> None:
        text = self._output(path)
        measures = _parse(text)
        if measures is None:
            raise MeasuringError(f"The command printed no measures but {text[:200]!r}.")
        if path.exists():
            write_atomically(result_file(path), json.dumps(measures).encode(), sync=False)

    def _output(self, path: Path) -> bytes:
        """The command's output for ``path``. Raises MeasuringError, OSError."""
        environment = os.environ | {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
        with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
            with self._lock:
                if self._closed:
                    raise MeasuringError("The server stops.")
                self._process = subprocess.Popen(
                    [*self.command, str(path), "--json"],
                    cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=output, stderr=errors,
                )  # fmt: skip
            # Not communicate(), which closes standard input and so makes the process exit.
            with self._process as process:
                try:
                    process.wait(self.seconds)
                except subprocess.TimeoutExpired:
                    process.kill()
                    raise MeasuringError(f"It took longer than {self.seconds:g} s.") from None
            if process.returncode:
                errors.seek(0)
                raise MeasuringError(errors.read(_MAX_BYTES).decode(errors="replace")[-1000:])
            output.seek(0)
            return output.read(_MAX_BYTES)


def result_file(checkpoint: Path) -> Path:
    """The file of the measures of the file ``checkpoint``."""
    return checkpoint.with_suffix(".measures.json")


def _read(path: Path) -> dict[str, float] | None:
    try:
        with path.open("rb") as file:
            return _parse(file.read(_MAX_BYTES))
    except OSError:
        return None


def _parse(text: bytes) -> dict[str, float] | None:
    """The measures in a JSON text, of a report or of a result file; None if it is damaged."""
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
    """The measurer of this process, created at the first call."""
    return Measurer()


def measures_of(path: Path) -> tuple[dict[str, float] | None, bool]:
    """See Measurer.measures_of."""
    return measurer().measures_of(path)
