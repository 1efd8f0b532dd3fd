"""What the tests of training runs share: recipes, visitors, workers that misbehave, and patience."""

import gzip
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import safetensors.torch
from torch import Tensor

from explorer.runs.files import Status
from explorer.runs.lifeline import NICENESS
from explorer.runs.manager import Manager, Snapshot
from models.recipe import Recipe
from tests.conftest import PATIENCE_S

ANN, BOB = "a" * 32, "b" * 32
BRIEF = Recipe("digits", epochs=2, hidden=(8,), batch_size=64)
ENDLESS = Recipe("digits", epochs=1000, hidden=(8,), batch_size=64)


class HandClock:
    """A monotonic clock that moves only by hand, in seconds."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def fake(manners: str) -> tuple[str, ...]:
    """The command of a fake worker."""
    return sys.executable, str(Path(__file__).parent / "fake_worker.py"), manners


# A worker gives way to everything else: on a busy machine it may not come to its first step for minutes.
PROMPT = "from explorer.runs import lifeline\nlifeline.lower_priority = lambda: None"


def patched(patch: str = "") -> tuple[str, ...]:
    """The command of the real worker with the priority of the tests, after the statements ``patch``."""
    main = "import sys\nfrom explorer.runs.worker import main\nsys.exit(main(sys.argv[1:]))"
    return sys.executable, "-c", f"{PROMPT}\n{patch}\n{main}"


def until(condition: Callable[[], object]) -> None:
    """Come back as soon as ``condition`` holds."""
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, "That did not come about."
        time.sleep(0.01)


def status(manager: Manager, name: str) -> Status:
    return manager.snapshot(name).status


def until_state(manager: Manager, name: str, *states: str) -> Snapshot:
    """The run, once it is in one of ``states``."""
    until(lambda: status(manager, name).state in states or status(manager, name).ended)
    found = manager.snapshot(name)
    assert found.status.state in states, found.status.sentence
    return found


def until_settled(manager: Manager, name: str) -> Snapshot:
    """The run, once it has ended and its worker is gone."""
    until(lambda: status(manager, name).ended and name not in manager._workers)
    return manager.snapshot(name)


def failure(runs: Manager, recipe: Recipe) -> str:
    """The sentence with which a run of ``recipe`` fails."""
    found = until_settled(runs, runs.submit(ANN, recipe)).status
    assert (found.state, found.sentence[-1]) == ("failed", ".")
    return found.sentence


def process_of(manager: Manager, name: str) -> subprocess.Popen:
    """The process of a run's worker."""
    until(lambda: name in manager._workers)
    return manager._workers[name].process


def gives_way_to_this_process(pid: int) -> bool:
    """Whether a process is nicer than this one where that counts: in its session and, on Linux, its autogroup."""
    autogroups = [Path(f"/proc/{each}/autogroup") for each in (pid, os.getpid())]
    texts = {path.read_text() for path in autogroups if path.exists()}
    nicer = os.getpriority(os.PRIO_PROCESS, pid) == min(19, os.getpriority(os.PRIO_PROCESS, 0) + NICENESS)
    return nicer and os.getsid(pid) == os.getsid(0) and len(texts) < 2


def frame_tensors(path: Path) -> dict[str, Tensor]:
    """What a frame's file holds."""
    return safetensors.torch.load(gzip.decompress(path.read_bytes()))
