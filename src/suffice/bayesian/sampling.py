"""Exact draws from a network, and from its distribution given what is observed."""

from __future__ import annotations

import numpy as np

from suffice.bayesian.cost import check_memory
from suffice.bayesian.evidence import Query
from suffice.bayesian.graph import topological_order
from suffice.bayesian.network import DiscreteNetwork
from suffice.bayesian.planner import planner_of
from suffice.bayesian.query_run import run_query
from suffice.bayesian.single import evidence_of
from suffice.bayesian.traceback import drawn, trace_back


def draw_states(
    network: DiscreteNetwork,
    count: int,
    query: Query,
    generator: np.random.Generator,
    max_bytes: int | None = None,
) -> tuple[np.ndarray, float]:
    """States (count, nodes) drawn given the evidence, and its log-probability.

    The evidence and what is above it is drawn against the order of an elimination, all other nodes after their parents.
    """
    states = np.repeat(query.codes[:, None].astype(np.intp), count, axis=1)
    evidence, planner = evidence_of(query.codes, query.soft), planner_of(network)
    check_memory(planner.posteriors(evidence, 0, 0), 1, max_bytes)
    with np.errstate(all="ignore"):
        run = run_query(
            network, lambda contract: planner.posteriors(evidence, 0, 0, contract), query.codes.tolist(), query.soft
        )
        if run.log_evidence > -np.inf:
            trace_back(run.program, run.values, states, drawn(generator, run.logarithms))
    above = planner.relevant(evidence.observed | evidence.mixed)
    for node in topological_order(network.parents):
        if not above >> node & 1:
            states[node] = drawn_given(network, node, states, generator)
    return states.T, run.log_evidence


def drawn_given(network: DiscreteNetwork, node: int, states: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """States (n,) of a node given those of its parents."""
    ends = np.asarray(network.tables[node]).cumsum(-1)
    own = ends[tuple(states[parent] for parent in network.parents[node])]
    chance = generator.random((states.shape[1], 1)) * own[..., -1:]
    return (own < chance).sum(-1)
