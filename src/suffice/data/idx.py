"""IDX files, the format of the MNIST images and labels, gzipped or not."""

from __future__ import annotations

import math
import struct
from pathlib import Path

import numpy as np

from suffice.data.layout import GZIP_ERRORS, blocks
from suffice.data.table import DataError

_TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


def is_idx(start: bytes) -> bool:
    """Whether a file's first four bytes are those of an IDX file: two zeros, a type, the number of axes."""
    return len(start) >= 4 and start[:2] == b"\0\0" and start[2] in _TYPES and 1 <= start[3] <= 8


def read_idx(path: Path) -> np.ndarray:
    """Read an IDX file: two zero bytes, a type, the number of axes, their lengths, then the values, all big-endian."""
    content = _content(path)
    if not is_idx(content):
        raise DataError(
            f"{path.name} is not an IDX file: it begins with the bytes {content[:4].hex(' ') or 'of nothing'}."
        )
    kind, axes = np.dtype(_TYPES[content[2]]), content[3]
    start = 4 + 4 * axes
    if len(content) < start:
        raise DataError(f"{path.name} ends within the header of an IDX file; fetch it again.")
    shape = struct.unpack(f">{axes}I", content[4:start])
    expected = math.prod(shape) * kind.itemsize
    if len(content) - start != expected:
        raise DataError(
            f"{path.name} says it holds an array of shape {shape}, which takes {expected:,} bytes, "
            f"but {len(content) - start:,} follow; fetch it again."
        )
    return np.frombuffer(content, kind, offset=start).reshape(shape).astype(kind.newbyteorder("="))


def _content(path: Path) -> bytes:
    try:
        return b"".join(blocks(path))
    except GZIP_ERRORS as error:
        raise DataError(f"{path.name} is a damaged or incomplete gzip file ({error}); fetch it again.") from None
