"""Files that browsers fetch and cache: plotly.js, and each model's decoder and codes.

They lie in static/, which Streamlit serves over HTTP, so that a reload or a second visitor costs nothing. Each name
holds a hash of the content; a file is made once and never changes.
"""

import gzip
import hashlib
import logging
import os
from functools import cache
from pathlib import Path

import numpy as np
import plotly
import safetensors.numpy
import safetensors.torch

from models import data, gallery
from models.checkpoint import write_atomically
from models.evaluation import fixed_binary_images
from models.idx import IdxError

FOLDER = Path(__file__).parents[1] / "static" / "made"
_LONG_AGO = 946_684_800  # seconds: the year 2000


class AssetError(OSError):
    """The folder cannot be written; the message says which and what to do."""


@cache
def plotly_url() -> str:
    """The address of the plotly.js that the plotly package carries, gzipped. Raises AssetError."""
    source = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
    return _publish("plotly.js", source.read_bytes())


@cache
def model_url(name: str) -> str:
    """The address of what a browser needs of a shipped model: a gzipped safetensors file of decoder and codes.

    Raises AssetError, CheckpointError, OSError.
    """
    model = gallery.read(name)
    tensors = {key: weight for key, weight in model.weights.items() if key.startswith("decoder.")}
    tensors |= {f"codes.{key}": values for key, values in vars(model.codes).items()}
    return _publish(f"{name}.safetensors", safetensors.torch.save(tensors))


@cache
def images_url() -> str | None:
    """The address of MNIST's test images, or None where the files are not on this machine; looked for once a process.

    A gzipped safetensors file: pixels uint8 [10000, 784] as stored, x uint8 [10000, 98] as the models saw them,
    one bit a pixel. Raises AssetError.
    """
    try:
        dataset = data.load_local("mnist", "test")
    except (data.DataError, IdxError, OSError) as error:
        logging.getLogger(__name__).warning("The page shows no original images. %s", error)
        return None
    if dataset is None:
        return None
    bits = np.packbits(fixed_binary_images(dataset).numpy().astype(bool), axis=1)
    pixels = dataset.pixels.flatten(1).numpy()
    return _publish("mnist-test.safetensors", safetensors.numpy.save({"pixels": pixels, "x": bits}))


def _publish(name: str, raw: bytes) -> str:
    """Where the page finds ``raw``, gzipped; the file is made now if it is not there yet."""
    stem, _, suffix = name.rpartition(".")
    path = FOLDER / f"{stem}-{hashlib.sha256(raw).hexdigest()[:12]}.{suffix}.gz"
    try:
        if not path.exists():
            FOLDER.mkdir(parents=True, exist_ok=True)
            # Zipped once here: Streamlit would zip each answer anew, on the thread that serves every visitor.
            write_atomically(path, gzip.compress(raw, 6, mtime=0))
            # Streamlit sends no Cache-Control; a browser then trusts a file for a tenth of its age.
            os.utime(path, (_LONG_AGO, _LONG_AGO))
    except OSError as error:
        raise AssetError(f"{path.parent} cannot be written ({error.strerror}); make it writable.") from error
    return f"app/static/{FOLDER.name}/{path.name}"
