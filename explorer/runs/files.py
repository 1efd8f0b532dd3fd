"""The files of a run: small files that are replaced atomically, so that a reader never sees half of one."""

import json
import re
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Self

from models.files import is_number, write_atomically

ENDED = ("done", "cancelled", "failed", "interrupted")
"""The final states of a run. The others are queued, starting, fetching, running, paused, evaluating."""

FRAME_KEYS = {"step", "weight", "reconstruction", "kl", "spread", "mean_sigma"}
_MAX_BYTES = 4 << 20  # of a small file; a complete record has about 40 KB


@dataclass(frozen=True)
class JsonFile:
    """A value that is stored in a JSON file of its own."""

    def write(self, path: Path) -> None:
        """Replace ``path``. Raises OSError."""
        # Not synced: a sync takes a tenth of a step's time, and a power cut loses only the last second.
        write_atomically(path, json.dumps(asdict(self)).encode(), sync=False)

    @classmethod
    def read(cls, path: Path) -> Self | None:
        """The value in ``path``, or None if the file is missing or damaged."""
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
class RunSpec(JsonFile):
    """What a visitor submitted, written once: the recipe as JSON, the owner's hash, the run that it repeats, the time
    in s.

    Its file keeps the name order.json, so that runs of older versions can be read.
    """

    recipe: str = ""
    owner: str = ""
    base: str = ""
    created: float = 0.0


@dataclass(frozen=True)
class Control(JsonFile):
    """The owner's settings for a run. A negative ``weight`` means that the recipe decides the KL weight. ``steps``
    counts the requested single steps, which a paused run takes."""

    weight: float = -1.0
    paused: bool = False
    steps: int = 0
    cancelled: bool = False


@dataclass(frozen=True)
class Status(JsonFile):
    """The progress of a run. ``share`` is of the download while fetching, else of the steps. Times are in seconds."""

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
        """Whether the run is in a final state."""
        return self.state in ENDED


@dataclass(frozen=True)
class Record(JsonFile):
    """The curves and frames of a run so far, in nats per image.

    training: step, reconstruction, kl: batch means, thinned; changes: step and weight; frames: see recorder.Recorder.
    """

    epoch: int = 0
    images: int = 0
    training: Mapping[str, list] = field(default_factory=lambda: {"step": [], "reconstruction": [], "kl": []})
    changes: list = field(default_factory=list)
    frames: list = field(default_factory=list)

    @classmethod
    def read(cls, path: Path) -> Self | None:
        """As JsonFile.read. Also None if a value that the pages need is missing."""
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
    """The files of one run. ``frames`` is a folder that browsers can read, so it holds nothing private."""

    def __init__(self, folder: Path, frames: Path) -> None:
        self.folder = folder
        self.frames = frames
        self.spec = folder / "order.json"
        self.control = folder / "control.json"
        self.status = folder / "status.json"
        self.record = folder / "record.json"
        self.log = folder / "log.txt"
        self.checkpoint = folder / "checkpoint.safetensors"

    def frame(self, step: int) -> Path:
        """The file of the frame recorded after ``step`` steps."""
        return self.frames / frame_name(step)

    def encoder(self, step: int) -> Path:
        """The file of that frame's encoder."""
        return self.frames / encoder_name(step)


def frame_name(step: int) -> str:
    """The name of the file of the frame recorded after ``step`` steps."""
    return f"{step:07d}.safetensors.gz"


def encoder_name(step: int) -> str:
    """The name of the file of that frame's encoder."""
    return f"{step:07d}.encoder.safetensors.gz"


def is_run_name(text: object) -> bool:
    """Whether ``text`` has the form of a run's name, 64 random bits. Checked before any path is built from it."""
    return isinstance(text, str) and re.fullmatch(r"[0-9a-f]{16}", text, re.ASCII) is not None
