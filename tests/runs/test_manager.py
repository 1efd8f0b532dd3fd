"""The queue is fair and full at some time; a run has one owner; no worker outlives its limits or its server."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from explorer.runs import limits, process, snapshot
from explorer.runs import manager as manager_module
from explorer.runs import store as store_module
from explorer.runs.files import RunSpec, Status
from explorer.runs.manager import Manager, RefusedError
from explorer.runs.store import Store
from models.recipe import Recipe
from tests.conftest import ROOT
from tests.runs.running import (
    ANN,
    BOB,
    ENDLESS,
    HandClock,
    fake,
    gives_way_to_this_process,
    process_of,
    status,
    until,
    until_settled,
    until_state,
)

Manage = Callable[..., Manager]
FORGED = ["../x", "A" * 16, "", "1" * 17, None, "٠" * 16, "a" * 15 + "\n", "a" * 16 + "\n", "../" * 5 + "x", b"a" * 16]


def test_runs_start_in_the_order_of_their_coming_and_each_knows_its_place(manage: Manage) -> None:
    runs = manage(slots=1, worker=fake("obedient"))
    names = {visitor: runs.submit(visitor, ENDLESS) for visitor in "abcd"}

    def places() -> list[int]:
        return [runs.snapshot(names[visitor]).place for visitor in "abcd"]

    for gone in range(4):
        waiting = list(range(1, 4 - gone))
        until(lambda waiting=waiting: places() == [0] * (4 - len(waiting)) + waiting)
        until_state(runs, names["abcd"[gone]], "running")
        assert [status(runs, names[visitor]).state for visitor in "abcd"[gone + 1 :]] == ["queued"] * len(waiting)
        runs.cancel(names["abcd"[gone]], "abcd"[gone])


def test_as_many_runs_as_slots_are_at_work_at_once(manage: Manage) -> None:
    runs = manage(slots=2, worker=fake("obedient"))
    names = [runs.submit(visitor, ENDLESS) for visitor in "abc"]
    for name in names[:2]:
        until_state(runs, name, "running")
    assert runs.snapshot(names[2]).place == 1


def test_a_visitor_has_one_run_at_a_time(manage: Manage) -> None:
    runs = manage(slots=1, worker=fake("obedient"))
    first = runs.submit(ANN, ENDLESS)
    assert (runs.active(ANN), runs.active(BOB)) == (first, "")
    with pytest.raises(RefusedError, match=r"have a run in progress.*\.$"):
        runs.submit(ANN, ENDLESS)
    runs.cancel(first, ANN)
    until_settled(runs, first)
    second = runs.submit(ANN, ENDLESS, base=first)
    assert (runs.active(ANN), runs.snapshot(second).base) == (second, first)


def test_after_the_end_of_a_run_its_owner_need_not_wait_for_its_process(manage: Manage) -> None:
    runs = manage(slots=1, worker=fake("lingering"))
    first = runs.submit(ANN, ENDLESS)
    until_state(runs, first, "done")
    assert process_of(runs, first).poll() is None
    second = runs.submit(ANN, ENDLESS)
    assert (runs.active(ANN), runs.snapshot(second).place) == (second, 1)


def test_a_full_queue_refuses_and_takes_the_next_when_one_leaves(manage: Manage) -> None:
    runs = manage(slots=1, queue=2, worker=fake("obedient"))
    until_state(runs, runs.submit("a", ENDLESS), "running")
    waiting = runs.submit("b", ENDLESS)
    runs.submit("c", ENDLESS)
    with pytest.raises(RefusedError, match=r"queue is full: 2 runs wait.*\.$"):
        runs.submit("d", ENDLESS)
    runs.cancel(waiting, "b")
    assert runs.snapshot(runs.submit("d", ENDLESS)).place == 2


def test_of_a_crowd_that_comes_at_once_each_gets_a_run_or_a_refusal(manage: Manage) -> None:
    runs = manage(slots=1, queue=10, worker=fake("obedient"))

    def ask(visitor: int) -> str | None:
        try:
            return runs.submit(str(visitor % 20), ENDLESS)
        except RefusedError:
            return None

    with ThreadPoolExecutor(30) as crowd:
        names = [name for name in crowd.map(ask, range(30)) if name]
    assert len(names) == len(set(names)) >= 10
    until_state(runs, min(names, key=lambda name: runs.snapshot(name).place), "running")
    assert sorted(runs.snapshot(name).place for name in names) == list(range(len(names)))


def test_a_run_that_the_pages_cannot_show_is_refused(manage: Manage) -> None:
    unseen = ({"initial": "/etc/passwd"}, {"folded_onto": "x"}, {"objective": "lattice"})
    for choice in unseen:
        with pytest.raises(RefusedError, match=r"command line.*\.$"):
            manage().submit(ANN, Recipe("digits", **choice))


def test_others_may_watch_and_not_steer(manage: Manage) -> None:
    runs = manage(slots=1, worker=fake("obedient"))
    name = runs.submit(ANN, ENDLESS)
    assert (runs.snapshot(name, ANN).mine, runs.snapshot(name, BOB).mine, runs.snapshot(name).mine) == (
        True,
        False,
        False,
    )
    before = runs.store.files(name).control.read_bytes()
    for act in (runs.steer, runs.step, runs.cancel):
        with pytest.raises(RefusedError, match=r"Only the visitor who started.*\.$"):
            act(name, BOB)
    assert runs.store.files(name).control.read_bytes() == before
    assert ANN not in "".join(path.read_text() for path in runs.store.files(name).folder.iterdir())


def test_a_visitor_finds_their_runs_the_newest_first(manage: Manage) -> None:
    runs = manage(slots=1, worker=fake("obedient"))
    names = []
    for _ in range(3):
        names.append(runs.submit(ANN, ENDLESS))
        runs.submit(BOB, ENDLESS)
        for visitor in (ANN, BOB):
            name = runs.active(visitor)
            runs.cancel(name, visitor)
            until_settled(runs, name)
    found = list(runs.runs_of(ANN))
    assert [run.name for run in found] == names[::-1]
    assert all(run.mine and run.status.state == "cancelled" for run in found)
    assert list(manage().runs_of("c" * 32)) == []


@pytest.mark.parametrize("weight", [-0.1, 1000.1, float("nan"), float("inf")])
def test_a_kl_weight_out_of_range_is_refused(manage: Manage, weight: float) -> None:
    runs = manage(worker=fake("obedient"))
    with pytest.raises(RefusedError, match=r"between 0 and 1,000\.$"):
        runs.steer(runs.submit(ANN, ENDLESS), ANN, weight=weight)


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_name_leads_nowhere(manage: Manage, tmp_path: Path, name: object) -> None:
    runs = manage()
    for folder in (tmp_path / "x", tmp_path / "runs" / "x"):
        folder.mkdir(parents=True)
        RunSpec(ENDLESS.to_json(), manager_module.owner_hash(ANN)).write(folder / "order.json")
    before = sorted(tmp_path.rglob("*"))
    assert runs.snapshot(name, ANN) is None
    for act in (runs.steer, runs.step, runs.cancel):
        with pytest.raises(RefusedError, match="does not exist"):
            act(name, ANN)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_queued_run_is_cancelled_at_once_and_for_good(manage: Manage) -> None:
    runs = manage(slots=1, worker=fake("obedient"))
    until_state(runs, runs.submit(BOB, ENDLESS), "running")
    name = runs.submit(ANN, ENDLESS)
    for _ in range(2):
        runs.cancel(name, ANN)
        assert (status(runs, name).state, runs.snapshot(name).place, runs.active(ANN)) == ("cancelled", 0, "")


@pytest.mark.slow
def test_a_pause_that_is_forgotten_ends_by_itself(manage: Manage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PAUSE_S", 4)
    clock = HandClock()
    runs = manage(clock=clock)
    name = runs.submit(ANN, ENDLESS)
    until(lambda: runs.snapshot(name).status.step)
    runs.steer(name, ANN, paused=True)
    step = until_state(runs, name, "paused").status.step
    assert runs.snapshot(name).control.paused
    clock.now += 5
    until(lambda: runs.snapshot(name).status.step > step)
    assert not runs.snapshot(name).control.paused


def test_a_deaf_worker_is_killed_when_it_is_cancelled(manage: Manage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "CANCEL_S", 0.5)
    runs = manage(worker=fake("deaf"))
    name = runs.submit(ANN, ENDLESS)
    until_state(runs, name, "running")
    worker = process_of(runs, name)
    runs.cancel(name, ANN)
    runs.cancel(name, ANN)
    found = until_settled(runs, name)
    assert (found.status.state, worker.returncode) == ("cancelled", -signal.SIGKILL)
    runs.cancel(name, ANN)
    assert runs.snapshot(name).status == found.status


def test_a_worker_that_is_stopped_is_killed_when_it_is_cancelled(
    manage: Manage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "CANCEL_S", 0.5)
    runs = manage(worker=fake("deaf"))
    name = runs.submit(ANN, ENDLESS)
    until_state(runs, name, "running")
    worker = process_of(runs, name)
    worker.send_signal(signal.SIGSTOP)
    runs.cancel(name, ANN)
    assert until_settled(runs, name).status.state == "cancelled"
    assert worker.returncode == -signal.SIGKILL


@pytest.mark.slow
def test_a_worker_gives_way_to_the_server_in_a_group_of_its_own(manage: Manage) -> None:
    runs = manage(worker=(sys.executable, "-m", "explorer.runs.worker"))
    name = runs.submit(ANN, ENDLESS)
    until(lambda: runs.record(name).frames)
    pid = process_of(runs, name).pid
    assert gives_way_to_this_process(pid)
    assert os.getpgid(pid) == pid != os.getpgid(0)


FAULTS = {
    "it hangs": (fake("mute"), {"silence_s": 0.5}, r"no sign of life for"),
    "it takes too long": (fake("deaf"), {"wall_s": 0.5}, r"the limit\. Train fewer epochs"),
    "it ends at once": ((sys.executable, "-c", "raise SystemExit(1)"), {}, r"ended with exit status 1"),
    "it is killed": ((sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"), {}, r"ended by SIGKILL"),
    "it cannot be started": (("/nowhere/python",), {}, r"could not be started\. .*\(No such file"),
}


@pytest.mark.parametrize("what", FAULTS)
def test_a_worker_at_fault_is_ended_and_its_run_says_why(manage: Manage, what: str) -> None:
    command, limits, sentence = FAULTS[what]
    runs = manage(worker=command, **limits)
    name = runs.submit(ANN, ENDLESS)
    found = until_settled(runs, name).status
    assert found.state == "failed"
    assert re.search(sentence + r".*\.$", found.sentence), found.sentence
    assert runs.submit(ANN, ENDLESS)


def test_a_folder_that_cannot_be_made_is_refused_and_nothing_is_queued(manage: Manage, tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("in the way")
    runs = manage()
    with pytest.raises(RefusedError, match=r"cannot store a run\. .*tell who runs the server\.$"):
        runs.submit(ANN, ENDLESS)
    assert runs.active(ANN) == ""


def test_a_run_whose_folder_is_taken_away_still_ends_with_a_word(manage: Manage) -> None:
    runs = manage(worker=fake("deaf"))
    name = runs.submit(ANN, ENDLESS)
    until_state(runs, name, "running")
    folder = runs.store.files(name).folder
    folder.rename(folder.with_name("0" * 16))
    runs.wall_s = 0.0
    until(lambda: name not in runs._workers)
    folder.with_name("0" * 16).rename(folder)
    assert status(runs, name).state == "failed"


SERVER = """
import sys, time
from pathlib import Path
from explorer.runs.manager import Manager
from explorer.runs.store import Store
from tests.runs.running import ANN, ENDLESS, process_of
manager = Manager(Store(*map(Path, sys.argv[1:])))
name = manager.submit(ANN, ENDLESS)
print(name, process_of(manager, name).pid, flush=True)
time.sleep(600)
"""


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that only waits for its parent to notice its end does not."""
    words = ["ps", "-o", "stat=", "-p", str(pid)]
    return subprocess.run(words, capture_output=True, text=True, check=False).stdout.strip()[:1] not in ("", "Z")


@pytest.mark.slow
def test_a_worker_dies_with_its_server_and_its_run_reads_interrupted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot, "STALE_S", 0.5)
    servers = {}
    for number in (signal.SIGKILL, signal.SIGTERM):
        folders = [str(tmp_path / number.name / each) for each in ("runs", "frames")]
        words = [sys.executable, "-c", SERVER, *folders]
        servers[number] = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True), folders
    for number, (server, folders) in servers.items():
        with server:
            name, pid = server.stdout.readline().split()
            runs = Manager(Store(*map(Path, folders)))
            until(lambda runs=runs, name=name: len(runs.record(name).frames) > 1)
            assert is_alive(int(pid))
            server.send_signal(number)
        until(lambda pid=int(pid): not is_alive(pid))
        until(lambda runs=runs, name=name: status(runs, name).state == "interrupted")
        assert "server stopped" in status(runs, name).sentence
        assert runs.active(ANN) == ""
        assert all(runs.store.files(name).frame(frame["step"]).is_file() for frame in runs.record(name).frames)


def aged_run(store: Store, name: str, created: float) -> None:
    files = store.files(name)
    files.folder.mkdir(parents=True)
    files.frames.mkdir(parents=True)
    RunSpec(ENDLESS.to_json(), "", "", created).write(files.spec)
    Status("done").write(files.status)
    files.frame(0).write_bytes(bytes(100_000))


def test_the_oldest_ended_runs_make_room_and_active_ones_never(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(tmp_path / "runs", tmp_path / "frames")
    ages = {"a" * 16: 3, "b" * 16: 1, "c" * 16: 2, "d" * 16: 4}
    for name, created in ages.items():
        aged_run(store, name, created)
    (tmp_path / "frames" / "no run").mkdir()

    def left(limit: int, active: str) -> list[list[str]]:
        monkeypatch.setattr(store_module, "KEPT_BYTES", limit)
        store.make_room({active})
        return [sorted(path.name[0] for path in folder.glob("?" * 16)) for folder in (store.folder, store.frames)]

    assert left(410_000, "") == [["a", "b", "c", "d"]] * 2
    assert left(310_000, "b" * 16) == [["a", "b", "d"]] * 2
    assert left(150_000, "d" * 16) == [["d"]] * 2
    assert left(0, "d" * 16) == [["d"]] * 2
    assert (tmp_path / "frames" / "no run").is_dir()
