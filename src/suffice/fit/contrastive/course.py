"""The epochs of a fit by contrast, kept in a file, so that one that was killed goes on as if it had not been."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np

from suffice.fit.checkpoint import Checkpoint, arrays_of, settings_of, with_arrays
from suffice.fit.contrastive.epoch import ContrastState
from suffice.fit.contrastive.start import Gibbs
from suffice.fit.contrastive.steps import Ascent
from suffice.fit.epochs import Record, Watch
from suffice.outcome import Outcome
from suffice.runtime.precision import to_numpy
from suffice.runtime.types import PathLike, Sparse, is_sparse


def settings(
    begin: ContrastState, rows: np.ndarray | Sparse, weight: np.ndarray, sampling: Gibbs, ascent: Ascent, **options: Any
) -> dict[str, Any]:
    """What two fits must have in common: where they begin, their rows, and how they learn."""
    rate = ascent.optimizer_and_schedule()[1](np.arange(0, 10_000, 97))
    told = {name: value for name, value in vars(ascent).items() if name not in ("learning_rate", "optimizer")}
    values = rows.data if is_sparse(rows) else rows
    return settings_of(
        begin.model, rows=_digest(values, weight, np.asarray(rate)), **vars(sampling), **told, **options,
        key=np.asarray(begin.key).tolist(), optimizer="own" if ascent.optimizer is not None else "steps",
    )  # fmt: skip


class Course:
    """Told of each epoch; ``begin`` is the state to go on from, that of the file where there is one."""

    def __init__(self, path: PathLike, settings: dict[str, Any], begin: ContrastState, epochs: int, watch: Watch):
        self.checkpoint, self.epochs, self.watch = Checkpoint(Path(path), settings), epochs, watch
        before = self.checkpoint.load()
        self.begin = begin if before is None else with_arrays(to_numpy(begin), before["state"])
        self.records: list[Record] = [] if before is None else before["records"]

    def __call__(self, state: ContrastState, record: Record) -> Outcome | None:
        """Keep an epoch; gives the reason to stop after it, or None."""
        self.records.append(record)
        stop = None if self.watch.on_epoch is None else self.watch.on_epoch(state, record)
        self.checkpoint.keep(lambda: self._record(state), last=stop is not None or int(state.epoch) >= self.epochs)
        return stop

    @property
    def trace(self) -> dict[str, np.ndarray]:
        """The figures of all epochs, those before the file was read too."""
        names = self.records[0] if self.records else ()
        return {name: np.array([record[name] for record in self.records]) for name in names}

    def _record(self, state: ContrastState) -> dict[str, Any]:
        return {"state": arrays_of(to_numpy(state)), "records": self.records}


def _digest(*arrays: np.ndarray) -> str:
    found = hashlib.sha256()
    for array in map(np.ascontiguousarray, arrays):
        found.update(f"{array.dtype} {array.shape}".encode() + array.tobytes())
    return found.hexdigest()
