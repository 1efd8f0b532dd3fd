"""The codes that a dial gives the held-out images, at KL weights between which a browser interpolates.

A dial's checkpoint holds its table: table.betas float32 [K], ascending; table.mean, table.stddev float16 [K, N, 2];
table.reconstruction, table.kl float16 [K, N] in nats, at most 65,504; text metadata with the averages, and with the
number of draws of z behind each reconstruction, 0 where it is an integral.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

from models.data import Dataset
from models.dial import BETAS, Dial
from models.evaluation import Averages, Codes, average_terms, encode_dataset, summarise

MARKS = (0.01, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
"""The KL weights that are named on the dial. Dedicated models are trained for the same ones."""

PREFIX = "table."
MAX_ROWS = 100
MAX_SAMPLES = 1000
SAMPLES = 2
"""Draws of z for the reconstruction of each code. The integral of a wide q takes a hundred times as long."""

_CODES = {"mean": [2], "stddev": [2], "reconstruction": [], "kl": []}
"""The shape of each part of one code."""


@dataclass(frozen=True)
class DialTable:
    """The tensors of a table, the labels [N] of its images, and ``averages`` with one entry per KL weight."""

    betas: Tensor
    mean: Tensor
    stddev: Tensor
    reconstruction: Tensor
    kl: Tensor
    label: Tensor
    averages: tuple[Averages, ...]
    samples: int = 0

    @property
    def tensors(self) -> dict[str, Tensor]:
        """The tensors by their names in a file."""
        return {f"{PREFIX}{name}": getattr(self, name) for name in ("betas", *_CODES)}

    def codes(self, row: int) -> Codes:
        """The codes at the KL weight betas[row]."""
        return Codes(**{name: getattr(self, name)[row].float() for name in _CODES}, label=self.label)

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


Watch = Callable[[int, int], object]
"""Called after each KL weight of a table with the number of those done, and of all."""


def unwatched(done: int, total: int) -> None:
    """A Watch that does nothing."""


def tabulate(
    dial: Dial, held_out: Dataset, betas: Tensor, samples: int = SAMPLES, watch: Watch = unwatched
) -> DialTable:
    """The table of ``dial`` at ``betas``; see models.evaluation.encode_dataset for ``samples``."""
    kept = []
    for found in _rows(dial, held_out, betas, samples):
        kept.append(found)
        watch(len(kept), len(betas))
    largest = torch.finfo(torch.float16).max
    columns = {name: torch.stack([getattr(codes, name) for codes, _ in kept]) for name in _CODES}
    halves = {name: column.clamp(max=largest).half() for name, column in columns.items()}
    return DialTable(betas, **halves, label=held_out.labels, averages=tuple(each for _, each in kept), samples=samples)


def _rows(dial: Dial, held_out: Dataset, betas: Tensor, samples: int) -> Iterator[tuple[Codes, Averages]]:
    for beta in betas.tolist():
        vae = dial.at(min(max(beta, BETAS[0]), BETAS[1]))  # float32 may round an end of the range out of it
        codes = encode_dataset(vae, held_out, samples)
        yield codes, average_terms(vae, held_out, codes)


def layout(rows: int, images: int) -> dict[str, tuple[str, list[int]]]:
    """The type and shape of each tensor of a table of ``rows`` KL weights in a file."""
    codes = {f"{PREFIX}{name}": ("F16", [rows, images, *part]) for name, part in _CODES.items()}
    return {f"{PREFIX}betas": ("F32", [rows])} | codes


def parse(tensors: dict[str, Tensor], label: Tensor, averages: object, samples: object) -> DialTable:
    """The table in the tensors of a file, whose layout is checked; ``averages`` and ``samples`` are values of JSON.

    Raises ValueError.
    """
    found = {name: tensors[f"{PREFIX}{name}"] for name in ("betas", *_CODES)}
    betas = found["betas"].double()
    ends = torch.tensor(BETAS, dtype=torch.float64)
    if not torch.allclose(betas[[0, -1]], ends) or not (betas.diff() > 0.01 * betas[:-1]).all():
        raise ValueError(f"its KL weights do not ascend from {BETAS[0]:g} to {BETAS[1]:g}, by 1 % or more each.")
    if found["stddev"].min() <= 0:
        raise ValueError("it has a stddev that is not positive.")
    if not isinstance(averages, list) or len(averages) != len(betas):
        raise ValueError("its averages are not one pair of lists for each KL weight.")
    if type(samples) is not int or not 0 <= samples <= MAX_SAMPLES:
        raise ValueError(f"its number of draws of z is not from 0 to {MAX_SAMPLES}.")
    return DialTable(**found, label=label, averages=tuple(map(Averages.parse, averages)), samples=int(samples))
