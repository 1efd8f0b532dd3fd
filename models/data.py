"""The data sets: the registry, image files -> Dataset(pixels, labels), and pixels as numbers from 0 to 1."""

import hashlib
import logging
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import distribution
from pathlib import Path
from typing import Any, Literal, Protocol
from urllib.parse import urlsplit

import numpy as np
import pooch
import requests
import torch
from torch import Tensor

from models.idx import read_idx

Split = Literal["train", "test"]

FOLDER_VARIABLE = "LATENT_EXPLORER_DATA"
_TIMEOUT_S = 20
_PREFIX: dict[Split, str] = {"train": "train", "test": "t10k"}


class Progress(Protocol):
    """Receives the progress of a download: its ``total`` bytes, and how many more have arrived."""

    total: float

    def update(self, count: int) -> object:
        """``count`` more bytes have arrived."""

    def reset(self) -> object:
        """The download starts again from 0."""

    def close(self) -> object:
        """The download has ended."""


class DataError(RuntimeError):
    """A data set is not available; the message says why and what to do."""


@dataclass(frozen=True)
class Dataset:
    """One split of a data set: pixels uint8 [N, 28, 28] in 0..255, labels uint8 [N] in 0..9."""

    name: str
    pixels: Tensor
    labels: Tensor

    def sha256(self) -> str:
        """The hash of all pixels, then all labels."""
        digest = hashlib.sha256(self.pixels.numpy().tobytes())
        digest.update(self.labels.numpy().tobytes())
        return digest.hexdigest()


@dataclass(frozen=True)
class DatasetInfo:
    """The facts about a data set that are known before its images are read.

    ``label`` is its name on a page. ``training_images`` and ``held_out_images`` are counts. ``first_run`` has the
    fields of a Recipe that suit a first run. A data set is either ``load``ed from an installed package, or fetched:
    ``sha256`` has the hash of each original .gz file, byte for byte, which any of the ``mirrors`` serves under its
    name, ``megabytes`` in all.
    """

    label: str
    class_names: tuple[str, ...]
    training_images: int
    held_out_images: int
    first_run: Mapping[str, Any]
    load: Callable[[Split], Dataset] | None = None
    sha256: Mapping[str, str] = field(default_factory=dict)
    mirrors: tuple[str, ...] = ()
    megabytes: int = 0


def _load_digits(split: Split) -> Dataset:
    """scikit-learn's 1,797 8x8 digits enlarged to 28x28; the last 360 are held out."""
    # From scikit-learn's file, because importing scikit-learn takes a second of each run's start.
    file = Path(str(distribution("scikit-learn").locate_file("sklearn/datasets/data/digits.csv.gz")))
    table = np.loadtxt(file, delimiter=",")  # pixels from 0 to 16, and the label
    small = torch.from_numpy(table[:, :-1].reshape(-1, 1, 8, 8)).float()
    large = torch.nn.functional.interpolate(small, size=(28, 28), mode="bilinear")[:, 0]
    pixels = (large * (255 / 16)).round().to(torch.uint8)
    labels = torch.from_numpy(table[:, -1].astype(np.uint8))
    rows = slice(-360) if split == "train" else slice(-360, None)
    return Dataset("digits", pixels[rows], labels[rows])


# A cycle of a few epochs needs a higher peak learning rate than the gallery's hundred epochs, and stays stable with it.
_SHORT_RUN = {"epochs": 6, "learning_rate": 4e-3}

DATASETS = {
    "mnist": DatasetInfo(
        label="MNIST",
        class_names=tuple("0123456789"),
        training_images=60_000,
        held_out_images=10_000,
        first_run=_SHORT_RUN,
        sha256={
            "train-images-idx3-ubyte.gz": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
            "train-labels-idx1-ubyte.gz": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
            "t10k-images-idx3-ubyte.gz": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
            "t10k-labels-idx1-ubyte.gz": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
        },
        mirrors=(
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            "https://storage.googleapis.com/cvdf-datasets/mnist/",
        ),
        megabytes=12,
    ),
    "fashion": DatasetInfo(
        label="Fashion-MNIST",
        # After Xiao, Rasul and Vollgraf, 2017, https://arxiv.org/abs/1708.07747
        class_names=("T-shirt", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Boot"),
        training_images=60_000,
        held_out_images=10_000,
        first_run=_SHORT_RUN,
        sha256={
            "train-images-idx3-ubyte.gz": "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
            "train-labels-idx1-ubyte.gz": "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
            "t10k-images-idx3-ubyte.gz": "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
            "t10k-labels-idx1-ubyte.gz": "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
        },
        mirrors=(
            "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
            "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
        ),
        megabytes=31,
    ),
    "digits": DatasetInfo(
        label="8×8 digits",
        class_names=tuple("0123456789"),
        training_images=1_437,
        held_out_images=360,
        first_run={"epochs": 60, "batch_size": 64, "learning_rate": 4e-3},
        load=_load_digits,
    ),
}
"""Every data set, by its name in files and on the command line. All facts that differ between data sets are here."""


def grey_levels(pixels: Tensor) -> Tensor:
    """Pixels uint8 [B, 28, 28] or [B, 784] as intensities: float32 [B, 784] in 0..1."""
    return pixels.flatten(1).float() / 255


def binarise(pixels: Tensor, generator: torch.Generator) -> Tensor:
    """x, what the model sees: float32 {0, 1} [B, 784], each a Bernoulli draw whose probability is the pixel's
    intensity.

    Source: Salakhutdinov and Murray, 2008, On the Quantitative Analysis of Deep Belief Networks, section 5
    """
    return torch.bernoulli(grey_levels(pixels), generator=generator)


def load(name: str, split: Split, progressbar: bool | Progress = False) -> Dataset:
    """A split of one of DATASETS; files that no installed package contains are downloaded once.

    ``progressbar`` True shows downloads on stderr.

    Raises DataError, and IdxError for a file with other content than its name says.
    """
    if installed := DATASETS[name].load:
        return installed(split)
    return _read(name, split, (_fetch(name, file, progressbar) for file in _files(split)))


def load_local(name: str, split: Split) -> Dataset | None:
    """Like load, but None where the files are not on this machine yet; nothing is downloaded."""
    if installed := DATASETS[name].load:
        return installed(split)
    files = _files(split)
    paths = [path for file in files if (path := _local(name, file))]
    return _read(name, split, paths) if len(paths) == len(files) else None


def is_local(name: str) -> bool:
    """Whether every file of a data set is on this machine; load still checks their content."""
    return all(any((folder / file).is_file() for folder in _folders(name)) for file in DATASETS[name].sha256)


def _files(split: Split) -> tuple[str, str]:
    return f"{_PREFIX[split]}-images-idx3-ubyte.gz", f"{_PREFIX[split]}-labels-idx1-ubyte.gz"


def _read(name: str, split: Split, paths: Iterable[Path]) -> Dataset:
    images, labels = (path.read_bytes() for path in paths)
    pixels, digits = read_idx(images, "images"), read_idx(labels, "labels")
    if len(pixels) != len(digits):
        raise DataError(f"{name} {split} has {len(pixels)} images and {len(digits)} labels; fetch both files again.")
    return Dataset(name, torch.from_numpy(pixels.copy()), torch.from_numpy(digits.copy()))


def _folders(name: str) -> Iterator[Path]:
    chosen = os.environ.get(FOLDER_VARIABLE)
    if chosen:
        yield Path(chosen) / name
        if name == "mnist":
            yield Path(chosen)
    else:
        yield Path(pooch.os_cache("latent-space-explorer")) / name


def _local(name: str, file: str) -> Path | None:
    """The path of ``file`` on this machine, checked by its hash, or None. Raises DataError for a wrong hash."""
    for folder in _folders(name):
        path = folder / file
        if path.is_file():
            if pooch.file_hash(str(path)) != DATASETS[name].sha256[file]:
                logging.getLogger(__name__).warning("%s has another SHA-256 than the original.", path)
                raise DataError(f"{file} is not the original {name} file (its SHA-256 differs); delete it and retry.")
            return path
    return None


def _fetch(name: str, file: str, progressbar: bool | Progress) -> Path:
    """``file`` from this machine, or else from the first mirror that has it. It is checked before it gets its name."""
    if path := _local(name, file):
        return path
    reasons = []
    # pooch's stubs lack custom progress bars and the downloader's __call__.
    downloader: Any = pooch.HTTPDownloader(timeout=_TIMEOUT_S, progressbar=progressbar)  # pyright: ignore[reportArgumentType]
    known = DATASETS[name]
    for mirror in known.mirrors:
        try:
            path = pooch.retrieve(mirror + file, known.sha256[file], file, next(_folders(name)), downloader=downloader)
        except (requests.RequestException, ValueError, OSError) as error:
            reasons.append(f"{urlsplit(mirror).hostname}: {type(error).__name__}")
        else:
            return Path(path)
    raise DataError(
        f"{name} could not be fetched ({'; '.join(reasons)}). Connect to a network, or put the four original"
        f" .gz files in a folder and name it in {FOLDER_VARIABLE}; the data set 'digits' needs neither."
    )
