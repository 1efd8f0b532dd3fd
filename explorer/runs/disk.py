"""What is said where the disk refuses a file."""

import errno
import shutil
from pathlib import Path

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
EXIT_STATUS = errno.ENOSPC
"""Of a process that could not even write that the disk is full."""

_LITTLE = 1 << 20  # bytes: a run's small files no longer fit


def is_disk_full(error: OSError) -> bool:
    """Whether ``error`` says that there is no room, by the disk, by a quota or by a limit on files."""
    return error.errno in _FULL


def has_room(folder: Path) -> bool:
    """Whether the disk of ``folder`` takes small files, as far as this can be known."""
    try:
        return shutil.disk_usage(folder).free > _LITTLE
    except OSError:
        return True


def complaint(error: OSError) -> str:
    """What is wrong with the disk, and what to do."""
    if is_disk_full(error):
        return f"The server's disk is full ({error.strerror}). Make room on it, or tell who runs the server."
    return (
        f"A file on the server cannot be read or written ({error.strerror})."
        " Let the server read its data and write its folders, or tell who runs the server."
    )
