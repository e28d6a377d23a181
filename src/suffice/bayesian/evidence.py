"""What a query is given: states of nodes, and likelihoods of the states of others."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import NamedTuple

import numpy as np

from suffice.bayesian.labels import places_among
from suffice.bayesian.network import DiscreteNetwork, listed
from suffice.runtime.types import ArrayLike

Given = Mapping[str, Hashable]
"""States of nodes, by name."""
SoftGiven = Mapping[str, Mapping[Hashable, float]]
"""Likelihoods of states, by name of the node and label."""


class Query(NamedTuple):
    """Observed states (nodes,), -1 where there is none, and likelihoods by position of the node."""

    codes: np.ndarray
    soft: dict[int, np.ndarray]


def query_of(network: DiscreteNetwork, evidence: Given | None, soft: SoftGiven | None) -> Query:
    """Evidence by labels as positions of nodes and states."""
    codes = np.full(len(network.nodes), -1)
    for node, state in _mapping(evidence, "evidence", "{'node': 'state'}").items():
        place = network.position(node)
        codes[place] = state_of(network, place, state)
    likelihoods = {}
    for node, own in _mapping(soft, "soft", "{'node': {'state': likelihood}}").items():
        place = network.position(node)
        likelihoods[place] = _likelihood(network, place, own)
    return Query(codes, likelihoods)


def state_of(network: DiscreteNetwork, node: int, state: Hashable) -> int:
    """Position of a state among those of a node."""
    labels = network.states[node]
    place = int(places_among([state], labels)[0]) if isinstance(state, Hashable) else -1
    if place < 0:
        raise ValueError(f"{state!r} is no state of {network.nodes[node]!r}; its states are {listed(labels)}.")
    return place


def _mapping(given: Mapping | None, name: str, shape: str) -> Mapping:
    if given is not None and not isinstance(given, Mapping):
        raise ValueError(f"{name} has to be a mapping such as {shape}; {given!r} was given.")
    return given or {}


def _likelihood(network: DiscreteNetwork, node: int, own: Mapping[Hashable, float] | ArrayLike) -> np.ndarray:
    name, states = network.nodes[node], network.states[node]
    if isinstance(own, Mapping):
        values = np.zeros(len(states))
        for state, likelihood in own.items():
            values[state_of(network, node, state)] = likelihood
    else:
        values = np.array(own, dtype=np.float64)
    if values.shape != (len(states),) or not np.all(np.isfinite(values)) or np.any(values < 0) or not values.any():
        raise ValueError(
            f"soft of {name!r} has to give likelihoods of its {len(states)} states, at least 0 and not all 0; {own!r} was given."
        )
    return values


def said(network: DiscreteNetwork, query: Query) -> str:
    """The evidence as a sentence has it."""
    hard = [f"{network.nodes[node]}={network.states[node][code]}" for node, code in enumerate(query.codes) if code >= 0]
    return ", ".join(hard + [f"likelihoods of {network.nodes[node]}" for node in query.soft]) or "nothing"


def check_possible(network: DiscreteNetwork, query: Query, log_evidence: float) -> None:
    """Refuses evidence of probability 0."""
    if log_evidence == -np.inf:
        raise ValueError(
            f"The evidence {said(network, query)} has probability 0, so nothing follows from it; change some of it."
        )
