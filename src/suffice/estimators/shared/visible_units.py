"""Rows as the visible units of an RBM or an autoencoder take them: thresholded, standardised or one-hot, and back."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from numbers import Real
from typing import Any, Self, get_args, overload

import numpy as np

from suffice.choices import Visible
from suffice.nets.initial_weights import InitialWeights
from suffice.rows.stored import Stored, WeightedPieces
from suffice.rows.survey import column_moments
from suffice.rows.unit_interval import clipped, in_unit_interval
from suffice.runtime.types import Sparse, is_sparse
from suffice.validation import check_choice

KINDS = get_args(Visible)
MOST_CATEGORIES = 1000
CONSTANT, CONSTANT_IN_FLOAT32 = 1e-12, 1e-6
"""Spreads, relative to the largest value, up to which a column is constant."""


@dataclass(frozen=True)
class VisibleUnits:
    """What turns rows (n, D) into visible units (n, U), and back; ``threshold``, ``mean`` and so on belong to one kind each."""

    kind: str
    threshold: float | None = None
    mean: Any = None
    scale: Any = None
    categories: Any = None

    def __post_init__(self) -> None:
        check_choice("visible", self.kind, KINDS)

    @classmethod
    def learn(cls, kind: str, rows: Any, weight: np.ndarray, binarize: float | str | None = None) -> Self:
        """The units of rows (n, D), which may have missing cells unless they are stored, of these weights (n,)."""
        blank = cls(kind)
        if kind == "bernoulli" or is_sparse(rows):
            return replace(blank, threshold=_chosen_threshold(rows, binarize))
        if isinstance(rows, Stored):
            return replace(blank, **_of_stored(kind, rows, weight))
        _refuse_empty(rows[weight > 0])
        if kind == "gaussian":
            mean, scale = _mean_and_scale(rows, weight)
            return replace(blank, mean=mean, scale=scale)
        used = rows[weight > 0].astype(np.float64)
        categories = [np.unique(column[~np.isnan(column)]) for column in used.T]
        _refuse_many(categories)
        return replace(blank, categories=categories)

    def attributes(self) -> dict[str, Any]:
        """What an estimator says of its units, by the names of fitted attributes."""
        if self.kind == "gaussian":
            return {"mean_": self.mean, "scale_": self.scale}
        return {"threshold_": self.threshold} if self.kind == "bernoulli" else {"categories_": self.categories}

    @overload
    def encode(self, rows: np.ndarray) -> np.ndarray: ...

    @overload
    def encode(self, rows: Sparse) -> Sparse: ...

    def encode(self, rows: np.ndarray | Sparse) -> np.ndarray | Sparse:
        """Rows (n, D) as visible units (n, U), NaN where cells are missing."""
        if isinstance(rows, np.ndarray) and self.kind == "gaussian":
            return (rows.astype(np.float64) - self.mean) / self.scale
        if isinstance(rows, np.ndarray) and self.kind == "categorical":
            return np.hstack([_one_hot(rows[:, d], values, d) for d, values in enumerate(self.categories)])
        if self.threshold is not None:
            return _above(rows, self.threshold)
        _refuse_outside(rows)
        return clipped(rows)

    def decode(self, units: np.ndarray) -> np.ndarray:
        """Visible units (..., U) as rows (..., D) of the data's kind."""
        if self.kind == "gaussian":
            return units * self.scale + self.mean
        if self.kind == "bernoulli":
            return np.asarray(units, np.float64)
        ends = np.cumsum([len(values) for values in self.categories])
        blocks = np.split(units, ends[:-1], axis=-1)
        columns = [values[b.argmax(-1)] for values, b in zip(self.categories, blocks, strict=True)]
        return np.stack(columns, axis=-1)

    def errors(self, errors: np.ndarray) -> np.ndarray:
        """Standard errors of units (n, U) as those of cells (n, D), where each cell is one unit."""
        return errors * self.scale if self.kind == "gaussian" else np.asarray(errors, np.float64)

    def log_scale(self) -> float:
        """What the log-density of units exceeds that of rows by, in nats."""
        return np.log(self.scale).sum() if self.kind == "gaussian" else 0.0

    def weights_for_rows(
        self, weights: np.ndarray, hidden_bias: np.ndarray, visible_bias: np.ndarray
    ) -> InitialWeights:
        """Copies of weights (U, P) and biases for rows in place of units; real units have a mean for their bias."""
        if self.kind != "gaussian":
            return InitialWeights(weights.copy(), hidden_bias.copy(), visible_bias.copy())
        weights = weights / self.scale[:, None]
        decoded = np.asarray(self.mean + self.scale * visible_bias)
        return InitialWeights(weights, hidden_bias - self.mean @ weights, decoded)

    def weights_for_units(self, given: InitialWeights) -> InitialWeights:
        """Weights (D, P) and biases for units in place of rows."""
        if self.kind != "gaussian":
            return given
        weights, hidden_bias, visible_bias = given
        decoded = (visible_bias - self.mean) / self.scale
        return InitialWeights(weights * self.scale[:, None], hidden_bias + self.mean @ weights, decoded)


def _of_stored(kind: str, rows: Stored, weight: np.ndarray) -> dict[str, Any]:
    """Means and deviations, or categories, in one pass over complete rows."""
    if kind == "gaussian":
        found = column_moments(WeightedPieces(rows, weight), None)
        spread, size = np.sqrt(found.variance), np.abs(found.mean) + np.sqrt(found.variance)
        constant = CONSTANT_IN_FLOAT32 if rows.dtype == np.float32 else CONSTANT
        return {"mean": found.mean, "scale": np.where(spread > constant * size, spread, 1.0)}
    categories = [np.zeros(0)] * rows.shape[1]
    for part, of_rows in WeightedPieces(rows, weight):
        categories = [
            np.union1d(*both) for both in zip(categories, part[of_rows > 0].T.astype(np.float64), strict=True)
        ]
        _refuse_many(categories)
    return {"categories": categories}


def check_binarize(binarize: float | str | None) -> None:
    """Refuse what is no threshold."""
    number = isinstance(binarize, Real) and not isinstance(binarize, bool) and np.isfinite(float(binarize))
    if not (binarize is None or number or (isinstance(binarize, str) and binarize == "auto")):
        raise ValueError(f"binarize={binarize!r} was given; 'auto', a number or None is expected.")


def _mean_and_scale(rows: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    known = ~np.isnan(rows) * (weight / weight.max())[:, None]
    total, filled = known.sum(0), np.where(np.isnan(rows), 0.0, rows).astype(np.float64)
    largest = np.abs(np.where(known > 0, filled, 0.0)).max(0)
    unit = np.where(largest > 0, largest, 1.0)
    filled = filled / unit
    mean = (known * filled).sum(0) / total
    spread = np.sqrt((known * (filled - mean) ** 2).sum(0) / total)
    constant = CONSTANT_IN_FLOAT32 if rows.dtype == np.float32 else CONSTANT
    return mean * unit, np.where(spread > constant, spread * unit, 1.0)


def _chosen_threshold(rows: Any, binarize: float | str | None) -> float | None:
    if binarize is None:
        return None
    if binarize != "auto":
        return float(binarize)
    low, high = _range(rows)
    if in_unit_interval(low, high):
        return None
    warnings.warn(
        f"X runs from {low:g} to {high:g}, outside [0, 1]: cells above 0 were taken as 1, the others as 0. Set binarize to "
        "the number above which a cell counts as 1, or scale X to probabilities.",
        UserWarning,
        stacklevel=5,
    )
    return 0.0


def _above(rows: np.ndarray | Sparse, threshold: float) -> np.ndarray | Sparse:
    if isinstance(rows, np.ndarray):
        missing = np.isnan(rows) if rows.dtype.kind == "f" else np.zeros(rows.shape, bool)
        return np.where(missing, np.nan, rows > threshold)
    if threshold < 0:
        raise ValueError(f"binarize={threshold:g} would make every empty cell of a sparse matrix 1; give 0 or more.")
    return (rows > threshold).astype(np.float32)


def _refuse_outside(rows: np.ndarray | Sparse) -> None:
    low, high = _range(rows)
    if not in_unit_interval(low, high):
        raise ValueError(
            f"X runs from {low:g} to {high:g}, and binary units were fitted to values from 0 to 1, taken as probabilities. "
            "Scale X, or set binarize to the number above which a cell counts as 1."
        )


def _range(rows: Any) -> tuple[float, float]:
    if isinstance(rows, Stored):
        return rows.min(), rows.max()
    values = rows if isinstance(rows, np.ndarray) else rows.data
    if not values.size:
        return 0.0, 0.0
    low, high = float(np.fmin.reduce(values, axis=None)), float(np.fmax.reduce(values, axis=None))
    return (low, high) if np.isfinite(low) else (0.0, 0.0)


def _refuse_empty(rows: np.ndarray) -> None:
    empty = np.flatnonzero(np.isnan(rows).all(axis=0)) if rows.dtype.kind == "f" else ()
    if len(empty):
        named = ", ".join(map(str, empty[:20]))
        raise ValueError(f"Columns {named} hold no value in any row of positive weight; leave them out.")


def _refuse_many(categories: list[np.ndarray]) -> None:
    counts = [len(values) for values in categories]
    if max(counts) > MOST_CATEGORIES:
        raise ValueError(
            f"Column {int(np.argmax(counts))} has {max(counts)} different values, more than {MOST_CATEGORIES}: visible="
            "'categorical' gives each of them a unit. Use visible='gaussian' for numbers."
        )


def _one_hot(column: np.ndarray, values: np.ndarray, place: int) -> np.ndarray:
    missing = np.isnan(column) if column.dtype.kind == "f" else np.zeros(len(column), bool)
    found = column[:, None] == values
    strange = ~found.any(axis=1) & ~missing
    if strange.any():
        raise ValueError(
            f"X holds {column[strange][0]:g} in column {place}, a value that was not there when the model was fitted."
        )
    return np.where(missing[:, None], np.nan, found)
