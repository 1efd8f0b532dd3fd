"""What a server does once, for its first visitor."""

import gc
from functools import cache

import pandas  # noqa: F401  (Streamlit would import it with the first component)

from explorer import assets, catalogue
from models.checkpoint import CheckpointError


def prepare() -> str:
    """Make the server ready; "", or the sentence that says why there can be no page."""
    try:
        _prepare()
    except assets.AssetError as error:
        return f"The page cannot be served. {error} Then reload this page."
    except (CheckpointError, OSError) as error:
        return f"The shipped models cannot be shown. {error} Restore models/pretrained and reload this page."
    return ""


@cache  # of successes only: what was restored is found at the next reload
def _prepare() -> None:
    catalogue.shipped()
    assets.plotly_url()
    assets.classifier_url()
    assets.images_url("mnist")
    # Streamlit collects garbage after every rerun and would walk 300,000 objects that never die.
    gc.collect()
    gc.freeze()
