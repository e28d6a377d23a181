"""One query: posteriors of nodes given the evidence of a single row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from suffice.bayesian.leaves import Prepared
from suffice.bayesian.logarithms import log_contraction
from suffice.bayesian.network import DiscreteNetwork
from suffice.bayesian.passes import LOWEST, Values, run_backward, run_forward
from suffice.bayesian.planner import Planner, mask_of, planner_of
from suffice.bayesian.tape import Evidence

Soft = Mapping[int, np.ndarray]
GENERAL = 400
"""Products for each node up to which the plan without evidence serves every query."""


def single_posteriors(
    network: DiscreteNetwork, codes: np.ndarray, targets: Sequence[int], soft: Soft | None = None
) -> tuple[dict[int, np.ndarray], float]:
    """Posteriors of the targets given one row (nodes,) of observed states, and the log-probability of the evidence.

    ``soft`` are likelihoods of the states of nodes. Where the evidence has probability 0, posteriors are NaN.
    """
    soft = soft or {}
    evidence = _evidence(planner_of(network), codes, soft)
    column = np.asarray(codes, dtype=np.intp)[:, None]
    with np.errstate(all="ignore"):
        found = _linear(network, evidence, column, targets, soft)
        return found or in_logarithms(network, evidence, column, targets, soft)


def _evidence(planner: Planner, codes: np.ndarray, soft: Soft) -> Evidence:
    """All nodes may be observed where the plan without evidence takes little time, else those that are."""
    if planner.work <= GENERAL * len(planner.parents):
        return Evidence(0, planner.everything)
    likely = mask_of(soft)
    return Evidence(mask_of(np.flatnonzero(np.asarray(codes) >= 0).tolist()) & ~likely, likely)


def _linear(
    network: DiscreteNetwork, evidence: Evidence, column: np.ndarray, targets: Sequence[int], soft: Soft
) -> tuple[dict[int, np.ndarray], float] | None:
    program = planner_of(network).posteriors(evidence, mask_of(targets) & ~evidence.observed, 0)
    prepared = Prepared(program, network.families, network.tables, soft)
    values = prepared.one_row(column)
    scales: Values = {}
    run_forward(program.forward, values, scales)
    factors = np.array([1.0, *(values[root] for root in program.tape.roots), *scales.values()])
    closed = float(prepared.closed_log(column)[0])
    if not (factors.min() > LOWEST and closed > -np.inf):
        return None
    derivatives: Values = {root: 1 / values[root] for root in program.tape.roots}
    run_backward(program.backward, values, scales, derivatives)
    found = {node: function(values[slot], derivatives[slot]) for node, slot, function in program.readouts}
    return _finished(network, evidence, column, targets, found), closed + float(np.log(factors).sum())


def _finished(
    network: DiscreteNetwork,
    evidence: Evidence,
    column: np.ndarray,
    targets: Sequence[int],
    found: dict[int, np.ndarray],
) -> dict[int, np.ndarray]:
    for node in targets:
        if evidence.observed >> node & 1:
            found[node] = np.eye(network.cardinalities[node])[column[node, 0]]
    return {node: found[node] / found[node].sum() for node in targets}


def in_logarithms(
    network: DiscreteNetwork,
    evidence: Evidence,
    column: np.ndarray,
    targets: Sequence[int],
    soft: Soft | None = None,
) -> tuple[dict[int, np.ndarray], float]:
    """The same in logarithms, which no evidence is too improbable for; NaN where it is impossible."""
    program = planner_of(network).posteriors(evidence, mask_of(targets) & ~evidence.observed, 0, log_contraction)
    prepared = Prepared(program, network.families, network.tables, soft, logarithms=True)
    values = prepared.one_row(column)
    run_forward(program.forward, values, {})
    total = float(sum(values[root] for root in program.tape.roots) + prepared.closed_log(column)[0])
    if total == -np.inf:
        return {node: np.full(network.cardinalities[node], np.nan) for node in targets}, total
    derivatives: Values = {root: np.float64(0.0) for root in program.tape.roots}
    run_backward(program.backward, values, {}, derivatives)
    logs = {node: function(values[slot], derivatives[slot]) for node, slot, function in program.readouts}
    found = {node: np.exp(log - log.max()) for node, log in logs.items()}
    return _finished(network, evidence, column, targets, found), total
