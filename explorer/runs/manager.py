"""The run manager: who may train, whose turn it is, and the end of every worker process.

It lives as long as the server's process and in no Streamlit cache, which any visitor may clear.
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
from explorer.runs.files import Control, Order, Record, Status, is_run_name
from explorer.runs.limits import WALL_S, RefusedError
from explorer.runs.process import WorkerProcess, last_word
from explorer.runs.snapshot import Snapshot, is_stale
from explorer.runs.store import ROOT, Store, state_folder, sweep
from models.recipe import MAX_KL_CHANGES, Recipe, RecipeError

_TICK_S = 0.1
_ROOM_S = 30.0  # between two looks at how much the runs take together


class Manager:
    """A first-in first-out queue in front of ``slots`` worker processes. Safe to call from any thread.

    ``wall_s`` bounds a run's time and ``silence_s`` the time without a sign of life, in seconds; ``worker`` is the
    command that runs one; ``clock`` is monotonic.
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
        self._orders: dict[str, Order] = {}  # of queued and active runs
        self._clients: dict[str, str] = {}  # of queued runs, where addresses have limits
        self._clock = AwakeClock(clock)
        self._now = self._room_made = 0.0  # by that clock: the last tick, and when room was made last
        self._told: dict[str, Status] = {}  # what the disk had no room for
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    def obstacle(self) -> str:
        """Why no run can be started or steered here, or ""."""
        return "" if lock.is_ours(self.store.folder.parent) else lock.OTHER_SERVER

    def submit(self, visitor: str, recipe: Recipe, base: str = "", address: str | None = None) -> str:
        """Queue a run of ``recipe``, which repeats the run ``base``; the name of the new one. Raises RefusedError.

        ``address``: the visitor's network address, which counts where addresses have limits.
        """
        if recipe.initial or recipe.folded_onto:
            raise RefusedError("Runs here start from random weights. Use the command line to continue a checkpoint.")
        if not recipe.has_encoder:
            raise RefusedError("Runs here train an encoder and a decoder. Use the command line to train one alone.")
        if recipe.objective == "dial":
            raise RefusedError("Runs here train for one KL weight. Use the command line to train a dial.")
        order, client = Order(recipe.to_json(), _hashed(visitor), base, time.time()), limits.client(address)
        with self._lock:
            self._check_queue(order.owner, client)
            name = secrets.token_hex(8)
            try:
                self.store.make_room(self._in_use() | {base})
                self.store.lay(name, order)
            except OSError as error:
                raise RefusedError(f"The server cannot store a run. {disk.complaint(error)}") from error
            self._orders[name], self._clients[name] = order, client
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

    def look(self, name: str, visitor: str = "") -> Snapshot | None:
        """The run ``name`` now, or None if there is none of that name."""
        if not is_run_name(name):
            return None
        order = self._order_of(name)
        try:
            recipe = Recipe.from_json(order.recipe) if order else None
        except RecipeError:
            recipe = None
        if order is None or recipe is None:
            return None
        with self._lock:
            place = self._queue.index(name) + 1 if name in self._queue else 0
        control = Control.read(self.store.files(name).control) or Control()
        mine = bool(visitor) and order.owner == _hashed(visitor)
        return Snapshot(name, recipe, order.base, self._status(name), control, place, mine)

    def runs_of(self, visitor: str) -> Iterator[Snapshot]:
        """The runs of ``visitor``, newest first, each as it is when it is asked for."""
        return filter(None, (self.look(name, visitor) for name in self.store.owned(_hashed(visitor))))

    def record(self, name: str) -> Record:
        """What the run ``name`` has shown so far."""
        return Record.read(self.store.files(name).record) or Record()

    def active(self, visitor: str) -> str:
        """The run that ``visitor`` has waiting or at work, or ""."""
        with self._lock:
            return self._active(_hashed(visitor))

    def steer(self, name: str, visitor: str, *, weight: float | None = None, paused: bool | None = None) -> None:
        """Set the KL weight of a run, or pause or resume it. Raises RefusedError."""
        if weight is not None and not 0 <= weight <= 1000:
            raise RefusedError("The KL weight must be between 0 and 1,000.")
        with self._lock:
            control = self._control(name, visitor)
            if weight is not None and len(self.record(name).changes) >= MAX_KL_CHANGES:
                raise RefusedError(f"The KL weight of a run can be changed {MAX_KL_CHANGES} times. Start another run.")
            control = control if weight is None else replace(control, weight=float(weight))
            self._order(name, control if paused is None else replace(control, paused=paused))

    def step(self, name: str, visitor: str) -> None:
        """Let a paused run take one more step. Raises RefusedError."""
        with self._lock:
            control = self._control(name, visitor)
            self._order(name, replace(control, steps=control.steps + 1))

    def cancel(self, name: str, visitor: str) -> None:
        """End a run; ended ones stay as they are. Its process is killed 3 s later if need be. Raises RefusedError."""
        with self._lock:
            control = self._control(name, visitor)
            if name in self._queue:
                self._queue.remove(name)
                self._end(name, "cancelled", "Cancelled before it started.")
            elif name in self._workers:
                self._workers[name].cancel(self._now)
                self._order(name, replace(control, cancelled=True))

    def close(self) -> None:
        """Kill every worker, as the server's end does."""
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
                    # Every run waits on this thread, which must outlive whatever one of them has brought about.
                    logging.getLogger(__name__).exception("The run manager goes on after an error.")

    def _tick(self) -> None:
        self._now = self._clock.read()
        if self._workers and self._now - self._room_made > _ROOM_S:
            self._room_made = self._now
            self.store.make_room(self._in_use())
        for name in list(self._workers):
            self._mind(name)
        while self._queue and len(self._workers) < self.slots:
            self._start(self._queue.pop(0))

    def _start(self, name: str) -> None:
        try:
            self.store.mend_order(name, self._orders[name])
            self._workers[name] = WorkerProcess(self.command, self.store.files(name), ROOT, self._now)
        except OSError as error:
            self._end(name, "failed", f"The worker could not be started. {disk.complaint(error)}")

    def _mind(self, name: str) -> None:
        code = self._workers[name].mind(self._now, self.wall_s, self.silence_s)
        if code is not None:
            self._settle(name, self._workers.pop(name), code)
        elif self._workers[name].paused_for > limits.PAUSE_S:
            files = self.store.files(name)
            with suppress(OSError):
                replace(Control.read(files.control) or Control(), paused=False).write(files.control)

    def _settle(self, name: str, worker: WorkerProcess, code: int) -> None:
        status = Status.read(self.store.files(name).status)
        if status and status.ended:
            self._leave(name)
        else:
            state, sentence = last_word(worker, code, self.store.has_room())
            self._end(name, state, f"{sentence}{self._kept(name)}")

    def _kept(self, name: str) -> str:
        return " Its frames are still here." if self.record(name).frames else ""

    def _in_use(self) -> set[str]:
        """The runs that wait or are at work, and those that they repeat."""
        return {*self._orders, *(order.base for order in self._orders.values())}

    def _order_of(self, name: str) -> Order | None:
        return self._orders.get(name) or Order.read(self.store.files(name).order)

    def _leave(self, name: str) -> None:
        """The run waits and works no more."""
        if order := self._orders.get(name):
            with suppress(OSError):
                self.store.mend_order(name, order)
        self._orders.pop(name, None)
        self._clients.pop(name, None)

    def _end(self, name: str, state: str, sentence: str) -> None:
        status = Status.read(self.store.files(name).status) or Status()
        status = replace(status, state=state, sentence=sentence, updated=time.time())
        try:
            status.write(self.store.files(name).status)
        except OSError:
            self._told[name] = status
        self._leave(name)  # after the word, or a page that looks just now would call the run interrupted

    def _active(self, owner: str) -> str:
        name = next((name for name, order in self._orders.items() if order.owner == owner), "")
        # A worker that has said its last word takes a moment to go, which its owner need not wait for.
        status = Status.read(self.store.files(name).status) if name in self._workers else None
        if status and status.ended:
            self._leave(name)
            return ""
        return name

    def _status(self, name: str) -> Status:
        if name in self._told:
            return self._told[name]
        status = Status.read(self.store.files(name).status)
        known = name in self._orders
        if status is None:
            status = Status("running" if known else "interrupted", "Its status cannot be read. Reload the page.")
        waits_elsewhere = status.state == "queued" and self.obstacle()
        if known or waits_elsewhere or not is_stale(status):
            return status
        # The worker died with its server; nobody is left who could write this down.
        sentence = f"Interrupted: the server stopped. Start it again from the same recipe.{self._kept(name)}"
        return replace(status, state="interrupted", sentence=sentence)

    def _control(self, name: str, visitor: str) -> Control:
        order = self._order_of(name) if is_run_name(name) else None
        if order is None:
            raise RefusedError("This run does not exist. Start a new one.")
        if order.owner != _hashed(visitor):
            raise RefusedError("Only the visitor who started this run can control it. Start your own run.")
        if obstacle := self.obstacle():
            raise RefusedError(obstacle)
        return Control.read(self.store.files(name).control) or Control()

    def _order(self, name: str, control: Control) -> None:
        try:
            control.write(self.store.files(name).control)
        except OSError as error:
            raise RefusedError(f"The run cannot be reached. {disk.complaint(error)}") from error


def _hashed(visitor: str) -> str:
    """What a run's files say of its owner: enough to recognise, too little to pretend."""
    return hashlib.sha256(f"run owner {visitor}".encode()).hexdigest()


@cache
def manager() -> Manager:
    """The one manager of this process."""
    made = Manager(Store(state_folder() / "runs"))
    if not made.obstacle():
        sweep(made.store.folder, made.store.frames, state_folder() / "kept")
    return made
