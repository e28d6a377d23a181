"""Most probable states of all nodes together given what is observed: of one query, and of each row of a table."""

from __future__ import annotations

import numpy as np

from suffice.bayesian.cost import check_memory, tile_rows
from suffice.bayesian.groups import grouped
from suffice.bayesian.leaves import Prepared, Soft
from suffice.bayesian.network import DiscreteNetwork
from suffice.bayesian.passes import run_forward
from suffice.bayesian.planner import mask_of, planner_of
from suffice.bayesian.tape import Evidence
from suffice.bayesian.traceback import likeliest, trace_back


def most_probable_states(
    network: DiscreteNetwork, codes: np.ndarray, soft: Soft | None = None, max_bytes: int | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """States (n, nodes) of highest probability that agree with the observed ones, and log-probabilities (n,).

    The logarithm is that of the joint probability, times the likelihoods ``soft`` where these are given.
    """
    states = np.array(codes.T, dtype=np.intp, order="C")
    logs = np.zeros(len(codes))
    with np.errstate(all="ignore"):
        for group in grouped(planner_of(network), states, 1):
            likely = mask_of(soft or {})
            evidence = Evidence(group.evidence.observed & ~likely, group.evidence.mixed | likely)
            program = planner_of(network).maxima(evidence, group.magnitude)
            check_memory(program, len(group.rows), max_bytes)
            prepared = Prepared(program, network.families, network.tables, soft, logarithms=True)
            for rows in group.tiles(tile_rows(program)):
                states[:, rows], logs[rows] = _tile(prepared, states[:, rows])
    return states.T, logs


def _tile(prepared: Prepared, codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    program = prepared.program
    values = prepared.leaves(codes)
    run_forward(program.forward, values, {})
    total = prepared.closed_log(codes) + sum(values[root] for root in program.tape.roots)
    states = codes.copy()
    trace_back(program, values, states, likeliest)
    return states, total
