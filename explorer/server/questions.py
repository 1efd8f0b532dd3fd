"""A browser's question about one image, parsed and checked: the model, and the image that it sees. It is untrusted."""

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
from models.dial import named_weight
from models.evaluation import fixed_images
from models.idx import IdxError
from models.likelihood import LIKELIHOODS, Likelihood
from models.recipe import Recipe
from models.vae import PIXELS

_ENCODED = 4 * -(-PIXELS // 3)  # characters of base64
_MAX_INT = 2**53 - 1  # the largest integer that JavaScript represents exactly
_RELOAD = "The page sent a question that cannot be answered. Reload the page."
_MISSING = "This model is not available: another visitor saved it, or it was deleted. Choose another one."


class QuestionError(ValueError):
    """The question cannot be answered; the message says why and what to do."""


class ModelKey(NamedTuple):
    """A model by its file, which never changes; ``beta`` is the KL weight of a dial, and None of any other model."""

    path: Path
    beta: float | None = None


class ParsedQuestion(NamedTuple):
    """A checked question: its model, and ``x``, the image as that model sees it, as 784 bytes."""

    model: ModelKey
    x: bytes
    curves: int


def parse_question(question: object, visitor_id: str) -> ParsedQuestion:
    """The checked question of a browser. Raises QuestionError if it cannot be answered."""
    if not isinstance(question, dict):
        raise QuestionError(_RELOAD)
    model = _model(question.get("model"), visitor_id)
    image = int_or(question.get("image"), -1)
    recipe = load_model(model.path).recipe
    likelihood = LIKELIHOODS[recipe.likelihood]
    x = _drawn(question.get("pixels"), likelihood) if image < 0 else _test_image(image, recipe)
    return ParsedQuestion(model, x, int_or(question.get("curves"), 0))


def int_or(number: object, otherwise: int) -> int:
    """``number`` if it is an integer from 0 to 2^53 - 1, else ``otherwise``."""
    return number if type(number) is int and 0 <= number <= _MAX_INT else otherwise


@lru_cache(maxsize=8)
def load_model(path: Path) -> Checkpoint:
    """The model in a file, cached: a file of this name never changes. Raises QuestionError."""
    try:
        return checkpoint.read(path)
    except (CheckpointError, OSError) as error:
        raise QuestionError(f"The model cannot be read. {reason(error)} Choose another one.") from error


def decode_pixels(x: bytes) -> Tensor:
    """x as the model's input, float32 [784], from its 784 bytes."""
    return grey_levels(torch.tensor([list(x)], dtype=torch.uint8))[0]


def _model(name: object, visitor_id: str) -> ModelKey:
    owner, beta = named_weight(name) if isinstance(name, str) else ("", None)
    if owner in gallery.recipes() or owner == gallery.DIAL:
        model = ModelKey(gallery.path(owner), beta)
    elif owner in model_store.labels(visitor_id):
        model = ModelKey(model_store.path(visitor_id, owner), beta)
    else:
        raise QuestionError(_MISSING)
    if (load_model(model.path).recipe.is_dial) == (beta is not None):
        return model
    raise QuestionError(_MISSING)


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
    """Every test image as a model sees it, uint8 [N, 784]. Errors are not cached, because the files may arrive
    later."""
    try:
        found = data.load_local(dataset, "test")
    except (DataError, IdxError, OSError) as error:
        raise QuestionError(f"The test images cannot be read. {reason(error)}") from error
    if found is None:
        raise QuestionError(
            f"The {data.DATASETS[dataset].label} files are not on the server. Draw an image, or sample one."
        )
    return (fixed_images(found, LIKELIHOODS[likelihood]) * 255).round().to(torch.uint8)
