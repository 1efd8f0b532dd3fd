"""The figures in JSON files beside the shipped models. Every value is checked, because a file may be damaged."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeGuard


class ShippedError(ValueError):
    """A file of figures cannot be used; the message names it and says what to do."""


def read_figures(path: Path, is_sound: Callable[[object], bool]) -> dict:
    """The figures in the file ``path``, checked by ``is_sound``. Raises ShippedError."""
    try:
        found = json.loads(path.read_bytes(), parse_int=_whole, parse_float=_real, parse_constant=_real)
    except (OSError, ValueError, RecursionError) as error:
        raise ShippedError(f"{path.name} cannot be read; restore models/pretrained.") from error
    if not is_sound(found):
        raise ShippedError(f"{path.name} is damaged; restore models/pretrained.")
    return found


def are_numbers(value: object, needed: Iterable[str] = (), known: Iterable[str] = ()) -> TypeGuard[dict]:
    """Whether an object has a number under each name in ``needed``, and under each name in ``known`` that it has."""
    if not isinstance(value, dict):
        return False
    names = {*needed, *(name for name in known if name in value)}
    return all(type(value.get(name)) in (int, float) for name in names)


def are_all(values: object, is_sound: Callable[[object], bool]) -> bool:
    """Whether all values of a list or an object are sound."""
    if isinstance(values, dict):
        values = list(values.values())
    return isinstance(values, list) and all(map(is_sound, values))


def _whole(text: str) -> int:
    if len(text) > 16:
        raise ValueError("no count has so many digits")
    return int(text)


def _real(text: str) -> float:
    value = float(text)
    if not (value == 0 or 1e-300 < abs(value) < 1e300):  # refuses NaN too
        raise ValueError("no measure has such a value")
    return value
