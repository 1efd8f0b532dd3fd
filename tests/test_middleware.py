"""What the server answers over HTTP: headers on all, nothing under a foreign name, no flood of uploads, a cookie."""

import asyncio
import os
import re
import socket
from collections import Counter
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.cookies import SimpleCookie
from urllib.parse import urlsplit

import pytest
import requests
from streamlit import config
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from explorer import middleware
from explorer.middleware import uploads
from explorer.middleware.addresses import is_own
from explorer.middleware.headers import EMBEDDERS_VARIABLE, EmbedderError, embedders, policy
from explorer.server import assets
from explorer.visitor import COOKIE, is_visitor_id
from tests.browser.conftest import served
from tests.runs.running import ANN

SECONDS = 120
PAGE = {"Accept": "text/html,application/xhtml+xml"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the app."""
    with served(dict(os.environ), tmp_path_factory.mktemp("server") / "log") as address:
        yield address


def get(address: str, **headers: str) -> requests.Response:
    return requests.get(address, headers=headers, timeout=SECONDS)


def address_of(server: str) -> tuple[str, int]:
    parts = urlsplit(server)
    return str(parts.hostname), int(parts.port or 80)


def opened(server: str, **options: object) -> ClientConnection:
    address = f"{server.replace('http', 'ws', 1)}_stcore/stream"
    return connect(address, subprotocols=["streamlit"], max_size=None, legacy=True, open_timeout=SECONDS, **options)


def rerun(session: ClientConnection, message: BackMsg) -> list[ForwardMsg]:
    """What the server sends until the script has ended."""
    session.send(message.SerializeToString())
    found = [ForwardMsg.FromString(session.recv(timeout=SECONDS))]
    while found[-1].WhichOneof("type") != "script_finished":
        found.append(ForwardMsg.FromString(session.recv(timeout=SECONDS)))
    return found


def on_page(name: str = "") -> BackMsg:
    message = BackMsg()
    message.rerun_script.page_name = name
    return message


@pytest.mark.parametrize("path", ["", "compare", "app/static/icon.png", "app/static/no-such-file", "_stcore/health"])
def test_every_response_has_the_headers(server: str, path: str) -> None:
    headers = get(server + path, **PAGE).headers
    assert headers["Content-Security-Policy"] == policy()
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"


def test_a_gzipped_script_is_served_as_a_script_and_other_files_as_they_are(server: str) -> None:
    script = get(server + assets.script_url("script-of-a-test", "let x = 1;"))
    assert script.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert script.text == "let x = 1;"
    assert get(server + assets.classifier_url()).headers["Content-Type"] == "application/gzip"
    assert "Content-Encoding" not in get(f"{server}app/static/made/no-such-script.js.gz").headers


def test_the_policy_lets_in_no_foreign_script_and_no_foreign_frame() -> None:
    rules = dict(rule.split(" ", 1) for rule in policy().split("; "))
    assert rules["default-src"] == "'none'"
    assert "'unsafe" not in rules["script-src"]  # what WebAssembly needs begins with another word
    assert rules["connect-src"] == rules["frame-ancestors"] == "'self'"
    assert not re.search(r"https?:|\*", policy())


def test_named_hosts_may_show_the_app_in_a_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(EMBEDDERS_VARIABLE, "https://moodle.example  HTTP://*.lab.example:8080")
    assert policy(embedders()).endswith("; frame-ancestors 'self' https://moodle.example http://*.lab.example:8080")


@pytest.mark.parametrize(
    "text",
    [
        "moodle.example",
        "https://a.example/course",
        "https://a.example; script-src *",
        "https://a.example,https://b.example",
        "https://*",
        "https://",
        "*",
        "javascript:x",
        "'none'",
    ],
)
def test_what_is_no_address_of_a_host_is_refused_in_a_sentence(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv(EMBEDDERS_VARIABLE, text)
    with pytest.raises(EmbedderError, match=f"^{EMBEDDERS_VARIABLE} holds .* Write addresses such as"):
        embedders()
    with pytest.raises(SystemExit, match="Write addresses such as"):
        middleware.stack()


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example:8501", "", "[", "a b"]
)
def test_a_foreign_name_is_refused_over_http_and_websocket(server: str, host: str) -> None:
    response = get(server, Host=host)
    assert response.status_code in (400, 403)
    assert "streamlit" not in response.text.lower().replace("--server", "")
    if host == "evil.example":
        assert "--server.allowedHosts=evil.example" in response.text
        with pytest.raises(InvalidStatus) as refused:
            opened("http://evil.example/", sock=socket.create_connection(address_of(server)))
        assert refused.value.response.status_code == 403


@pytest.mark.parametrize("host", ["localhost:8501", "192.168.3.4", "[::1]:8501", "10.0.0.7:80"])
def test_a_class_comes_in_by_address(server: str, host: str) -> None:
    assert get(server, Host=host).status_code == 200


def awaited(coroutine: Coroutine) -> object:
    """What it returns. In a thread of its own, for Playwright has a loop running in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result()


def test_a_class_comes_in_by_the_servers_name_and_by_names_that_are_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    def own(host: str) -> bool:
        return awaited(is_own(host))

    name = socket.gethostname()
    assert all(map(own, (name, f"{name.upper()}:8501", f"{name}.local", "any.localhost")))
    assert not own("lab.example")
    monkeypatch.setitem(config._config_options_template, "server.allowedHosts", None)
    monkeypatch.setattr(config, "get_option", lambda option: ["lab.example"] if option == "server.allowedHosts" else "")
    assert all(map(own, ("lab.example:80", "10.0.0.7")))
    assert not own("evil.example")


@pytest.mark.parametrize("path", ["app/static/" + "a" * 8000, "app/static/" + "a" * 256, "a" * 1000, "é" * 130])
def test_a_path_that_no_file_can_have_is_refused(server: str, path: str) -> None:
    assert get(server + path).status_code == 414


@pytest.mark.slow
def test_uploads_are_bounded_and_one_that_was_removed_counts_no_more(server: str) -> None:
    client = requests.Session()
    client.get(f"{server}_stcore/health", timeout=SECONDS)
    token = {"X-Xsrftoken": client.cookies["_streamlit_xsrf"]}
    with opened(server) as session:
        message = next(each.new_session for each in rerun(session, on_page()) if each.HasField("new_session"))
        number = message.initialize.session_id

        def upload(name: str, size: int = 22 << 20) -> int:
            address = f"{server}_stcore/upload_file/{number}/{name}"
            return client.put(address, files={"file": bytes(size)}, headers=token, timeout=SECONDS).status_code

        assert [upload(f"file-{place}") for place in range(5)] == [204, 204, 204, 413, 413]
        assert upload("small", 1 << 20) == 204
        removal = client.delete(f"{server}_stcore/upload_file/{number}/file-0", headers=token, timeout=SECONDS)
        assert removal.status_code == 204
        assert [upload("again"), upload("more")] == [204, 413]


def test_all_sessions_together_are_bounded_and_what_is_under_way_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "_held", lambda: Counter(ann=8))
    meanwhile: list[bool] = []

    async def is_taken(session: str, size: int) -> bool:
        refused = []

        async def send(message: dict) -> None:
            refused.append(message.get("status") == 413)

        length = (b"content-length", str(size).encode())
        path = f"/_stcore/upload_file/{session}/file"
        await layer({"type": "http", "method": "PUT", "path": path, "headers": [length]}, None, send)
        return not any(refused)

    async def streamlit(scope: dict, receive: object, send: object) -> None:
        if "/bob/" in scope["path"]:
            meanwhile.append(await is_taken("carol", 1))

    layer = uploads.Uploads(streamlit, session_bytes=10, all_bytes=12)
    attempts = [("bob", 4), ("carol", 1), ("bob", 5), ("ann", 2), ("ann", 3)]
    assert [awaited(is_taken(*attempt)) for attempt in attempts] == [True, True, False, True, False]
    assert meanwhile == [False]


def test_a_message_of_2_mb_is_refused_and_the_pages_go_on(server: str) -> None:
    with opened(server) as session:
        rerun(session, on_page())
        message = on_page()
        message.rerun_script.widget_states.widgets.add(id="forged", json_value='{"link":"' + "x" * 2_000_000 + '"}')
        session.send(message.SerializeToString())
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                session.recv(timeout=SECONDS)
        assert closed.value.rcvd.code == 1009
    for name in ("", "compare", "probability", "train"):
        with opened(server) as session:
            kinds = [each.delta.new_element.WhichOneof("type") for each in rerun(session, on_page(name))]
            assert "bidi_component" in kinds
            assert "exception" not in kinds


def cookie(response: requests.Response) -> SimpleCookie:
    return SimpleCookie(response.headers.get("Set-Cookie", ""))


def test_a_new_visitor_gets_a_number_that_no_script_can_read(server: str) -> None:
    response = get(server, **PAGE)
    found = cookie(response)[COOKIE]
    assert is_visitor_id(found.value)
    assert (found["httponly"], found["samesite"], found["path"], found["secure"]) == (True, "Lax", "/", "")
    assert response.headers["Cache-Control"] == "private, no-cache"
    assert cookie(get(server, **PAGE))[COOKIE].value != found.value


@pytest.mark.parametrize("proxy", ["https", "https,http"])
def test_behind_https_the_cookie_goes_over_https_alone(server: str, proxy: str) -> None:
    assert cookie(get(server, **PAGE, **{"X-Forwarded-Proto": proxy}))[COOKIE]["secure"] is True


def test_who_has_a_number_keeps_it_and_a_malformed_one_is_replaced(server: str) -> None:
    assert cookie(get(f"{server}compare", **PAGE, Cookie=f"{COOKIE}={ANN}"))[COOKIE].value == ANN
    for malformed in ("", ANN[:-1], ANN.upper(), '"; Path=/x"'):
        replaced = cookie(get(server, **PAGE, Cookie=f"{COOKIE}={malformed}"))[COOKIE].value
        assert is_visitor_id(replaced)
        assert replaced != ANN


def test_files_come_without_a_cookie(server: str) -> None:
    assert get(server + assets.plotly_url()).headers.get("Set-Cookie") is None
