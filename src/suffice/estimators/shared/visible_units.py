"""Rows as the visible units of an RBM take them: thresholded, standardised or one-hot, and back."""

from __future__ import annotations

import warnings
from numbers import Real
from typing import Any, get_args

import numpy as np
from scipy.sparse import issparse
from sklearn.utils.validation import validate_data

from suffice.choices import Visible
from suffice.rows.streams import on_host

KINDS = get_args(Visible)
MOST_CATEGORIES = 1000


class VisibleRows:
    """Checks and encodings of rows for the RBM estimators."""

    visible: str
    binarize: Any
    threshold_: float | None
    mean_: np.ndarray
    scale_: np.ndarray
    categories_: list[np.ndarray]
    n_features_in_: int

    def _table(self, X: Any, reset: bool) -> Any:
        """Rows as given: numbers, without infinity, sparse ones in compressed rows."""
        rows: Any = validate_data(
            self, on_host(X), reset=reset, dtype=(np.float64, np.float32, np.uint8, np.bool_), order="C",  # type: ignore[arg-type]
            accept_sparse="csr" if self.visible == "bernoulli" else False, ensure_all_finite="allow-nan",
        )  # fmt: skip
        if issparse(rows) and np.isnan(rows.data).any():
            raise ValueError("X is sparse and holds NaN; missing cells are taken in dense arrays only.")
        return rows

    def _learn_units(self, rows: Any, weight: np.ndarray) -> None:
        """Set what turns rows into units."""
        if self.visible == "bernoulli":
            self.threshold_ = self._chosen_threshold(rows)
        else:
            _refuse_empty(rows[weight > 0])
        if self.visible == "gaussian":
            known = ~np.isnan(rows) * weight[:, None]
            total, filled = known.sum(0), np.where(np.isnan(rows), 0.0, rows).astype(np.float64)
            self.mean_ = (known * filled).sum(0) / total
            spread = np.sqrt((known * (filled - self.mean_) ** 2).sum(0) / total)
            self.scale_ = np.where(spread > 1e-12 * (1 + np.abs(self.mean_)), spread, 1.0)
        if self.visible == "categorical":
            used = rows[weight > 0]
            self.categories_ = [np.unique(column[~np.isnan(column)]) for column in used.astype(np.float64).T]
            _refuse_many(self.categories_)

    def _units(self, rows: Any) -> Any:
        """Rows as visible units, NaN where cells are missing."""
        if self.visible == "bernoulli":
            return self._binary(rows)
        if self.visible == "gaussian":
            return (rows.astype(np.float64) - self.mean_) / self.scale_
        return np.hstack([_one_hot(rows[:, d], values, d) for d, values in enumerate(self.categories_)])

    def _cells(self, units: np.ndarray) -> np.ndarray:
        """Visible units as rows of the data's kind."""
        if self.visible == "gaussian":
            return units * self.scale_ + self.mean_
        if self.visible == "bernoulli":
            return np.asarray(units, np.float64)
        ends = np.cumsum([len(values) for values in self.categories_])
        blocks = np.split(units, ends[:-1], axis=-1)
        columns = [values[b.argmax(-1)] for values, b in zip(self.categories_, blocks, strict=True)]
        return np.stack(columns, axis=-1)

    def _binary(self, rows: Any) -> Any:
        if self.threshold_ is not None:
            if not issparse(rows):
                missing = np.isnan(rows) if rows.dtype.kind == "f" else np.zeros(rows.shape, bool)
                return np.where(missing, np.nan, rows > self.threshold_)
            if self.threshold_ < 0:
                raise ValueError(
                    f"binarize={self.threshold_:g} would make every empty cell of a sparse matrix 1; give 0 or more."
                )
            return (rows > self.threshold_).astype(np.float32)
        low, high = _range(rows)
        if low < 0 or high > 1:
            raise ValueError(
                f"X runs from {low:g} to {high:g}, and binary units were fitted to values from 0 to 1, taken as probabilities. "
                "Scale X, or set binarize to the number above which a cell counts as 1."
            )
        return rows

    def _chosen_threshold(self, rows: Any) -> float | None:
        if self.binarize is None:
            return None
        if self.binarize != "auto":
            return float(self.binarize)
        low, high = _range(rows)
        if low >= 0 and high <= 1:
            return None
        warnings.warn(
            f"X runs from {low:g} to {high:g}, outside [0, 1]: cells above 0 were taken as 1, the others as 0. Set binarize to "
            "the number above which a cell counts as 1, or scale X to probabilities.",
            UserWarning,
            stacklevel=5,
        )
        return 0.0

    def _check_binarize(self) -> None:
        given = self.binarize
        number = isinstance(given, Real) and not isinstance(given, bool) and np.isfinite(float(given))
        if not (given is None or number or (isinstance(given, str) and given == "auto")):
            raise ValueError(f"binarize={given!r} was given; 'auto', a number or None is expected.")


def _range(rows: Any) -> tuple[float, float]:
    values = rows.data if issparse(rows) else rows
    if not values.size:
        return 0.0, 0.0
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        low, high = float(np.nanmin(values)), float(np.nanmax(values))
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
