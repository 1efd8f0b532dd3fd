"""Work that a server does once, at its start and for its first visitor."""

import ctypes
import gc
from contextlib import suppress
from functools import cache

import pandas  # noqa: F401  (Streamlit would import it with the first component)

from explorer.server import assets, catalogue
from explorer.server.reasons import reason
from models.checkpoint import CheckpointError

# From glibc's malloc.h.
_M_ARENA_MAX, _M_MMAP_THRESHOLD = -8, -3


def start() -> None:
    """Make the allocator return freed memory to the system; otherwise the server keeps the memory of peak loads."""
    # Windows does not have this library; macOS and musl do not have this function.
    with suppress(OSError, TypeError, AttributeError):
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_M_ARENA_MAX, 2)
        mallopt(_M_MMAP_THRESHOLD, 128 << 10)


def prepare() -> str:
    """Prepare the server; returns "", or the sentence that says why no page can be shown."""
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


@cache  # only successes are cached, so that restored files are found at the next reload
def _prepare() -> None:
    assets.images_url("mnist")
    # Streamlit collects garbage after every rerun; frozen, the 300,000 permanent objects are not traversed each time.
    gc.collect()
    gc.freeze()
