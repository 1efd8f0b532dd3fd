"""What a browser asks about one image: which model it means, and what that model sees. Nothing of it is trusted."""

import base64
import binascii
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from explorer.server import model_store
from explorer.server.reasons import reason
from models import checkpoint, data, gallery
from models.checkpoint import Checkpoint, CheckpointError
from models.data import DataError, grey_levels
from models.evaluation import fixed_images
from models.idx import IdxError
from models.likelihood import LIKELIHOODS, Likelihood
from models.recipe import Recipe
from models.vae import PIXELS

_ENCODED = 4 * -(-PIXELS // 3)  # letters of base64
_MOST = 2**53 - 1  # the whole numbers that a browser counts without a gap
_RELOAD = "The page sent a question that cannot be answered. Reload the page."


class QuestionError(ValueError):
    """What cannot be answered; the message says why and what to do."""


class Asked(NamedTuple):
    """A question that was checked: the file of its model, and ``x``, what that model sees, as 784 bytes."""

    path: Path
    x: bytes
    curves: int


def asked(question: object, visitor: str) -> Asked:
    """The question of a browser, if it is one and can be answered. Raises QuestionError."""
    if not isinstance(question, dict):
        raise QuestionError(_RELOAD)
    path = _path(question.get("model"), visitor)
    image = whole(question.get("image"), -1)
    recipe = model(path).recipe
    likelihood = LIKELIHOODS[recipe.likelihood]
    x = _drawn(question.get("pixels"), likelihood) if image < 0 else _test_image(image, recipe)
    return Asked(path, x, whole(question.get("curves"), 0))


def whole(number: object, otherwise: int) -> int:
    """``number`` if it is a whole one, not negative, that a browser can count to, else ``otherwise``."""
    return number if type(number) is int and 0 <= number <= _MOST else otherwise


@lru_cache(maxsize=8)
def model(path: Path) -> Checkpoint:
    """The model of a file; a file's name holds a hash of it, or nothing replaces it. Raises QuestionError."""
    try:
        return checkpoint.read(path)
    except (CheckpointError, OSError) as error:
        raise QuestionError(f"The model cannot be read. {reason(error)} Choose another one.") from error


def seen(x: bytes) -> Tensor:
    """x as a model takes it, float32 [784], of its 784 bytes."""
    return grey_levels(torch.tensor([list(x)], dtype=torch.uint8))[0]


def _path(name: object, visitor: str) -> Path:
    if isinstance(name, str) and name in gallery.recipes():
        return gallery.path(name)
    if isinstance(name, str) and name in model_store.labels(visitor):
        return model_store.path(visitor, name)
    raise QuestionError("This model is not available: another visitor saved it, or it was deleted. Choose another one.")


def _drawn(pixels: object, likelihood: Likelihood) -> bytes:
    if not isinstance(pixels, str) or len(pixels) != _ENCODED:
        raise QuestionError("No image is chosen. Select one on the map, or draw one.")
    try:
        x = base64.b64decode(pixels, validate=True)
    except (binascii.Error, ValueError) as error:
        raise QuestionError(_RELOAD) from error
    if len(x) != PIXELS or (likelihood.is_binary and not set(x) <= {0, 255}):
        raise QuestionError(_RELOAD)
    return x


def _test_image(image: int, recipe: Recipe) -> bytes:
    images = _test_images(recipe.dataset, recipe.likelihood)
    if image >= len(images):
        raise QuestionError(f"There is no test image {image:,}. Choose a number from 0 to {len(images) - 1:,}.")
    return images[image].numpy().tobytes()


@lru_cache
def _test_images(dataset: str, likelihood: str) -> Tensor:
    """Every test image as a model sees it, uint8 [N, 784]; an error is not remembered, for the files may still come."""
    try:
        found = data.load_local(dataset, "test")
    except (DataError, IdxError, OSError) as error:
        raise QuestionError(f"The test images cannot be read. {reason(error)}") from error
    if found is None:
        raise QuestionError(
            f"The {data.DATASETS[dataset].label} files are not on the server. Draw an image, or sample one."
        )
    return (fixed_images(found, LIKELIHOODS[likelihood]) * 255).round().to(torch.uint8)
