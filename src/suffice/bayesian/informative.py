"""What other nodes would tell about one: mutual information given what is observed."""

from __future__ import annotations

import numpy as np

from suffice.bayesian.network import DiscreteNetwork
from suffice.bayesian.row_posteriors import row_posteriors


def information_about(network: DiscreteNetwork, target: int, codes: np.ndarray) -> np.ndarray:
    r"""Mutual information of each node with a target given observed states (nodes,), in nats, (nodes,).

    .. math:: I(T; X \mid e) = \sum_t p(t \mid e) \sum_x p(x \mid t, e) \log \frac{p(x \mid t, e)}{p(x \mid e)}

    What is observed, and the target itself, tell nothing more: 0. NaN where the evidence is impossible.
    """
    nodes = np.flatnonzero(codes < 0).tolist()
    size = len(network.states[target])
    rows = np.repeat(np.asarray(codes)[None], size + 1, axis=0)
    rows[1:, target] = np.arange(size)
    found = row_posteriors(network, rows, nodes)
    information = np.zeros(len(network.nodes))
    if np.isneginf(found.log_evidence[0]):
        return np.full(len(network.nodes), np.nan)
    chances = np.exp(found.log_evidence[1:] - found.log_evidence[0])
    for node in nodes:
        own = found.table[:, found.columns[node]]
        information[node] = _divergence(chances, own[1:], own[0])
    information[target] = 0.0
    return information


def _divergence(chances: np.ndarray, given: np.ndarray, overall: np.ndarray) -> float:
    """Mean over the states of the target of how far the probabilities given it (states, K) are from those without."""
    seen = (chances[:, None] > 0) & (given > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = np.where(seen, chances[:, None] * given * np.log(given / overall), 0.0)
    return max(0.0, float(parts.sum()))
