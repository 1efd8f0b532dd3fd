"""A run fetches the images it lacks, and tells how far it is; without a network it names a way out."""

import hashlib
import socket
from collections.abc import Callable, Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

import numpy as np
import pytest

from explorer.runs.manager import Manager
from models import data
from models.recipe import Recipe
from tests.conftest import PATIENCE_S
from tests.models.test_idx import images_file, labels_file
from tests.runs.running import ANN, failure, patched, status, until

Manage = Callable[..., Manager]


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder in which workers look for the images."""
    monkeypatch.setenv(data.FOLDER_VARIABLE, str(tmp_path / "data"))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    return tmp_path / "data"


def with_mirror(port: int, hashes: dict[str, str] | None = None) -> tuple[str, ...]:
    """The command of a worker that fetches from this machine."""
    known = f"sha256=dict(DATASETS['mnist'].sha256) | {hashes or {}}, mirrors=('http://127.0.0.1:{port}/',)"
    imports = "from dataclasses import replace\nfrom models.data import DATASETS"
    return patched(f"{imports}\nDATASETS['mnist'] = replace(DATASETS['mnist'], {known})")


def test_without_a_network_the_run_fails_and_offers_the_digits(manage: Manage, nowhere: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert "8×8 digits" in failure(manage(worker=with_mirror(port)), Recipe(epochs=1, hidden=(8,)))
    assert not list(nowhere.glob("mnist/*"))


class Slow(BaseHTTPRequestHandler):
    """Serves each file in two parts, the second once ``seen`` is set."""

    def __init__(self, files: dict[str, bytes], seen: Event, *rest: object) -> None:
        self.files = files
        self.seen = seen
        super().__init__(*rest)

    def do_GET(self) -> None:
        body = self.files[self.path[1:]]
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2])
        self.seen.wait(PATIENCE_S)
        self.wfile.write(body[len(body) // 2 :])

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def mirror() -> Iterator[tuple[int, dict[str, bytes], Event]]:
    """A slow mirror with 2,500 images of noise in either split: its port, its files, and what it waits for."""
    random = np.random.default_rng(0)
    pixels = random.integers(0, 256, (2500, 28, 28), np.uint8)
    labels = random.integers(0, 10, 2500, np.uint8)
    files = {}
    for split in ("train", "test"):
        images_name, labels_name = data._files(split)
        files |= {images_name: images_file(pixels), labels_name: labels_file(labels)}
    halfway_seen = Event()
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Slow, files, halfway_seen)) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port, files, halfway_seen
        halfway_seen.set()
        server.shutdown()


@pytest.mark.slow
def test_images_are_fetched_before_the_eyes_of_the_owner(
    manage: Manage, nowhere: Path, mirror: tuple[int, dict[str, bytes], Event]
) -> None:
    port, files, halfway_seen = mirror
    hashes = {name: hashlib.sha256(raw).hexdigest() for name, raw in files.items()}
    runs = manage(worker=with_mirror(port, hashes))
    name = runs.submit(ANN, Recipe(epochs=1, hidden=(8,)))
    seen = set()

    def settled() -> bool:
        now = runs.snapshot(name).status
        seen.add(now)
        if now.state == "fetching" and 0 < now.share < 1:
            halfway_seen.set()
        return runs.active(ANN) != name

    until(settled)
    assert status(runs, name).state == "done", status(runs, name).sentence
    shares = [each.share for each in seen if each.state == "fetching"]
    assert any(0 < share < 1 for share in shares)
    assert all(0 <= share <= 1 for share in shares)
    for each in seen:
        if each.sentence.startswith("Downloading"):
            come, _, whole, *_ = each.sentence.removeprefix("Downloading mnist: ").split()
            assert float(come) <= float(whole) + 0.1
    assert sorted(path.name for path in (nowhere / "mnist").iterdir()) == sorted(files)
    assert runs.record(name).images == 2000
