"""IDX files, the format of the MNIST images and labels, gzipped or not."""

from __future__ import annotations

import math
import struct
from pathlib import Path

import numpy as np

from suffice.data.layout import GZIP_ERRORS, open_bytes
from suffice.data.table import DataError

_TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


def is_idx(start: bytes) -> bool:
    """Whether a file's first four bytes are those of an IDX file: two zeros, a type, the number of axes.

    Parameters
    ----------
    start
        The first bytes of the file, uncompressed.

    Examples
    --------
    >>> from suffice.data.idx import is_idx
    >>> is_idx(bytes([0, 0, 8, 3])), is_idx(b"PAR1")
    (True, False)
    """
    return len(start) >= 4 and start[:2] == b"\0\0" and start[2] in _TYPES and 1 <= start[3] <= 8


def read_idx(path: Path) -> np.ndarray:
    """Read an IDX file: two zero bytes, a type, the number of axes, their lengths, then the values, all big-endian.

    Parameters
    ----------
    path
        The file, gzipped or not.

    Returns
    -------
    numpy.ndarray
        The values in the file's shape and type, such as ``(n, 28, 28)`` of ``uint8``.

    Raises
    ------
    DataError
        If the file does not begin as IDX files do, or its length does not fit its shape.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from suffice.data.idx import read_idx
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "labels")
    ...     _ = path.write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 2, 7, 9]))
    ...     read_idx(path)
    array([7, 9], dtype=uint8)
    """
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
        with open_bytes(path) as stream:
            return stream.read()
    except GZIP_ERRORS as error:
        raise DataError(f"{path.name} is a damaged or incomplete gzip file ({error}); fetch it again.") from None
