"""A stopped run in one safetensors file beside its model's file, from which it continues bit for bit.

Layout: weight.NAME float32; adam.NAME.KEY for each entry of Adam's state; order int64 [N], the order of the images in
the epoch; generator uint8, the state of the random generator; text metadata.
"""

import json
from pathlib import Path

import safetensors
import safetensors.torch
import torch
from torch import Tensor

from models.checkpoint import CheckpointError
from models.data import Dataset
from models.dial import Network
from models.files import write_atomically
from models.recipe import Recipe
from models.training import Progress

FORMAT = "latent-space-explorer-unfinished/1"


def path_for(out: Path) -> Path:
    """The path of the unfinished run whose model will be the file ``out``."""
    return out.with_name(f"{out.name}.unfinished")


def write(
    path: Path, vae: Network, recipe: Recipe, dataset: Dataset, generator: torch.Generator, progress: Progress
) -> None:
    """Write the state of the run between two steps. Raises OSError."""
    tensors = {f"weight.{name}": weight for name, weight in vae.named_parameters()}
    for name, weight in vae.named_parameters():
        state = progress.optimiser.state.get(weight, {})
        tensors |= {f"adam.{name}.{key}": value for key, value in state.items()}
    tensors |= {"generator": generator.get_state()} | ({} if progress.order is None else {"order": progress.order})
    metadata = {"format": FORMAT, "taken": str(progress.taken)} | _identity(recipe, dataset)
    raw = safetensors.torch.save({name: value.detach().cpu().contiguous() for name, value in tensors.items()}, metadata)
    write_atomically(path, raw)


def resume(path: Path, vae: Network, recipe: Recipe, dataset: Dataset, generator: torch.Generator) -> Progress:
    """The progress of the run in the file ``path``; sets ``vae`` and ``generator`` to their stored states.

    Raises OSError, and CheckpointError if the file is damaged or of another run.
    """
    try:
        tensors, metadata = _parse(path.read_bytes())
        if {name: metadata.get(name) for name in _identity(recipe, dataset)} != _identity(recipe, dataset):
            raise CheckpointError(f"{path} is a run of another recipe; use another --out, or --force to start again.")
        return _restored(tensors, int(metadata["taken"]), vae, recipe, generator)
    except (safetensors.SafetensorError, ValueError, KeyError, RuntimeError) as error:
        if isinstance(error, CheckpointError):
            raise
        raise CheckpointError(f"{path} is damaged; use --force to start again.") from error


def _parse(raw: bytes) -> tuple[dict[str, Tensor], dict[str, str]]:
    size = int.from_bytes(raw[:8], "little")
    metadata = json.loads(raw[8 : 8 + size])["__metadata__"]
    if metadata["format"] != FORMAT:
        raise ValueError("another format")
    return safetensors.torch.load(raw), metadata


def _restored(
    tensors: dict[str, Tensor], taken: int, vae: Network, recipe: Recipe, generator: torch.Generator
) -> Progress:
    vae.load_state_dict(_below("weight.", tensors))
    progress = Progress.before(vae, recipe)
    progress.taken, progress.order = taken, tensors.get("order")
    adam = progress.optimiser.state_dict()
    states = [_below(f"adam.{name}.", tensors) for name, _ in vae.named_parameters()]
    adam["state"] = {number: state for number, state in enumerate(states) if state}
    progress.optimiser.load_state_dict(adam)
    generator.set_state(tensors["generator"])
    return progress


def _below(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def _identity(recipe: Recipe, dataset: Dataset) -> dict[str, str]:
    return {"recipe": recipe.to_json(), "dataset_sha256": dataset.sha256()}
