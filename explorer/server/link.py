"""The address bar is the state: a table a page of what a link may say, and what it says by default."""

import re
from collections.abc import Callable, Mapping

from explorer.server.model_store import is_kept_name
from models import gallery

_NUMBER = r"-?[0-9]{1,7}(\.[0-9]{1,10})?(e-[0-9]{1,2})?"


def _full_match(pattern: str) -> Callable[[str], bool]:
    return lambda text: re.fullmatch(pattern, text, re.ASCII) is not None


def _is_view(text: str) -> bool:
    return _full_match(rf"{_NUMBER},{_NUMBER},{_NUMBER}")(text) and 1e-6 < float(text.split(",")[2]) < 1e6


def _is_model(text: str) -> bool:
    return text in gallery.recipes() or is_kept_name(text)


def _is_side(text: str) -> bool:
    return _is_model(text) or bool(run_of(text))


def _is_digits(text: str) -> bool:
    return text == "none" or (_full_match(r"[0-9]{1,10}")(text) and text == "".join(sorted(set(text))))


Table = dict[str, tuple[str, Callable[[str], bool]]]
"""Each name's default, and the test of every other value."""

_SEEN: Table = {
    "z": ("", _full_match(rf"{_NUMBER},{_NUMBER}")),  # "": the mean of the selected image, or the origin
    "image": ("", _full_match(r"[0-9]{1,4}")),  # of the 10,000 held-out ones; "": none
    "digits": ("0123456789", _is_digits),  # the classes that show
    "view": ("", _is_view),  # centre and half side of the window, in units of z; "": as scale says
}

TABLE: Table = {
    "model": (gallery.REFERENCE, _is_model),
    **_SEEN,
    "scale": ("shared", _full_match("fit")),
    "lattice": ("", _full_match("on")),
}
"""The map's."""

COMPARE: Table = {
    "a": ("mnist-beta-0", _is_side),
    "b": (gallery.REFERENCE, _is_side),
    **_SEEN,
    "scale": ("shared", _full_match("fit|own")),  # fit: both sides in one window; own: each in its own
    "lead": ("", _full_match("b")),  # the side whose image is selected, and whose code the handle is at
    "lines": ("", _full_match("on")),
    "draw": ("", _full_match(r"[0-9]{1,6}")),  # the seed of the prior draws
}
"""Those of the page that compares two models."""

PROBABILITY: Table = {
    "model": (gallery.REFERENCE, _is_model),
    **_SEEN,
    "scale": ("shared", _full_match("fit")),
    "full": ("", _full_match("on")),  # the q that is fitted has a full covariance
}
"""Those of the page that shows one image's posterior."""


def defaults(table: Table = TABLE) -> dict[str, str]:
    """What a link says that says nothing."""
    return {name: default for name, (default, _) in table.items()}


DEFAULTS = defaults()


def clean(values: object, table: Table = TABLE) -> dict[str, str]:
    """A value for every name of the table: the given one where it is allowed, else the default."""
    values = values if isinstance(values, Mapping) else {}
    return {name: _allowed(values.get(name), default, test) for name, (default, test) in table.items()}


def run_of(text: str) -> str:
    """The name of the run of which ``text`` names a moment, as in "run-0123456789abcdef@400", or ""."""
    found = re.fullmatch(r"run-([0-9a-f]{16})@[0-9]{1,7}", text, re.ASCII)
    return found[1] if found else ""


def _allowed(value: object, default: str, test: Callable[[str], bool]) -> str:
    return value if isinstance(value, str) and len(value) <= 80 and test(value) else default
