"""Whether the tables of a network multiply to a distribution."""

from __future__ import annotations

import numpy as np

from suffice.bayesian.graph import topological_order
from suffice.bayesian.leaves import Prepared
from suffice.bayesian.network import DiscreteNetwork
from suffice.bayesian.passes import run_forward
from suffice.bayesian.planner import planner_of
from suffice.bayesian.program import posterior_program
from suffice.bayesian.tape import Evidence, build_tape

CONSTANT = 1e-12
"""Relative spread up to which a table summed over its node counts as one number."""


def total_probability(network: DiscreteNetwork) -> float:
    r"""The sum $\sum_x \prod_k p(x_k \mid x_{\mathrm{pa}(k)})$, nodes summed out in reverse topological order.

    A node whose table sums to the same number whatever its parents is a factor when its turn comes, for its children have gone by
    then; where tables are not normalised, what remains is summed as a tape.
    """
    order = topological_order(network.parents)[::-1]
    factor, kept = 1.0, []
    for node in order:
        sums = np.asarray(network.tables[node]).sum(-1)
        lone = not any(node in network.parents[other] for other in kept)
        if lone and np.ptp(sums) <= CONSTANT * np.max(np.abs(sums)):
            factor *= float(np.mean(sums))
        else:
            kept.append(node)
    return factor * _sum_of(network, kept, order)


def _sum_of(network: DiscreteNetwork, kept: list[int], order: list[int]) -> float:
    if not kept:
        return 1.0
    planner = planner_of(network)
    relevant = sum(1 << node for node in kept)
    tape = build_tape(planner.families, planner.cardinalities, order, Evidence(0, 0), relevant)
    program = posterior_program(tape, planner.axes(tape), planner.cardinalities, 0, False)
    prepared = Prepared(program, network.families, network.tables)
    values, scales = dict(prepared.values), {}
    run_forward(program.forward, values, scales)
    return float(np.prod([values[root] for root in tape.roots]) * np.prod(list(scales.values())))
