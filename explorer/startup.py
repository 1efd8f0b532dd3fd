"""What a server does once, at its start and for its first visitor."""

import ctypes
import gc
from contextlib import suppress
from functools import cache

import pandas  # noqa: F401  (Streamlit would import it with the first component)

from explorer.server import assets, catalogue
from explorer.server.reasons import reason
from models.checkpoint import CheckpointError

# Of glibc's malloc.h.
_M_ARENA_MAX, _M_MMAP_THRESHOLD = -8, -3


def start() -> None:
    """Have the allocator give memory back: without it the server keeps what waves of visitors have taken."""
    # Windows has no such library, macOS and musl no such function.
    with suppress(OSError, TypeError, AttributeError):
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_M_ARENA_MAX, 2)
        mallopt(_M_MMAP_THRESHOLD, 128 << 10)


def prepare() -> str:
    """Make the server ready; "", or the sentence that says why there can be no page."""
    try:
        catalogue.shipped()
        assets.plotly_url()
        assets.classifier_url()
        _prepare()
    except assets.AssetError as error:
        return f"The page cannot be served. {error} Then reload this page."
    except (CheckpointError, OSError) as error:
        return f"The shipped models cannot be shown. {reason(error)} Restore models/pretrained and reload this page."
    return ""


@cache  # of successes only: what was restored is found at the next reload
def _prepare() -> None:
    assets.images_url("mnist")
    # Streamlit collects garbage after every rerun and would walk 300,000 objects that never die.
    gc.collect()
    gc.freeze()
