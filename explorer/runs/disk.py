"""Messages for the case that the disk refuses a file."""

import errno
import shutil
from pathlib import Path

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
EXIT_STATUS = errno.ENOSPC
"""The exit status of a process that could not write its error because the disk is full."""

_LITTLE = 1 << 20  # bytes; with less a run's small files do not fit


def is_disk_full(error: OSError) -> bool:
    """Whether ``error`` means that there is no room: a full disk, a quota, or a limit on file sizes."""
    return error.errno in _FULL


def has_room(folder: Path) -> bool:
    """Whether the disk of ``folder`` has room for small files; True if this cannot be determined."""
    try:
        return shutil.disk_usage(folder).free > _LITTLE
    except OSError:
        return True


def explain(error: OSError) -> str:
    """What is wrong with the disk, and what to do."""
    if is_disk_full(error):
        return f"The server's disk is full ({error.strerror}). Make room on it, or tell who runs the server."
    return (
        f"A file on the server cannot be read or written ({error.strerror})."
        " Let the server read its data and write its folders, or tell who runs the server."
    )
