"""Checkpoint files with something changed in them."""

import json

import safetensors.torch
from torch import Tensor


def header_of(raw: bytes) -> dict:
    return json.loads(raw[8 : 8 + int.from_bytes(raw[:8], "little")])


def with_header(raw: bytes, header: bytes) -> bytes:
    """``raw`` with its header replaced and its tensors as they were."""
    return len(header).to_bytes(8, "little") + header + raw[8 + int.from_bytes(raw[:8], "little") :]


def with_metadata(raw: bytes, **changes: object) -> bytes:
    header = header_of(raw)
    header["__metadata__"] |= changes
    return with_header(raw, json.dumps(header).encode())


def with_tensors(raw: bytes, **changes: Tensor | None) -> bytes:
    """``raw`` written anew with other tensors under some names, or without them; "__" stands for a dot."""
    tensors = safetensors.torch.load(raw)
    tensors |= {name.replace("__", "."): tensor for name, tensor in changes.items()}
    kept = {name: tensor for name, tensor in tensors.items() if tensor is not None}
    return safetensors.torch.save(kept, header_of(raw)["__metadata__"])


def filled(raw: bytes, name: str, value: float) -> bytes:
    """``raw`` with one number of one tensor replaced."""
    tensor = safetensors.torch.load(raw)[name]
    tensor.view(-1)[0] = value
    return with_tensors(raw, **{name: tensor})
