"""A full disk, a lost file and a second server are named in a sentence, and cost no more than they must."""

import os
import shutil
import subprocess
import sys
import time
from collections import namedtuple
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from explorer.runs import limits, lock
from explorer.runs import manager as manager_module
from explorer.runs import store as store_module
from explorer.runs.files import Control, RunSpec, Status
from explorer.runs.manager import Manager, RefusedError, owner_hash
from explorer.runs.store import Store
from tests.conftest import PATIENCE_S, ROOT
from tests.runs.running import (
    ANN,
    BOB,
    BRIEF,
    ENDLESS,
    HandClock,
    failure,
    fake,
    patched,
    status,
    until,
    until_settled,
    until_state,
)

Manage = Callable[..., Manager]
Usage = namedtuple("Usage", ["total", "used", "free"])


@pytest.mark.slow
def test_a_worker_that_cannot_write_at_all_ends_with_a_word_about_the_disk(manage: Manage) -> None:
    """Not even its status or its log takes a byte."""
    limit = "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))"
    sentence = failure(manage(worker=patched(limit)), BRIEF)
    assert sentence.startswith("The server's disk is full")
    assert "Make room" in sentence
    assert "exit status" not in sentence


@pytest.mark.parametrize("free", [0, 1 << 30])
def test_a_worker_that_ends_in_silence_is_no_riddle_where_the_disk_is_full(
    manage: Manage, monkeypatch: pytest.MonkeyPatch, free: int
) -> None:
    runs = manage(worker=(sys.executable, "-c", "raise SystemExit(120)"))
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: Usage(1 << 40, (1 << 40) - free, free))
    assert ("disk is full" in failure(runs, BRIEF)) == (free == 0)


def test_a_start_on_a_full_disk_is_refused_with_a_word_about_it(
    manage: Manage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    runs = manage(worker=fake("obedient"))
    name = runs.submit(ANN, ENDLESS)
    monkeypatch.setattr("explorer.runs.files.write_atomically", refuse)
    for act in (lambda: runs.submit(BOB, ENDLESS), lambda: runs.steer(name, ANN, paused=True)):
        with pytest.raises(RefusedError, match=r"The server's disk is full \(No space left.*Make room.*\.$"):
            act()
    assert runs.active(BOB) == ""


def test_a_run_whose_order_is_deleted_is_still_its_owners(manage: Manage) -> None:
    runs = manage(slots=1, worker=fake("obedient"))
    names = [runs.submit(visitor, ENDLESS) for visitor in (ANN, BOB)]
    until_state(runs, names[0], "running")
    for name, visitor in zip(names, (ANN, BOB), strict=True):
        runs.store.files(name).spec.unlink()
        assert runs.snapshot(name, visitor).mine
        assert not runs.snapshot(name, "c" * 32).mine
    for name, visitor in zip(names[::-1], (BOB, ANN), strict=True):
        runs.cancel(name, visitor)
        assert until_settled(runs, name).status.state == "cancelled"
        assert manage().snapshot(name, visitor).mine


def test_an_order_that_is_damaged_before_its_turn_is_whole_for_the_worker(manage: Manage) -> None:
    runs = manage(slots=1, worker=fake("obedient"))
    until_state(runs, first := runs.submit(BOB, ENDLESS), "running")
    name = runs.submit(ANN, ENDLESS)
    order, path = RunSpec.read(runs.store.files(name).spec), runs.store.files(name).spec
    path.write_bytes(b"{")
    runs.cancel(first, BOB)
    until_state(runs, name, "running")
    assert RunSpec.read(path) == order


@pytest.mark.slow
def test_a_worker_without_an_order_says_so(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "explorer.runs.worker", str(tmp_path), str(tmp_path / "frames")]
    with subprocess.Popen(words, cwd=ROOT, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.wait(PATIENCE_S) == 1
        assert process.stderr.read() == "The run's recipe cannot be read. Start the run again.\n"
    assert Status.read(tmp_path / "status.json").state == "failed"


def test_room_is_made_while_a_run_goes_on(manage: Manage, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = HandClock()
    runs = manage(worker=fake("obedient"), clock=clock)
    name = runs.submit(ANN, ENDLESS)
    until_state(runs, name, "running")
    old = runs.store.files("0" * 16)
    old.folder.mkdir(parents=True)
    (old.folder / "checkpoint.safetensors").write_bytes(bytes(1000))
    monkeypatch.setattr(store_module, "KEPT_BYTES", 0)
    for _ in range(7):
        assert old.folder.exists()
        clock.now += 5
        until(lambda: runs._now == clock.now)
    until(lambda: not old.folder.exists())
    assert status(runs, name).state == "running"


def test_what_killed_processes_were_writing_is_swept_at_a_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(store_module.STATE_VARIABLE, str(tmp_path))
    monkeypatch.setattr(store_module, "FRAMES", tmp_path / "frames")
    long_ago = time.time() - 3600
    names = ["a.safetensors", ".a.safetensors.x1y2z3", ".status.json.now"]
    for folder in ("runs", "kept"):
        (tmp_path / folder / "one").mkdir(parents=True)
        for name in names:
            (tmp_path / folder / "one" / name).touch()
        for name in names[:2]:
            os.utime(tmp_path / folder / "one" / name, (long_ago, long_ago))
    manager_module.manager.__wrapped__()
    left = sorted(path.name for path in tmp_path.glob("*/one/*"))
    assert left == sorted([names[0], names[2]] * 2)


@pytest.fixture
def limited(monkeypatch: pytest.MonkeyPatch) -> None:
    """A public server."""
    monkeypatch.setenv(limits.ADDRESS_VARIABLE, "1")


FIRST, SECOND = "203.0.113.1", "203.0.113.2"


@pytest.mark.usefixtures("limited")
def test_an_address_has_at_most_three_runs_in_the_queue(manage: Manage) -> None:
    runs = manage(slots=1, worker=fake("obedient"))
    until_state(runs, runs.submit("work", ENDLESS, address=FIRST), "running")
    names = [runs.submit(str(number), ENDLESS, address=FIRST) for number in range(3)]
    with pytest.raises(RefusedError, match=r"^3 runs from your network address wait\. Try again.*\.$"):
        runs.submit("more", ENDLESS, address=FIRST)
    runs.submit("other", ENDLESS, address=SECOND)
    runs.cancel(names[0], "0")
    runs.submit("more", ENDLESS, address=FIRST)


def test_without_the_variable_an_address_has_no_limit(manage: Manage) -> None:
    runs = manage(slots=1, worker=fake("obedient"))
    assert len({runs.submit(str(number), ENDLESS, address=FIRST) for number in range(6)}) == 6


@pytest.mark.usefixtures("limited")
@pytest.mark.parametrize("address", [None, "", "127.0.0.1", "::1", "no address", "::ffff:127.0.0.1"])
def test_the_servers_own_computer_and_what_is_no_address_have_no_limit(address: str | None) -> None:
    assert limits.client(address) == ""


@pytest.mark.usefixtures("limited")
def test_the_addresses_that_one_client_can_choose_count_as_one() -> None:
    assert limits.client(FIRST) == limits.client(f"::ffff:{FIRST}") != limits.client(SECOND)
    assert limits.client("2001:db8::1") == limits.client("2001:db8::ffff:1") != limits.client("2001:db8:0:1::1")


SERVER = """
import sys
from pathlib import Path
from explorer.runs.lock import is_ours
print(is_ours(Path(sys.argv[1])), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def other_server(tmp_path: Path) -> Iterator[subprocess.Popen]:
    """A process that has the state folder tmp_path."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", SERVER, str(tmp_path)], cwd=ROOT, **pipes) as process:
        assert process.stdout.readline() == "True\n"
        yield process


def test_a_second_server_watches_and_says_that_the_folder_is_taken(
    manage: Manage, tmp_path: Path, other_server: subprocess.Popen
) -> None:
    store = Store(tmp_path / "runs", tmp_path / "frames")
    name = "a" * 16
    runs = manage()
    store.create(name, RunSpec(ENDLESS.to_json(), owner_hash(ANN), "", 1.0))
    before = store.files(name).control.read_bytes()
    acts = [lambda: runs.submit(BOB, ENDLESS), lambda: runs.cancel(name, ANN), lambda: runs.step(name, ANN)]
    for act in acts:
        with pytest.raises(RefusedError, match=r"Another server uses.*LATENT_EXPLORER_STATE.*\.$"):
            act()
    assert store.files(name).control.read_bytes() == before
    Status("queued", updated=0.0).write(store.files(name).status)
    assert status(runs, name).state == "queued"
    other_server.communicate()
    assert runs.obstacle() == ""
    assert status(runs, name).state == "interrupted"
    runs.cancel(name, ANN)
    assert Control.read(store.files(name).control) == Control()


def test_all_managers_of_one_process_own_the_folder_together(manage: Manage, tmp_path: Path) -> None:
    assert [manage().obstacle() for _ in range(3)] == ["", "", ""]
    (tmp_path / lock.LOCK_NAME).unlink()
    assert manage().obstacle() == ""
    assert (tmp_path / lock.LOCK_NAME).exists()


def test_a_folder_in_which_no_lock_can_be_made_is_nobody_elses(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("in the way")
    assert lock.is_ours(tmp_path / "state")
    assert lock.is_ours(tmp_path / "state" / "below")
