"""Rows completed by draws from a network, given what each observes."""

from __future__ import annotations

import numpy as np

from suffice.bayesian.graph import topological_order
from suffice.bayesian.network import DiscreteNetwork
from suffice.bayesian.row_posteriors import row_posteriors


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
