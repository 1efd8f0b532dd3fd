"""What a run leaves on disk: small files replaced whole, so that a reader never sees half of one."""

import json
import re
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Self

from models.files import is_number, write_atomically

ENDED = ("done", "cancelled", "failed", "interrupted")
"""The states that a run does not leave; the others are queued, starting, fetching, running, paused, evaluating."""

FRAME_KEYS = {"step", "weight", "reconstruction", "kl", "spread", "mean_sigma"}
_MAX_BYTES = 4 << 20  # of a small file; a whole record is some 40 KB


@dataclass(frozen=True)
class _Small:
    """A value in a JSON file of its own."""

    def write(self, path: Path) -> None:
        """Replace ``path``. Raises OSError."""
        # Not synced: a power cut may cost the last second, and a sync costs a tenth of a step.
        write_atomically(path, json.dumps(asdict(self)).encode(), sync=False)

    @classmethod
    def read(cls, path: Path) -> Self | None:
        """The value in ``path``, or None where there is none or it is damaged."""
        try:
            if path.stat().st_size > _MAX_BYTES:
                return None
            values = json.loads(path.read_bytes())
        except (OSError, ValueError, RecursionError):
            return None
        if not isinstance(values, dict) or values.keys() != {each.name for each in fields(cls)}:
            return None
        kinds = {each.name: type(default) for each, default in _defaults(cls)}
        return cls(**values) if all(_fits(values[name], kind) for name, kind in kinds.items()) else None


def _fits(value: object, kind: type) -> bool:
    return is_number(value, whole=kind is int) if kind in (int, float) else isinstance(value, kind)


def _defaults(cls: type) -> list:
    blank = cls()
    return [(each, getattr(blank, each.name)) for each in fields(cls)]


@dataclass(frozen=True)
class Order(_Small):
    """What was ordered, written once: the recipe as JSON, the owner's hash, the run it repeats, and when, in s."""

    recipe: str = ""
    owner: str = ""
    base: str = ""
    created: float = 0.0


@dataclass(frozen=True)
class Control(_Small):
    """What the owner wants now. A negative ``weight`` leaves the KL weight to the recipe; ``steps`` counts the
    single steps asked for so far, which a paused run takes."""

    weight: float = -1.0
    paused: bool = False
    steps: int = 0
    cancelled: bool = False


@dataclass(frozen=True)
class Status(_Small):
    """How a run stands. ``share`` is of the download while fetching, else of the steps; times in seconds."""

    state: str = "queued"
    sentence: str = ""
    step: int = 0
    total: int = 0
    share: float = 0.0
    weight: float = 0.0
    images_per_second: float = 0.0
    seconds_left: float = 0.0
    updated: float = field(default_factory=time.time)

    @property
    def ended(self) -> bool:
        """Whether nothing more will come."""
        return self.state in ENDED


@dataclass(frozen=True)
class Record(_Small):
    """What a run has shown so far, all nats per image.

    training: step, reconstruction, kl: batch means, thinned; changes: step and weight; frames: see recorder.Recorder.
    """

    epoch: int = 0
    images: int = 0
    training: Mapping[str, list] = field(default_factory=lambda: {"step": [], "reconstruction": [], "kl": []})
    changes: list = field(default_factory=list)
    frames: list = field(default_factory=list)

    @classmethod
    def read(cls, path: Path) -> Self | None:
        """As of every small file; what the pages take from it has to be in it."""
        record = super().read(path)
        if record is None or record.training.keys() != {"step", "reconstruction", "kl"}:
            return None
        curves = all(isinstance(values, list) and all(map(is_number, values)) for values in record.training.values())
        events = _all_have(record.changes, {"step", "weight"}) and _all_have(record.frames, FRAME_KEYS)
        events = events and all(is_number(frame.get("pixel_stddev", 0.0)) for frame in record.frames)
        return record if curves and events else None


def _all_have(entries: list, keys: set[str]) -> bool:
    return all(isinstance(entry, dict) and all(is_number(entry.get(key)) for key in keys) for entry in entries)


class RunFiles:
    """The files of one run. ``frames`` is the folder that browsers read; nothing private lies there."""

    def __init__(self, folder: Path, frames: Path) -> None:
        self.folder = folder
        self.frames = frames
        self.order = folder / "order.json"
        self.control = folder / "control.json"
        self.status = folder / "status.json"
        self.record = folder / "record.json"
        self.log = folder / "log.txt"
        self.checkpoint = folder / "checkpoint.safetensors"

    def frame(self, step: int) -> Path:
        """Where the frame recorded after ``step`` steps lies."""
        return self.frames / frame_name(step)

    def encoder(self, step: int) -> Path:
        """Where the encoder of that frame lies."""
        return self.frames / encoder_name(step)


def frame_name(step: int) -> str:
    """The name of the file of the frame recorded after ``step`` steps."""
    return f"{step:07d}.safetensors.gz"


def encoder_name(step: int) -> str:
    """The name of the file of that frame's encoder."""
    return f"{step:07d}.encoder.safetensors.gz"


def is_run_name(text: object) -> bool:
    """Whether ``text`` has the form of a run's name, 64 random bits; asked before any path is made of it."""
    return isinstance(text, str) and re.fullmatch(r"[0-9a-f]{16}", text, re.ASCII) is not None
