"""A worker process: started, checked against its limits, and killed if necessary."""

import errno
import os
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from explorer.runs import disk
from explorer.runs.files import RunFiles, Status

CANCEL_S = 3.0


class WorkerProcess:
    """The process of one run. Its standard input closes when the server ends, which makes it exit.

    ``now`` is the manager's time in seconds, see AwakeClock.
    """

    def __init__(self, command: Sequence[str], files: RunFiles, folder: Path, now: float) -> None:
        """Start ``command`` in ``folder``. Raises OSError."""
        self.status = files.status
        self.started = now
        self.kill_reason = ""  # why the manager ended it
        self.paused_for = 0.0
        self.kill_at = float("inf")
        self._running_at = now  # the last time it was not paused
        self._last_change = None, now  # the last status that differed from the one before, and its time
        environment = os.environ | {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
        with files.log.open("wb") as log:
            # Its own process group, so that all its processes can be killed together. Not its own session: Linux
            # gives each session an autogroup, and nice has an effect only inside one autogroup.
            self.process = subprocess.Popen(
                [*command, str(files.folder), str(files.frames)],
                cwd=folder, env=environment, stdin=subprocess.PIPE, stdout=log, stderr=log, process_group=0,
            )  # fmt: skip

    @property
    def cancelled(self) -> bool:
        """Whether it was cancelled and will be killed soon."""
        return self.kill_at < float("inf")

    def cancel(self, now: float) -> None:
        """Give it CANCEL_S seconds to end by itself; only the first call counts."""
        self.kill_at = min(self.kill_at, now + CANCEL_S)

    def check(self, now: float, wall_s: float, silence_s: float) -> int | None:
        """Its exit status if it has ended, else None; kills it if it has exceeded a limit."""
        code = self.process.poll()
        if code is not None:
            self._close_input()
            return code
        status = Status.read(self.status)
        if status is None or status.state != "paused":
            self._running_at = now
        self.paused_for = now - self._running_at
        if not self.kill_reason and now - self.started > wall_s:
            self.kill_reason = f"Stopped after {wall_s / 60:.0f} minutes, which is the limit. Train fewer epochs."
        if not self.kill_reason and self._silence(status, now) > silence_s:
            self.kill_reason = f"Stopped: the worker gave no sign of life for {silence_s:.0f} s. Start it again."
        if self.kill_reason or now > self.kill_at:
            self.kill()
        return None

    def _silence(self, status: Status | None, now: float) -> float:
        """Seconds without a sign of life, divided by a factor in states with long silences."""
        # The time in the status is not used, because the computer's clock may be set during a run.
        if status is not None and status != self._last_change[0]:
            self._last_change = status, now
        # A mirror may time out at each of its addresses, and the final evaluation is one long computation.
        factor = {"fetching": 5, "evaluating": 5}.get(status.state if status else "", 1)
        return (now - self._last_change[1]) / factor

    def kill(self) -> None:
        """Kill it and all its child processes."""
        with suppress(ProcessLookupError, PermissionError):
            if hasattr(os, "killpg"):
                os.killpg(self.process.pid, signal.SIGKILL)
            else:
                self.process.kill()

    def end(self) -> None:
        """Kill it and wait until it has ended."""
        self.kill()
        self._close_input()
        self.process.wait()

    def _close_input(self) -> None:
        if self.process.stdin:
            self.process.stdin.close()


def final_status(worker: WorkerProcess, code: int, room: bool) -> tuple[str, str]:
    """The final state and sentence of a run whose worker ended without writing any. ``room``: whether the disk has
    room."""
    if worker.kill_reason:
        return "failed", worker.kill_reason
    if worker.cancelled:
        return "cancelled", "Cancelled."
    if code == disk.EXIT_STATUS or not room:
        return "failed", f"{disk.explain(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))} Then start the run again."
    return "failed", f"The worker ended {describe_exit(code)}. Start it again."


def describe_exit(code: int) -> str:
    """An exit status in words."""
    if code >= 0:
        return f"with exit status {code}"
    names = {number.value: number.name for number in signal.Signals}
    return f"by {names.get(-code, f'signal {-code}')}"
