"""What a model learned by contrast says of rows, epoch by epoch, and when that is reason to stop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import equinox as eqx
import numpy as np

from suffice.fit.epochs import Record
from suffice.outcome import Outcome
from suffice.precision import to_numpy
from suffice.rows import as_rows

READ_ROWS = 2000
TILE = 1024


class ContrastSums(NamedTuple):
    """Sums over rows for the reader: of weights, free energies and reconstruction cross-entropies."""

    weight: Any
    free_energy: Any
    reconstruction: Any


class Reader:
    """Reads the figures of the trace from a model, on at most 2,000 rows spread evenly."""

    def __init__(self, rows: np.ndarray, weight: np.ndarray, validation: Any, precision: str):
        self.train = as_rows(rows, weight, precision=precision, tile=TILE)
        self.validation = None if validation is None else as_rows(validation, None, precision=precision, tile=TILE)

    def read(self, model: Any) -> Record:
        """Figures of one epoch."""
        train = _means(model, self.train)
        if self.validation is None:
            return {"reconstruction": train.reconstruction}
        held_out = _means(model, self.validation)
        return {
            "reconstruction": train.reconstruction,
            "validation_reconstruction": held_out.reconstruction,
            "free_energy_gap": held_out.free_energy - train.free_energy,
        }


def spread(count: int) -> slice:
    """Rows that the reader looks at, out of ``count``."""
    return slice(None, None, -(-count // READ_ROWS))


def verdict(start: float, largest_gap: float | None) -> Callable[[Record], Outcome | None]:
    """A function from the figures of an epoch to the reason to stop before it, None where there is none.

    Learning has diverged where rows are reconstructed twice as badly as by the model it started from, whose cross-entropy is
    ``start``.
    """

    def judge(record: Record) -> Outcome | None:
        if record["reconstruction"] > start + max(abs(start), 1.0):
            return Outcome.DIVERGED
        if largest_gap is not None and record["free_energy_gap"] > largest_gap:
            return Outcome.STOPPED_EARLY
        return None

    return judge


def _means(model: Any, rows: Any) -> ContrastSums:
    sums = to_numpy(rows.total(eqx.Partial(_sums, model)))
    return ContrastSums(*(figure / sums.weight for figure in sums))


def _sums(model: Any, rows: Any, weight: Any) -> ContrastSums:
    return ContrastSums(
        weight.sum(), weight @ model.free_energy(rows), weight @ model.reconstruction_cross_entropy(rows)
    )
