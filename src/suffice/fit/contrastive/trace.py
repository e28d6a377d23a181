"""What a model learned by contrast says of rows, epoch by epoch, and when that is reason to stop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from suffice.energy.rbm.machine import BoltzmannMachine
from suffice.fit.contrastive.epoch import ContrastState
from suffice.fit.contrastive.rows import dense
from suffice.fit.epochs import Record
from suffice.fit.spanning import Shared
from suffice.outcome import Outcome
from suffice.rows.each import each_row
from suffice.runtime.precision import to_numpy
from suffice.runtime.types import Sparse

READ_ROWS = 2000
FILLING = 5
"""Gibbs steps that fill gaps from the means of the columns."""


class Reader:
    """Reads the figures of the trace from a model, on at most 2,000 rows spread evenly."""

    def __init__(
        self, rows: np.ndarray, weight: np.ndarray, validation: np.ndarray | None, precision: str, evenly: slice
    ):
        self.rows, self.weight, self.validation, self.precision = rows, weight, validation, precision
        self.evenly = evenly

    def read(self, state: ContrastState) -> Record:
        """Figures of one epoch; missing cells are what the chains have put there by now."""
        model = to_numpy(state.best)
        train = self.rows if state.filled is None else np.asarray(state.filled)[self.evenly][: len(self.rows)]
        reconstruction = self._mean(model, "reconstruction_cross_entropy", train, self.weight)
        if self.validation is None:
            return {"reconstruction": reconstruction}
        apart = self._mean(model, "reconstruction_cross_entropy", self.validation)
        held_out, train = (self.validation, train) if state.filled is None else self._with_equal_gaps(model)
        free_energy = self._mean(model, "free_energy", held_out)
        return {
            "reconstruction": reconstruction,
            "validation_reconstruction": apart,
            "free_energy_gap": free_energy - self._mean(model, "free_energy", train, self.weight),
        }

    def _with_equal_gaps(self, model: BoltzmannMachine) -> tuple[np.ndarray, np.ndarray]:
        """Validation rows that miss what training rows miss, and these, filled alike: what a model fills in suits it well."""
        assert self.validation is not None
        absent = np.isnan(self.rows)
        hidden = absent[np.arange(len(self.validation)) % len(absent)]
        means = np.where(absent, 0, self.rows).sum(0) / np.maximum((~absent).sum(0), 1)
        held_out, train = np.where(hidden, means, self.validation), np.where(absent, means, self.rows)
        return _filled(model, held_out, ~hidden), _filled(model, train, ~absent)

    def _mean(self, model: BoltzmannMachine, method: str, rows: np.ndarray, weight: np.ndarray | None = None) -> float:
        return float(np.average(each_row(getattr(model, method), rows, self.precision), weights=weight))


def reader_of(
    rows: Any,
    weight: np.ndarray,
    held_out: Any,
    precision: str,
) -> Reader:
    """A reader of rows (n, D), and of rows held out."""
    if isinstance(rows, Shared):
        shown, of_shown = rows.shown(READ_ROWS)[0], weight[rows.seen(READ_ROWS)]
        return Reader(shown, of_shown, _held_out(held_out), precision, _evenly(len(weight)))
    evenly = _evenly(len(weight))
    return Reader(dense(rows, evenly), weight[evenly], _held_out(held_out), precision, evenly)


def _held_out(rows: Any) -> np.ndarray | None:
    return None if rows is None else dense(rows, _evenly(rows.shape[0]))


def check_gap(largest_gap: float | None, held_out: np.ndarray | Sparse | None) -> None:
    """Refuse a largest gap that is no number of nats, or that nothing is there to compare for."""
    if largest_gap is None:
        return
    if not 0 < float(largest_gap) < np.inf:
        raise ValueError(f"largest_gap={largest_gap}; it must be a number of nats above 0.")
    if held_out is None:
        raise ValueError("largest_gap compares training rows with validation rows; give validation.")


def verdict(start: float, largest_gap: float | None) -> Callable[[Record], Outcome | None]:
    """A function from the figures of an epoch to the reason to stop before it, None where there is none."""

    def judge(record: Record) -> Outcome | None:
        if record["reconstruction"] > start + max(abs(start), 1.0):
            return Outcome.DIVERGED
        if largest_gap is not None and record["free_energy_gap"] > largest_gap:
            return Outcome.STOPPED_EARLY
        return None

    return judge


def _filled(model: BoltzmannMachine, rows: np.ndarray, known: np.ndarray) -> np.ndarray:
    return np.asarray(model.gibbs(rows, key=0, steps=FILLING, known=known))


def _evenly(count: int) -> slice:
    return slice(None, None, -(-count // READ_ROWS))
