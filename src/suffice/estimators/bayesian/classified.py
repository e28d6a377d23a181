"""Rows with their classes as states of a Bayesian network, in memory or on the workers of a cluster."""

from __future__ import annotations

import operator
from collections.abc import Hashable, Sequence
from functools import partial
from typing import Any

import numpy as np

from suffice.bayesian.learning.counted_rows import Counting
from suffice.bayesian.learning.fit_rows import Asked, FitRows
from suffice.bayesian.learning.structure.augmented import pair_tables, tree_given_class
from suffice.estimators.bayesian.binning import Bins, bins_of
from suffice.estimators.bayesian.quantiles import bins_of_partitions
from suffice.rows.cluster.partitions import reduced

Edges = list[tuple[str, str]]
States = Sequence[tuple[Hashable, ...]]


class InMemory:
    """Cells (n, D), places of their classes (n,), -1 unknown, and weights (n,)."""

    def __init__(self, cells: np.ndarray, labels: np.ndarray, weight: np.ndarray):
        self.cells, self.labels, self.weight = cells, labels, weight

    def empty(self) -> np.ndarray:
        """Which columns hold no value, (D,)."""
        return np.all(np.isnan(self.cells), axis=0)

    def cut(self, columns: list[int], n_bins: int) -> dict[int, Bins]:
        """States of columns of numbers, which the cells are from here on."""
        bins = {column: bins_of(self.cells[:, column], self.weight, n_bins) for column in columns}
        self.codes = state_codes(self.cells, bins, self.labels)
        return bins

    def tree(self, sizes: Sequence[int]) -> list[tuple[int, int]]:
        """Edges of the tree between columns, given the class."""
        return tree_given_class(pair_tables(self.codes, self.weight, sizes, 0), sizes, 0)

    def rows(self, nodes: tuple[str, ...], states: States, edges: Edges) -> FitRows:
        """Positions of states, from which tables are learned."""
        return FitRows(nodes, tuple(states), self.codes, self.weight, nodes, True)


class OnWorkers:
    """The same of partitions of ``Labelled`` cells: rows are counted where they lie, different ones with gaps come here."""

    def __init__(self, data: Any):
        self.data = data

    def empty(self) -> np.ndarray:
        """Which columns hold no value, (D,)."""
        return reduced(self.data, _empty, operator.and_)

    def cut(self, columns: list[int], n_bins: int) -> dict[int, Bins]:
        """States of columns of numbers, which the cells are from here on."""
        self.bins = bins_of_partitions(self.data, columns, n_bins)
        return self.bins

    def tree(self, sizes: Sequence[int]) -> list[tuple[int, int]]:
        """Edges of the tree between columns, given the class."""
        tables = reduced(self.data, partial(_pair_tables, self.bins, tuple(sizes)), _added)
        return tree_given_class(tables, sizes, 0)

    def rows(self, nodes: tuple[str, ...], states: States, edges: Edges) -> FitRows:
        """Counts of rows without gaps, and positions of states of others, from which tables are learned."""
        asked = Asked(edges, dict(zip(nodes, states, strict=True)), {}, coded=True)
        return reduced(self.data, partial(_counted, self.bins, nodes, asked), Counting.joined).rows()


def state_codes(cells: np.ndarray, bins: dict[int, Bins], labels: np.ndarray) -> np.ndarray:
    """Positions of states (n, 1 + D): the class, then the columns."""
    codes = np.empty((len(cells), 1 + cells.shape[1]), np.int16, order="F")
    codes[:, 0] = labels
    for column in range(cells.shape[1]):
        own = cells[:, column]
        codes[:, 1 + column] = bins[column].codes(own) if column in bins else np.where(np.isnan(own), -1, own)
    return codes


def _empty(kept: Any, number: int) -> np.ndarray:
    return np.isnan(kept.rows.rows).all(0)


def _pair_tables(bins: dict[int, Bins], sizes: tuple[int, ...], kept: Any, number: int) -> list[np.ndarray]:
    return pair_tables(state_codes(kept.rows.rows, bins, kept.rows.labels), kept.weight, sizes, 0)


def _counted(bins: dict[int, Bins], nodes: tuple[str, ...], asked: Asked, kept: Any, number: int) -> Counting:
    codes = state_codes(kept.rows.rows, bins, kept.rows.labels)
    counting = Counting(nodes, asked, named=True)
    counting.add(dict(zip(nodes, codes.T, strict=True)), np.asarray(kept.weight, np.float64))
    return counting.with_different_rows()


def _added(left: list[np.ndarray], right: list[np.ndarray]) -> list[np.ndarray]:
    return [one + other for one, other in zip(left, right, strict=True)]
