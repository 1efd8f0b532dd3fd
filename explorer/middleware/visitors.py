"""The visitor's cookie: each page comes with it, and no script can read it."""

import secrets

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from explorer.visitor import COOKIE, is_number

_YEAR = 31_536_000  # seconds


class Visitors:
    """Gives the visitor's number with each page: the one that the browser sent, or a new one.

    A browser opens its websocket some requests after the page, so that two tabs that a new visitor opens at once have
    the number that came last by then, both of them.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and a page with the cookie back."""

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.append("Set-Cookie", _cookie(HTTPConnection(scope)))
                headers["Cache-Control"] = "private, no-cache"  # no proxy may give it to another visitor
            await send(message)

        await self.app(scope, receive, send_with_cookie if _is_for_a_page(scope) else send)


def _is_for_a_page(scope: Scope) -> bool:
    # A browser asks so for what it will show in a tab or frame, and for nothing else.
    is_get = scope["type"] == "http" and scope["method"] == "GET"
    return is_get and "text/html" in HTTPConnection(scope).headers.get("accept", "")


def _cookie(request: HTTPConnection) -> str:
    sent = request.cookies.get(COOKIE)
    number = sent if is_number(sent) else secrets.token_hex(16)
    # A proxy in front speaks https and says so.
    is_secure = "https" in (request.scope["scheme"], *request.headers.get("x-forwarded-proto", "").split(","))
    return f"{COOKIE}={number}; Path=/; Max-Age={_YEAR}; HttpOnly; SameSite=Lax" + ("; Secure" if is_secure else "")
