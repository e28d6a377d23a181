"""One query: posteriors of nodes given the evidence of a single row."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from suffice.bayesian.cost import check_memory
from suffice.bayesian.leaves import Soft
from suffice.bayesian.network import DiscreteNetwork
from suffice.bayesian.passes import Values, run_backward
from suffice.bayesian.planner import Planner, mask_of, planner_of
from suffice.bayesian.query_run import QueryRun, run_query
from suffice.bayesian.tape import Evidence

GENERAL = 10_000
"""Entries for each node up to which the plan without evidence serves every query."""


def evidence_of(codes: np.ndarray, soft: Soft | None) -> Evidence:
    """What one row (nodes,) observes, nodes with likelihoods apart."""
    likely = mask_of(soft or {})
    return Evidence(mask_of(np.flatnonzero(codes >= 0).tolist()) & ~likely, likely)


def single_posteriors(
    network: DiscreteNetwork,
    codes: np.ndarray,
    targets: Sequence[int],
    soft: Soft | None = None,
    max_bytes: int | None = None,
) -> tuple[dict[int, np.ndarray], float]:
    """Posteriors of the targets given one row (nodes,) of observed states, and the log-probability of the evidence.

    ``soft`` are likelihoods of the states of nodes. Where the evidence has probability 0, posteriors are NaN.
    """
    evidence = serving_evidence(planner_of(network), codes, soft)
    return posteriors_given(network, evidence, codes, targets, soft, max_bytes)


def serving_evidence(planner: Planner, codes: np.ndarray, soft: Soft | None) -> Evidence:
    """All nodes may be observed where the plan without evidence takes little time, else those that are."""
    if planner.work <= GENERAL * len(planner.parents):
        return Evidence(0, planner.everything)
    return evidence_of(codes, soft)


def posteriors_given(
    network: DiscreteNetwork,
    evidence: Evidence,
    codes: np.ndarray,
    targets: Sequence[int],
    soft: Soft | None = None,
    max_bytes: int | None = None,
) -> tuple[dict[int, np.ndarray], float]:
    """The same by the plan for this evidence."""
    planner, wanted = planner_of(network), mask_of(targets) & ~evidence.observed
    check_memory(planner.posteriors(evidence, wanted, 0), 1, max_bytes)
    with np.errstate(all="ignore"):
        run = run_query(
            network,
            lambda contract: planner.posteriors(evidence, wanted, 0, contract),
            codes.tolist(),
            soft,
        )
        impossible = run.log_evidence == -np.inf
        found = {} if impossible else _read(run)
    for node in targets:
        if impossible or evidence.observed >> node & 1:
            found[node] = np.full(planner.cardinalities[node], np.nan if impossible else 0.0)
            found[node][codes[node]] += 1.0
    return {node: found[node] for node in targets}, run.log_evidence


def _read(run: QueryRun) -> dict[int, np.ndarray]:
    roots = run.program.tape.roots
    derivatives: Values = {root: np.array(0.0) if run.logarithms else 1 / run.values[root] for root in roots}
    read = run_backward(run.program.backward, run.values, run.scales, derivatives)
    linear = {node: np.exp(log - log.max()) for node, log in read.items()} if run.logarithms else read
    return {node: posterior / posterior.sum() for node, posterior in linear.items()}
