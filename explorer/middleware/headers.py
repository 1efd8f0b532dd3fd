"""Security headers of each response: scripts and connections of this server only, and no foreign frames."""

import base64
import hashlib
import os
import re
from collections.abc import Sequence
from pathlib import Path

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import file_util

EMBEDDERS_VARIABLE = "LATENT_EXPLORER_EMBEDDERS"
"""The addresses whose pages may show the app in a frame, separated by spaces; by default none."""

_ADDRESS = r"https?://(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*(:[0-9]{1,5})?"


class EmbedderError(ValueError):
    """EMBEDDERS_VARIABLE contains an invalid address; the message says which one and what to write."""


def embedders() -> list[str]:
    """The addresses in EMBEDDERS_VARIABLE. Raises EmbedderError."""
    found = os.environ.get(EMBEDDERS_VARIABLE, "").lower().split()
    for each in found:
        if not re.fullmatch(_ADDRESS, each, re.ASCII):
            raise EmbedderError(
                f"{EMBEDDERS_VARIABLE} holds {each!r}, which is not the address of a host. Write addresses such as"
                " https://moodle.example, without a path, with a blank between two."
            )
    return found


def policy(embedders: Sequence[str] = ()) -> str:
    """The Content-Security-Policy, see https://www.w3.org/TR/CSP3/."""
    rules = {
        "default-src": "'none'",
        # Streamlit loads each component as a module from a Blob. WebAssembly computes p(z|x); it is no eval of a text.
        "script-src": " ".join(["'self'", "blob:", "'wasm-unsafe-eval'", *_inline_scripts()]),
        "worker-src": "'self' blob:",
        # Streamlit and plotly.js add styles at run time.
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "font-src": "'self' data:",
        "connect-src": "'self'",
        "manifest-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": " ".join(["'self'", *embedders]),
    }
    return "; ".join(f"{name} {allowed}" for name, allowed in rules.items())


class Headers:
    """Adds the headers to every response. ``embedders`` may show the app in a frame."""

    def __init__(self, app: ASGIApp, embedders: Sequence[str] = ()) -> None:
        self.app = app
        self._headers = {
            "Content-Security-Policy": policy(embedders),
            "X-Content-Type-Options": "nosniff",
            # An address may contain a run's name, and everyone who knows the name may watch the run.
            "Referrer-Policy": "same-origin",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and add the headers to the response."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self._headers)
            await send(message)

        await self.app(scope, receive, send_with_headers)


def _inline_scripts() -> list[str]:
    """The hashes of the inline scripts in Streamlit's page."""
    page = (Path(file_util.get_static_dir()) / "index.html").read_text(encoding="utf-8")
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    return [f"'sha256-{base64.b64encode(hashlib.sha256(each.encode()).digest()).decode()}'" for each in scripts]
