"""Loopy propagation: messages sent round a network as if it had no loops; exact where it has none."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np

from suffice.bayesian.evidence import Query, said
from suffice.bayesian.marginals import Marginals, by_label
from suffice.bayesian.network import DiscreteNetwork

TINY = 1e-300
LOWEST = -1e300
"""Takes the place of the logarithm of 0, from which nothing can be subtracted."""
ROUNDS = 500
"""Most rounds of messages."""
SETTLED = 1e-10
"""Largest change of a message in the last round."""
KEPT = 0.3
"""Share of the old message in the new one, which keeps messages from swinging to and fro."""


def loopy_marginals(network: DiscreteNetwork, query: Query) -> Marginals:
    """Beliefs of all nodes after sum-product messages between tables and nodes (Pearl, 1988); no error is known for them."""
    messages = _Messages(network, query)
    if all(messages.round() >= SETTLED for _ in range(ROUNDS)):
        warnings.warn(
            f"Loopy propagation has not settled in {ROUNDS} rounds; its beliefs may be far off.", stacklevel=4
        )
    beliefs = {node: messages.product(node) for node in range(len(network.nodes))}
    if any(belief.sum() == 0 for belief in beliefs.values()):
        raise ValueError(
            f"The evidence {said(network, query)} has probability 0, so nothing follows from it; change some of it."
        )
    found = {node: belief / belief.sum() for node, belief in beliefs.items()}
    return Marginals(by_label(network, found), None, exact=False)


class _Messages:
    """Messages from the tables of nodes to the nodes of their families."""

    def __init__(self, network: DiscreteNetwork, query: Query):
        self.families, self.tables = network.families, [np.asarray(table) for table in network.tables]
        self.own = [_likelihood(query, node, size) for node, size in enumerate(network.cardinalities)]
        self.sent: list[dict[int, np.ndarray]] = [{} for _ in network.nodes]
        for node, family in enumerate(self.families):
            for axis in family:
                self.sent[axis][node] = np.full(network.cardinalities[axis], 1 / network.cardinalities[axis])

    def product(self, node: int, without: int = -1) -> np.ndarray:
        """What a node hears, but from one table."""
        heard = [message for table, message in self.sent[node].items() if table != without]
        with np.errstate(divide="ignore"):
            logs = np.log([self.own[node], *heard]).sum(0)
        product = np.exp(logs - max(logs.max(), LOWEST))
        return product / max(product.sum(), TINY)

    def round(self) -> float:
        """Sends all messages once; the largest change of one."""
        return max(self._send(node, family) for node, family in enumerate(self.families))

    def _send(self, node: int, family: Sequence[int]) -> float:
        change = 0.0
        heard = [self.product(axis, node) for axis in family]
        for place, axis in enumerate(family):
            new = _summed(self.tables[node], heard, place)
            old = self.sent[axis][node]
            self.sent[axis][node] = sent = KEPT * old + (1 - KEPT) * new / max(new.sum(), TINY)
            change = max(change, float(np.abs(sent - old).max()))
        return change


def _likelihood(query: Query, node: int, size: int) -> np.ndarray:
    code = query.codes[node]
    return (np.ones(size) if code < 0 else np.eye(size)[code]) * query.soft.get(node, 1.0)


def _summed(table: np.ndarray, heard: Sequence[np.ndarray], place: int) -> np.ndarray:
    """The table times what all other axes hear, summed over these."""
    for axis in reversed(range(len(heard))):
        if axis != place:
            table = np.tensordot(table, heard[axis], (axis, 0))
    return table
