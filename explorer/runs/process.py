"""A worker process as the manager holds it: started, minded, and killed when it has to be."""

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
    """The process of one run. Its standard input closes with the server, which tells it to die.

    ``now`` is the manager's time in seconds, see AwakeClock.
    """

    def __init__(self, command: Sequence[str], files: RunFiles, folder: Path, now: float) -> None:
        """Start ``command`` in ``folder``. Raises OSError."""
        self.status = files.status
        self.started = now
        self.verdict = ""  # why the manager ended it
        self.paused_for = 0.0
        self.kill_at = float("inf")
        self._running_at = now  # when it was last seen not paused
        self._last_sign = None, now  # the status as it was last seen to change, and when
        environment = os.environ | {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
        with files.log.open("wb") as log:
            # A group of its own, to be killed as a whole, and not a session of its own: Linux gives each session
            # an autogroup, and nice orders processes inside one autogroup only.
            self.process = subprocess.Popen(
                [*command, str(files.folder), str(files.frames)],
                cwd=folder, env=environment, stdin=subprocess.PIPE, stdout=log, stderr=log, process_group=0,
            )  # fmt: skip

    @property
    def cancelled(self) -> bool:
        """Whether it was given its last seconds."""
        return self.kill_at < float("inf")

    def cancel(self, now: float) -> None:
        """Give it CANCEL_S to end by itself, once."""
        self.kill_at = min(self.kill_at, now + CANCEL_S)

    def mind(self, now: float, wall_s: float, silence_s: float) -> int | None:
        """Its exit status once it has ended; until then it is killed where a limit is passed."""
        code = self.process.poll()
        if code is not None:
            self._close_input()
            return code
        status = Status.read(self.status)
        if status is None or status.state != "paused":
            self._running_at = now
        self.paused_for = now - self._running_at
        if not self.verdict and now - self.started > wall_s:
            self.verdict = f"Stopped after {wall_s / 60:.0f} minutes, which is the limit. Train fewer epochs."
        if not self.verdict and self._silence(status, now) > silence_s:
            self.verdict = f"Stopped: the worker gave no sign of life for {silence_s:.0f} s. Start it again."
        if self.verdict or now > self.kill_at:
            self.kill()
        return None

    def _silence(self, status: Status | None, now: float) -> float:
        """Seconds without a sign of life, as far as they mean anything."""
        # Not by the time that the status tells, for the computer's clock may be set while a run goes on.
        if status is not None and status != self._last_sign[0]:
            self._last_sign = status, now
        # A mirror may keep one waiting, for each of its addresses, and the last measurement is one long sum.
        patience = {"fetching": 5, "evaluating": 5}.get(status.state if status else "", 1)
        return (now - self._last_sign[1]) / patience

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
        self._close_input()
        self.process.wait()

    def _close_input(self) -> None:
        if self.process.stdin:
            self.process.stdin.close()


def last_word(worker: WorkerProcess, code: int, room: bool) -> tuple[str, str]:
    """The state and the sentence of a run whose worker ended without any. ``room``: the disk takes small files."""
    if worker.verdict:
        return "failed", worker.verdict
    if worker.cancelled:
        return "cancelled", "Cancelled."
    if code == disk.EXIT_STATUS or not room:
        return "failed", f"{disk.complaint(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))} Then start the run again."
    return "failed", f"The worker ended {ending(code)}. Start it again."


def ending(code: int) -> str:
    """An exit status in words."""
    if code >= 0:
        return f"with exit status {code}"
    names = {number.value: number.name for number in signal.Signals}
    return f"by {names.get(-code, f'signal {-code}')}"
