"""Rows for learners by batches that come from files: memory-mapped arrays, and streams, which are copied to a file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from suffice.estimators.shared.rows import PlainColumns
from suffice.rows.stored import Stored, pieces, spooled
from suffice.rows.streams import WEIGHTS_OF_STREAMS, is_stream, parted, repeatable
from suffice.rows.windows import settled
from suffice.validation import check_not_infinite


def comes_from_files(X: Any) -> bool:
    """Whether rows are a memory-mapped array or a stream of batches."""
    return isinstance(X, np.memmap) or is_stream(X)


class FileRows:
    """The columns of an estimator whose rows come from files; its number and names of columns are set with ``reset``."""

    def __init__(self, estimator: Any, dtypes: tuple[Any, ...], *, missing: str | None):
        self.columns, self.dtypes, self.missing = PlainColumns(estimator, kinds=dtypes), dtypes, missing

    def read(self, X: Any, reset: bool) -> tuple[Any, np.ndarray | None]:
        """Rows, in memory where they are few, else stored; and the weights that a stream brings."""
        if isinstance(X, np.memmap):
            return self._mapped(X, reset), None
        weights: list[np.ndarray] = []
        if reset:
            self._forget()
            self.columns._take_columns(repeatable(X))
        rows = settled(Stored(spooled(self._checked(X, weights))))
        return rows, np.concatenate(weights)

    def _mapped(self, X: np.memmap, reset: bool) -> Any:
        if X.ndim != 2 or not X.size:
            raise ValueError(
                f"The memory-mapped array has shape {X.shape}; (rows, D) with at least one of each is expected."
            )
        if reset:
            self._forget()
            self.columns.estimator.n_features_in_ = X.shape[1]
        elif X.shape[1] != self.columns.count:
            raise ValueError(f"X has {X.shape[1]} columns; {self.columns.count} are expected, as in the fit.")
        rows, first = Stored(X, self._typed), 0
        for part in pieces(rows):
            self._refuse(part, first)
            first += len(part)
        return settled(rows)

    def _checked(self, X: Any, weights: list[np.ndarray]) -> Iterator[np.ndarray]:
        first = 0
        for rows, weight in parted(X):
            rows = self._typed(self.columns.batch(rows, first))
            self._refuse(rows, first)
            weights.append(weight)
            first += len(rows)
            yield rows

    def _typed(self, rows: np.ndarray) -> np.ndarray:
        return rows if rows.dtype in self.dtypes else rows.astype(self.dtypes[0])

    def _refuse(self, rows: np.ndarray, first: int) -> None:
        check_not_infinite(rows, self.columns.names, first)
        if self.missing is not None and rows.dtype.kind == "f" and np.isnan(rows.sum()):
            raise ValueError(f"X holds NaN at row {first + int(np.isnan(rows).any(axis=1).argmax())}: {self.missing}")

    def _forget(self) -> None:
        if hasattr(self.columns.estimator, "feature_names_in_"):
            del self.columns.estimator.feature_names_in_


def one_a_row(given: Any, count: int, name: str) -> np.ndarray:
    """A label for each of ``count`` rows, from an array or a stream of one column."""
    if is_stream(given):
        given = np.concatenate([np.asarray(part).reshape(len(part)) for part, _ in parted(given)])
    given = np.asarray(given)
    if given.shape != (count,):
        raise ValueError(f"{name} has shape {given.shape}; one for each of the {count} rows, ({count},), is expected.")
    return given


def one_weight(sample_weight: Any, brought: np.ndarray | None) -> Any:
    """The weights of rows from files: those given, or those that a stream brings."""
    if sample_weight is None:
        return brought
    if brought is not None and not (brought == 1).all():
        raise ValueError(WEIGHTS_OF_STREAMS)
    return sample_weight
