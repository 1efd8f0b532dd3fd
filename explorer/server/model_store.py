"""The kept models: checkpoints that a visitor has saved, each with a label, in a folder per visitor."""

import hashlib
import json
import os
import re
import threading
import time
from contextlib import suppress
from pathlib import Path

import torch

from explorer.runs import disk, limits, lock
from explorer.runs.store import state_folder
from explorer.server import assets
from explorer.server.measuring import result_file
from models import checkpoint, data, gallery
from models.checkpoint import Checkpoint, CheckpointError
from models.files import write_atomically
from models.idx import IdxError

MAX_KEPT = 12
MAX_LABEL = 40
MAX_BYTES = 2 << 30  # of all visitors together
UNUSED_S = 60 * 24 * 3600  # when the space is full, models not opened for this long are deleted
_OPENED_S = 24 * 3600  # the resolution of the time of last opening


_LOCK = threading.Lock()  # two tabs of one visitor read and write one list
_clients: dict[Path, str] = {}  # the address that saved a file; only in memory, so that no address is stored


class KeepError(ValueError):
    """A model cannot be saved; the message says why and what to do."""


def keep(visitor_id: str, label: str, raw: bytes, address: str | None = None) -> str:
    """Save the checkpoint file ``raw`` as ``label``; returns its name among the models. Raises KeepError,
    CheckpointError.

    ``address``: the visitor's network address, which counts where addresses have limits.
    """
    label = " ".join(label.split())
    if not label or len(label) > MAX_LABEL or not label.isprintable():
        raise KeepError(f"Give the model a name of 1 to {MAX_LABEL} letters.")
    if not lock.is_ours(state_folder()):
        raise KeepError(lock.OTHER_SERVER)
    _check_images(checkpoint.parse(raw))
    with _LOCK:
        return _keep(visitor_id, label, raw, limits.client(address))


def _keep(visitor_id: str, label: str, raw: bytes, client: str) -> str:
    name = f"kept-{hashlib.sha256(raw).hexdigest()[:12]}"
    names = labels(visitor_id)
    if label in {each for other, each in names.items() if other != name}:
        raise KeepError(f"You have saved another model as “{label}”. Choose another name.")
    if name not in names:
        _check_room(len(names), len(raw), client)
    try:
        _folder(visitor_id).mkdir(parents=True, exist_ok=True)
        write_atomically(path(visitor_id, name), raw)
        write_atomically(_folder(visitor_id) / "labels.json", json.dumps(names | {name: label}).encode())
    except OSError as error:
        with suppress(OSError):
            if name not in names:
                path(visitor_id, name).unlink()
        raise KeepError(f"The model cannot be saved. {disk.explain(error)}") from error
    if client:
        _clients[path(visitor_id, name)] = client
    return name


def _check_room(count: int, size: int, client: str) -> None:
    """Check that a visitor with ``count`` models may save another one of ``size`` bytes. Raises KeepError."""
    if count >= MAX_KEPT:
        raise KeepError(f"You have saved {MAX_KEPT} models, the most there is room for. Delete one first.")
    theirs = sum(_size(file) for file, each in list(_clients.items()) if each == client)
    if client and theirs + size > limits.KEPT_BYTES:
        most = f"{limits.KEPT_BYTES / 1e6:.0f} MB"
        raise KeepError(f"Models from your network address may take {most} here. Download yours, or delete one first.")
    if not _make_room(size):
        raise KeepError("The server has no room for more models; download yours and try again another day.")


def _make_room(size: int) -> bool:
    """Delete unused models, the oldest first, until ``size`` bytes fit; returns whether they fit."""
    sizes = {file: _size(file) for file in (state_folder() / "kept").glob("*/*.safetensors")}
    excess = sum(sizes.values()) + size - MAX_BYTES
    for file in sorted(sizes, key=_opened):
        if excess <= 0 or time.time() - _opened(file) < UNUSED_S:
            break
        with suppress(OSError):
            _remove(file)
            excess -= sizes[file]
    return excess <= 0


def forget(visitor_id: str, name: str) -> None:
    """Delete the model ``name``. Raises OSError."""
    with _LOCK:
        names = labels(visitor_id)
        if names.pop(name, None) is not None:
            write_atomically(_folder(visitor_id) / "labels.json", json.dumps(names).encode())
            _remove(path(visitor_id, name))


def _remove(file: Path) -> None:
    """Delete a kept model and, unless another visitor has saved the same one, its published files."""
    file.unlink(missing_ok=True)
    result_file(file).unlink(missing_ok=True)
    _clients.pop(file, None)
    if not any((state_folder() / "kept").glob(f"*/{file.name}")):
        assets.unpublish_model(file.stem)


def note_opening(file: Path) -> None:
    """Note that a visitor has opened the kept model ``file``, in the file's modification time."""
    with suppress(OSError):  # on a disk that refuses it, models can still be opened
        if time.time() - _opened(file) > _OPENED_S:
            os.utime(file)


def _opened(file: Path) -> float:
    with suppress(OSError):
        return file.stat().st_mtime
    return 0.0


def _size(file: Path) -> int:
    with suppress(OSError):
        return file.stat().st_size
    return 0


def labels(visitor_id: str) -> dict[str, str]:
    """The kept models' names and labels, in the order of saving; empty if the list is damaged."""
    try:
        found = json.loads((_folder(visitor_id) / "labels.json").read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {
        name: str(label) for name, label in found.items() if is_kept_name(name) and path(visitor_id, name).is_file()
    }


def path(visitor_id: str, name: str) -> Path:
    """The file of a kept model."""
    return _folder(visitor_id) / f"{name}.safetensors"


def is_kept_name(text: str) -> bool:
    """Whether ``text`` has the form of a kept model's name. Checked before any path is built from it."""
    return re.fullmatch(r"kept-[0-9a-f]{12}", text, re.ASCII) is not None


def _folder(visitor_id: str) -> Path:
    return state_folder() / "kept" / hashlib.sha256(f"kept by {visitor_id}".encode()).hexdigest()[:32]


def _check_images(model: Checkpoint) -> None:
    """Refuse codes of other images than the data set's held-out ones: the pages show image i with code i."""
    dataset = model.recipe.dataset
    if model.recipe.is_dial and model.table is None:
        raise KeepError(
            "This dial has no table of its codes, without which no page can turn it: an older version made it. Make it"
            " again with 'python -m models train --beta dial', or on this page."
        )
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
