"""Models with 70,000 points: the shipped codes seven times over, each copy moved a little."""

import gzip
from collections.abc import Mapping
from pathlib import Path

import safetensors.torch
import torch

COPIES = 7
FOLDER = Path(__file__).parent / "static"
_ROOT = Path(__file__).parents[2]


def published(address: str) -> str:
    """A file that the app serves, served beside the scripts of this folder too."""
    source = _source(address)
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / source.name).write_bytes(source.read_bytes())
    return f"app/static/{source.name}"


def enlarged(model: Mapping) -> dict:
    """``model`` with every code COPIES times."""
    tensors = safetensors.torch.load(gzip.decompress(_source(model["url"]).read_bytes()))
    generator = torch.Generator().manual_seed(0)
    for name, tensor in tensors.items():
        if name.startswith("codes."):
            tensors[name] = torch.cat([tensor] * COPIES)
    tensors["codes.mean"] += 0.05 * torch.randn(tensors["codes.mean"].shape, generator=generator)
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{model['name']}.gz").write_bytes(gzip.compress(safetensors.torch.save(tensors), 1))
    return {**model, "url": f"app/static/{model['name']}.gz", "images": COPIES * model["images"]}


def _source(address: str) -> Path:
    return _ROOT / "static" / address.removeprefix("app/static/")
