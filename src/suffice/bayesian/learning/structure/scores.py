"""How well a family of nodes explains the rows, less what its table costs: each family is counted once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import prod

import numpy as np
from scipy.special import gammaln, xlogy

from suffice.bayesian.learning.counts import MOST_CELLS, Counts
from suffice.bayesian.learning.structure.pairs import PairCounts

CRITERIA = ("bic", "aic", "bdeu", "log-likelihood")


class FamilyScores:
    r"""Scores of nodes given sets of parents, in nats, of which the sum over nodes is the structure's; higher is better.

    ``"bic"`` is the log-likelihood less :math:`\log(N) / 2` for each free number of the table, ``"aic"`` less 1; ``"bdeu"`` the
    logarithm of the marginal likelihood with ``strength`` rows spread over the table. Where rows miss members of a family, those
    that observe it stand for all.
    """

    def __init__(self, counts: Counts, criterion: str, strength: float = 1.0):
        self.counts, self.criterion, self.strength = counts, criterion, strength
        self.pairs = PairCounts(counts)
        self.rows = float(len(counts.codes) if counts.weight is None else counts.weight.sum())
        self.price = {"bic": float(np.log(max(self.rows, 1.0))) / 2, "aic": 1.0}.get(criterion, 0.0)
        """What each free number of a table costs."""
        self._logs = xlogy(np.arange(self.rows + 1), np.arange(self.rows + 1)) if counts.weight is None else np.zeros(0)
        self._known: dict[tuple[int, frozenset[int]], float] = {}

    def of(self, node: int, parents: frozenset[int], other: int | None = None) -> float:
        """The score of a node given its parents, and one more; minus infinity where its table would be too large."""
        key = (node, parents if other is None else parents | {other})
        if key not in self._known:
            last = sorted(parents)[-1:] if other is None else [other]
            self._known[key] = self._score(node, [*sorted(parents - set(last)), *last])
        return self._known[key]

    def of_structure(self, parents: Sequence[Iterable[int]]) -> float:
        """The score of all nodes."""
        return sum(self.of(node, frozenset(own)) for node, own in enumerate(parents))

    def cost(self, node: int, parents: Iterable[int]) -> float:
        """What is taken off for the size of the table."""
        sizes = self.counts.sizes
        return self.price * prod(sizes[parent] for parent in parents) * (sizes[node] - 1)

    def _score(self, node: int, parents: list[int]) -> float:
        if prod(self.counts.sizes[one] for one in parents) * self.counts.sizes[node] > MOST_CELLS:
            return -np.inf
        counts = self._counted(node, parents)
        seen = counts.sum()
        if not seen > 0:
            return -self.cost(node, parents)
        if self.criterion == "bdeu":
            return _marginal(counts * (self.rows / seen), self.strength)
        return self._likelihood(counts) * (self.rows / seen) - self.cost(node, parents)

    def _counted(self, node: int, parents: list[int]) -> np.ndarray:
        """Counts (states of the node, states of the parents)."""
        if len(parents) == 1:
            return self.pairs.of(node, parents[0])
        flat = self.counts.flat([node, *parents[:-1]], parents[-1]) if parents else self.counts.of([node])
        return flat.reshape(self.counts.sizes[node], -1)

    def _likelihood(self, counts: np.ndarray) -> float:
        return float(self._times_log(counts).sum() - self._times_log(counts.sum(0)).sum())

    def _times_log(self, counts: np.ndarray) -> np.ndarray:
        return self._logs[counts] if counts.dtype.kind == "i" else xlogy(counts, counts)


def _marginal(counts: np.ndarray, strength: float) -> float:
    before, rows = strength / counts.size, strength / counts.shape[1]
    cells = gammaln(before + counts).sum() - counts.size * gammaln(before)
    return float(cells - (gammaln(rows + counts.sum(0)) - gammaln(rows)).sum())
