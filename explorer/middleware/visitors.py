"""The visitor's cookie: every page sets it, and no script can read it."""

import secrets

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from explorer.visitor import COOKIE, is_visitor_id

_YEAR = 31_536_000  # seconds


class Visitors:
    """Sets the visitor's id with each page: the one that the browser sent, or a new one.

    A browser opens its websocket some requests after the page. So two tabs that a new visitor opens at the same time
    both have the id that was set last.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and add the cookie to a page."""

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.append("Set-Cookie", _cookie(HTTPConnection(scope)))
                headers["Cache-Control"] = "private, no-cache"  # no proxy may send it to another visitor
            await send(message)

        await self.app(scope, receive, send_with_cookie if _is_for_a_page(scope) else send)


def _is_for_a_page(scope: Scope) -> bool:
    # A browser accepts HTML only for what it shows in a tab or frame.
    is_get = scope["type"] == "http" and scope["method"] == "GET"
    return is_get and "text/html" in HTTPConnection(scope).headers.get("accept", "")


def _cookie(request: HTTPConnection) -> str:
    sent = request.cookies.get(COOKIE)
    number = sent if is_visitor_id(sent) else secrets.token_hex(16)
    # A proxy that terminates https says so in this header.
    is_secure = "https" in (request.scope["scheme"], *request.headers.get("x-forwarded-proto", "").split(","))
    return f"{COOKIE}={number}; Path=/; Max-Age={_YEAR}; HttpOnly; SameSite=Lax" + ("; Secure" if is_secure else "")
