"""Atomic writes of files, and checks of numbers from untrusted JSON."""

import os
import tempfile
from pathlib import Path
from typing import TypeGuard

_EXACT = 2.0**53 - 1
"""The largest integer N such that a float represents every integer up to N."""


def write_atomically(path: Path, raw: bytes, sync: bool = True) -> None:
    """Replace the file ``path`` by ``raw``: a reader sees the old bytes or the new, never a part.

    With ``sync`` the new bytes survive a power cut.
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
    """Whether ``value`` from JSON is a number from ``low`` to ``high``, by default one that a float represents
    exactly."""
    # bool is an int to Python. NaN fails every comparison, and an int may be larger than any float.
    return isinstance(value, int if whole else (int, float)) and not isinstance(value, bool) and low <= value <= high
