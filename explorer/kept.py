"""The models that a visitor has kept: checkpoints in a folder of the visitor's own, each under a name to read."""

import hashlib
import json
import re
import threading
from contextlib import suppress
from pathlib import Path

import torch

from explorer.measuring import result_file
from explorer.runs.store import state_folder
from models import checkpoint, data, gallery
from models.checkpoint import Checkpoint, CheckpointError, write_atomically
from models.idx import IdxError

MAX_KEPT = 12
MAX_LABEL = 40
MAX_BYTES = 2 << 30  # of all visitors together


_LOCK = threading.Lock()  # two tabs of one visitor read and write one list


class KeepError(ValueError):
    """What cannot be kept; the message says why and what to do."""


def keep(visitor: str, label: str, raw: bytes) -> str:
    """Keep the checkpoint file ``raw`` as ``label``; its name among the models. Raises KeepError, CheckpointError."""
    label = " ".join(label.split())
    if not label or len(label) > MAX_LABEL or not label.isprintable():
        raise KeepError(f"Give the model a name of 1 to {MAX_LABEL} letters.")
    _check_images(checkpoint.parse(raw))
    with _LOCK:
        return _keep(visitor, label, raw)


def _keep(visitor: str, label: str, raw: bytes) -> str:
    name = f"kept-{hashlib.sha256(raw).hexdigest()[:12]}"
    names = labels(visitor)
    if label in {each for other, each in names.items() if other != name}:
        raise KeepError(f"You have saved another model as “{label}”. Choose another name.")
    if sum(file.stat().st_size for file in (state_folder() / "kept").glob("*/*.safetensors")) > MAX_BYTES:
        raise KeepError("The server has no room for more models. Download your model, and try again another day.")
    if name not in names and len(names) >= MAX_KEPT:
        raise KeepError(f"You have saved {MAX_KEPT} models, the most there is room for. Delete one first.")
    try:
        _folder(visitor).mkdir(parents=True, exist_ok=True)
        write_atomically(path(visitor, name), raw)
        write_atomically(_folder(visitor) / "labels.json", json.dumps(names | {name: label}).encode())
    except OSError as error:
        with suppress(OSError):
            if name not in names:
                path(visitor, name).unlink()
        raise KeepError(f"The model cannot be saved ({error.strerror}); make room on the server's disk.") from error
    return name


def forget(visitor: str, name: str) -> None:
    """Keep ``name`` no longer. Raises OSError."""
    with _LOCK:
        names = labels(visitor)
        if names.pop(name, None) is not None:
            write_atomically(_folder(visitor) / "labels.json", json.dumps(names).encode())
            path(visitor, name).unlink(missing_ok=True)
            result_file(path(visitor, name)).unlink(missing_ok=True)


def labels(visitor: str) -> dict[str, str]:
    """The kept models' names and labels, in the order of keeping; a damaged list reads as empty."""
    try:
        found = json.loads((_folder(visitor) / "labels.json").read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {name: str(label) for name, label in found.items() if is_kept_name(name) and path(visitor, name).is_file()}


def path(visitor: str, name: str) -> Path:
    """Where the file of a kept model lies."""
    return _folder(visitor) / f"{name}.safetensors"


def is_kept_name(text: str) -> bool:
    """Whether ``text`` has the form of a kept model's name; asked before any path is made of it."""
    return re.fullmatch(r"kept-[0-9a-f]{12}", text, re.ASCII) is not None


def _folder(visitor: str) -> Path:
    return state_folder() / "kept" / hashlib.sha256(f"kept by {visitor}".encode()).hexdigest()[:32]


def _check_images(model: Checkpoint) -> None:
    """The pages show image i beside code i: refuse the codes of other images than the data set's held-out ones."""
    dataset = model.recipe.dataset
    if dataset == "mnist":
        expected = gallery.read(gallery.REFERENCE).codes.label
    else:
        try:
            local = data.load_local(dataset, "test")
        except (data.DataError, IdxError) as error:
            raise KeepError(f"The model cannot be checked: {error}") from error
        expected = local.labels if local else None
    known = expected is None or torch.equal(model.codes.label, expected)
    if not known:
        raise CheckpointError(
            f"The codes in the checkpoint do not belong to the {dataset} test images in their order. Make the"
            " checkpoint with 'python -m models train'."
        )
