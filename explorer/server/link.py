"""The state of a page in its query parameters: for each page a table of names, defaults, and allowed values."""

import re
from collections.abc import Callable, Mapping

from explorer.server.model_store import is_kept_name
from models import gallery
from models.dial import named_weight

_LONGEST = 80
_LONGEST_DRAWING = 2000
_NUMBER = r"-?[0-9]{1,7}(\.[0-9]{1,10})?(e-[0-9]{1,2})?"


def _full_match(pattern: str) -> Callable[[str], bool]:
    return lambda text: re.fullmatch(pattern, text, re.ASCII) is not None


def _is_view(text: str) -> bool:
    return _full_match(rf"{_NUMBER},{_NUMBER},{_NUMBER}")(text) and 1e-6 < float(text.split(",")[2]) < 1e6


def _is_model(text: str) -> bool:
    name, beta = named_weight(text)
    return is_kept_name(name) or (name == gallery.DIAL if beta else name in gallery.recipes())


def _is_side(text: str) -> bool:
    return _is_model(text) or bool(run_of(text))


def _is_drawing(text: str) -> bool:
    return _full_match(r"([A-Za-z0-9_-]{3})+(\.([A-Za-z0-9_-]{3})+)*")(text)


def _is_digits(text: str) -> bool:
    return text == "none" or (_full_match(r"[0-9]{1,10}")(text) and text == "".join(sorted(set(text))))


Table = dict[str, tuple[str, Callable[[str], bool]]]
"""For each name the default, and a test for every other value."""

_COMMON: Table = {
    "z": ("", _full_match(rf"{_NUMBER},{_NUMBER}")),  # "": the mean of the image or drawing, or the origin
    "image": ("", _full_match(r"[0-9]{1,4}")),  # of the 10,000 held-out ones; "": none
    "digits": ("0123456789", _is_digits),  # the visible classes
    "view": ("", _is_view),  # centre and half side of the window, in units of z; "": as scale says
}

_DRAWING: Table = {"drawing": ("", _is_drawing)}  # of the visitor's pad, see explorer/browser/ui/strokes.js; "": none

_SIZE: Table = {"size": ("", _full_match("presenter"))}  # of what is seen; "": the usual one

MAP: Table = {
    "model": (f"{gallery.DIAL}@1", _is_model),  # the dial, so that turning it moves the codes and swaps no model
    **_COMMON,
    "scale": ("follow", _full_match("shared|fit")),
    "lattice": ("", _full_match("on")),
    "pin": ("", _full_match("on")),  # the table compares with beta = 1, and not with the model shown before
    **_SIZE,
}
"""The query parameters of the Map page."""

COMPARE: Table = {
    "a": (f"{gallery.DIAL}@0.3", _is_side),
    "b": (f"{gallery.DIAL}@30", _is_side),
    **_COMMON,
    **_DRAWING,
    "zb": ("", _full_match(rf"code|{_NUMBER},{_NUMBER}")),  # of B's handle; "": as z; code: the selected image's
    "scale": ("follow", _full_match("shared|fit|own")),  # own: each side in a window of its own
    "lead": ("", _full_match("b")),  # the side of the selected image, at whose code the handle is
    "lines": ("", _full_match("on")),
    "draw": ("", _full_match(r"[0-9]{1,6}")),  # the seed of the prior draws
    **_SIZE,
}
"""The query parameters of the Compare page."""

PROBABILITY: Table = {
    "model": (gallery.REFERENCE, _is_model),
    **_COMMON,
    **_DRAWING,
    "scale": ("follow", _full_match("shared|fit")),
    "full": ("", _full_match("on")),  # the fitted q has a full covariance
    "lookup": ("", _full_match("on")),  # the q that was looked up shows beside the encoder's
}
"""The query parameters of the Probability page."""

STORY: Table = {
    "scene": ("1", _full_match("[1-9]|all|sheet")),  # all: the overview; sheet: the visitor's guesses
}
"""The query parameters of the Story page."""


def defaults(table: Table = MAP) -> dict[str, str]:
    """The default query parameters."""
    return {name: default for name, (default, _) in table.items()}


DEFAULTS = defaults()


def clean(values: object, table: Table = MAP) -> dict[str, str]:
    """A value for every name of the table: the given one if it is allowed, else the default."""
    values = values if isinstance(values, Mapping) else {}
    return {name: _allowed(values.get(name), default, test) for name, (default, test) in table.items()}


def run_of(text: str) -> str:
    """The name of the run in ``text``, which names a moment such as "run-0123456789abcdef@400"; "" for other text."""
    found = re.fullmatch(r"run-([0-9a-f]{16})@[0-9]{1,7}", text, re.ASCII)
    return found[1] if found else ""


def _allowed(value: object, default: str, test: Callable[[str], bool]) -> str:
    longest = _LONGEST_DRAWING if test is _is_drawing else _LONGEST
    return value if isinstance(value, str) and len(value) <= longest and test(value) else default
