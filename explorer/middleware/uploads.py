"""A limit on the bytes of uploads that wait on the server: Streamlit limits each file, and keeps as many as come."""

import re
from collections import Counter
from typing import cast

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit import config
from streamlit.runtime import Runtime
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager

SESSION_BYTES = 48 << 20  # three files of the largest size
ALL_BYTES = 512 << 20


class Uploads:
    """Answers 413 to an upload with which those of its session, or of all sessions, would take too much memory.

    What counts is what Streamlit holds, so that a file that was removed, or whose session has ended, counts no more;
    an upload under way counts with the size that it announces.
    """

    def __init__(self, app: ASGIApp, session_bytes: int = SESSION_BYTES, all_bytes: int = ALL_BYTES) -> None:
        self.app = app
        self._session_bytes = session_bytes
        self._all_bytes = all_bytes
        self._coming: Counter[str] = Counter()  # bytes under way, by session

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or say why not."""
        session = _session(scope)
        if not session:
            await self.app(scope, receive, send)
            return
        size = _announced(scope)
        if self._is_too_much(session, size):
            refusal = PlainTextResponse("The uploads take too much memory; remove some, or reload the page.", 413)
            await refusal(scope, receive, send)
            return
        self._coming[session] += size
        try:
            await self.app(scope, receive, send)
        finally:
            self._coming[session] -= size
            self._coming += Counter()  # drops those of which nothing is under way

    def _is_too_much(self, session: str, size: int) -> bool:
        held = _held() + self._coming
        return held[session] + size > self._session_bytes or held.total() + size > self._all_bytes


def _session(scope: Scope) -> str:
    """The session that uploads a file with this request, or ""."""
    if scope["type"] != "http" or scope["method"] != "PUT":
        return ""
    found = re.search(r"/_stcore/upload_file/([^/]+)/[^/]+$", scope["path"])
    return found[1] if found else ""


def _announced(scope: Scope) -> int:
    """The bytes that are coming; without a valid length the most that Streamlit takes in."""
    length = Headers(scope=scope).get("content-length", "")
    if re.fullmatch(r"[0-9]{1,15}", length, re.ASCII):
        return int(length)
    return config.get_option("server.maxUploadSize") << 20


def _held() -> Counter[str]:
    """The bytes that Streamlit holds, by session. Streamlit changes them on this thread alone."""
    # The one kind of manager that a server makes; only it keeps the files in memory.
    stored = cast(MemoryUploadedFileManager, Runtime.instance().uploaded_file_mgr).file_storage
    return Counter({session: sum(len(file.data) for file in files.values()) for session, files in stored.items()})
