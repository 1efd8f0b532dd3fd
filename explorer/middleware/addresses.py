"""Refuses requests whose Host header is not a name of this server, or whose path is too long.

The owner of a foreign name can make it resolve to this server, and a browser then takes both for one site (DNS
rebinding). This is not possible with an IP address, so a class can use the server's address or its name without any
setting.
"""

import asyncio
import ipaddress
import re
import socket
from functools import cache
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit import config
from streamlit.web.server.starlette.starlette_websocket import is_host_allowed

_LONGEST_PATH = 1024  # characters
_LONGEST_NAME = 255  # bytes of a file's name, which is what Linux, macOS and Windows allow


class Addresses:
    """Refuses requests under a foreign name, and those with a path longer than a file's can be."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer with the reason for the refusal."""
        if scope["type"] in ("http", "websocket") and (refusal := await _refusal(scope)):
            await _refuse(scope, receive, send, refusal)
            return
        await self.app(scope, receive, send)


async def is_own(host: str) -> bool:
    """Whether a Host header names this server: by an IP address, its name, or one of server.allowedHosts."""
    name = _name(host)
    if _is_ip(name) or name in _names() or name.endswith(".localhost"):
        return True
    if config.get_option("server.allowedHosts"):
        return is_host_allowed(host)
    # Looking up the fully qualified name can take seconds, so it is done last, and once.
    return name == await asyncio.to_thread(_full_name)


def _name(host: str) -> str:
    """The name in a Host header without the port, or "" if there is none."""
    try:
        return (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def _is_ip(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


@cache
def _names() -> frozenset[str]:
    machine = socket.gethostname().lower()
    told = (config.get_option("server.address"), config.get_option("browser.serverAddress"))
    return frozenset({"localhost", machine, f"{machine}.local", *(each.lower() for each in told if each)})


@cache
def _full_name() -> str:
    return socket.getfqdn().lower().rstrip(".")


def _is_too_long(path: str) -> bool:
    return len(path) > _LONGEST_PATH or any(len(part.encode()) > _LONGEST_NAME for part in path.split("/"))


async def _refusal(scope: Scope) -> PlainTextResponse | None:
    if _is_too_long(scope["path"]):
        return PlainTextResponse("This address is too long.", 414)
    host = Headers(scope=scope).get("host")
    if host is None or await is_own(host):  # every browser sends one
        return None
    return PlainTextResponse(_sentence(_name(host)), 403)


async def _refuse(scope: Scope, receive: Receive, send: Send, refusal: PlainTextResponse) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})  # the server then answers 403
    else:
        await refusal(scope, receive, send)


def _sentence(name: str) -> str:
    shown = name if re.fullmatch(r"[a-z0-9.-]{1,253}", name, re.ASCII) else "NAME"
    return (
        "The server does not know the name under which it was asked for. Open it by its IP address, or ask whoever runs"
        f" it to start it with --server.allowedHosts={shown}."
    )
