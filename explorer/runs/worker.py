"""The process of one run: python -m explorer.runs.worker FOLDER FRAMES, started by the manager.

It trains with the same generator as the command line, reads control.json before every step, and ends when the server
ends, which closes its standard input.
"""

import os
import sys
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import torch

from explorer.runs import disk
from explorer.runs.files import Control, RunFiles, RunSpec, Status
from explorer.runs.lifeline import exit_with_server, lower_priority
from explorer.runs.recorder import Recorder
from models import checkpoint, data
from models.checkpoint import Checkpoint, CheckpointError
from models.data import DataError, Dataset
from models.dial import Network, network
from models.dial_table import table_betas
from models.idx import IdxError
from models.likelihood import LIKELIHOODS
from models.recipe import MAX_KL_CHANGES, Recipe
from models.training import TrainingError, best_device, kl_weight, steps_per_epoch, train

THREADS = 1
"""With one thread per run, several runs use the cores better, slow down less on a busy machine, and are
reproducible."""

TABLE = table_betas(factor=2)
"""The KL weights of a dial's table: fewer than in the shipped one, because MNIST takes ten seconds at each."""

_PAUSE_S = 0.05
_SIGN_OF_LIFE_S = 1.0


class CancelledError(Exception):
    """The owner has cancelled the run."""


class _Download:
    """Writes the progress of a download to the status; pooch uses it as a progress bar."""

    def __init__(self, files: RunFiles, name: str) -> None:
        self.files = files
        self.name = name
        self.total = 0.0
        self.received = 0
        self.written = 0.0

    def update(self, count: int) -> None:
        """``count`` more bytes have arrived."""
        self.received += count
        if time.monotonic() - self.written > _SIGN_OF_LIFE_S / 4:
            self.written = time.monotonic()
            sentence = f"Downloading {self.name}: {self.received / 1e6:.1f} of {self.total / 1e6:.1f} MB of this file."
            Status("fetching", sentence, share=min(1.0, self.received / max(self.total, 1))).write(self.files.status)

    def reset(self) -> None:
        """The download starts again from 0."""
        self.received = 0

    def close(self) -> None:
        """The download has ended; the next file begins."""
        self.received = 0


class ControlReader:
    """Reads control.json when it has changed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.seen = 0
        self.control = Control()
        self.steps = 0  # single steps taken

    def read(self) -> Control:
        """The current control; a damaged file changes nothing."""
        try:
            inode = self.path.stat().st_ino, self.path.stat().st_mtime_ns
        except OSError:
            return self.control
        if inode != self.seen:
            self.seen = inode
            self.control = Control.read(self.path) or self.control
        return self.control


class Worker:
    """One run, from its recipe to its checkpoint."""

    def __init__(self, files: RunFiles, recipe: Recipe) -> None:
        self.files = files
        self.recipe = recipe
        self.control_reader = ControlReader(files.control)
        self.changes: list[tuple[int, float]] = []

    def run(self) -> None:
        """Train, record, and write the checkpoint. Raises DataError, IdxError, TrainingError, OSError."""
        name = self.recipe.dataset
        Status("fetching", "Looking for the images.").write(self.files.status)
        dataset, held_out = (data.load(name, split, _Download(self.files, name)) for split in ("train", "test"))
        generator = torch.Generator().manual_seed(self.recipe.seed)
        trained = network(self.recipe, generator).to(best_device())
        epoch = steps_per_epoch(len(dataset.labels), self.recipe)
        total = epoch * self.recipe.epochs
        self.recorder = Recorder(self.files, trained, held_out, epoch, total)
        self.recorder.start(kl_weight(0, total, self.recipe))
        try:
            self._train(trained, dataset, generator)
            self.recorder.write_status("evaluating", "Measuring the loss on all held-out images.", share=1.0)
            self._finish(trained.cpu(), dataset, held_out)
        except CancelledError:
            self.recorder.write_status("cancelled", "Cancelled. Its frames are still here.")
        except TrainingError:
            with suppress(CheckpointError, CancelledError):  # the weights reached so far are kept if they are finite
                self._write(trained.cpu(), dataset, held_out)
            raise

    def _train(self, trained: Network, dataset: Dataset, generator: torch.Generator) -> None:
        single = self._wait(0)
        for step in train(trained, dataset, self.recipe, generator, self._weight):
            self.recorder.step(step, min(self.recipe.batch_size, len(dataset.labels)), single)
            if step.number < step.total:
                single = self._wait(step.number)
        self.recorder.finish(step)

    def _weight(self, taken: int, total: int, recipe: Recipe) -> float:
        """The KL weight: the schedule's until the owner sets one, then the owner's."""
        wanted = -1.0 if recipe.is_dial else self.control_reader.control.weight
        now = self.changes[-1][1] if self.changes else -1.0
        if wanted >= 0 and wanted != now and len(self.changes) < MAX_KL_CHANGES:
            self.changes.append((taken, wanted))
            self.recorder.change(taken, wanted)
        return self.changes[-1][1] if self.changes else kl_weight(taken, total, recipe)

    def _wait(self, taken: int) -> bool:
        """Wait until the next step is due; True if it is a single step of a paused run. Raises CancelledError."""
        written = 0.0
        while True:
            control = self.control_reader.read()
            if control.cancelled:
                raise CancelledError
            if not control.paused:
                self.control_reader.steps = control.steps
                return False
            if self.control_reader.steps < control.steps:
                self.control_reader.steps += 1
                return True
            if time.monotonic() - written > _SIGN_OF_LIFE_S:
                self.recorder.write_status("paused")
                written = time.monotonic()
            time.sleep(_PAUSE_S)

    def _write(self, trained: Network, dataset: Dataset, held_out: Dataset) -> Checkpoint:
        """Write the checkpoint. Its recipe includes the owner's changes, so that the command line can repeat the
        run."""
        recipe = replace(self.recipe, kl_changes=tuple(self.changes))
        made = checkpoint.from_trained(trained, recipe, dataset, held_out, TABLE, self._note_table)
        checkpoint.write(self.files.checkpoint, made)
        return made

    def _note_table(self, done: int, total: int) -> None:
        """Show how far a dial's table is. Raises CancelledError."""
        sentence = f"Measuring at {total} KL weights: {done} done."
        self.recorder.write_status("evaluating", sentence, share=done / total)
        if self.control_reader.read().cancelled:
            raise CancelledError

    def _finish(self, trained: Network, dataset: Dataset, held_out: Dataset) -> None:
        try:
            made = self._write(trained, dataset, held_out)
        except CheckpointError as error:
            raise TrainingError(
                "The weights are no longer finite numbers. Lower the learning rate and train again."
            ) from error
        recipe = made.recipe
        loss = f"{made.metrics['negative_elbo']:.1f}".replace("-", "−")
        unit = LIKELIHOODS[recipe.likelihood].unit_per_image
        at = " at β = 1" if recipe.is_dial else ""
        self.recorder.write_status(
            "done", f"Done: −ELBO {loss} {unit}{at} over all {len(held_out.labels):,} held-out images."
        )


_NO_IMAGES = (
    "The server can neither read nor download these images. Train on the 8×8 digits, which need no network, or tell the"
    " operator of the server, whose log says what to do."
)


def main(arguments: list[str]) -> int:
    """Execute the run in a folder. Returns 0, or another exit status after a sentence in the run's status."""
    exit_with_server()
    lower_priority()
    torch.set_num_threads(THREADS)
    try:
        return _execute(RunFiles(*map(Path, arguments)))
    except OSError as error:  # even the sentence could not be written
        return disk.EXIT_STATUS if disk.is_disk_full(error) else 1


def _execute(files: RunFiles) -> int:
    spec = RunSpec.read(files.spec)
    if spec is None:
        return _fail(files, "The run's recipe cannot be read. Start the run again.")
    Status("starting", "The run is starting.").write(files.status)
    try:
        Worker(files, Recipe.from_json(spec.recipe)).run()
    except (DataError, IdxError) as error:
        print(error, file=sys.stderr)  # for the operator, who alone can fix it
        return _fail(files, _NO_IMAGES)
    except TrainingError as error:
        return _fail(files, f"{error} The last good frame is still here.")
    except OSError as error:
        return _fail(files, f"{disk.explain(error)} Then start the run again.")
    return 0


def _fail(files: RunFiles, sentence: str) -> int:
    with suppress(OSError):
        os.write(2, f"{sentence}\n".encode())  # print buffers, and a failed flush at exit would change the exit status
    status = Status.read(files.status) or Status()
    replace(status, state="failed", sentence=sentence, updated=time.time()).write(files.status)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
