"""The process of one run: python -m explorer.runs.worker FOLDER FRAMES, started by the manager.

It drives the generator that the command line drives, looks at control.json before every step, and dies with the
server, whose end closes its standard input.
"""

import os
import sys
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import torch

from explorer.runs import disk
from explorer.runs.files import Control, Order, RunFiles, Status
from explorer.runs.lifeline import die_with_the_server, give_way
from explorer.runs.recorder import Recorder
from models import checkpoint, data
from models.checkpoint import Checkpoint, CheckpointError
from models.data import DataError, Dataset
from models.idx import IdxError
from models.likelihood import LIKELIHOODS
from models.recipe import MAX_KL_CHANGES, Recipe
from models.training import TrainingError, best_device, kl_weight, steps_an_epoch, train
from models.vae import VAE

THREADS = 1
"""Several runs at once use the cores better, a busy machine does not stall them, and results repeat."""

_PAUSE_S = 0.05
_SIGN_OF_LIFE_S = 1.0


class CancelledError(Exception):
    """The owner wants no more of it."""


class _Download:
    """Tells the status how much of a file has come; pooch calls it as it would a progress bar."""

    def __init__(self, files: RunFiles, name: str) -> None:
        self.files = files
        self.name = name
        self.total = 0.0
        self.come = 0
        self.told = 0.0

    def update(self, count: int) -> None:
        """``count`` more bytes are here."""
        self.come += count
        if time.monotonic() - self.told > _SIGN_OF_LIFE_S / 4:
            self.told = time.monotonic()
            sentence = f"Downloading {self.name}: {self.come / 1e6:.1f} of {self.total / 1e6:.1f} MB of this file."
            Status("fetching", sentence, share=min(1.0, self.come / max(self.total, 1))).write(self.files.status)

    def reset(self) -> None:
        """The count begins again."""
        self.come = 0

    def close(self) -> None:
        """All are here; the next file begins."""
        self.come = 0


class _Hand:
    """The owner's hand: control.json as it was last seen."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.seen = 0
        self.control = Control()
        self.steps = 0  # single steps taken

    def look(self) -> Control:
        """The present control; a damaged file changes nothing."""
        try:
            inode = self.path.stat().st_ino, self.path.stat().st_mtime_ns
        except OSError:
            return self.control
        if inode != self.seen:
            self.seen = inode
            self.control = Control.read(self.path) or self.control
        return self.control


class Worker:
    """One run, from its order to its checkpoint."""

    def __init__(self, files: RunFiles, recipe: Recipe) -> None:
        self.files = files
        self.recipe = recipe
        self.hand = _Hand(files.control)
        self.changes: list[tuple[int, float]] = []

    def run(self) -> None:
        """Train, record, and write the checkpoint. Raises what the data, the loss or the disk has to complain of."""
        name = self.recipe.dataset
        Status("fetching", "Looking for the images.").write(self.files.status)
        dataset, held_out = (data.load(name, split, _Download(self.files, name)) for split in ("train", "test"))
        generator = torch.Generator().manual_seed(self.recipe.seed)
        vae = VAE.of(self.recipe, generator).to(best_device())
        epoch = steps_an_epoch(len(dataset.labels), self.recipe)
        total = epoch * self.recipe.epochs
        self.recorder = Recorder(self.files, vae, held_out, epoch, total)
        self.recorder.start(kl_weight(0, total, self.recipe))
        try:
            self._train(vae, dataset, generator)
            self.recorder.tell("evaluating", "Measuring the loss on all held-out images.", share=1.0)
            self._keep(vae.cpu(), dataset, held_out)
        except CancelledError:
            self.recorder.tell("cancelled", "Cancelled. Its frames are still here.")
        except TrainingError:
            with suppress(CheckpointError):  # where the weights are good, they are kept as far as they came
                self._write(vae.cpu(), dataset, held_out)
            raise

    def _train(self, vae: VAE, dataset: Dataset, generator: torch.Generator) -> None:
        single = self._wait(0)
        for step in train(vae, dataset, self.recipe, generator, self._weight):
            self.recorder.step(step, min(self.recipe.batch_size, len(dataset.labels)), single)
            if step.number < step.total:
                single = self._wait(step.number)
        self.recorder.finish(step)

    def _weight(self, taken: int, total: int, recipe: Recipe) -> float:
        """The schedule's weight until the owner takes it in hand, from then on the owner's."""
        wanted = self.hand.control.weight
        now = self.changes[-1][1] if self.changes else -1.0
        if wanted >= 0 and wanted != now and len(self.changes) < MAX_KL_CHANGES:
            self.changes.append((taken, wanted))
            self.recorder.change(taken, wanted)
        return self.changes[-1][1] if self.changes else kl_weight(taken, total, recipe)

    def _wait(self, taken: int) -> bool:
        """Come back when the next step is wanted; True if it is a single one of a paused run. Raises CancelledError."""
        told = 0.0
        while True:
            control = self.hand.look()
            if control.cancelled:
                raise CancelledError
            if not control.paused:
                self.hand.steps = control.steps
                return False
            if self.hand.steps < control.steps:
                self.hand.steps += 1
                return True
            if time.monotonic() - told > _SIGN_OF_LIFE_S:
                self.recorder.tell("paused")
                told = time.monotonic()
            time.sleep(_PAUSE_S)

    def _write(self, vae: VAE, dataset: Dataset, held_out: Dataset) -> Checkpoint:
        """The recipe now says what the hand did, so that the command line can repeat it."""
        recipe = replace(self.recipe, kl_changes=tuple(self.changes))
        trained = checkpoint.measured(vae, recipe, dataset, held_out)
        checkpoint.write(self.files.checkpoint, trained)
        return trained

    def _keep(self, vae: VAE, dataset: Dataset, held_out: Dataset) -> None:
        try:
            trained = self._write(vae, dataset, held_out)
        except CheckpointError as error:
            raise TrainingError(
                "The weights are no longer finite numbers. Lower the learning rate and train again."
            ) from error
        recipe = trained.recipe
        loss = f"{trained.metrics['negative_elbo']:.1f}".replace("-", "−")
        unit = LIKELIHOODS[recipe.likelihood].unit_per_image
        self.recorder.tell("done", f"Done: −ELBO {loss} {unit} over all {len(held_out.labels):,} held-out images.")


_NO_IMAGES = (
    "The server can neither read nor download these images. Train on the 8×8 digits, which need no network, or tell the"
    " operator of the server, whose log says what to do."
)


def main(arguments: list[str]) -> int:
    """Carry out the order in a folder; 0, or another exit status after a sentence in the run's status."""
    die_with_the_server()
    give_way()
    torch.set_num_threads(THREADS)
    try:
        return _carry_out(RunFiles(*map(Path, arguments)))
    except OSError as error:  # not even the sentence could be written
        return disk.EXIT_STATUS if disk.is_disk_full(error) else 1


def _carry_out(files: RunFiles) -> int:
    order = Order.read(files.order)
    if order is None:
        return _fail(files, "The run's recipe cannot be read. Start the run again.")
    Status("starting", "The run is starting.").write(files.status)
    try:
        Worker(files, Recipe.from_json(order.recipe)).run()
    except (DataError, IdxError) as error:
        print(error, file=sys.stderr)  # to the operator, who alone can do something about it
        return _fail(files, _NO_IMAGES)
    except TrainingError as error:
        return _fail(files, f"{error} The last good frame is still here.")
    except OSError as error:
        return _fail(files, f"{disk.complaint(error)} Then start the run again.")
    return 0


def _fail(files: RunFiles, sentence: str) -> int:
    with suppress(OSError):
        os.write(2, f"{sentence}\n".encode())  # what print keeps for later would change the exit status
    status = Status.read(files.status) or Status()
    replace(status, state="failed", sentence=sentence, updated=time.time()).write(files.status)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
