"""What a browser needs of a dial, as safetensors files: the films, which it folds itself, and the table."""

import math

import safetensors.torch
import torch
from torch import Tensor

from models.checkpoint import Checkpoint
from models.dial import BASIS_SIZE, BASIS_WIDTH, BETAS
from models.dial_table import PREFIX, DialTable


def decoder_bytes(model: Checkpoint, table: DialTable) -> bytes:
    """What a browser needs to turn a dial: its decoder with the films, and its table.

    The tensors are those of ``encoder_bytes``, of the decoder, and table.betas, table.mean, ..., table.label.
    """
    tensors = _filmed(model, "decoder") | table.tensors | {f"{PREFIX}label": table.label}
    return safetensors.torch.save(tensors)


def encoder_bytes(model: Checkpoint) -> bytes:
    """What a browser needs to encode an image at any KL weight: the encoder with the films.

    encoder.0.weight, .bias as in any checkpoint, and .scale, .shift float16 [BASIS_SIZE, outputs] of its film;
    basis.centres float32 [BASIS_SIZE] and basis.width float32 [1] of the functions of models.dial.radial_basis, in
    units of log beta.
    """
    return safetensors.torch.save(_filmed(model, "encoder"))


def _filmed(model: Checkpoint, part: str) -> dict[str, Tensor]:
    weights, layers = model.weights, len(model.recipe.hidden) + 1
    prefix, first = f"vae.{part}.", 0 if part == "encoder" else layers
    tensors = {name.removeprefix("vae."): weight for name, weight in weights.items() if name.startswith(prefix)}
    for layer in range(layers):
        for name in ("scale", "shift"):
            tensors[f"{part}.{2 * layer}.{name}"] = weights[f"films.{first + layer}.{name}"]
    low, high = map(math.log, BETAS)
    width = torch.tensor([BASIS_WIDTH * (high - low) / 2])
    return tensors | {"basis.centres": torch.linspace(low, high, BASIS_SIZE), "basis.width": width}
