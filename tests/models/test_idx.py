"""read_idx reads what is whole and right, and refuses everything else with IdxError alone."""

import gzip
import io
import struct
import tracemalloc
import zlib

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from models.idx import IdxError, Kind, read_idx

kinds = st.sampled_from(["images", "labels"])


def images_file(pixels: np.ndarray) -> bytes:
    return gzip.compress(struct.pack(">4I", 0x803, *pixels.shape) + pixels.tobytes(), mtime=0)


def labels_file(labels: np.ndarray) -> bytes:
    return gzip.compress(struct.pack(">2I", 0x801, *labels.shape) + labels.tobytes(), mtime=0)


def some_images(count: int = 3) -> np.ndarray:
    return np.random.default_rng(count).integers(0, 256, (count, 28, 28), np.uint8)


IMAGES = images_file(some_images())
LABELS = labels_file(np.arange(10, dtype=np.uint8))


def read_or_refusal(raw: bytes, kind: Kind) -> np.ndarray | None:
    try:
        values = read_idx(raw, kind)
    except IdxError:
        return None
    assert values.dtype == np.uint8
    assert values.shape[1:] == ((28, 28) if kind == "images" else ())
    assert kind == "images" or values.max() <= 9
    return values


@given(st.integers(1, 5))
def test_written_images_are_read_back(count: int) -> None:
    assert np.array_equal(read_idx(images_file(some_images(count)), "images"), some_images(count))


@given(st.lists(st.integers(0, 9), min_size=1))
def test_written_labels_are_read_back(labels: list[int]) -> None:
    assert read_idx(labels_file(np.array(labels, np.uint8)), "labels").tolist() == labels


@given(st.binary(), kinds)
@example(b"", "images")
def test_arbitrary_bytes_are_refused(raw: bytes, kind: Kind) -> None:
    assert read_or_refusal(raw, kind) is None


@given(st.binary(max_size=40), kinds)
@example(struct.pack(">2I", 0x801, 0), "labels")
@example(struct.pack(">4I", 0x803, 0, 28, 28), "images")
def test_arbitrary_bytes_in_an_intact_gzip_are_read_or_refused(raw: bytes, kind: Kind) -> None:
    read_or_refusal(gzip.compress(raw), kind)


@given(st.lists(st.integers(0, 2**32 - 1), min_size=4, max_size=4), kinds)
@example([0x803, 2**32 - 1, 28, 28], "images")
@example([0x803, 2**32 - 1, 2**32 - 1, 2**32 - 1], "images")
@example([0x801, 2**32 - 1, 0, 0], "labels")
def test_a_header_that_promises_more_than_follows_is_refused(header: list[int], kind: Kind) -> None:
    assert read_or_refusal(gzip.compress(struct.pack(">4I", *header)), kind) is None


@given(st.data(), st.integers(1, 255), kinds)
def test_a_changed_byte_is_noticed_or_harmless(data: st.DataObject, change: int, kind: Kind) -> None:
    whole = IMAGES if kind == "images" else LABELS
    place = data.draw(st.integers(0, len(whole) - 1))
    changed = bytearray(whole)
    changed[place] ^= change
    values = read_or_refusal(bytes(changed), kind)
    # A gzip file has bytes without meaning: its time, its system, the padding of its last byte.
    assert values is None or np.array_equal(values, read_idx(whole, kind))


@given(st.integers(0, len(IMAGES) - 1))
def test_a_file_cut_anywhere_is_refused(length: int) -> None:
    assert read_or_refusal(IMAGES[:length], "images") is None


@pytest.mark.parametrize(("raw", "kind"), [(IMAGES, "labels"), (LABELS, "images")])
def test_the_other_kind_of_file_is_refused_by_its_first_bytes(raw: bytes, kind: Kind) -> None:
    with pytest.raises(IdxError, match=r"starts with 0x"):
        read_idx(raw, kind)


@pytest.mark.parametrize("tail", [b"\0", LABELS, gzip.compress(b"", mtime=0)])
def test_bytes_after_the_gzip_file_are_refused(tail: bytes) -> None:
    with pytest.raises(IdxError, match="follow the end"):
        read_idx(LABELS + tail, "labels")


@pytest.mark.parametrize("change", [-1, 1])
def test_a_pixel_too_few_or_too_many_is_refused(change: int) -> None:
    pixels = some_images(2).tobytes() + b"\0"
    raw = struct.pack(">4I", 0x803, 2, 28, 28) + pixels[: 2 * 784 + change]
    with pytest.raises(IdxError, match=f"promises 1568 bytes and {1568 + change} follow"):
        read_idx(gzip.compress(raw), "images")


def test_images_of_another_size_are_refused() -> None:
    with pytest.raises(IdxError, match="27 x 28"):
        read_idx(images_file(some_images()[:, :27]), "images")


def test_a_label_over_nine_is_refused() -> None:
    with pytest.raises(IdxError, match="A label is 10"):
        read_idx(labels_file(np.array([9, 10], np.uint8)), "labels")


def test_a_bomb_is_refused_before_it_expands() -> None:
    squeeze = zlib.compressobj(1, wbits=31)
    zeros = bytes(1 << 20)
    bomb = b"".join(squeeze.compress(zeros) for _ in range(256)) + squeeze.flush()
    tracemalloc.start()
    try:
        with pytest.raises(IdxError, match="expands past 64 MB"):
            read_idx(bomb, "images")
        assert tracemalloc.get_traced_memory()[1] < 200 << 20
    finally:
        tracemalloc.stop()


def test_a_file_that_is_not_gzip_is_refused() -> None:
    with pytest.raises(IdxError, match="no intact gzip"):
        read_idx(gzip.GzipFile(fileobj=io.BytesIO(LABELS)).read(), "labels")
