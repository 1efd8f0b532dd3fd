"""A served app, a Chromium to drive it, and maps that must leave the browser's console empty."""

import http.client
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from explorer.runs.store import STATE_VARIABLE
from models import data, gallery
from tests.browser.opened_map import READY_MS, OpenedMap
from tests.browser.opened_pair import OpenedPair
from tests.browser.opened_probability import OpenedProbability
from tests.browser.opened_run import OpenedRun
from tests.conftest import PATIENCE_S, ROOT, unavailable

# What a page does once it is there takes a third of what it may take to come.
expect.set_options(timeout=READY_MS // 3)

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
WHERE = ("image", "lead", "z", "zb")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
FLAGS += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict) -> dict:
    """pytest-playwright's way to choose the browser: the machine's own."""
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        unavailable(f"No Chromium here: install one of {', '.join(BROWSERS)}, or name one in CHROMIUM.")
    return {**browser_type_launch_args, "executable_path": path, "args": FLAGS}


@pytest.fixture(scope="session")
def base_url() -> None:
    """In place of pytest-base-url's own, which pytest 9 calls deprecated; addresses here are whole."""


@contextmanager
def served(environment: dict[str, str], log: Path, script: str = "app.py") -> Iterator[str]:
    """``script`` on a free port; the value is its address. Fails when the server wrote of an exception."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--server.address=127.0.0.1", f"--server.port={port}"]
    command = [sys.executable, "-m", "streamlit", "run", script, *options]
    environment = environment | {STATE_VARIABLE: str(log.parent / "state")}
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT)
    try:
        wait_until_healthy(port, process, log)
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    assert "Traceback" not in without_lost_visitors(log.read_text()), log.read_text()


def without_lost_visitors(log: str) -> str:
    """A server's log without what Streamlit writes of a browser that leaves before its websocket is accepted."""
    parts = re.split(r"(?=Exception in ASGI application)", log)
    return "".join(part for part in parts if "WebSocketDisconnected" not in part)


def wait_until_healthy(port: int, process: subprocess.Popen, log: Path) -> None:
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end and process.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/_stcore/health")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.1)
        finally:
            connection.close()
    pytest.fail(f"The server did not start:\n{log.read_text()}")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the app, with the MNIST files where this machine has them."""
    with served(dict(os.environ), tmp_path_factory.mktemp("server") / "log") as address:
        yield address


@pytest.fixture(scope="session")
def server_without_files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the app on a machine that has never fetched a data set."""
    home = tmp_path_factory.mktemp("home")
    environment = {name: value for name, value in os.environ.items() if name != data.FOLDER_VARIABLE}
    environment |= {"HOME": str(home), "XDG_CACHE_HOME": str(home)}
    with served(environment, tmp_path_factory.mktemp("server") / "log") as address:
        yield address


class LastOpened:
    """The page that was opened last. Opened again it costs half, for it keeps what it has fetched and compiled."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self.opened: OpenedMap | None = None
        self.choice: tuple = ()
        self.look: list = []
        self.shared: tuple = ()
        """Of a page that its tests leave as they found it: where and how it was opened, and what its address became."""

    def again(self, address: str, kind: type[OpenedMap], options: dict) -> OpenedMap:
        """That page, left and with nothing recorded; another one where it was of another kind or looks otherwise."""
        self.shared = ()
        if self.opened is None or self.choice != (address, options) or self.look_now() != self.look:
            self.close()
            context = self.browser.new_context(**options)
            context.set_default_timeout(READY_MS)
            self.opened, self.choice = kind(context.new_page()), (address, options)
            self.look = self.look_now()
        return self.opened

    def look_now(self) -> list:
        """What a test may have changed of the page: its size, its scheme and its motion."""
        self.opened.forget()
        return self.opened.page.evaluate(
            """() => {
                const prefers = (what) => matchMedia(`(prefers-${what})`).matches;
                return [innerWidth, innerHeight, prefers("color-scheme: dark"), prefers("reduced-motion: reduce")];
            }"""
        )

    def is_shared(self, *choice: object, but: tuple[str, ...]) -> bool:
        """Whether the page was opened so and its address still says the same, ``but`` for these names."""
        if self.shared[:-1] != choice:
            return False
        self.opened.wait_for_silence()  # the address is the last to change
        return without(but, self.shared[-1]) == without(but, self.opened.page.url)

    def share(self, *choice: object) -> None:
        """Let the tests after this one have the page as it leaves it."""
        self.shared = (*choice, self.opened.page.url)

    def close(self) -> None:
        if self.opened is not None:
            self.opened.page.context.close()
            self.opened = None


def without(names: tuple[str, ...], url: str) -> tuple[str, list[tuple[str, str]]]:
    """What an address says, but for these names of its query."""
    parts = urlsplit(url)
    return parts.path, sorted(each for each in parse_qsl(parts.query) if each[0] not in names)


@pytest.fixture(scope="session")
def last_opened(browser: Browser) -> Iterator[dict[type[OpenedMap], LastOpened]]:
    """The page of each kind that this process of tests opens again and again."""
    last = {kind: LastOpened(browser) for kind in (OpenedMap, OpenedPair, OpenedProbability, OpenedRun)}
    yield last
    for each in last.values():
        each.close()


@dataclass
class NewContext:
    """pytest-playwright's own way to a context of the test's own, with patience, and the pages opened last."""

    make: Callable[..., BrowserContext]
    last: dict[type[OpenedMap], LastOpened]
    session: pytest.Session

    def __call__(self, **options: object) -> BrowserContext:
        context = self.make(**options)
        context.set_default_timeout(READY_MS)
        return context


@pytest.fixture
def new_context(
    new_context: Callable[..., BrowserContext],
    last_opened: dict[type[OpenedMap], LastOpened],
    request: pytest.FixtureRequest,
) -> NewContext:
    """In place of pytest-playwright's own."""
    return NewContext(new_context, last_opened, request.session)


ON_REFERENCE = f"?model={gallery.REFERENCE}"
"""The link to the model that most tests of the map are about. The map opens with another one, the dial."""


def openings(
    new_context: NewContext, address: str, kind: type[OpenedMap] = OpenedMap, link: str = ""
) -> Iterator[Callable]:
    opened: list[OpenedMap] = []
    last, failed = new_context.last[kind], new_context.session.testsfailed

    def open_map(
        query: str = link,
        *,
        broken: str = "",
        fresh: bool = False,
        shared: bool = False,
        anywhere: bool = False,
        **context_options: object,
    ) -> OpenedMap:
        """The page at ``query``, in a context of its own where it is ``fresh``, ``broken`` or not the first.

        Requests that the regular expression ``broken`` finds, fail; no map is waited for. Tests that open the same
        ``shared`` page get it as the one before left it, and so put back whatever they change and its address does not
        say; where its address has changed it is opened anew. A test to which z and the selected image are nothing gets
        it with them ``anywhere``.
        """
        context_options = {"reduced_motion": kind.motion} | context_options
        choice = (address + query, context_options)
        if (shared or anywhere) and last.is_shared(*choice, but=WHERE if anywhere else ()):
            last.opened.forget_records()
            opened.append(last.opened)
            return opened[-1]
        if fresh or broken or opened:
            opened.append(kind(new_context(**context_options).new_page()))
        else:
            opened.append(last.again(address, kind, context_options))
        if broken:
            opened[-1].break_requests(broken)
        opened[-1].page.goto(address + query)
        if not broken:
            opened[-1].wait_until_ready()
        if (shared or anywhere) and opened[-1] is last.opened:
            last.share(*choice)
        return opened[-1]

    yield open_map
    if new_context.session.testsfailed > failed:
        last.shared = ()
    for each in opened:
        assert sorted(set(each.complaints)) == sorted(set(each.expected))


@pytest.fixture
def open_map(new_context: Callable, server: str) -> Iterator[Callable[..., OpenedMap]]:
    """Opens the map; at the end no console may hold more than was expected."""
    yield from openings(new_context, server, link=ON_REFERENCE)


@pytest.fixture
def open_map_without_files(new_context: Callable, server_without_files: str) -> Iterator[Callable[..., OpenedMap]]:
    """As open_map, where the MNIST files are missing."""
    yield from openings(new_context, server_without_files, link=ON_REFERENCE)


@pytest.fixture(scope="session")
def run_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the run view over a run that the tests advance."""
    script = "tests/browser/run_view_app.py"
    with served(dict(os.environ), tmp_path_factory.mktemp("server") / "log", script) as address:
        yield address


@pytest.fixture
def open_run(new_context: Callable, run_server: str) -> Iterator[Callable[..., OpenedRun]]:
    """As open_map, for the run view."""
    yield from openings(new_context, run_server, OpenedRun)


@pytest.fixture
def open_pair(new_context: Callable, server: str) -> Iterator[Callable[..., OpenedPair]]:
    """As open_map, for two models side by side."""
    yield from openings(new_context, f"{server}compare", OpenedPair)


@pytest.fixture
def open_pair_without_files(new_context: Callable, server_without_files: str) -> Iterator[Callable[..., OpenedPair]]:
    """As open_pair, where the MNIST files are missing."""
    yield from openings(new_context, f"{server_without_files}compare", OpenedPair)


@pytest.fixture
def open_probability(new_context: Callable, server: str) -> Iterator[Callable[..., OpenedProbability]]:
    """As open_map, for the probability page."""
    yield from openings(new_context, f"{server}probability", OpenedProbability)
