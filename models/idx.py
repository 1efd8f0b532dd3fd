"""The IDX format of the MNIST files. Files are untrusted: sizes are limited and every byte is checked.

Source: LeCun, Cortes and Burges, The MNIST database, section "File formats", http://yann.lecun.com/exdb/mnist/
"""

import math
import struct
import zlib
from typing import Literal

import numpy as np

Kind = Literal["images", "labels"]

_MAGIC = {"images": 0x0803, "labels": 0x0801}  # unsigned bytes; three axes or one
_MAX_BYTES = 64 << 20  # 60,000 images are 47 MB


class IdxError(ValueError):
    """The bytes are not an IDX file of the expected kind; the message says what is wrong."""


def read_idx(compressed: bytes, kind: Kind) -> np.ndarray:
    """The array in a gzipped IDX file: uint8, [N, 28, 28] for "images", [N] in 0..9 for "labels". Raises IdxError."""
    raw = _gunzip(compressed)
    axes = _MAGIC[kind] & 0xFF
    start = 4 * (1 + axes)
    if len(raw) < start:
        raise IdxError("The file ends inside its header; fetch it again.")
    magic, *shape = struct.unpack(f">{1 + axes}I", raw[:start])
    if magic != _MAGIC[kind]:
        raise IdxError(f"The file starts with {magic:#06x} where {kind} start with {_MAGIC[kind]:#06x}.")
    if kind == "images" and shape[1:] != [28, 28]:
        raise IdxError(f"The images are {shape[1]} x {shape[2]} pixels; this app reads 28 x 28.")
    if shape[0] == 0:
        raise IdxError(f"The file holds no {kind}.")
    # Python integers, because a header may claim more bytes than 64 bits can count.
    if len(raw) - start != math.prod(shape):
        raise IdxError(f"The header promises {math.prod(shape)} bytes and {len(raw) - start} follow; fetch it again.")
    values = np.frombuffer(raw, np.uint8, offset=start).reshape(shape)
    if kind == "labels" and values.max() > 9:
        raise IdxError(f"A label is {values.max()}; labels run from 0 to 9.")
    return values


def _gunzip(compressed: bytes) -> bytes:
    """The content of the one gzip member in ``compressed``; refused before it expands beyond _MAX_BYTES."""
    inflate = zlib.decompressobj(wbits=31)  # 31: a gzip header and its checksum
    try:
        raw = inflate.decompress(compressed, _MAX_BYTES + 1)
    except zlib.error as error:
        raise IdxError(f"The file is no intact gzip file ({error}); fetch it again.") from error
    if len(raw) > _MAX_BYTES:
        raise IdxError(f"The file expands past {_MAX_BYTES >> 20} MB.")
    if not inflate.eof:
        raise IdxError("The gzip file is cut short; fetch it again.")
    if inflate.unused_data:
        raise IdxError("Bytes follow the end of the gzip file; fetch it again.")
    return raw
