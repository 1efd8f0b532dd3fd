"""Error messages for visitors. They name files but never the server's folders, which go to the log."""

import logging
from pathlib import Path


def reason(error: Exception) -> str:
    """A sentence about ``error``. For the app's own errors it is their message, which names no folder."""
    if not isinstance(error, OSError) or not error.strerror:
        return str(error)
    logging.getLogger(__name__).warning("%s", error)
    return f"{Path(str(error.filename)).name}: {error.strerror}." if error.filename else f"{error.strerror}."
