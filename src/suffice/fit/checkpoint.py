"""The state of a fit on disk, so that one that was killed goes on as if it had not been."""

from __future__ import annotations

import hashlib
import os
import time
import warnings
from collections.abc import Callable
from glob import escape
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from suffice.files import FileError, read_record, write_record
from suffice.rows.stored import pieces
from suffice.runtime import tree
from suffice.runtime.either import is_array

FORMAT = "suffice checkpoint"
SECONDS = 1.0
"""Least time between two writes."""
SHARE = 0.02
"""Most of the time that writing may take."""


class Checkpoint:
    """A file that holds the state of a fit."""

    def __init__(self, path: str | os.PathLike[str], settings: dict[str, Any]):
        self.path, self.settings, self.writes = Path(path), settings, True
        self.written, self.cost = time.monotonic(), 0.0

    def load(self) -> dict[str, Any] | None:
        """The state in the file, None where there is no file."""
        if not self.path.exists():
            return None
        try:
            record = read_record(self.path, FORMAT, "a fit with a checkpoint")
        except FileError as error:
            raise FileError(f"The fit cannot be continued: {error} Remove this file to start anew.") from None
        for name, mine in self.settings.items():
            before = record["settings"].get(name)
            if before != mine:
                self.refuse(OTHER_START if name == "start" else f"it had {name}={before!r}, and this one has {mine!r}")
        return record["state"]

    def refuse(self, reason: str) -> None:
        """Say why the file is of another fit."""
        raise FileError(
            f"{self.path} holds the state of another fit: {reason}. Continue that fit with the same data and parameters, or "
            "remove the file to start anew."
        )

    def keep(self, state: Callable[[], dict[str, Any]], *, last: bool) -> None:
        """Write the state if it is time to, and at the ``last`` iteration anyway."""
        begin = time.monotonic()
        if not self.writes:
            return
        if last or begin - self.written >= max(SECONDS, self.cost / SHARE):
            self._write({"settings": self.settings, "state": state()})
            self.written = time.monotonic()
            self.cost = self.written - begin

    def _write(self, record: dict[str, Any]) -> None:
        """Write a state, or say that it cannot be written: a fit is worth more than what is kept on the way to it."""
        try:
            write_record(record, self.path, FORMAT)
        except FileError as error:
            warnings.warn(f"{error} The fit goes on, and could not be continued from here.", UserWarning, stacklevel=2)


OTHER_START = "it began with other parameters (other data, options or random_state)"


def remove_checkpoint(path: Path) -> None:
    """Remove a checkpoint, and what a write that was killed left beside it."""
    for file in (path, *path.parent.glob(f".{escape(path.name)}.????????")):
        file.unlink(missing_ok=True)


def settings_of(model: Any, **options: Any) -> dict[str, Any]:
    """What two fits must have in common: versions, options and where they start."""
    packages = ("suffice", "jax", "numpy")
    return {**{name: _version(name) for name in packages}, **options, "start": _digest(model)}


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _digest(model: Any) -> str:
    digest = hashlib.sha256(tree.outline(model).encode())
    for leaf in tree.leaves(model):
        array = np.asarray(leaf) if is_array(leaf) else None
        digest.update(repr(leaf).encode() if array is None else f"{array.dtype} {array.shape}".encode())
        digest.update(b"" if array is None else array.tobytes())
    return digest.hexdigest()


def digest_of(*arrays: Any) -> str:
    """A number for rows, labels and weights, alike only where they are."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(f"{array.dtype} {array.shape}".encode())
        for part in pieces(array):
            digest.update(np.ascontiguousarray(part).tobytes())
    return digest.hexdigest()


def arrays_of(model: Any) -> list[np.ndarray]:
    """The arrays of a tree, in order."""
    return [np.asarray(leaf) for leaf in tree.leaves(model) if is_array(leaf)]


def with_arrays(model: Any, arrays: list[np.ndarray]) -> Any:
    """A tree with other arrays in the place of its own."""
    remaining = iter(arrays)
    return tree.map_leaves(lambda leaf: next(remaining) if is_array(leaf) else leaf, model)
