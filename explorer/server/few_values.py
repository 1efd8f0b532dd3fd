"""Decoders of a z of few values, for a browser: what each decodes at every value of its z."""

import json
import logging
from pathlib import Path

import safetensors
from safetensors import SafetensorError

from explorer.server import assets
from explorer.wire import FewValues
from models import gallery

_FILES = "mnist-*-values.safetensors"


def few_values() -> list[FewValues]:
    """The shipped ones, those of the fewest values first; a file that cannot be read is left out. Raises AssetError."""
    found = []
    for path in gallery.FOLDER.glob(_FILES):
        try:
            found.append(_published(path))
        except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
            if isinstance(error, assets.AssetError):
                raise
            logging.getLogger(__name__).warning("%s cannot be read: %s", path.name, error)
    return sorted(found, key=lambda each: each["count"])


def _published(path: Path) -> FewValues:
    with safetensors.safe_open(path, framework="numpy") as file:
        measures = json.loads(file.metadata()["measures"])
        count, _ = file.get_slice("logits").get_shape()
    url = assets.few_values_url(path)
    return FewValues(count=count, url=url, log_evidence=float(measures["log_evidence"]))
