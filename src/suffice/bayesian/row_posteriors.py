"""Posteriors of all nodes for a table of rows with gaps, and the probability of what each row observes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from suffice.bayesian.cost import check_memory, tile_rows
from suffice.bayesian.groups import Group, grouped
from suffice.bayesian.leaves import Prepared
from suffice.bayesian.network import DiscreteNetwork
from suffice.bayesian.order import bits
from suffice.bayesian.passes import LOWEST, Values, run_backward, run_forward
from suffice.bayesian.planner import mask_of, planner_of
from suffice.bayesian.single import posteriors_given
from suffice.runtime.blas import one_blas_thread
from suffice.runtime.heap import keep_freed_memory


@dataclass(frozen=True)
class RowPosteriors:
    """Posteriors (n, states of all targets), the columns of each target, and log-probabilities (n,) of the rows' evidence."""

    table: np.ndarray
    columns: dict[int, slice]
    log_evidence: np.ndarray


def row_posteriors(
    network: DiscreteNetwork,
    codes: np.ndarray,
    targets: Sequence[int],
    log_evidence: bool = True,
    max_bytes: int | None = None,
) -> RowPosteriors:
    """Posteriors of the targets given each row's observed cells.

    Parameters
    ----------
    codes
        States (n, nodes), -1 where missing.
    targets
        Positions of nodes; one that a row observes has probabilities 0 and 1.
    log_evidence
        Whether log-probabilities are wanted of rows that are not impossible; otherwise they are 0.
    max_bytes
        Memory that may be used beyond the result; None is half of what is free.
    """
    columns = _columns(network, targets)
    table = np.zeros((len(codes), max((own.stop for own in columns.values()), default=0)))
    logs = np.zeros(len(codes))
    states = np.ascontiguousarray(codes.T)
    keep_freed_memory()
    with one_blas_thread(), np.errstate(all="ignore"):
        for group in grouped(planner_of(network), states, 1):
            _fill(network, states, group, columns, table, logs, log_evidence, max_bytes)
    return RowPosteriors(table, columns, logs)


def _columns(network: DiscreteNetwork, targets: Sequence[int]) -> dict[int, slice]:
    sizes = network.cardinalities
    ends = np.cumsum([0, *(sizes[node] for node in targets)]).tolist()
    return {node: slice(first, last) for node, first, last in zip(targets, ends[:-1], ends[1:], strict=True)}


def _fill(
    network: DiscreteNetwork,
    states: np.ndarray,
    group: Group,
    columns: Mapping[int, slice],
    table: np.ndarray,
    logs: np.ndarray,
    log_evidence: bool,
    max_bytes: int | None,
) -> None:
    wanted = mask_of(columns)
    observed = group.evidence.observed
    if len(group.rows) == 1:
        return _one_by_one(network, states, group, columns, table, logs, max_bytes)
    program = planner_of(network).posteriors(group.evidence, wanted & ~observed, group.magnitude)
    check_memory(program, len(group.rows), max_bytes)
    prepared = Prepared(program, network.families, network.tables)
    for rows in group.tiles(tile_rows(program)):
        codes = states[:, rows]
        part, low, log = _tile(prepared, codes, columns, table.shape[1], log_evidence)
        for node in bits(wanted & observed):
            part[columns[node].start + codes[node].astype(np.intp), np.arange(codes.shape[1])] = 1.0
        table[rows], logs[rows] = part.T, log
        if low.any():
            again = np.arange(len(states.T))[rows][low]
            table[again], logs[again] = np.nan, -np.inf
            possible = replace(group, rows=again[_possible(prepared, codes[:, low])])
            _one_by_one(network, states, possible, columns, table, logs, max_bytes)


def _one_by_one(
    network: DiscreteNetwork,
    states: np.ndarray,
    group: Group,
    columns: Mapping[int, slice],
    table: np.ndarray,
    logs: np.ndarray,
    max_bytes: int | None,
) -> None:
    for row in group.rows:
        found, logs[row] = posteriors_given(network, group.evidence, states[:, row], list(columns), max_bytes=max_bytes)
        for node, posterior in found.items():
            table[row, columns[node]] = posterior


def _tile(
    prepared: Prepared, codes: np.ndarray, columns: Mapping[int, slice], width: int, log_evidence: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Posteriors (states, n), which rows are to be done again, and log-probabilities (n,)."""
    program, count = prepared.program, codes.shape[1]
    values, scales = prepared.leaves(codes), dict(prepared.scales)
    run_forward(program.forward, values, scales)
    factors = np.array(
        [np.broadcast_to(part, count) for part in parts_of(prepared, values, scales)] or np.ones((1, count))
    )
    closed = prepared.closed_log(codes) if log_evidence else np.zeros(count)
    possible = closed > -np.inf if log_evidence else prepared.closed_possible(codes)
    low = ~((factors.min(0) > LOWEST) & possible)
    derivatives: Values = {root: seed(values[root], low) for root in program.tape.roots}
    read = run_backward(program.backward, values, scales, derivatives)
    part = np.zeros((width, count))
    for node, found in read.items():
        part[columns[node]] = found if found.ndim > 1 else found[:, None]
    return part, low, closed + np.log(factors).sum(0) if log_evidence else np.zeros(count)


def _possible(prepared: Prepared, codes: np.ndarray) -> np.ndarray:
    """Which rows (n,) are possible: sums of products of ones in place of what is above 0 are not lost to rounding."""
    tables = [(np.asarray(table) > 0).astype(float) for table in prepared.tables]
    support = Prepared(prepared.program, prepared.families, tables)
    values, scales = support.leaves(codes), dict(support.scales)
    run_forward(prepared.program.forward, values, scales)
    roots = [np.broadcast_to(values[root], codes.shape[1]) for root in prepared.program.tape.roots]
    return np.all([support.closed_log(codes) > -np.inf, *(root > 0 for root in roots)], axis=0)


def parts_of(prepared: Prepared, values: Values, scales: Values) -> list[np.ndarray]:
    """Numbers whose product is the probability of the evidence."""
    return [*(values[root] for root in prepared.program.tape.roots), *scales.values()]


def seed(probability: np.ndarray, low: np.ndarray) -> np.ndarray:
    """Derivative of the logarithm of a root; 0 for rows that are done again."""
    return np.where(low, 0.0, 1 / probability) if np.ndim(probability) else np.divide(1.0, probability)
