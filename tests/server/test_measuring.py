"""Kept models are measured once, one after another, in a process that ends with its server."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from explorer.runs.store import STATE_VARIABLE
from explorer.server import model_store
from explorer.server.measuring import Measurer, result_file
from tests.conftest import ROOT
from tests.runs.running import ANN, gives_way_to_this_process, until
from tests.runs.test_manager import is_alive

MEASURES = {"kl": 6.5, "holes": 0.25}

# A checkpoint of these tests is a text file. The fakes count how often they were asked.
COUNT = "import sys, time, pathlib; path = pathlib.Path(sys.argv[1]); open(f'{path}.asked', 'a').write('x');"
PRINTS = f"{COUNT} print(path.read_text())"
FAILS = f"{COUNT} sys.exit('No grid would do.')"
SLEEPS = f"{COUNT} time.sleep(600)"
# Fails where another one is at work; the first begins once there is a file "go".
ALONE = f"""{COUNT}
lock = path.parent / 'lock'
lock.open('x').close()
while not (path.parent / 'go').exists():
    time.sleep(0.01)
time.sleep(0.05)
lock.unlink()
print(path.read_text())
"""


@pytest.fixture
def measuring() -> Iterator[Callable[..., Measurer]]:
    """Measurers that run a Python script, closed after the test."""
    made: list[Measurer] = []

    def make(script: str = PRINTS, **choices: float) -> Measurer:
        made.append(Measurer((sys.executable, "-c", script), **choices))
        return made[-1]

    yield make
    for each in made:
        each.close()


def checkpoint(folder: Path, name: str = "kept-0", text: str | None = None) -> Path:
    path = folder / f"{name}.safetensors"
    path.write_text(json.dumps(MEASURES) if text is None else text)
    return path


def settled(measurer: Measurer, path: Path) -> dict[str, float] | None:
    """The measures, once nobody is at work on them."""
    until(lambda: not measurer.measures_of(path)[1])
    return measurer.measures_of(path)[0]


def asked(path: Path) -> int:
    """How often the command has been started for a file."""
    count = Path(f"{path}.asked")
    return len(count.read_text()) if count.exists() else 0


def test_the_first_to_ask_has_a_model_measured(measuring: Callable[..., Measurer], tmp_path: Path) -> None:
    measurer, path = measuring(), checkpoint(tmp_path)
    assert measurer.measures_of(path) == (None, True)
    assert settled(measurer, path) == MEASURES
    assert json.loads(result_file(path).read_bytes()) == MEASURES
    assert asked(path) == 1


def test_measures_outlive_the_server(measuring: Callable[..., Measurer], tmp_path: Path) -> None:
    path = checkpoint(tmp_path)
    settled(measuring(), path)
    assert measuring(FAILS).measures_of(path) == (MEASURES, False)


def test_models_are_measured_one_at_a_time(measuring: Callable[..., Measurer], tmp_path: Path) -> None:
    measurer, paths = measuring(ALONE), [checkpoint(tmp_path, f"kept-{number}") for number in range(4)]
    assert [measurer.measures_of(path) for path in paths for _ in range(3)] == [(None, True)] * 12
    (tmp_path / "go").touch()
    assert [settled(measurer, path) for path in paths] == [MEASURES] * 4
    assert [asked(path) for path in paths] == [1] * 4


def test_visitors_take_turns(measuring: Callable[..., Measurer], tmp_path: Path) -> None:
    """Ann's first file is at work until all have been asked for; Bob's comes before her second one."""
    folders = {name: tmp_path / name for name in ("ann", "bob", "cid")}
    for folder in folders.values():
        folder.mkdir()
    go = tmp_path / "go"
    script = (
        f"import pathlib, sys, time\nwhile not pathlib.Path({str(go)!r}).exists(): time.sleep(0.02)\n"
        f"path = pathlib.Path(sys.argv[1]); open({str(tmp_path / 'order')!r}, 'a').write(path.parent.name + ' ')\n"
        "print(path.read_text())"
    )
    measurer = measuring(script)
    owners = ["ann", "ann", "ann", "bob", "bob", "cid"]
    paths = [checkpoint(folders[owner], f"kept-{number}") for number, owner in enumerate(owners)]
    measurer.measures_of(paths[0])
    until(lambda: measurer._process)
    for path in paths[1:]:
        measurer.measures_of(path)
    go.touch()
    assert [settled(measurer, path) for path in paths] == [MEASURES] * 6
    assert (tmp_path / "order").read_text().split() == ["ann", "bob", "ann", "cid", "bob", "ann"]


@pytest.mark.parametrize(
    ("script", "text", "reason"),
    [
        (FAILS, "", "No grid would do"),
        (PRINTS, "no measures", "no measures"),
        (PRINTS, '{"kl": NaN}', "NaN"),
        (PRINTS, '{"kl": "6.5"}', "6.5"),
        (PRINTS, "[" * 100_000, "[["),
        ("import os; os.kill(os.getpid(), 9)", "", "could not be measured"),
    ],
)
def test_a_failure_is_told_once_and_holds_up_nobody(
    measuring: Callable[..., Measurer], tmp_path: Path, caplog: pytest.LogCaptureFixture, script: str, text: str,
    reason: str,
) -> None:  # fmt: skip
    measurer, path = measuring(script), checkpoint(tmp_path, text=text)
    for _ in range(2):
        assert settled(measurer, path) is None
    (record,) = caplog.records
    assert reason in record.getMessage()
    assert path.name in record.getMessage()
    measurer.command[-1] = PRINTS
    assert settled(measurer, checkpoint(tmp_path, "kept-1")) == MEASURES
    assert measurer.measures_of(path) == (None, False)


def test_what_takes_too_long_is_ended(measuring: Callable[..., Measurer], tmp_path: Path) -> None:
    measurer, path = measuring(SLEEPS, seconds=0.3), checkpoint(tmp_path)
    assert settled(measurer, path) is None
    assert measurer._process.returncode == -signal.SIGKILL


def test_a_command_that_cannot_be_started_fails_like_any_other(tmp_path: Path) -> None:
    measurer = Measurer(("/nowhere/python",))
    assert settled(measurer, checkpoint(tmp_path)) is None
    measurer.close()


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"kl": true}', '{"kl": null}', "{" + '"a":{' * 50_000])
def test_a_damaged_result_is_made_again(measuring: Callable[..., Measurer], tmp_path: Path, text: str) -> None:
    measurer, path = measuring(), checkpoint(tmp_path)
    result_file(path).write_text(text)
    assert measurer.measures_of(path) == (None, True)
    assert settled(measurer, path) == MEASURES


def test_a_model_that_is_forgotten_meanwhile_leaves_nothing_and_may_come_back(
    measuring: Callable[..., Measurer], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    measurer, path = measuring(f"{COUNT} path.unlink(); print('{json.dumps(MEASURES)}')"), checkpoint(tmp_path)
    measurer.measures_of(path)
    until(lambda: path not in measurer._pending)
    assert not result_file(path).exists()
    measurer.command[-1] = f"{COUNT} path.unlink(); path.read_text()"
    measurer.measures_of(checkpoint(tmp_path))
    until(lambda: path not in measurer._pending)
    measurer.command[-1] = PRINTS
    assert settled(measurer, checkpoint(tmp_path)) == MEASURES
    assert not caplog.records


def test_forgetting_a_kept_model_takes_its_measures_away(
    tiny_bytes: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(STATE_VARIABLE, str(tmp_path))
    monkeypatch.setattr(model_store, "_check_images", lambda model: None)
    name = model_store.keep(ANN, "mine", tiny_bytes)
    result = result_file(model_store.path(ANN, name))
    result.write_text(json.dumps(MEASURES))
    model_store.forget(ANN, name)
    assert not result.exists()


def test_closing_ends_the_process_and_starts_no_other(measuring: Callable[..., Measurer], tmp_path: Path) -> None:
    measurer, paths = measuring(SLEEPS), [checkpoint(tmp_path, f"kept-{number}") for number in range(2)]
    for path in paths:
        measurer.measures_of(path)
    until(lambda: asked(paths[0]))
    measurer.close()
    assert measurer._process.wait(20) == -signal.SIGKILL
    until(lambda: paths[0] not in measurer._pending)
    assert asked(paths[1]) == 0


SERVER = """
import sys, time
from pathlib import Path
from explorer.server.measuring import Measurer
measurer = Measurer((sys.executable, "-m", "explorer.runs.lifeline", "tests.runs.sleeper"))
measurer.measures_of(Path(sys.argv[1]))
while measurer._process is None:
    time.sleep(0.01)
print(measurer._process.pid, flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_the_process_dies_with_its_server(tmp_path: Path, number: signal.Signals) -> None:
    words = [sys.executable, "-c", SERVER, str(checkpoint(tmp_path))]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        pid = int(server.stdout.readline())
        assert is_alive(pid)
        server.send_signal(number)
    until(lambda: not is_alive(pid))


def test_the_process_gives_way_to_the_server(tmp_path: Path) -> None:
    measurer = Measurer((sys.executable, "-m", "explorer.runs.lifeline", "tests.runs.sleeper"))
    measurer.measures_of(checkpoint(tmp_path))
    until(lambda: measurer._process)
    until(lambda: gives_way_to_this_process(measurer._process.pid))
    measurer.close()


def test_the_lifeline_runs_a_module_as_python_does(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"a": 1}')

    def run(*words: str) -> subprocess.CompletedProcess:
        with subprocess.Popen(
            [sys.executable, "-m", *words],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process:
            return process.wait(60), process.stdout.read(), process.stderr.read()

    for words in (("json.tool", str(tmp_path / "a.json")), ("json.tool", "--nonsense")):
        assert run("explorer.runs.lifeline", *words) == run(*words)


@pytest.mark.slow
def test_a_kept_model_is_measured_by_the_command_line(tiny_bytes: bytes, tmp_path: Path) -> None:
    path = tmp_path / "tiny.safetensors"
    path.write_bytes(tiny_bytes)
    measurer = Measurer(seconds=600)  # a busy machine must not fail it for being slow
    assert settled(measurer, path).keys() >= {"kl", "overlap", "aggregate_kl", "mutual_information", "holes"}
    measurer.close()
