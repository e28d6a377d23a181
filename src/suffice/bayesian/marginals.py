"""Answers to queries: posteriors by node and label, and the most probable states."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from suffice.bayesian.network import DiscreteNetwork


@dataclass(frozen=True, repr=False)
class Marginals(Mapping[str, dict[Hashable, float]]):
    """Posterior probabilities by node and state.

    Parameters
    ----------
    nodes
        For each node the probability of each of its states.
    log_evidence
        Logarithm of the probability of the evidence, None where it is not known.
    exact
        Whether these are the numbers themselves, to rounding, or estimates.
    standard_errors
        Of estimates by sampling, shaped as ``nodes``.
    """

    nodes: dict[str, dict[Hashable, float]]
    log_evidence: float | None
    exact: bool = True
    standard_errors: dict[str, dict[Hashable, float]] | None = None

    def __getitem__(self, node: str) -> dict[Hashable, float]:
        return self.nodes[node]

    def __iter__(self) -> Iterator[str]:
        return iter(self.nodes)

    def __len__(self) -> int:
        return len(self.nodes)

    def __repr__(self) -> str:
        each = ", ".join(f"{node!r}: {_shown(own)}" for node, own in self.nodes.items())
        return f"Marginals({{{each}}}, log_evidence={self.log_evidence}, exact={self.exact})"


class MostProbable(NamedTuple):
    """The states of all nodes that are most probable together, and the logarithm of their joint probability."""

    states: dict[str, Hashable]
    log_probability: float


def by_label(network: DiscreteNetwork, found: Mapping[int, np.ndarray]) -> dict[str, dict[Hashable, float]]:
    """Numbers of the states of nodes, by names and labels."""
    return {
        network.nodes[node]: dict(zip(network.states[node], map(float, numbers), strict=True))
        for node, numbers in found.items()
    }


def _shown(own: Mapping[Hashable, float]) -> str:
    return "{" + ", ".join(f"{state!r}: {probability:.4g}" for state, probability in own.items()) + "}"
