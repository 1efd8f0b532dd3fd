"""One server per state folder: a lock on a file in it, which the operating system releases when the server ends."""

import os
import threading
from contextlib import suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # not on Windows, where two servers are not detected
    fcntl = None

LOCK_NAME = "server.lock"
OTHER_SERVER = (
    "Another server uses this server's folder of runs and kept models. Stop one of the two servers, or let"
    " LATENT_EXPLORER_STATE name another folder and start this server again."
)
_held: dict[Path, int] = {}
"""The open lock files of this process; all objects of one process share them."""
_guard = threading.Lock()


def is_ours(folder: Path) -> bool:
    """Whether this process may write in ``folder``; the first process that asks gets the lock.

    Also true where it cannot be determined: without file locks, or if the file cannot be created.
    """
    path = folder.resolve() / LOCK_NAME
    with _guard:
        return _still_holds(path) or _acquire(path)


def _still_holds(path: Path) -> bool:
    """Whether the locked file is still the one at ``path``; the folder may have been deleted and created again."""
    with suppress(KeyError, OSError):
        return os.path.samestat(os.fstat(_held[path]), path.stat())
    return False


def _acquire(path: Path) -> bool:
    if fcntl is None:
        return True
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError:
        return True  # the next write meets the same error and reports it
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return False
    except OSError:  # a file system without locks
        os.close(descriptor)
        return True
    if path in _held:
        os.close(_held.pop(path))
    _held[path] = descriptor
    return True
