"""Interventions: nodes set from outside, whose own causes no longer count."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from suffice.bayesian.network import DiscreteNetwork
from suffice.runtime.module import replaced


def intervened(network: DiscreteNetwork, states: Mapping[int, int]) -> DiscreteNetwork:
    """The network in which nodes, by position, have these states whatever their parents: their arcs are cut."""
    tables = list(network.tables)
    parents = list(network.parents)
    for node, code in states.items():
        tables[node] = np.eye(network.cardinalities[node])[code]
        parents[node] = ()
    return replaced(network, tables=tuple(tables), parents=tuple(parents))
