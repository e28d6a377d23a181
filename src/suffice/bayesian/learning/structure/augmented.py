"""The tree between columns that a tree-augmented classifier has beside their class (Friedman, Geiger and Goldszmidt, 1997)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from suffice.bayesian.learning.counts import Counts
from suffice.bayesian.learning.structure.chow_liu import tree_of
from suffice.bayesian.learning.structure.pairs import PairCounts, mutual_information


def tree_given_class(codes: np.ndarray, weight: np.ndarray, sizes: Sequence[int], target: int) -> list[tuple[int, int]]:
    """Edges of the tree between columns of highest likelihood, where all depend on the class as well.

    An edge adds the mutual information of its ends given the class to the log-likelihood, for each row.
    """
    columns = [node for node in range(len(sizes)) if node != target]
    parts = [PairCounts(_of_class(codes, weight, sizes, target, label)) for label in range(sizes[target])]
    information = {
        (one, other): sum(_nats(part.of(one, other)) for part in parts)
        for place, one in enumerate(columns)
        for other in columns[place + 1 :]
    }
    return tree_of(information, columns, columns[0])


def _of_class(codes: np.ndarray, weight: np.ndarray, sizes: Sequence[int], target: int, label: int) -> Counts:
    own = codes[:, target] == label
    return Counts(codes[own], weight[own], sizes)


def _nats(joint: np.ndarray) -> float:
    return float(joint.sum()) * mutual_information(joint)
