"""A limit on the total size of uploads in memory: Streamlit limits the size of each file but not their number."""

import re
from collections import Counter
from typing import cast

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit import config
from streamlit.runtime import Runtime
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager

SESSION_BYTES = 72 << 20  # three files of the largest size
ALL_BYTES = 512 << 20


class Uploads:
    """Answers 413 to an upload that would exceed the limit of its session, or of all sessions.

    The files that Streamlit holds count, so a removed file, or one of an ended session, no longer does. An upload in
    progress counts with its announced size.
    """

    def __init__(self, app: ASGIApp, session_bytes: int = SESSION_BYTES, all_bytes: int = ALL_BYTES) -> None:
        self.app = app
        self._session_bytes = session_bytes
        self._all_bytes = all_bytes
        self._coming: Counter[str] = Counter()  # bytes of uploads in progress, by session

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer with the reason for the refusal."""
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
            self._coming += Counter()  # removes sessions without an upload in progress

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
    """The announced size in bytes; without a valid one, the maximum that Streamlit accepts."""
    length = Headers(scope=scope).get("content-length", "")
    if re.fullmatch(r"[0-9]{1,15}", length, re.ASCII):
        return int(length)
    return config.get_option("server.maxUploadSize") << 20


def _held() -> Counter[str]:
    """The bytes that Streamlit holds, by session. Streamlit changes them on this thread only."""
    # A server always has this kind of manager, which keeps the files in memory.
    stored = cast(MemoryUploadedFileManager, Runtime.instance().uploaded_file_mgr).file_storage
    return Counter({session: sum(len(file.data) for file in files.values()) for session, files in stored.items()})
