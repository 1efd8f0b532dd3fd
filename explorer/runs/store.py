"""Where runs lie on the disk, and how many of them may."""

import os
import shutil
import time
from collections.abc import Container
from contextlib import suppress
from pathlib import Path

from explorer.runs import disk
from explorer.runs.files import Control, Order, RunFiles, Status, is_run_name

ROOT = Path(__file__).parents[2]
FRAMES = ROOT / "static" / "made" / "runs"
STATE_VARIABLE = "LATENT_EXPLORER_STATE"
"""Names the folder for runs and kept models; by default .state beside app.py."""

KEPT_BYTES = 4 << 30
_WRITTEN_S = 600  # no file takes so long to write


def state_folder() -> Path:
    """What the app writes and no browser may read."""
    return Path(os.environ.get(STATE_VARIABLE) or ROOT / ".state")


class Store:
    """A folder for each run, and in ``frames``, which browsers read, another one for its frames."""

    def __init__(self, folder: Path, frames: Path = FRAMES) -> None:
        self.folder = folder
        self.frames = frames

    def files(self, name: str) -> RunFiles:
        """The files of the run ``name``, which is_run_name."""
        return RunFiles(self.folder / name, self.frames / name)

    def lay(self, name: str, order: Order) -> None:
        """Begin the folder of the run ``name``. Raises OSError."""
        files = self.files(name)
        files.folder.mkdir(parents=True)
        order.write(files.order)
        Control().write(files.control)
        Status().write(files.status)

    def mend_order(self, name: str, order: Order) -> None:
        """Write the order of a run again if it is lost or damaged. Raises OSError."""
        if Order.read(self.files(name).order) is None:
            order.write(self.files(name).order)

    def has_room(self) -> bool:
        """Whether the disk takes small files."""
        return disk.has_room(self.folder) and disk.has_room(self.frames)

    def owned(self, owner: str) -> list[str]:
        """The names of the runs whose order names ``owner``, newest first."""
        names = (path.name for path in self.folder.glob("*") if is_run_name(path.name))
        orders = {name: order for name in names if (order := Order.read(self.files(name).order))}
        mine = [name for name, order in orders.items() if order.owner == owner]
        return sorted(mine, key=lambda name: orders[name].created, reverse=True)

    def make_room(self, active: Container[str]) -> None:
        """Drop the oldest runs that are not ``active`` while all together take over KEPT_BYTES."""
        # Not those that only have frames: another server with a folder of its own may serve the same frames' folder.
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
        order = Order.read(self.files(name).order)
        return order.created if order else 0.0


def sweep(*folders: Path) -> None:
    """Delete what killed processes have left in ``folders`` of files that they were writing, see write_atomically."""
    for path in (path for folder in folders for path in folder.glob("*/.*.*")):
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > _WRITTEN_S:
                path.unlink()


def _size(folder: Path) -> int:
    with suppress(OSError):
        return sum(path.stat().st_size for path in folder.iterdir())
    return 0
