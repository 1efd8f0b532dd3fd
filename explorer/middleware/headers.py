"""What each response tells the browser to allow: scripts and connections of this server alone, in no foreign frame."""

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
"""Names the addresses whose pages may show the app in a frame, with blanks between them; by default none may."""

_ADDRESS = r"https?://(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*(:[0-9]{1,5})?"


class EmbedderError(ValueError):
    """EMBEDDERS_VARIABLE holds what is no address; the message says what and what to write."""


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
        # Streamlit makes each component a Blob module.
        "script-src": " ".join(["'self'", "blob:", *_inline_scripts()]),
        "worker-src": "'self' blob:",
        # Streamlit and plotly.js write their styles while they run.
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
            # An address may name a run, and whoever knows a run's name may watch it.
            "Referrer-Policy": "same-origin",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and the response with the headers back."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self._headers)
            await send(message)

        await self.app(scope, receive, send_with_headers)


def _inline_scripts() -> list[str]:
    """The hashes of the scripts inside Streamlit's page, which no address names."""
    page = (Path(file_util.get_static_dir()) / "index.html").read_text(encoding="utf-8")
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    return [f"'sha256-{base64.b64encode(hashlib.sha256(each.encode()).digest()).decode()}'" for each in scripts]
