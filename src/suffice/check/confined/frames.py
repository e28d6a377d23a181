"""Arrays by name through a pipe, without pickles: what comes from the other side is numbers and text, whatever it does."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import IO, Any
from zipfile import BadZipFile

import numpy as np

MOST_BYTES = 200_000_000
"""Of one frame."""
LENGTH = 8


class FrameError(ValueError):
    """Something that is no frame."""


def send(pipe: IO[bytes], arrays: Mapping[str, Any]) -> None:
    """Writes one frame."""
    held = io.BytesIO()
    np.savez(held, np.array(list(arrays), str), *(np.asarray(value) for value in arrays.values()))
    content = held.getvalue()
    pipe.write(len(content).to_bytes(LENGTH, "big") + content)
    pipe.flush()


def receive(pipe: IO[bytes]) -> dict[str, np.ndarray] | None:
    """The next frame, or ``None`` where the other side has ended."""
    head = pipe.read(LENGTH)
    if len(head) < LENGTH:
        return None
    size = int.from_bytes(head, "big")
    if size > MOST_BYTES:
        raise FrameError(f"A frame of {size} bytes was announced.")
    content = pipe.read(size)
    return None if len(content) < size else _read(content)


def _read(content: bytes) -> dict[str, np.ndarray]:
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as held:
            return {str(name): held[f"arr_{place}"] for place, name in enumerate(held["arr_0"], 1)}
    except (ValueError, OSError, EOFError, KeyError, BadZipFile) as error:
        raise FrameError("A frame cannot be read.") from error
