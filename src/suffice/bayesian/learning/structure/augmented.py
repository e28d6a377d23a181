"""The tree between columns that a tree-augmented classifier has beside their class (Friedman, Geiger and Goldszmidt, 1997)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from suffice.bayesian.learning.counts import Counts
from suffice.bayesian.learning.structure.chow_liu import tree_of
from suffice.bayesian.learning.structure.pairs import counts_of_pair, mutual_information, pair_table


def tree_given_class(tables: Sequence[np.ndarray], sizes: Sequence[int], target: int) -> list[tuple[int, int]]:
    """Edges of the tree between columns of highest likelihood, where all depend on the class as well.

    An edge adds the mutual information of its ends given the class to the log-likelihood, for each row. ``tables`` are
    ``pair_tables``.
    """
    columns = [node for node in range(len(sizes)) if node != target]
    information = {
        (one, other): sum(_nats(counts_of_pair(table, sizes, one, other)) for table in tables)
        for place, one in enumerate(columns)
        for other in columns[place + 1 :]
    }
    return tree_of(information, columns, columns[0])


def pair_tables(codes: np.ndarray, weight: np.ndarray, sizes: Sequence[int], target: int) -> list[np.ndarray]:
    """Counts of all pairs of nodes over the rows (n, nodes) of each class."""
    return [pair_table(_of_class(codes, weight, sizes, target, label)) for label in range(sizes[target])]


def _of_class(codes: np.ndarray, weight: np.ndarray, sizes: Sequence[int], target: int, label: int) -> Counts:
    own = codes[:, target] == label
    return Counts(codes[own], weight[own], sizes)


def _nats(joint: np.ndarray) -> float:
    return float(joint.sum()) * mutual_information(joint)
