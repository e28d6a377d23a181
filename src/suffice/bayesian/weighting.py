"""Likelihood weighting: posteriors estimated from draws, for networks too large for exact inference."""

from __future__ import annotations

import numpy as np

from suffice.bayesian.evidence import Query
from suffice.bayesian.graph import topological_order
from suffice.bayesian.marginals import Marginals, by_label
from suffice.bayesian.network import DiscreteNetwork
from suffice.bayesian.sampling import drawn_given


def weighted_marginals(network: DiscreteNetwork, query: Query, count: int, generator: np.random.Generator) -> Marginals:
    """Posteriors of all nodes, estimated from draws in which the evidence is set and counts as a weight.

    Standard errors are those of a ratio of means (Fung and Chang, 1990; Koller and Friedman, 2009, section 12.3).
    """
    states, logs = _draws(network, query, count, generator)
    largest = logs.max()
    if largest == -np.inf:
        raise ValueError(
            f"None of {count:,} draws agrees with the evidence; ask for more of them or for another method."
        )
    weights = np.exp(logs - largest)
    share = weights / weights.sum()
    found = {node: np.bincount(states[node], share, size) for node, size in enumerate(network.cardinalities)}
    errors = {node: _errors(states[node], share, own) for node, own in found.items()}
    log_evidence = float(largest + np.log(weights.mean()))
    return Marginals(by_label(network, found), log_evidence, False, by_label(network, errors))


def _draws(
    network: DiscreteNetwork, query: Query, count: int, generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """States (nodes, count), each node after its parents, and logarithms of weights (count,)."""
    states, logs = np.zeros((len(network.nodes), count), np.intp), np.zeros(count)
    for node in topological_order(network.parents):
        code = query.codes[node]
        if code >= 0:
            states[node] = code
            parents = tuple(states[parent] for parent in network.parents[node])
            logs += _logarithm(np.asarray(network.tables[node])[(*parents, code)])
        else:
            states[node] = drawn_given(network, node, states, generator)
        if node in query.soft:
            logs += _logarithm(query.soft[node])[states[node]]
    return states, logs


def _logarithm(probabilities: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore"):
        return np.log(probabilities)


def _errors(states: np.ndarray, share: np.ndarray, found: np.ndarray) -> np.ndarray:
    """Standard errors of the shares (states,) of weighted draws."""
    squares = np.bincount(states, share**2, len(found))
    return np.sqrt(squares * (1 - found) ** 2 + (squares.sum() - squares) * found**2)
