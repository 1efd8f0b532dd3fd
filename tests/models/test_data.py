"""Images come whole, from the right place, or not at all; x is a fair draw of them."""

import hashlib
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import torch

from models import data
from models.data import DATASETS, DataError, Dataset, binarise, grey_levels, is_local, load, load_local
from models.recipe import Recipe
from tests.conftest import global_generators_untouched, seeded
from tests.models.test_idx import images_file, labels_file, some_images

IMAGES, LABELS = data._files("test")
FILES = {IMAGES: images_file(some_images()), LABELS: labels_file(np.array([3, 1, 4], np.uint8))}

TRAIN_COUNTS = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
TEST_COUNTS = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]


@pytest.mark.parametrize(("split", "counts"), [("train", TRAIN_COUNTS), ("test", TEST_COUNTS)])
def test_mnist_has_its_known_images(mnist_folder: Path, split: data.Split, counts: list[int]) -> None:
    mnist = load("mnist", split)
    assert (mnist.pixels.shape, mnist.pixels.dtype) == ((sum(counts), 28, 28), torch.uint8)
    assert (mnist.labels.shape, mnist.labels.dtype) == ((sum(counts),), torch.uint8)
    assert torch.bincount(mnist.labels).tolist() == counts
    assert (mnist.pixels.min(), mnist.pixels.max()) == (0, 255)


def test_what_lies_here_loads_the_same_without_fetching(mnist_test: Dataset) -> None:
    assert load_local("mnist", "test").sha256() == mnist_test.sha256()


def test_digits_are_split_apart_and_together_all() -> None:
    parts = [{image.numpy().tobytes() for image in load("digits", split).pixels} for split in ("train", "test")]
    assert [len(part) for part in parts] == [1437, 360]
    assert not parts[0] & parts[1]


def test_digits_fill_the_range_and_every_class() -> None:
    for split in ("train", "test"):
        digits = load("digits", split)
        assert digits.pixels.dtype == digits.labels.dtype == torch.uint8
        assert digits.pixels.shape[1:] == (28, 28)
        assert digits.labels.unique().tolist() == list(range(10))
        assert (digits.pixels.min(), digits.pixels.max()) == (0, 255)


def test_the_hash_tells_pixels_and_labels(tiny_dataset: Dataset) -> None:
    relabelled = Dataset("digits", tiny_dataset.pixels, tiny_dataset.labels.flip(0))
    darker = Dataset("digits", tiny_dataset.pixels // 2, tiny_dataset.labels)
    assert len({each.sha256() for each in (tiny_dataset, relabelled, darker)}) == 3


def test_x_is_binary_and_flat(tiny_dataset: Dataset) -> None:
    x = binarise(tiny_dataset.pixels, seeded())
    assert (x.shape, x.dtype, x.unique().tolist()) == ((20, 784), torch.float32, [0, 1])


def test_x_has_the_intensity_as_its_mean() -> None:
    pixels = torch.arange(256, dtype=torch.uint8).repeat(10_000, 1)[:, None]
    intensity = torch.arange(256) / 255
    error = binarise(pixels, seeded()).mean(dim=0) - intensity
    assert (error.abs() <= 5 * (intensity * (1 - intensity) / 10_000).sqrt()).all()


def test_x_follows_its_generator_and_no_other(tiny_dataset: Dataset) -> None:
    with global_generators_untouched():
        first, again, other = (binarise(tiny_dataset.pixels, seeded(seed)) for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_an_intensity_is_a_share_of_255(tiny_dataset: Dataset) -> None:
    grey = grey_levels(torch.arange(256, dtype=torch.uint8)[None])
    assert (grey.shape, grey.dtype) == ((1, 256), torch.float32)
    assert torch.equal(grey[0], torch.arange(256).float() / 255)
    assert torch.equal(grey_levels(tiny_dataset.pixels), grey_levels(tiny_dataset.pixels.flatten(1)))


def test_every_data_set_has_a_label_of_its_own_and_a_source() -> None:
    assert len({known.label for known in DATASETS.values()}) == len(DATASETS)
    for known in DATASETS.values():
        if known.load is None:
            assert known.sha256.keys() == {*data._files("train"), *data._files("test")}
            assert known.mirrors and known.megabytes
        Recipe(**known.first_run)


@pytest.mark.parametrize("name", DATASETS)
def test_every_data_set_has_as_many_images_as_is_said(name: str) -> None:
    if not is_local(name):
        pytest.skip(f"The files of {name} are not here.")
    known, found = DATASETS[name], [len(load(name, split).labels) for split in ("train", "test")]
    assert found == [known.training_images, known.held_out_images]


def test_every_data_set_has_ten_classes_with_names_of_their_own() -> None:
    for known in DATASETS.values():
        assert len(set(known.class_names)) == 10 and all(known.class_names)


def know(monkeypatch: pytest.MonkeyPatch, **facts: object) -> None:
    """Replace what is known of MNIST."""
    monkeypatch.setitem(DATASETS, "mnist", replace(DATASETS["mnist"], **facts))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The empty folder in which the files in FILES, under MNIST's name, are looked for and put."""
    monkeypatch.setenv(data.FOLDER_VARIABLE, str(tmp_path / "data"))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    hashes = {name: hashlib.sha256(raw).hexdigest() for name, raw in FILES.items()}
    know(monkeypatch, sha256=hashes, mirrors=())
    return tmp_path / "data"


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


class Truncating(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = FILES[Path(self.path).name]
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[:-5])

    log_message = Quiet.log_message


Mirror = Callable[..., str]


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[Mirror]:
    """Starts a server of the given files on this machine and returns its address."""
    servers = []

    def start(files: dict[str, bytes], handler: type[BaseHTTPRequestHandler] | None = None) -> str:
        root = tmp_path / f"mirror-{len(servers)}"
        root.mkdir()
        for name, raw in files.items():
            (root / name).write_bytes(raw)
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler or partial(Quiet, directory=root))
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}/"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def left_in(folder: Path) -> list[str]:
    return sorted(file for _, _, files in os.walk(folder) for file in files)


def test_what_is_not_here_is_not_fetched_by_load_local(folder: Path) -> None:
    assert load_local("mnist", "test") is None
    assert not folder.exists()


def test_a_fetched_file_is_kept_and_read_without_a_network(
    folder: Path, mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    know(monkeypatch, mirrors=(mirror(FILES),))
    assert load("mnist", "test").labels.tolist() == [3, 1, 4]
    know(monkeypatch, mirrors=())
    assert torch.equal(load("mnist", "test").pixels, torch.from_numpy(some_images()))
    assert left_in(folder) == sorted(FILES)


def test_the_second_mirror_serves_what_the_first_lacks(
    folder: Path, mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    know(monkeypatch, mirrors=(mirror({}), mirror(FILES)))
    assert load("mnist", "test").labels.tolist() == [3, 1, 4]


def test_a_tampered_body_is_refused_and_leaves_nothing(
    folder: Path, mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = images_file(255 - some_images())
    know(monkeypatch, mirrors=(mirror(FILES | {IMAGES: other}),))
    with pytest.raises(DataError, match="mnist could not be fetched"):
        load("mnist", "test")
    assert left_in(folder) == []


def test_a_truncated_body_is_refused_and_leaves_nothing(
    folder: Path, mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    know(monkeypatch, mirrors=(mirror({}, Truncating),))
    with pytest.raises(DataError, match="mnist could not be fetched"):
        load("mnist", "test")
    assert left_in(folder) == []


def test_without_a_network_the_error_says_what_to_do(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as closed:
        address = f"http://127.0.0.1:{closed.server_port}/"
    know(monkeypatch, mirrors=(address,))
    with pytest.raises(DataError, match=rf"127.0.0.1: ConnectionError.*{data.FOLDER_VARIABLE}.*digits"):
        load("mnist", "test")
    assert left_in(folder) == []


def test_a_data_set_is_local_once_all_its_files_are(folder: Path) -> None:
    assert is_local("digits")
    folder.mkdir()
    for split in ("train", "test"):
        for name in data._files(split):
            assert not is_local("mnist")
            (folder / name).touch()
    assert is_local("mnist")
    assert not is_local("fashion")
    (folder / "fashion").mkdir()
    for name in os.listdir(folder):
        if name != "fashion":
            (folder / name).rename(folder / "fashion" / name)
    assert (is_local("mnist"), is_local("fashion")) == (False, True)


def test_a_download_is_told_as_it_comes(folder: Path, mirror: Mirror, monkeypatch: pytest.MonkeyPatch) -> None:
    class Told:
        total = 0.0
        come = 0
        closed = 0

        def update(self, count: int) -> None:
            self.come += count
            assert self.total in map(len, FILES.values())

        def reset(self) -> None:
            self.come = 0

        def close(self) -> None:
            assert self.come == self.total
            self.closed += 1

    know(monkeypatch, mirrors=(mirror(FILES),))
    told = Told()
    load("mnist", "test", told)
    assert told.closed == len(FILES)


def test_a_file_that_is_not_the_original_is_named_and_kept(folder: Path) -> None:
    folder.mkdir()
    (folder / IMAGES).write_bytes(FILES[LABELS])
    for read in (load, load_local):
        with pytest.raises(DataError, match=rf"{IMAGES} is not the original mnist file"):
            read("mnist", "test")
    assert left_in(folder) == [IMAGES]


def test_more_images_than_labels_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    short = labels_file(np.array([3, 1], np.uint8))
    know(monkeypatch, sha256=DATASETS["mnist"].sha256 | {LABELS: hashlib.sha256(short).hexdigest()})
    (folder / "mnist").mkdir(parents=True)
    (folder / "mnist" / IMAGES).write_bytes(FILES[IMAGES])
    (folder / "mnist" / LABELS).write_bytes(short)
    with pytest.raises(DataError, match="3 images and 2 labels"):
        load("mnist", "test")
