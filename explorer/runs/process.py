"""A worker process as the manager holds it: started, minded, and killed when it has to be."""

import os
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from explorer.runs.files import RunFiles, Status

CANCEL_S = 3.0


class WorkerProcess:
    """The process of one run. Its standard input closes with the server, which tells it to die."""

    def __init__(self, command: Sequence[str], files: RunFiles, folder: Path) -> None:
        """Start ``command`` in ``folder``. Raises OSError."""
        self.status = files.status
        self.started = time.monotonic()
        self.verdict = ""  # why the manager ended it
        self.kill_at = float("inf")
        self._running_at = self.started  # when it was last seen not paused
        environment = os.environ | {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
        with files.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*command, str(files.folder), str(files.frames)],
                cwd=folder, env=environment, stdin=subprocess.PIPE, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    @property
    def cancelled(self) -> bool:
        """Whether it was given its last seconds."""
        return self.kill_at < float("inf")

    @property
    def paused_for(self) -> float:
        """Seconds of the pause it is in."""
        return time.monotonic() - self._running_at

    def cancel(self) -> None:
        """Give it CANCEL_S to end by itself, once."""
        self.kill_at = min(self.kill_at, time.monotonic() + CANCEL_S)

    def mind(self, wall_s: float, silence_s: float) -> int | None:
        """Its exit status once it has ended; until then it is killed where a limit is passed."""
        code = self.process.poll()
        if code is not None:
            self.process.stdin.close()
            return code
        status, now = Status.read(self.status), time.monotonic()
        if status is None or status.state != "paused":
            self._running_at = now
        age = now - self.started
        if not self.verdict and age > wall_s:
            self.verdict = f"Stopped after {wall_s / 60:.0f} minutes, which is the limit. Train fewer epochs."
        if not self.verdict and age > silence_s and _silence(status) > silence_s:
            self.verdict = f"Stopped: the worker gave no sign of life for {silence_s:.0f} s. Start it again."
        if self.verdict or now > self.kill_at:
            self.kill()
        return None

    def kill(self) -> None:
        """End it and all that it has started."""
        with suppress(ProcessLookupError, PermissionError):
            if hasattr(os, "killpg"):
                os.killpg(self.process.pid, signal.SIGKILL)
            else:
                self.process.kill()

    def end(self) -> None:
        """Kill it and wait until it is gone."""
        self.kill()
        self.process.stdin.close()
        self.process.wait()


def _silence(status: Status | None) -> float:
    """Seconds without a sign of life, as far as they mean anything."""
    if status is None:
        return float("inf")
    # A mirror may keep one waiting, for each of its addresses, and the last measurement is one long sum.
    patience = {"fetching": 5, "evaluating": 5}.get(status.state, 1)
    return (time.time() - status.updated) / patience


def ending(code: int) -> str:
    """An exit status in words."""
    if code >= 0:
        return f"with exit status {code}"
    names = {number.value: number.name for number in signal.Signals}
    return f"by {names.get(-code, f'signal {-code}')}"
