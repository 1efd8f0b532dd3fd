"""Files that are written whole or not at all, and numbers in JSON files that may come from anywhere."""

import os
import tempfile
from pathlib import Path
from typing import TypeGuard

_EXACT = 2.0**53 - 1
"""The largest whole number up to which a float holds every one."""


def write_atomically(path: Path, raw: bytes, sync: bool = True) -> None:
    """Replace the file ``path`` by ``raw``: a reader sees the old bytes or the new, never a part.

    With ``sync`` the new ones outlive a power cut.
    """
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        try:
            file.write(raw)
            file.flush()
            if sync:
                os.fsync(file.fileno())
            Path(file.name).chmod(0o644)
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise


def is_number(value: object, low: float = -_EXACT, high: float = _EXACT, whole: bool = False) -> TypeGuard[float]:
    """Whether ``value`` of a JSON text is a number from ``low`` to ``high``, by default one that a float can hold."""
    # bool is an int to Python. NaN fails every comparison, and an int may be larger than any float.
    return isinstance(value, int if whole else (int, float)) and not isinstance(value, bool) and low <= value <= high
