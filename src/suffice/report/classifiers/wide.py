"""Many columns on a classifier's page: those that tell the classes apart, of rows that may be sparse."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import csr_array, issparse

from suffice.report.finder import Finder, finder
from suffice.report.parts import Line, Table

MOST_LINES, MOST_CLASSES = 20, 8
TITLE = "Columns that tell the classes apart"


class ClassMeans(NamedTuple):
    """Means of the columns in each class, (K, D), the columns' standard deviations within classes, (D,), and rows (K,)."""

    means: np.ndarray
    within: np.ndarray
    rows: np.ndarray

    def telling(self, most: int) -> np.ndarray:
        """Columns whose means lie furthest apart, in standard deviations within classes, the most telling first."""
        share = self.rows / self.rows.sum()
        apart = share @ np.square(self.means - share @ self.means)
        spread = np.where(self.within > 0, self.within, np.inf)
        return np.argsort(-apart / np.square(spread), kind="stable")[:most]


def class_means(rows: Any, codes: np.ndarray, count: int) -> ClassMeans:
    """Of rows (n, D), sparse or not, of known classes, over the cells that are observed."""
    member = csr_array((np.ones(len(codes)), (codes, np.arange(len(codes)))), (count, len(codes)))
    cells, seen = _observed(rows)
    observed = np.maximum(_summed(member, seen), 1)
    means = _summed(member, cells) / observed
    squares = cells.multiply(cells) if issparse(cells) else np.square(cells)
    within = _summed(member, squares) - observed * np.square(means)
    return ClassMeans(means, np.sqrt(np.maximum(within.sum(0), 0) / observed.sum(0)), np.asarray(member.sum(1)).ravel())


def telling_table(found: ClassMeans, classes: Sequence[str], names: Sequence[str]) -> Table:
    """The columns that tell the classes apart best, with their means in each, or of many in the one where it is largest."""
    told: list[int] = found.telling(MOST_LINES).tolist()
    text = f"The {len(told)} of {len(names):,} columns whose means lie furthest apart, in units of the spread within classes."
    if len(classes) <= MOST_CLASSES:
        lines = [Line([names[j], *(f"{value:.3g}" for value in found.means[:, j])]) for j in told]
        return Table(TITLE, ["column", *classes], lines, tuple(range(1, len(classes) + 1)), text)
    highest, every = found.means.argmax(0), found.rows / found.rows.sum() @ found.means
    lines = [
        Line([names[j], classes[int(highest[j])], f"{found.means[highest[j], j]:.3g}", f"{every[j]:.3g}"]) for j in told
    ]
    return Table(TITLE, ["column", "class of the largest mean", "mean there", "mean of all rows"], lines, (2, 3), text)


def column_finder(found: ClassMeans, classes: Sequence[str], names: Sequence[str]) -> Finder | None:
    """A box to find the class means of any column."""
    return finder("Means of any column", classes, names, found.means.T)


def _observed(rows: Any) -> tuple[Any, Any]:
    """Rows with 0 for missing cells, and which cells are observed; None where all are."""
    if issparse(rows):
        return rows, None
    gaps = np.isnan(rows)
    return (np.where(gaps, 0.0, rows), ~gaps) if gaps.any() else (rows, None)


def _summed(member: Any, cells: Any) -> np.ndarray:
    """Sums over the rows of each class, (K, D) or (K, 1)."""
    if cells is None:
        return np.asarray(member.sum(1)).reshape(-1, 1)
    found = member @ cells
    return found.toarray() if issparse(found) else np.asarray(found)
