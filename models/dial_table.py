"""The codes that a dial gives the held-out images, at KL weights between which a browser interpolates.

A table stands in a safetensors file beside its dial: betas float32 [K], ascending; mean, stddev float16 [K, N, 2];
reconstruction, kl float16 [K, N] in nats; label uint8 [N]; text metadata with the averages and the dial's fingerprint.
"""

import json
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor

from models.checkpoint import Checkpoint, serialised
from models.data import Dataset
from models.dial import BASIS_SIZE, BASIS_WIDTH, BETAS
from models.evaluation import Averages, Codes, average_terms, encode_dataset, summarise
from models.files import write_atomically

MARKS = (0.01, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
"""The KL weights that are named on the dial. Dedicated models are trained for the same ones."""

_TENSORS = ("betas", "mean", "stddev", "reconstruction", "kl", "label")


class DialTableError(ValueError):
    """The file is not the table of that dial; the message says why."""


@dataclass(frozen=True)
class DialTable:
    """The tensors and metadata of a table's file; ``averages`` has one entry per KL weight."""

    betas: Tensor
    mean: Tensor
    stddev: Tensor
    reconstruction: Tensor
    kl: Tensor
    label: Tensor
    averages: tuple[Averages, ...]
    fingerprint: str

    def codes(self, row: int) -> Codes:
        """The codes at the KL weight betas[row]."""
        values = (self.mean, self.stddev, self.reconstruction, self.kl)
        return Codes(*(value[row].float() for value in values), label=self.label)

    @property
    def metrics(self) -> list[dict[str, float]]:
        """For each KL weight the averages over the images, see models.evaluation.summarise."""
        return [summarise(self.codes(row), averages) for row, averages in enumerate(self.averages)]


def table_betas(marks: Sequence[float] = MARKS, factor: float = 1.27) -> Tensor:
    """KL weights float32 [K]: the marks, and between them weights at about equal ratios, of three digits each.

    A page stops at these alone, for there its codes are the encoder's. What it shows on the way from one to the next is
    interpolated: a few images have codes that jump between places on the map, where no interpolation can follow.
    """
    parts = []
    for low, high in pairwise(marks):
        steps = math.ceil(math.log(high / low) / math.log(factor))
        parts += [float(f"{low * (high / low) ** (step / steps):.3g}") for step in range(steps)]
    return torch.tensor([*parts, marks[-1]])


def rows(model: Checkpoint, held_out: Dataset, betas: Tensor) -> Iterator[tuple[Codes, Averages]]:
    """For each KL weight the codes of ``held_out`` and their averages, of the dial in ``model``. Raises DialError."""
    for beta in betas.tolist():
        vae = model.vae(min(max(beta, BETAS[0]), BETAS[1]))  # float32 may round an end of the range out of it
        codes = encode_dataset(vae, held_out)
        yield codes, average_terms(vae, held_out, codes)


def make(model: Checkpoint, betas: Tensor, found: Iterable[tuple[Codes, Averages]]) -> DialTable:
    """The table of the dial in ``model``, from its ``rows`` at ``betas``."""
    kept = list(found)
    mean, stddev, reconstruction, kl = (
        torch.stack([getattr(codes, name) for codes, _ in kept]).half()
        for name in ("mean", "stddev", "reconstruction", "kl")
    )
    averages = tuple(each for _, each in kept)
    return DialTable(betas, mean, stddev, reconstruction, kl, kept[0][0].label, averages, model.fingerprint)


def path_of(dial: Path) -> Path:
    """The file of the table of the dial in the file ``dial``."""
    return dial.with_name(f"{dial.stem}-table{dial.suffix}")


def write(path: Path, table: DialTable) -> None:
    """Write ``table`` to ``path`` whole or not at all. Raises OSError."""
    averages = json.dumps([asdict(each) for each in table.averages])
    metadata = {"averages": averages, "fingerprint": table.fingerprint}
    write_atomically(path, serialised({name: getattr(table, name) for name in _TENSORS}, metadata))


def read(path: Path, model: Checkpoint) -> DialTable:
    """The table in ``path``, which was made from the dial ``model``. Raises DialTableError, OSError."""
    raw = path.read_bytes()
    try:
        size = int.from_bytes(raw[:8], "little")
        metadata = json.loads(raw[8 : 8 + size])["__metadata__"]
        tensors = safetensors.torch.load(raw)
        averages = tuple(
            Averages(**{name: tuple(values) for name, values in each.items()})
            for each in json.loads(metadata["averages"])
        )
        found = {name: tensors[name] for name in _TENSORS}
        table = DialTable(**found, averages=averages, fingerprint=metadata["fingerprint"])
    except (ValueError, KeyError, TypeError, SafetensorError) as error:
        raise DialTableError(f"{path.name} is damaged ({error}). Restore it, or make it again.") from error
    if table.fingerprint != model.fingerprint:
        raise DialTableError(f"{path.name} was made from another dial. Make it again.")
    return table


def browser_bytes(model: Checkpoint, table: DialTable) -> bytes:
    """What a browser needs to turn a dial: a safetensors file of its decoder with the films, and of its table.

    The tensors are those of ``encoder_bytes``, of the decoder, and table.betas, table.mean and so on.
    """
    tensors = _filmed(model, "decoder") | {f"table.{name}": getattr(table, name) for name in _TENSORS}
    return safetensors.torch.save(tensors)


def encoder_bytes(model: Checkpoint) -> bytes:
    """What a browser needs to encode an image at any KL weight: a safetensors file of the encoder with the films.

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
