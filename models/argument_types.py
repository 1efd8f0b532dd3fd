"""Types of command-line arguments for argparse: each parses the text of one argument."""

from argparse import ArgumentTypeError

DIAL = "dial"


def widths(text: str) -> tuple[int, ...]:
    """Layer widths, such as 512,512. Raises ArgumentTypeError."""
    try:
        return tuple(int(width) for width in text.split(","))
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is no list of layer widths, such as 512,512") from None


def beta(text: str) -> float | str:
    """A weight of the KL term; the word dial stands for every one. Raises ArgumentTypeError."""
    try:
        return text if text == DIAL else float(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is no number, nor the word dial") from None


def stddev(text: str) -> float | None:
    """The sigma of grey pixels; None if it is learnt. Raises ArgumentTypeError."""
    try:
        return None if text == "learnt" else float(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is no number, nor the word learnt") from None


def changes(text: str) -> tuple[tuple[int, float], ...]:
    """Steps and the KL weights set after them, such as 400:0,800:1. Raises ArgumentTypeError."""
    try:
        pairs = [pair.split(":") for pair in text.split(",")]
        return tuple((int(step), float(weight)) for step, weight in pairs)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is no list of changes, such as 400:0,800:1") from None


def count(text: str) -> int:
    """A number of threads or jobs. Raises ArgumentTypeError."""
    return _whole(text, 256)


def images(text: str) -> int:
    """A number of images. Raises ArgumentTypeError."""
    return _whole(text, 1_000_000)


def subset(text: str) -> int:
    """A number of images, or 0 for none. Raises ArgumentTypeError."""
    return 0 if text == "0" else images(text)


def _whole(text: str, most: int) -> int:
    # Not isdigit, which accepts superscripts that int() refuses; and no more digits than int() accepts.
    if not text.isdecimal() or len(text) > 9 or not 1 <= int(text) <= most:
        raise ArgumentTypeError(f"{text!r} is no whole number from 1 to {most:,}")
    return int(text)
