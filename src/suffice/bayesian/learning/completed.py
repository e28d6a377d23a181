"""Rows completed by draws from a network, given what each observes."""

from __future__ import annotations

import numpy as np

from suffice.bayesian.graph import topological_order
from suffice.bayesian.network import DiscreteNetwork
from suffice.bayesian.row_posteriors import row_posteriors

MOST_DRAWS = 2**18
"""Rows of more weight in all are drawn less often than they weigh."""


def draws_asked(codes: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows to complete (m, nodes), and their weights (m,): one of weight 2, and two that are equal, are drawn twice.

    Rows without gaps stay as they are. Which rows are drawn, and in what order, depends neither on the order of the rows nor on
    whether equal ones are joined.
    """
    gaps = (codes < 0).any(1)
    rows, place = np.unique(codes[gaps], axis=0, return_inverse=True)
    total = np.bincount(place.ravel(), weight[gaps], len(rows))
    times = np.ceil(total * min(1.0, MOST_DRAWS / max(total.sum(), 1.0))).astype(int)
    drawn, each = np.repeat(rows, times, axis=0), np.repeat(total / np.maximum(times, 1), times)
    return np.concatenate([codes[~gaps], drawn]), np.concatenate([weight[~gaps], each])


def completed(network: DiscreteNetwork, codes: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Rows (n, nodes) whose missing cells are drawn together, one node after another given those before."""
    drawn = np.array(codes, order="F")
    for node in topological_order(network.parents):
        rows = np.flatnonzero(drawn[:, node] < 0)
        if len(rows):
            found = row_posteriors(network, drawn[rows], [node])
            ends = np.nan_to_num(found.table, nan=1.0).cumsum(1)
            drawn[rows, node] = (ends < generator.random((len(rows), 1)) * ends[:, -1:]).sum(1)
    return drawn
