"""The recorder of a run: its status, its curves, and at intervals a frame with the held-out codes and the decoder."""

import gzip
import math
import os
import time
from dataclasses import replace
from pathlib import Path

import torch

from explorer.runs.files import Record, RunFiles, Status
from models import checkpoint
from models.data import Dataset
from models.dial import Network, model_of
from models.evaluation import Codes, encode_dataset, summarise
from models.files import write_atomically
from models.training import Step
from models.vae import VAE

HELD_OUT = 2000
"""A frame shows the first held-out images: a fifth of MNIST's, so that a frame takes a tenth of a second."""

MAX_FRAMES = 80
MAX_BYTES = 350 << 20
"""The maximum size of a run's frames on the disk, with those that await deletion: 80 frames of the form's default
network, 14 of the widest."""

FRAME_SHARE = 0.06
"""The maximum share of the time that frames take, outside bursts."""

BURST_STEPS = 120
BURST_EVERY = 20
"""At the start and after a change of the KL weight the codes move most, so there is a frame every 20 steps."""

_STATUS_S = 0.25
_POINTS = 400
_LONG_AGO = 946_684_800  # seconds: the year 2000; a browser caches a file for a tenth of its age


class Recorder:
    """Writes the status, curves and frames of a run. Every method raises OSError if a file cannot be written.

    A frame is a gzipped file as models.checkpoint.decoder_bytes makes it, another one as encoder_bytes does, and an
    entry of the record: step, weight, the averages of its codes that models.evaluation.summarise gives, and
    pixel_stddev where it is learnt. Of a dial, a frame shows the model at beta = 1.
    """

    def __init__(self, files: RunFiles, trained: Network, held_out: Dataset, epoch: int, total: int) -> None:
        self.files = files
        self.trained = trained
        self.held_out = Dataset(held_out.name, held_out.pixels[:HELD_OUT], held_out.labels[:HELD_OUT])
        self.status = Status("starting", total=total)
        self.record = Record(epoch=epoch, images=len(self.held_out.labels))
        self.stride = max(1, total // _POINTS)
        self.batch_terms: list[Step] = []
        self.pending_deletes: list[int] = []
        self.thinning = 0
        self.max_frames = MAX_FRAMES
        self.burst_from = 0
        self.last_frame = (0, 0.0, 0.0)  # step, time, and the seconds that it took
        self.last_status = (0, time.monotonic())

    def start(self, weight: float) -> None:
        """Record frame 0, the initial weights."""
        self.files.frames.mkdir(parents=True, exist_ok=True)
        self.frame(0, weight)
        self.max_frames = _frames_within(self._bytes_of(0))
        self.last_status = (0, time.monotonic())

    def step(self, step: Step, images: int, single: bool) -> None:
        """Note a step over ``images`` images; a ``single`` step, requested by the owner, gets its own frame."""
        self.batch_terms.append(step)
        self.status = replace(self.status, step=step.number, share=step.number / step.total, weight=step.weight)
        if step.number % self.stride == 0 or single:
            self._add_point()
        if single or self._frame_is_due(step.number):
            self.frame(step.number, step.weight)
        if time.monotonic() - self.last_status[1] >= _STATUS_S or single:
            self._write_progress(step, images)

    def finish(self, step: Step) -> None:
        """Note that ``step`` was the last one."""
        if self.last_frame[0] != step.number:
            self.frame(step.number, step.weight)
        self.status = replace(self.status, seconds_left=0.0)

    def change(self, taken: int, weight: float) -> None:
        """Note that the owner changed the KL weight after ``taken`` steps."""
        self.record.changes.append({"step": taken, "weight": weight})
        self.burst_from = taken

    def frame(self, taken: int, weight: float) -> None:
        """Record a frame of the held-out images after ``taken`` steps."""
        start = time.monotonic()
        vae = model_of(self.trained)
        codes = encode_dataset(vae, self.held_out, samples=1)
        averages = summarise(codes)
        # A held-out image may overflow where no batch does; JSON and the map cannot represent NaN.
        if all(map(math.isfinite, averages.values())):
            self._write_frame(taken, vae, codes)
            self._thin()
            self.record.frames.append({"step": taken, "weight": weight} | averages | _learnt_sigma(vae))
            self.record.write(self.files.record)
        now = time.monotonic()
        self.last_frame = (taken, now, now - start)

    def write_status(self, state: str, sentence: str = "", share: float | None = None) -> None:
        """Write the status; its time is also the worker's sign of life."""
        share = self.status.share if share is None else share
        self.status = replace(self.status, state=state, sentence=sentence, share=share, updated=time.time())
        self.status.write(self.files.status)
        self.last_status = (self.last_status[0], time.monotonic())

    def _write_frame(self, taken: int, vae: VAE, codes: Codes) -> None:
        weights = checkpoint.half_weights(vae)
        _publish(self.files.encoder(taken), checkpoint.encoder_bytes(weights))
        _publish(self.files.frame(taken), checkpoint.decoder_bytes(weights, codes))

    def _write_progress(self, step: Step, images: int) -> None:
        taken, then = self.last_status
        rate = (step.number - taken) * images / max(time.monotonic() - then, 1e-3)
        smooth = 0.8 * self.status.images_per_second + 0.2 * rate if self.status.images_per_second else rate
        self.status = replace(
            self.status,
            images_per_second=smooth,
            seconds_left=(step.total - step.number) * images / smooth,
        )
        self.last_status = (step.number, then)
        self.write_status("running")

    def _frame_is_due(self, number: int) -> bool:
        taken, when, cost = self.last_frame
        if number - self.burst_from <= BURST_STEPS and number - taken >= BURST_EVERY:
            return True
        # Each thinning doubles the distance between frames; new frames keep that distance.
        return time.monotonic() - when >= cost / FRAME_SHARE * 2**self.thinning

    def _add_point(self) -> None:
        # The loss of a skipped step may not be finite, and JSON cannot represent NaN.
        steps = [step for step in self.batch_terms if math.isfinite(step.reconstruction + step.kl)]
        self.batch_terms, count = [], len(steps)
        if not steps:
            return
        self.record.training["step"].append(steps[-1].number)
        self.record.training["reconstruction"].append(round(sum(step.reconstruction for step in steps) / count, 2))
        self.record.training["kl"].append(round(sum(step.kl for step in steps) / count, 3))

    def _thin(self) -> None:
        """Remove every second frame when there are too many. The files are deleted one round later, for slow
        readers."""
        if len(self.record.frames) < self.max_frames:
            return
        for step in self.pending_deletes:
            self.files.frame(step).unlink(missing_ok=True)
            self.files.encoder(step).unlink(missing_ok=True)
        self.pending_deletes = [frame["step"] for frame in self.record.frames[1::2]]
        del self.record.frames[1::2]
        self.thinning += 1

    def _bytes_of(self, step: int) -> int:
        paths = self.files.frame(step), self.files.encoder(step)
        return sum(path.stat().st_size for path in paths if path.exists())


def _learnt_sigma(vae: VAE) -> dict[str, float]:
    learnt = vae.fixed_pixel_stddev is None
    return {"pixel_stddev": torch.as_tensor(vae.pixel_stddev).item()} if learnt else {}


def _frames_within(size: int) -> int:
    """The maximum of frames of ``size`` bytes that a run shows; half as many again may await deletion."""
    return max(2, min(MAX_FRAMES, 2 * MAX_BYTES // (3 * max(size, 1))))


def _publish(path: Path, raw: bytes) -> None:
    # gzip without compression: weights hardly shrink, and a browser expects every file as gzip.
    write_atomically(path, gzip.compress(raw, 0, mtime=0), sync=False)
    os.utime(path, (_LONG_AGO, _LONG_AGO))
