"""Files that browsers fetch and cache: plotly.js, and each model's decoder and codes, and its encoder.

They are in static/, which Streamlit serves over HTTP, so that browsers can cache them and all visitors share them. Each
name contains a hash of the content. A file is written once and never changes.
"""

import gzip
import hashlib
import logging
import os
from collections.abc import Callable
from functools import cache, wraps
from pathlib import Path

import numpy as np
import plotly
import safetensors.numpy
from safetensors import SafetensorError

from models import checkpoint, classifier, data, dial_bytes
from models.checkpoint import Checkpoint
from models.dial_table import DialTable
from models.evaluation import fixed_images
from models.files import write_atomically
from models.idx import IdxError

FOLDER = Path(__file__).parents[2] / "static" / "made"
_LONG_AGO = 946_684_800  # seconds: the year 2000


class AssetError(OSError):
    """The folder cannot be written; the message says which and what to do."""


def cached_while_published(urls_of: Callable) -> Callable[[Callable], Callable]:
    """Like functools.cache, for a function that publishes files: it is called again if one of them was deleted.

    ``urls_of`` returns the addresses in the function's result.
    """

    def decorate(publish: Callable) -> Callable:
        remembered = cache(publish)

        @wraps(publish)
        def checked(*arguments: object) -> object:
            found = remembered(*arguments)
            if all(map(_is_published, urls_of(found))):
                return found
            remembered.cache_clear()
            return remembered(*arguments)

        checked.cache_clear = remembered.cache_clear  # pyright: ignore[reportAttributeAccessIssue]: functions take any
        return checked

    return decorate


def _is_published(url: str) -> bool:
    return (FOLDER / url.rpartition("/")[2]).exists()


@cached_while_published(lambda url: [url])
def plotly_url() -> str:
    """The address of the plotly.js that the plotly package carries. Raises AssetError."""
    source = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
    return _publish("plotly.js", source.read_bytes())


@cached_while_published(lambda url: [url])
def script_url(name: str, code: str) -> str:
    """The address of a script, such as that of a Web Worker; served by explorer.middleware.scripts.

    Raises AssetError."""
    return _publish(f"{name}.js", code.encode())


def model_url(name: str, model: Checkpoint) -> str:
    """The address of a gzipped safetensors file of a model's decoder and codes; of a dial, those at beta = 1.

    Raises AssetError.
    """
    weights = checkpoint.half_weights(model.vae()) if model.recipe.is_dial else model.weights
    return _publish(f"{name}.safetensors", checkpoint.decoder_bytes(weights, model.codes))


def dial_table_url(name: str, model: Checkpoint, table: DialTable) -> str:
    """The address of a gzipped safetensors file of a dial's decoders and its table.

    Raises AssetError.
    """
    return _publish(f"{name}-table.safetensors", dial_bytes.decoder_bytes(model, table))


def dial_encoder_url(name: str, model: Checkpoint) -> str:
    """The address of a gzipped safetensors file of a dial's encoders.

    Raises AssetError.
    """
    return _publish(f"{name}-encoders.safetensors", dial_bytes.encoder_bytes(model))


def few_values_url(path: Path) -> str:
    """The address of the gzipped file ``path`` of a decoder of a z of few values. Raises AssetError, OSError."""
    return _publish(path.name, path.read_bytes())


def encoder_url(name: str, model: Checkpoint) -> str:
    """The address of a gzipped safetensors file of a model's encoder. It is separate because few visitors need it.

    Raises AssetError.
    """
    return _publish(f"{name}-encoder.safetensors", checkpoint.encoder_bytes(model.weights))


@cached_while_published(lambda url: [url])
def classifier_url() -> str:
    """The address of the gzipped classifier of digits, which names decoded pictures. Raises AssetError."""
    try:
        return _publish("classifier.safetensors", safetensors.numpy.save(classifier_tensors()))
    except (ValueError, KeyError, SafetensorError) as error:
        raise AssetError(f"{classifier.FILE.name} cannot be read ({error}); restore models/pretrained.") from error


def classifier_tensors() -> dict[str, np.ndarray]:
    """The classifier in the layout of a decoder, float16: classifier.0.weight [out, in], classifier.0.bias [out],
    ..."""
    judge = classifier.read()
    tensors = {}
    for layer, (weight, bias) in enumerate(zip(judge.weights, judge.biases, strict=True)):
        tensors[f"classifier.{2 * layer}.weight"] = np.ascontiguousarray(weight.T.half().numpy())
        tensors[f"classifier.{2 * layer}.bias"] = bias.half().numpy()
    return tensors


def unpublish_model(name: str) -> None:
    """Delete a model's published files. Raises OSError."""
    for path in FOLDER.glob(f"{name}-*.safetensors.gz"):
        path.unlink(missing_ok=True)


def images_url(name: str) -> str | None:
    """The address of a data set's test images, or None if its files are not on this machine (yet).

    A gzipped safetensors file: pixels uint8 [N, 784] as stored, x uint8 [N, 98] as models of binary pixels see them,
    one bit per pixel. Raises AssetError.
    """
    if name not in _images or not _is_published(_images[name]):
        dataset = _local_test_images(name)
        if dataset is None:
            return None
        _images[name] = _publish_images(dataset)
    return _images[name]


_images: dict[str, str] = {}
"""Addresses found by images_url. Missing data sets are not stored, because their files may arrive later."""


def _local_test_images(name: str) -> data.Dataset | None:
    try:
        return data.load_local(name, "test")
    except (data.DataError, IdxError, OSError) as error:
        logging.getLogger(__name__).warning("The page shows no original images. %s", error)
        return None


def _publish_images(dataset: data.Dataset) -> str:
    bits = np.packbits(fixed_images(dataset).numpy().astype(bool), axis=1)
    pixels = dataset.pixels.flatten(1).numpy()
    return _publish(f"{dataset.name}-test.safetensors", safetensors.numpy.save({"pixels": pixels, "x": bits}))


def _publish(name: str, raw: bytes) -> str:
    """The address of ``raw``, gzipped; writes the file if it does not exist."""
    stem, _, suffix = name.rpartition(".")
    path = FOLDER / f"{stem}-{hashlib.sha256(raw).hexdigest()[:12]}.{suffix}.gz"
    try:
        if not path.exists():
            FOLDER.mkdir(parents=True, exist_ok=True)
            # Compressed once here: Streamlit would compress each response again, on the thread that serves all
            # visitors.
            write_atomically(path, gzip.compress(raw, 6, mtime=0))
            # Streamlit sends no Cache-Control; a browser then caches a file for a tenth of its age.
            os.utime(path, (_LONG_AGO, _LONG_AGO))
    except OSError as error:
        logging.getLogger(__name__).warning("%s cannot be written: %s", path.parent, error)
        raise AssetError(f"static/made cannot be written ({error.strerror}); make it writable.") from error
    return f"app/static/{FOLDER.name}/{path.name}"
