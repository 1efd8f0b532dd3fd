"""What went wrong, for a visitor, who is told of files and never of the server's folders: those go to the log."""

import logging
from pathlib import Path


def reason(error: Exception) -> str:
    """A sentence on ``error``. Of the app's own errors it is the message, which names no folder."""
    if not isinstance(error, OSError) or not error.strerror:
        return str(error)
    logging.getLogger(__name__).warning("%s", error)
    return f"{Path(str(error.filename)).name}: {error.strerror}." if error.filename else f"{error.strerror}."
