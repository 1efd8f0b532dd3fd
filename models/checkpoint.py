"""A trained model in one safetensors file: recipe, weights, metrics, and the codes of the held-out images.

Layout: weights in float16 under their torch names; codes.mean, codes.stddev float32 [N, 2],
codes.reconstruction, codes.kl float32 [N] in nats, codes.label uint8 [N]; text metadata, which
include the averages over binarisations. Equal checkpoints give equal bytes.
A learnt stddev of the pixels is one of the weights, as its logarithm.
A model of the objective "dial" has the weights of models.dial.Dial, its codes are those at beta = 1, and a table has
them at other KL weights, see models.dial_table; files of an older version have no table.
A model of the objective "lattice" has no encoder: those weights are missing, and its codes describe p(z|x) itself.
A file may come from anywhere: its size is limited before it is parsed, and its content must match its recipe.
"""

import hashlib
import json
import platform
from dataclasses import asdict, dataclass, fields, replace
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import TypeGuard, cast

import safetensors
import safetensors.torch
import torch
from torch import Tensor

from models import dial_table
from models.data import Dataset
from models.dial import Dial, Network, model_of, network
from models.dial_table import DialTable, Watch, unwatched
from models.evaluation import Averages, Codes, average_terms, encode_dataset, summarise
from models.files import write_atomically
from models.likelihood import LIKELIHOODS, Likelihood
from models.recipe import Recipe, RecipeError
from models.vae import LATENTS, VAE, NoEncoderError

FORMAT = "latent-space-explorer/1"
MAX_FILE_BYTES = 24 << 20
"""The widest dial of MNIST has 22 MB."""
MAX_HEADER_BYTES = 64 << 10
_MAX_IMAGES = 100_000
_CODES = {
    "mean": ("F32", [LATENTS]),
    "stddev": ("F32", [LATENTS]),
    "reconstruction": ("F32", []),
    "kl": ("F32", []),
    "label": ("U8", []),
}
"""The type and shape of each part of the codes."""


class CheckpointError(ValueError):
    """The bytes are not a checkpoint of this app; the message says why."""


@dataclass(frozen=True)
class Checkpoint:
    """A trained model. ``weights`` are float16, by torch name; ``dataset_sha256`` is the training split's.

    ``averages`` is None in a file of an older version; the codes' reconstruction is then the mean over 16 draws of z.
    """

    recipe: Recipe
    dataset_sha256: str
    versions: dict[str, str]
    weights: dict[str, Tensor]
    codes: Codes
    averages: Averages | None = None
    table: DialTable | None = None

    @cached_property
    def metrics(self) -> dict[str, float]:
        """The averages over all held-out images, see summarise."""
        return summarise(self.codes, self.averages)

    @property
    def binarisations(self) -> int:
        """How often each held-out image was binarised for the metrics."""
        return len(self.averages.kl) if self.averages else 1

    @cached_property
    def fingerprint(self) -> str:
        """The model's identity, in 16 hex digits. It depends on the recipe and the weights, not on any measurement.

        SHA-256 over the recipe as JSON, then each weight's name and its raw little-endian bytes, in the order of names.
        """
        digest = hashlib.sha256(self.recipe.to_json().encode())
        for name, weight in sorted(self.weights.items()):
            digest.update(name.encode())
            digest.update(weight.numpy().astype("<f2", copy=False).tobytes())
        return digest.hexdigest()[:16]

    @property
    def likelihood(self) -> Likelihood:
        """The distribution of a pixel, given z."""
        return LIKELIHOODS[self.recipe.likelihood]

    @cached_property
    def pixel_stddev(self) -> float | None:
        """Sigma of a pixel, fixed or learnt, in units of the grey level's 0 to 1; None where there is none."""
        if not self.likelihood.has_stddev:
            return None
        fixed = self.recipe.pixel_stddev
        return torch.as_tensor(self.vae().pixel_stddev).item() if fixed is None else fixed

    def vae(self, beta: float | None = None) -> VAE:
        """The model, in float32, in evaluation mode. Of a dial, that at ``beta``, by default 1. Raises DialError."""
        return model_of(self._network(), beta).eval()

    def tabulated_again(self, held_out: Dataset, betas: Tensor, watch: Watch = unwatched) -> "Checkpoint":
        """This model of a dial with its table made anew, of integrals over z; see models.dial_table.tabulate."""
        dial = cast(Dial, self._network())
        return replace(self, table=dial_table.tabulate(dial, held_out, betas, samples=0, watch=watch))

    def _network(self) -> Network:
        trained = network(self.recipe)
        trained.load_state_dict(self.weights)
        return trained


def from_trained(
    trained: Network,
    recipe: Recipe,
    dataset: Dataset,
    held_out: Dataset,
    betas: Tensor | None = None,
    watch: Watch = unwatched,
) -> Checkpoint:
    """The checkpoint of ``trained``, which learnt ``dataset`` by ``recipe``, with the codes of ``held_out``.

    Of a dial, the codes and averages are those at beta = 1, and its table is made at ``betas``, by default those of
    models.dial_table.table_betas; see tabulate there for ``watch``.
    """
    # Weights are rounded first, so that the codes and metrics are those of the weights in the file.
    weights = half_weights(trained)
    trained.load_state_dict(weights)
    vae = model_of(trained)
    codes = encode_dataset(vae, held_out)
    averages = average_terms(vae, held_out, codes)
    table = None
    if isinstance(trained, Dial):
        betas = dial_table.table_betas() if betas is None else betas
        table = dial_table.tabulate(trained, held_out, betas, watch=watch)
    return Checkpoint(recipe, dataset.sha256(), dependency_versions(), weights, codes, averages, table)


def evaluated_again(model: Checkpoint, held_out: Dataset, beta: float | None = None) -> Checkpoint:
    """``model`` with codes and averages computed anew from its weights; those in its file are ignored.

    Of a dial, they are those at ``beta``, by default 1. Raises DialError.
    """
    vae = model.vae(beta)
    codes = encode_dataset(vae, held_out)
    return replace(model, codes=codes, averages=average_terms(vae, held_out, codes))


def decoder_bytes(weights: dict[str, Tensor], codes: Codes) -> bytes:
    """What a browser needs to draw a model: a safetensors file of its decoder and codes, named as in a checkpoint."""
    tensors = {name: weight for name, weight in weights.items() if name.startswith("decoder.")}
    return safetensors.torch.save(tensors | {f"codes.{name}": values for name, values in vars(codes).items()})


def encoder_bytes(weights: dict[str, Tensor]) -> bytes:
    """What a browser needs to encode an image: a safetensors file of the model's encoder, named as in a checkpoint.

    Raises NoEncoderError.
    """
    tensors = {name: weight for name, weight in weights.items() if name.startswith("encoder.")}
    if not tensors:
        raise NoEncoderError
    return safetensors.torch.save(tensors)


def half_weights(trained: Network) -> dict[str, Tensor]:
    """The weights as a checkpoint stores them: float16, on the CPU."""
    return {name: weight.detach().cpu().half().contiguous() for name, weight in trained.state_dict().items()}


def dependency_versions() -> dict[str, str]:
    """The versions of the packages that the numbers depend on."""
    return {"python": platform.python_version()} | {name: version(name) for name in ("torch", "numpy", "safetensors")}


def write(path: Path, checkpoint: Checkpoint) -> None:
    """Write ``checkpoint`` to ``path`` whole or not at all. Raises CheckpointError, OSError."""
    metadata = {
        "format": FORMAT,
        "recipe": checkpoint.recipe.to_json(),
        "metrics": json.dumps(checkpoint.metrics),
        "dataset_sha256": checkpoint.dataset_sha256,
        "versions": json.dumps(checkpoint.versions),
    }
    if checkpoint.averages is not None:
        metadata["averages"] = json.dumps(asdict(checkpoint.averages))
    tensors = checkpoint.weights | {f"codes.{f.name}": getattr(checkpoint.codes, f.name) for f in fields(Codes)}
    if checkpoint.table is not None:
        metadata["table_averages"] = json.dumps([asdict(each) for each in checkpoint.table.averages])
        metadata["table_samples"] = json.dumps(checkpoint.table.samples)
        tensors |= checkpoint.table.tensors
    raw = serialised(tensors, metadata)
    parse(raw)  # a file that cannot be read back is never written
    write_atomically(path, raw)


def serialised(tensors: dict[str, Tensor], metadata: dict[str, str]) -> bytes:
    """A safetensors file. Equal content gives equal bytes; the package itself writes metadata in random order."""
    raw = safetensors.torch.save(tensors, metadata)
    size = int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8 : 8 + size])
    header["__metadata__"] = dict(sorted(metadata.items()))
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)  # as the package does, so that the tensors stay aligned
    return len(text).to_bytes(8, "little") + text + raw[8 + size :]


def read(path: Path) -> Checkpoint:
    """The checkpoint in the file ``path``. Raises CheckpointError, which names the file, and OSError."""
    # Read as bytes, not as a memory map: a file truncated while mapped would crash the process.
    with path.open("rb") as file:
        raw = file.read(MAX_FILE_BYTES + 1)
    try:
        return parse(raw)
    except CheckpointError as error:
        raise CheckpointError(f"{path.name}: {error}") from error


def parse(raw: bytes) -> Checkpoint:
    """The checkpoint in ``raw``. Raises CheckpointError."""
    header = _header(raw)
    metadata = header.pop("__metadata__", None)
    if not isinstance(metadata, dict) or metadata.get("format") != FORMAT:
        raise CheckpointError("This file is not a checkpoint of this app. Make one with 'python -m models train'.")
    try:
        recipe = Recipe.from_json(metadata.get("recipe", ""))
    except RecipeError as error:
        raise CheckpointError(f"The checkpoint's recipe cannot be used: {error}") from error
    _check_layout(header, recipe)
    try:
        tensors = safetensors.torch.load(raw)
    except (safetensors.SafetensorError, ValueError) as error:
        raise CheckpointError(f"The file is damaged ({error}). Copy it or make it again.") from error
    for name, tensor in tensors.items():
        if not torch.isfinite(tensor).all():
            raise CheckpointError(f"The checkpoint's {name} holds a value that is not a finite number.")
    codes = Codes(**{field.name: tensors.pop(f"codes.{field.name}") for field in fields(Codes)})
    if codes.label.max() > 9 or codes.stddev.min() <= 0:
        raise CheckpointError("The checkpoint's codes have a label over 9 or a stddev that is not positive.")
    return Checkpoint(
        recipe,
        str(metadata.get("dataset_sha256", "")),
        _versions(metadata),
        {name: tensor for name, tensor in tensors.items() if not name.startswith(dial_table.PREFIX)},
        codes,
        _averages(metadata),
        _table(metadata, tensors, codes),
    )


def _header(raw: bytes) -> dict:
    if not 8 < len(raw) <= MAX_FILE_BYTES:
        raise CheckpointError(f"The file is empty or larger than {MAX_FILE_BYTES >> 20} MB.")
    size = int.from_bytes(raw[:8], "little")
    if size > MAX_HEADER_BYTES or 8 + size > len(raw):
        raise CheckpointError("This is not a safetensors file, or its end is missing. Copy it or make it again.")
    return _parse_object(raw[8 : 8 + size], "header")


def _parse_object(text: bytes | str, what: str) -> dict:
    try:
        value = json.loads(text, object_pairs_hook=_no_duplicates)
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"The checkpoint's {what} is not JSON text.") from error
    if not isinstance(value, dict):
        raise CheckpointError(f"The checkpoint's {what} is not a JSON object.")
    return value


def _no_duplicates(pairs: list[tuple[str, object]]) -> dict:
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a key occurs twice")
    return dict(pairs)


def _versions(metadata: dict) -> dict[str, str]:
    text = metadata.get("versions", "")
    versions = _parse_object(text if isinstance(text, str) else "", "versions")
    return {name: str(value) for name, value in versions.items()}


def _averages(metadata: dict) -> Averages | None:
    text = metadata.get("averages")
    if text is None:
        return None
    try:
        return Averages.parse(_parse_object(text if isinstance(text, str) else "", "averages"))
    except ValueError as error:
        raise error if isinstance(error, CheckpointError) else CheckpointError(f"The checkpoint's {error}") from error


def _table(metadata: dict, tensors: dict[str, Tensor], codes: Codes) -> DialTable | None:
    if f"{dial_table.PREFIX}betas" not in tensors:
        return None
    texts = [metadata.get(name) for name in ("table_averages", "table_samples")]
    try:
        values = [json.loads(text if isinstance(text, str) else "") for text in texts]
        return dial_table.parse(tensors, codes.label, *values)
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"The checkpoint's table cannot be used: {error}") from error


def _check_layout(header: dict, recipe: Recipe) -> None:
    """Refuse names, shapes and types that differ from the recipe's, before any tensor of the file is read."""
    labels = header.get("codes.label")
    shape = labels.get("shape") if isinstance(labels, dict) else None
    if not _is_count(shape):
        raise CheckpointError(f"The checkpoint's codes.label is missing, or not of 2 to {_MAX_IMAGES:,} images.")
    expected = {name: ("F16", list(weight.shape)) for name, weight in network(recipe).state_dict().items()}
    for name, (dtype, row) in _CODES.items():
        expected[f"codes.{name}"] = (dtype, [*shape, *row])
    expected |= _table_layout(header, recipe, shape[0])
    for name in sorted(expected.keys() | header.keys()):
        found = header.get(name)
        if name not in expected:
            raise CheckpointError(f"The checkpoint holds {name[:80]!r}, which its recipe does not have.")
        if not isinstance(found, dict) or (found.get("dtype"), found.get("shape")) != expected[name]:
            dtype, shape = expected[name]
            raise CheckpointError(f"The checkpoint's {name} is missing, or is not {dtype} {shape}.")


def _table_layout(header: dict, recipe: Recipe, images: int) -> dict[str, tuple[str, list[int]]]:
    """The layout of a dial's table; none where its file has no table."""
    betas = header.get(f"{dial_table.PREFIX}betas")
    if not recipe.is_dial or betas is None:
        return {}
    shape = betas.get("shape") if isinstance(betas, dict) else None
    if not _is_count(shape) or shape[0] > dial_table.MAX_ROWS:
        raise CheckpointError(f"The checkpoint's table is not of 2 to {dial_table.MAX_ROWS} KL weights.")
    return dial_table.layout(shape[0], images)


def _is_count(shape: object) -> TypeGuard[list[int]]:
    return isinstance(shape, list) and len(shape) == 1 and isinstance(shape[0], int) and 1 < shape[0] <= _MAX_IMAGES
