"""The address bar is the state: one table of what a link may say, and what it says by default."""

import re
from collections.abc import Callable, Mapping

from explorer.kept import is_kept_name
from models import gallery

_NUMBER = r"-?[0-9]{1,7}(\.[0-9]{1,10})?(e-[0-9]{1,2})?"


def _full_match(pattern: str) -> Callable[[str], bool]:
    return lambda text: re.fullmatch(pattern, text, re.ASCII) is not None


def _is_view(text: str) -> bool:
    return _full_match(rf"{_NUMBER},{_NUMBER},{_NUMBER}")(text) and 1e-6 < float(text.split(",")[2]) < 1e6


def _is_digits(text: str) -> bool:
    return text == "none" or (_full_match(r"[0-9]{1,10}")(text) and text == "".join(sorted(set(text))))


# name: (default, test of every other value)
TABLE: dict[str, tuple[str, Callable[[str], bool]]] = {
    "model": (gallery.REFERENCE, lambda text: text in gallery.recipes() or is_kept_name(text)),
    "z": ("", _full_match(rf"{_NUMBER},{_NUMBER}")),  # "": the mean of the selected image, or the origin
    "image": ("", _full_match(r"[0-9]{1,4}")),  # of the 10,000 held-out ones; "": none
    "digits": ("0123456789", _is_digits),  # the classes that show
    "scale": ("shared", _full_match("fit")),
    "view": ("", _is_view),  # centre and half side of the window, in units of z; "": as scale says
    "lattice": ("", _full_match("on")),
}

DEFAULTS = {name: default for name, (default, _) in TABLE.items()}


def clean(values: Mapping[str, object]) -> dict[str, str]:
    """A value for every name of the table: the given one where it is allowed, else the default."""
    return {name: _allowed(values.get(name), default, test) for name, (default, test) in TABLE.items()}


def _allowed(value: object, default: str, test: Callable[[str], bool]) -> str:
    return value if isinstance(value, str) and len(value) <= 80 and test(value) else default
