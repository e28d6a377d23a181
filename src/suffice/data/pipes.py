"""Pipes, which can be read once, as files, which can be read twice."""

from __future__ import annotations

import os
import select
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from suffice.data.table import DataError

MOST_PIPED = 1_000_000_000
"""Bytes taken from a pipe at most."""
WAIT = 20.0
"""Seconds to wait for the next bytes of a pipe that nobody writes to."""


@contextmanager
def as_file(path: Path) -> Iterator[Path]:
    """The path of a file or folder as it is; of a pipe, that of a file of the same name with what came through it."""
    try:
        kind = path.stat().st_mode
    except (OSError, ValueError):
        kind = 0
    if stat.S_ISCHR(kind) or stat.S_ISBLK(kind) or stat.S_ISSOCK(kind):
        raise DataError(f"{path} is a device, not a file; give a file, a folder or a pipe.")
    if not stat.S_ISFIFO(kind):
        yield path
        return
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, path.name)
        _drain(path, copy)
        yield copy


def _drain(path: Path, copy: Path) -> None:
    written_to = path.is_relative_to("/dev")  # as those of a shell are from the start
    count, handle = 0, os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    try:
        with copy.open("wb") as file:
            while block := _next(handle, path, begun=count > 0 or written_to):
                count += file.write(block)
                if count > MOST_PIPED:
                    raise DataError(
                        f"More than {MOST_PIPED / 1e9:g} GB came through {path}: write a file first; Parquet is read in batches."
                    )
    finally:
        os.close(handle)


def _next(handle: int, path: Path, *, begun: bool) -> bytes:
    """Some bytes, none at the end; a pipe that nobody has opened to write says that it ends, and is waited for."""
    waited = 0.0
    while waited < WAIT:
        ready, _, _ = select.select([handle], [], [], 0.05)
        block = b""
        if ready:
            try:
                block = os.read(handle, 1 << 20)
            except BlockingIOError:
                ready = []
        if block or (ready and begun):
            return block
        if ready:
            select.select([], [], [], 0.05)
        waited += 0.05 + 0.05 * bool(ready)
    raise DataError(f"Nothing came through {path} for {WAIT:g} seconds; is anything writing to it?")
