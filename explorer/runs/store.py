"""The folders of runs on the disk, and the limit on their total size."""

import os
import shutil
import time
from collections.abc import Container
from contextlib import suppress
from pathlib import Path

from explorer.runs import disk
from explorer.runs.files import Control, RunFiles, RunSpec, Status, is_run_name

ROOT = Path(__file__).parents[2]
FRAMES = ROOT / "static" / "made" / "runs"
STATE_VARIABLE = "LATENT_EXPLORER_STATE"
"""Names the folder for runs and kept models; by default .state beside app.py."""

KEPT_BYTES = 4 << 30
_WRITTEN_S = 600  # seconds; no write of a file takes longer


def state_folder() -> Path:
    """The folder for what the app writes and no browser may read."""
    return Path(os.environ.get(STATE_VARIABLE) or ROOT / ".state")


class Store:
    """A folder per run, and in ``frames``, which browsers can read, another folder for its frames."""

    def __init__(self, folder: Path, frames: Path = FRAMES) -> None:
        self.folder = folder
        self.frames = frames

    def files(self, name: str) -> RunFiles:
        """The files of the run ``name``, for which is_run_name holds."""
        return RunFiles(self.folder / name, self.frames / name)

    def create(self, name: str, spec: RunSpec) -> None:
        """Create the folder of the run ``name`` with its first files. Raises OSError."""
        files = self.files(name)
        files.folder.mkdir(parents=True)
        spec.write(files.spec)
        Control().write(files.control)
        Status().write(files.status)

    def restore_spec(self, name: str, spec: RunSpec) -> None:
        """Write the spec of a run again if it is lost or damaged. Raises OSError."""
        if RunSpec.read(self.files(name).spec) is None:
            spec.write(self.files(name).spec)

    def has_room(self) -> bool:
        """Whether the disk has room for small files."""
        return disk.has_room(self.folder) and disk.has_room(self.frames)

    def owned(self, owner: str) -> list[str]:
        """The names of the runs of ``owner``, newest first."""
        names = (path.name for path in self.folder.glob("*") if is_run_name(path.name))
        specs = {name: spec for name in names if (spec := RunSpec.read(self.files(name).spec))}
        mine = [name for name, spec in specs.items() if spec.owner == owner]
        return sorted(mine, key=lambda name: specs[name].created, reverse=True)

    def make_room(self, active: Container[str]) -> None:
        """Delete the oldest runs that are not ``active`` while all runs together exceed KEPT_BYTES."""
        # Folders that exist only in ``frames`` stay: they may belong to another server with its own state folder.
        names = [path.name for path in self.folder.glob("*") if is_run_name(path.name)]
        sizes = {name: _size(self.folder / name) + _size(self.frames / name) for name in names}
        excess = sum(sizes.values()) - KEPT_BYTES
        for name in sorted(sizes, key=self._created):
            if excess <= 0:
                return
            if name not in active:
                excess -= sizes[name]
                for folder in (self.frames / name, self.folder / name):
                    shutil.rmtree(folder, ignore_errors=True)

    def _created(self, name: str) -> float:
        spec = RunSpec.read(self.files(name).spec)
        return spec.created if spec else 0.0


def delete_leftovers(*folders: Path) -> None:
    """Delete incomplete temporary files of killed processes in ``folders``, see write_atomically."""
    for path in (path for folder in folders for path in folder.glob("*/.*.*")):
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > _WRITTEN_S:
                path.unlink()


def _size(folder: Path) -> int:
    with suppress(OSError):
        return sum(path.stat().st_size for path in folder.iterdir())
    return 0
