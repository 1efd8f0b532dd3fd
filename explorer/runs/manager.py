"""The run manager: it checks submissions, queues runs, and starts, watches and ends worker processes.

It lives as long as the server's process. It is not in a Streamlit cache, which any visitor can clear.
"""

import atexit
import hashlib
import logging
import secrets
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cache

from explorer.runs import disk, limits, lock
from explorer.runs.clock import AwakeClock
from explorer.runs.files import Control, Record, RunSpec, Status, is_run_name
from explorer.runs.limits import WALL_S, RefusedError
from explorer.runs.process import WorkerProcess, final_status
from explorer.runs.snapshot import Snapshot, is_stale
from explorer.runs.store import ROOT, Store, delete_leftovers, state_folder
from models.recipe import MAX_KL_CHANGES, Recipe, RecipeError

_TICK_S = 0.1
_ROOM_S = 30.0  # between two checks of the total size of all runs


class Manager:
    """A first-in first-out queue in front of ``slots`` worker processes. Safe to call from any thread.

    ``wall_s`` limits a run's time and ``silence_s`` the time without a sign of life, in seconds. ``worker`` is the
    command that executes a run. ``clock`` is monotonic.
    """

    def __init__(
        self,
        store: Store,
        *,
        slots: int | None = None,
        queue: int = limits.QUEUE,
        wall_s: float = WALL_S,
        silence_s: float = limits.SILENCE_S,
        worker: Sequence[str] = (sys.executable, "-m", "explorer.runs.worker"),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.store = store
        self.slots = slots or limits.default_slots()
        self.queue_limit = queue
        self.wall_s = wall_s
        self.silence_s = silence_s
        self.command = list(worker)
        self._lock = threading.RLock()
        self._queue: list[str] = []
        self._workers: dict[str, WorkerProcess] = {}
        self._specs: dict[str, RunSpec] = {}  # of queued and active runs
        self._clients: dict[str, str] = {}  # of queued runs, where addresses have limits
        self._clock = AwakeClock(clock)
        self._now = self._room_made = 0.0  # by that clock: the last tick, and the last call of make_room
        self._unsaved_status: dict[str, Status] = {}  # statuses that could not be written to the disk
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    def obstacle(self) -> str:
        """The reason why no run can be started or controlled here, or ""."""
        return "" if lock.is_ours(self.store.folder.parent) else lock.OTHER_SERVER

    def submit(self, visitor_id: str, recipe: Recipe, base: str = "", address: str | None = None) -> str:
        """Queue a run of ``recipe``, which repeats the run ``base``; returns the new run's name. Raises RefusedError.

        ``address``: the visitor's network address, which counts where addresses have limits.
        """
        if recipe.initial or recipe.folded_onto:
            raise RefusedError("Runs here start from random weights. Use the command line to continue a checkpoint.")
        if not recipe.has_encoder:
            raise RefusedError("Runs here train an encoder and a decoder. Use the command line to train one alone.")
        spec, client = RunSpec(recipe.to_json(), owner_hash(visitor_id), base, time.time()), limits.client(address)
        with self._lock:
            self._check_queue(spec.owner, client)
            name = secrets.token_hex(8)
            try:
                self.store.make_room(self._in_use() | {base})
                self.store.create(name, spec)
            except OSError as error:
                raise RefusedError(f"The server cannot store a run. {disk.explain(error)}") from error
            self._specs[name], self._clients[name] = spec, client
            self._queue.append(name)
            self._watch()
        return name

    def _check_queue(self, owner: str, client: str) -> None:
        if obstacle := self.obstacle():
            raise RefusedError(obstacle)
        if self._active(owner):
            raise RefusedError(
                "You have a run in progress, which this page shows when opened anew. Cancel it or wait for its end."
            )
        if len(self._queue) >= self.queue_limit:
            raise RefusedError(f"The queue is full: {len(self._queue)} runs wait. Try again in a few minutes.")
        waiting = sum(self._clients[name] == client for name in self._queue)
        if client and waiting >= limits.WAITING:
            raise RefusedError(f"{waiting} runs from your network address wait. Try again when one of them has begun.")

    def snapshot(self, name: str, visitor_id: str = "") -> Snapshot | None:
        """The current state of the run ``name``, or None if there is no such run."""
        if not is_run_name(name):
            return None
        spec = self._spec_of(name)
        try:
            recipe = Recipe.from_json(spec.recipe) if spec else None
        except RecipeError:
            recipe = None
        if spec is None or recipe is None:
            return None
        with self._lock:
            place = self._queue.index(name) + 1 if name in self._queue else 0
        control = Control.read(self.store.files(name).control) or Control()
        mine = bool(visitor_id) and spec.owner == owner_hash(visitor_id)
        return Snapshot(name, recipe, spec.base, self._status(name), control, place, mine)

    def runs_of(self, visitor_id: str) -> Iterator[Snapshot]:
        """The runs of ``visitor_id``, newest first, each read when it is requested."""
        return filter(None, (self.snapshot(name, visitor_id) for name in self.store.owned(owner_hash(visitor_id))))

    def record(self, name: str) -> Record:
        """The curves and frames of the run ``name`` so far."""
        return Record.read(self.store.files(name).record) or Record()

    def active(self, visitor_id: str) -> str:
        """The queued or active run of ``visitor_id``, or ""."""
        with self._lock:
            return self._active(owner_hash(visitor_id))

    def steer(self, name: str, visitor_id: str, *, weight: float | None = None, paused: bool | None = None) -> None:
        """Set the KL weight of a run, or pause or resume it. Raises RefusedError."""
        if weight is not None and not 0 <= weight <= 1000:
            raise RefusedError("The KL weight must be between 0 and 1,000.")
        with self._lock:
            control = self._control(name, visitor_id)
            if weight is not None and not self._has_weight(name):
                raise RefusedError("This run trains one network for every KL weight at once: it has none to set.")
            if weight is not None and len(self.record(name).changes) >= MAX_KL_CHANGES:
                raise RefusedError(f"The KL weight of a run can be changed {MAX_KL_CHANGES} times. Start another run.")
            control = control if weight is None else replace(control, weight=float(weight))
            self._write_control(name, control if paused is None else replace(control, paused=paused))

    def step(self, name: str, visitor_id: str) -> None:
        """Let a paused run take one more step. Raises RefusedError."""
        with self._lock:
            control = self._control(name, visitor_id)
            self._write_control(name, replace(control, steps=control.steps + 1))

    def cancel(self, name: str, visitor_id: str) -> None:
        """Cancel a run that has not ended. Its process is killed after 3 s if it still exists. Raises RefusedError."""
        with self._lock:
            control = self._control(name, visitor_id)
            if name in self._queue:
                self._queue.remove(name)
                self._end(name, "cancelled", "Cancelled before it started.")
            elif name in self._workers:
                self._workers[name].cancel(self._now)
                self._write_control(name, replace(control, cancelled=True))

    def close(self) -> None:
        """Kill every worker, for the end of the server."""
        self._closed.set()
        with self._lock:
            for worker in self._workers.values():
                worker.end()

    def _watch(self) -> None:
        if self._thread is None:
            atexit.register(self.close)
            self._thread = threading.Thread(target=self._run, name="run manager", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while not self._closed.wait(_TICK_S):
            with self._lock:
                if self._closed.is_set():
                    return
                try:
                    self._tick()
                except Exception:
                    # All runs depend on this thread, so no error of a single run may end it.
                    logging.getLogger(__name__).exception("The run manager goes on after an error.")

    def _tick(self) -> None:
        self._now = self._clock.read()
        if self._workers and self._now - self._room_made > _ROOM_S:
            self._room_made = self._now
            self.store.make_room(self._in_use())
        for name in list(self._workers):
            self._check(name)
        while self._queue and len(self._workers) < self.slots:
            self._start(self._queue.pop(0))

    def _start(self, name: str) -> None:
        try:
            self.store.restore_spec(name, self._specs[name])
            self._workers[name] = WorkerProcess(self.command, self.store.files(name), ROOT, self._now)
        except OSError as error:
            self._end(name, "failed", f"The worker could not be started. {disk.explain(error)}")

    def _check(self, name: str) -> None:
        code = self._workers[name].check(self._now, self.wall_s, self.silence_s)
        if code is not None:
            self._handle_exit(name, self._workers.pop(name), code)
        elif self._workers[name].paused_for > limits.PAUSE_S:
            files = self.store.files(name)
            with suppress(OSError):
                replace(Control.read(files.control) or Control(), paused=False).write(files.control)

    def _handle_exit(self, name: str, worker: WorkerProcess, code: int) -> None:
        status = Status.read(self.store.files(name).status)
        if status and status.ended:
            self._release(name)
        else:
            state, sentence = final_status(worker, code, self.store.has_room())
            self._end(name, state, f"{sentence}{self._frames_note(name)}")

    def _frames_note(self, name: str) -> str:
        return " Its frames are still here." if self.record(name).frames else ""

    def _in_use(self) -> set[str]:
        """The queued and active runs, and the runs that they repeat."""
        return {*self._specs, *(spec.base for spec in self._specs.values())}

    def _spec_of(self, name: str) -> RunSpec | None:
        return self._specs.get(name) or RunSpec.read(self.store.files(name).spec)

    def _release(self, name: str) -> None:
        """Forget a run that is no longer queued or active."""
        if spec := self._specs.get(name):
            with suppress(OSError):
                self.store.restore_spec(name, spec)
        self._specs.pop(name, None)
        self._clients.pop(name, None)

    def _end(self, name: str, state: str, sentence: str) -> None:
        status = Status.read(self.store.files(name).status) or Status()
        status = replace(status, state=state, sentence=sentence, updated=time.time())
        try:
            status.write(self.store.files(name).status)
        except OSError:
            self._unsaved_status[name] = status
        self._release(name)  # after the status is written; otherwise a page could show the run as interrupted

    def _active(self, owner: str) -> str:
        name = next((name for name, spec in self._specs.items() if spec.owner == owner), "")
        # After its final status a worker takes a moment to exit; the owner need not wait for that.
        status = Status.read(self.store.files(name).status) if name in self._workers else None
        if status and status.ended:
            self._release(name)
            return ""
        return name

    def _status(self, name: str) -> Status:
        if name in self._unsaved_status:
            return self._unsaved_status[name]
        status = Status.read(self.store.files(name).status)
        known = name in self._specs
        if status is None:
            status = Status("running" if known else "interrupted", "Its status cannot be read. Reload the page.")
        waits_elsewhere = status.state == "queued" and self.obstacle()
        if known or waits_elsewhere or not is_stale(status):
            return status
        # The worker died with its server, so nobody has written this status.
        sentence = f"Interrupted: the server stopped. Start it again from the same recipe.{self._frames_note(name)}"
        return replace(status, state="interrupted", sentence=sentence)

    def _has_weight(self, name: str) -> bool:
        run = self.snapshot(name)
        return run is None or not run.recipe.is_dial

    def _control(self, name: str, visitor_id: str) -> Control:
        spec = self._spec_of(name) if is_run_name(name) else None
        if spec is None:
            raise RefusedError("This run does not exist. Start a new one.")
        if spec.owner != owner_hash(visitor_id):
            raise RefusedError("Only the visitor who started this run can control it. Start your own run.")
        if obstacle := self.obstacle():
            raise RefusedError(obstacle)
        return Control.read(self.store.files(name).control) or Control()

    def _write_control(self, name: str, control: Control) -> None:
        try:
            control.write(self.store.files(name).control)
        except OSError as error:
            raise RefusedError(f"The run cannot be reached. {disk.explain(error)}") from error


def owner_hash(visitor_id: str) -> str:
    """The owner as a run's files store it: enough to recognise the owner, not enough to act as the owner."""
    return hashlib.sha256(f"run owner {visitor_id}".encode()).hexdigest()


@cache
def manager() -> Manager:
    """The manager of this process, created at the first call."""
    made = Manager(Store(state_folder() / "runs"))
    if not made.obstacle():
        delete_leftovers(made.store.folder, made.store.frames, state_folder() / "kept")
    return made
