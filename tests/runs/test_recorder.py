"""A frame is the model and its codes at one moment; there are enough of them, and never too many."""

import math
import os
import shutil
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
import torch

from explorer.runs import recorder as recorder_module
from explorer.runs.files import Record, RunFiles, Status
from explorer.runs.recorder import BURST_EVERY, BURST_STEPS, MAX_FRAMES, Recorder
from models.checkpoint import half_weights
from models.data import Dataset
from models.evaluation import Codes, encode_dataset, summarise
from models.training import Step
from models.vae import VAE
from tests.conftest import TINY_HIDDEN, global_generators_untouched, seeded
from tests.runs.running import frame_tensors

TOTAL = 4000
Make = Callable[..., Recorder]


@pytest.fixture
def make(tmp_path: Path, tiny_vae: VAE, tiny_dataset: Dataset) -> Make:
    """A recorder of 4,000 steps of a tiny model, begun."""

    def begun(total: int = TOTAL) -> Recorder:
        files = RunFiles(tmp_path / "run", tmp_path / "frames")
        files.folder.mkdir()
        made = Recorder(files, tiny_vae, tiny_dataset, epoch=10, total=total)
        made.start(0.25)
        return made

    return begun


def step(number: int, weight: float = 1.0, total: int = TOTAL) -> Step:
    return Step(number, total, 100.0 + number, number / 10, weight)


def recorded(recorder: Recorder) -> list[int]:
    """The steps of the frames in the file."""
    return [frame["step"] for frame in Record.read(recorder.files.record).frames]


def files_left(recorder: Recorder) -> set[int]:
    """The steps whose frames have their two files."""
    left = set(recorder.files.frames.iterdir())
    steps = {int(path.name.partition(".")[0]) for path in left}
    assert left == {path(step) for path in (recorder.files.frame, recorder.files.encoder) for step in steps}
    return steps


def test_a_frame_holds_the_decoder_and_the_codes_that_its_averages_average(make: Make, tiny_dataset: Dataset) -> None:
    recorder = make()
    torch.nn.init.constant_(recorder.trained.encoder[-1].bias, 0.5)
    with global_generators_untouched():
        recorder.step(step(1, weight=0.5), 64, single=True)
    tensors = frame_tensors(recorder.files.frame(1))
    codes = {name.removeprefix("codes."): tensors.pop(name) for name in list(tensors) if name.startswith("codes.")}
    weights = {name: each for name, each in half_weights(recorder.trained).items() if name.startswith("decoder.")}
    assert tensors.keys() == weights.keys()
    assert all(each.dtype == torch.float16 and each.equal(weights[name]) for name, each in tensors.items())
    expected = vars(encode_dataset(recorder.trained, tiny_dataset, samples=1))
    assert codes.keys() == expected.keys()
    assert all(each.equal(expected[name]) for name, each in codes.items())
    first, second = Record.read(recorder.files.record).frames
    assert second == {"step": 1, "weight": 0.5} | summarise(Codes(**codes))
    assert (first["step"], first["weight"]) == (0, 0.25)
    assert first["kl"] != second["kl"]


def test_a_frame_tells_the_sigma_that_the_run_learns(tmp_path: Path, tiny_dataset: Dataset) -> None:
    files = RunFiles(tmp_path / "run", tmp_path / "frames")
    files.folder.mkdir()
    vae = VAE(TINY_HIDDEN, seeded(), "gaussian", pixel_stddev=None)
    recorder = Recorder(files, vae, tiny_dataset, epoch=10, total=TOTAL)
    recorder.start(1.0)
    torch.nn.init.constant_(vae.log_pixel_stddev, 0.0)
    recorder.step(step(1), 64, single=True)
    found = [frame["pixel_stddev"] for frame in Record.read(files.record).frames]
    assert found == pytest.approx([0.2, 1.0])


def test_beside_a_frame_lies_its_encoder(make: Make) -> None:
    recorder = make()
    torch.nn.init.constant_(recorder.trained.encoder[-1].bias, 0.5)
    recorder.step(step(1), 64, single=True)
    found = frame_tensors(recorder.files.encoder(1))
    weights = {name: each for name, each in half_weights(recorder.trained).items() if name.startswith("encoder.")}
    assert found.keys() == weights.keys()
    assert all(each.dtype == torch.float16 and each.equal(weights[name]) for name, each in found.items())
    assert not found["encoder.2.bias"].equal(frame_tensors(recorder.files.encoder(0))["encoder.2.bias"])


def test_a_frame_shows_the_first_images_alone(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder_module, "HELD_OUT", 7)
    recorder = make()
    assert Record.read(recorder.files.record).images == 7
    assert frame_tensors(recorder.files.frame(0))["codes.label"].tolist() == list(range(7))


def test_a_browser_may_trust_a_frame_for_years(make: Make) -> None:
    year_2001 = 978_307_200  # seconds
    files = make().files
    assert max(path.stat().st_mtime for path in (files.frame(0), files.encoder(0))) < year_2001


def test_frames_come_often_at_the_start_and_after_a_change_of_the_weight(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder_module, "FRAME_SHARE", 1e-9)
    recorder = make()
    for number in range(1, 700):
        if number == 501:
            recorder.change(500, 0.0)
        recorder.step(step(number), 64, single=False)
    burst = list(range(BURST_EVERY, BURST_STEPS + 1, BURST_EVERY))
    after = [taken for taken in recorded(recorder) if taken > BURST_STEPS]
    assert recorded(recorder)[: len(burst) + 1] == [0, *burst]
    assert 500 < after[0] <= 500 + BURST_EVERY
    assert after[-1] <= 500 + BURST_STEPS
    assert all(later - earlier == BURST_EVERY for earlier, later in pairwise(after))
    assert Record.read(recorder.files.record).changes == [{"step": 500, "weight": 0.0}]


def test_too_many_frames_are_thinned_and_a_file_outlives_its_entry_by_one_round(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder_module, "MAX_FRAMES", 8)
    recorder = make()
    just_dropped: set[int] = set()
    for number in range(1, 101):
        before = set(recorded(recorder))
        recorder.frame(number, 1.0)
        steps = recorded(recorder)
        assert (steps[0], steps[-1]) == (0, number)
        assert len(steps) <= 8
        assert steps == sorted(set(steps))
        if dropped := before - set(steps):
            assert not files_left(recorder) & just_dropped
            just_dropped = dropped
        assert files_left(recorder) == set(steps) | just_dropped


@pytest.mark.parametrize("frames", [3.5, 8, 13.2])
def test_frames_on_the_disk_never_take_more_than_their_bytes(
    make: Make, monkeypatch: pytest.MonkeyPatch, frames: float
) -> None:
    first = make()
    size = sum(path.stat().st_size for path in first.files.frames.iterdir())
    monkeypatch.setattr(recorder_module, "MAX_BYTES", int(frames * size))
    shutil.rmtree(first.files.folder)
    recorder = make()
    most = 0
    for number in range(1, 101):
        recorder.frame(number, 1.0)
        assert sum(path.stat().st_size for path in recorder.files.frames.iterdir()) <= frames * size
        most = max(most, len(recorded(recorder)))
    assert most == int(2 * frames / 3)
    assert recorded(recorder)[-1] == 100


def test_the_networks_of_the_form_keep_every_frame_and_the_widest_stay_within_the_bytes() -> None:
    """A frame holds each weight in two bytes, and codes and labels of 2,000 images."""
    assert recorder_module._frames_within(2_700_000) == MAX_FRAMES
    size = 16 << 20  # four layers of 1,024
    widest = recorder_module._frames_within(size)
    assert widest * 1.5 * size <= recorder_module.MAX_BYTES
    assert widest == 14


def test_a_model_that_is_no_longer_finite_is_not_shown(make: Make) -> None:
    recorder = make()
    torch.nn.init.constant_(recorder.trained.encoder[-1].bias, 1e30)  # the square of the mean is beyond float32
    recorder.step(step(BURST_EVERY), 64, single=False)
    assert recorded(recorder) == [0]
    assert files_left(recorder) == {0}


def test_a_point_of_the_curve_is_the_mean_of_the_batches_since_the_last(make: Make) -> None:
    recorder = make()
    for number in range(1, 41):
        recorder.step(step(number), 64, single=number == 33)
    recorder.frame(40, 1.0)
    curve = Record.read(recorder.files.record).training
    assert curve["step"] == [10, 20, 30, 33, 40]
    assert curve["reconstruction"] == [105.5, 115.5, 125.5, 132.0, 137.0]
    assert curve["kl"] == [0.55, 1.55, 2.55, 3.2, 3.7]


def test_a_step_that_was_skipped_leaves_the_curve_finite(make: Make) -> None:
    recorder = make()
    for number in range(1, 31):
        skipped = number == 5 or 10 < number <= 20
        told = step(number)._replace(kl=math.inf, reconstruction=math.nan) if skipped else step(number)
        recorder.step(told, 64, single=False)
    recorder.frame(30, 1.0)
    curve = Record.read(recorder.files.record).training
    assert curve["step"] == [10, 30]
    assert curve["reconstruction"] == [round(100 + 50 / 9, 2), 125.5]


@pytest.mark.parametrize("total", [1, 399, 400, 799, 800, 30_000])
def test_a_curve_has_at_most_eight_hundred_points(make: Make, total: int) -> None:
    recorder = make(total)
    recorder.frame = lambda *_: None
    for number in range(1, total + 1):
        recorder.step(step(number, total=total), 64, single=False)
    points = recorder.record.training["step"]
    assert points == sorted(set(points))
    assert min(total, 400) <= len(points) <= 800


def test_the_status_knows_the_very_step_at_which_a_run_stands_still(make: Make) -> None:
    recorder = make()
    for number in range(1, 8):
        recorder.step(step(number, weight=0.5), 64, single=False)
    recorder.write_status("paused")
    told = Status.read(recorder.files.status)
    assert (told.state, told.step, told.total, told.weight) == ("paused", 7, TOTAL, 0.5)
    assert told.share == 7 / TOTAL


def test_the_status_tells_a_speed_and_what_is_left(make: Make) -> None:
    recorder = make()
    recorder.step(step(100), 64, single=True)
    told = Status.read(recorder.files.status)
    assert told.images_per_second > 0
    assert told.seconds_left == pytest.approx((TOTAL - 100) * 64 / told.images_per_second)


def test_the_folder_of_frames_holds_frames_alone(make: Make) -> None:
    recorder = make()
    recorder.step(step(1), 64, single=True)
    names = [f"000000{number}{kind}.safetensors.gz" for number in (0, 1) for kind in (".encoder", "")]
    assert sorted(os.listdir(recorder.files.frames)) == names
