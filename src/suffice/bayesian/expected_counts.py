"""Expected counts of all families given rows with gaps: the E-step of a network, planned once for a table of rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from suffice.bayesian.cost import check_memory, tile_rows
from suffice.bayesian.distinct import distinct_rows
from suffice.bayesian.groups import Group, grouped
from suffice.bayesian.leaves import Prepared
from suffice.bayesian.logarithms import log_contraction
from suffice.bayesian.passes import LOWEST, Values, run_backward, run_forward
from suffice.bayesian.planner import planner_of_graph
from suffice.bayesian.program import Program, counts_program
from suffice.bayesian.row_posteriors import seed
from suffice.runtime.blas import one_blas_thread
from suffice.runtime.heap import keep_freed_memory

FEWER_EDGES = "Leave edges out, or the rows with many gaps: learning has no other method."
PASSES = 20
"""So often the rows are expected to be passed over."""
Counts: TypeAlias = list[np.ndarray]
ROWS = -1
"""Stands for the axis of rows among the axes of a factor."""


class PlannedRows:
    r"""Rows for which the work of an E-step is planned: equal rows are one, and rows are grouped by what they observe.

    Parameters
    ----------
    parents, cardinalities
        Positions of the parents of each node, and its number of states.
    codes
        States (n, nodes), -1 where missing.
    weight
        Row weights (n,).
    counted
        Counts of the families in more rows, which miss no cell; none of them where there are no such rows.

    Examples
    --------
    >>> import numpy as np
    >>> rows = PlannedRows(((), (0,)), (2, 2), np.array([[0, 0], [-1, 1]]), np.ones(2))
    >>> counts, log_likelihood = rows.expected([np.array([0.5, 0.5]), np.array([[0.8, 0.2], [0.2, 0.8]])])
    >>> counts[0], counts[1].sum()
    (array([1.2, 0.8]), np.float64(2.0))
    """

    def __init__(
        self,
        parents: tuple[tuple[int, ...], ...],
        cardinalities: tuple[int, ...],
        codes: np.ndarray,
        weight: np.ndarray,
        counted: Sequence[np.ndarray] = (),
    ):
        self.planner = planner_of_graph(parents, cardinalities)
        self.counted = list(counted)
        self.weight = float(np.sum(weight) + (np.sum(counted[0]) if counted else 0.0))
        distinct, place = distinct_rows(codes)
        weights = np.bincount(place, weight, len(distinct))
        self.weights = weights[weights > 0]
        self.codes = np.ascontiguousarray(distinct[weights > 0].T, dtype=np.intp)
        self.families = [(*own, node) for node, own in enumerate(parents)]
        self.shapes = [tuple(cardinalities[axis] for axis in family) for family in self.families]
        self.groups = [_CountedGroup(self, group) for group in grouped(self.planner, self.codes, PASSES)]

    def expected(self, tables: Sequence[np.ndarray]) -> tuple[list[np.ndarray], float]:
        """Expected counts of the families, shaped as the tables, and the log-likelihood.

        Rows of probability 0 make the log-likelihood minus infinity and count nowhere.
        """
        tables = [np.asarray(table, np.float64) for table in tables]
        counts = [np.array(own) for own in self.counted] or [np.zeros(shape) for shape in self.shapes]
        keep_freed_memory()
        with one_blas_thread(), np.errstate(all="ignore"):
            total = sum(map(_sum_of_logs, self.counted, tables))
            total += sum(group.add(tables, counts) for group in self.groups)
        return counts, float(total)


class _CountedGroup:
    """One group, and the counts of the families that all of its rows observe."""

    def __init__(self, rows: PlannedRows, group: Group):
        self.rows, self.group = rows, group
        self.program: Program = rows.planner.counts(group.evidence, group.magnitude)
        check_memory(self.program, len(group.rows), way_out=FEWER_EDGES)
        weight = rows.weights[group.rows]
        codes = rows.codes[:, group.rows]
        self.complete: list[tuple[int, np.ndarray]] = []
        for node in self.program.tape.closed:
            shape = rows.shapes[node]
            index = np.ravel_multi_index([codes[axis] for axis in rows.families[node]], shape)
            self.complete.append((node, np.bincount(index, weight, int(np.prod(shape))).reshape(shape)))

    def add(self, tables: list[np.ndarray], counts: Counts) -> float:
        """Adds this group's counts; its log-likelihood."""
        total = 0.0
        for node, complete in self.complete:
            counts[node] += complete
            total += _sum_of_logs(complete, tables[node])
        if not self.program.tape.steps:
            return total
        prepared = Prepared(self.program, self.rows.families, tables)
        sums: Values = {}
        for rows in self.group.tiles(tile_rows(self.program)):
            total += _add_tile(prepared, self.rows, rows, sums, counts)
        weight = self.rows.weights[self.group.rows].sum()
        _add_tables(prepared, weight, sums, counts)
        return total + weight * _log_of_same(prepared)


def _sum_of_logs(counts: np.ndarray, table: np.ndarray) -> float:
    seen = counts > 0
    return float(counts[seen] @ np.log(table[seen]))


def _log_of_same(prepared: Prepared) -> float:
    """Logarithm of the factors of the probability that are the same for all rows."""
    tape = prepared.program.tape
    roots = [prepared.values[root] for root in tape.roots if not tape.by_row[root]]
    return float(np.log([*roots, *prepared.scales.values()]).sum())


def _add_tile(
    prepared: Prepared, planned: PlannedRows, rows: np.ndarray | slice, sums: Values, counts: Counts
) -> float:
    """Adds derivatives to sums over rows, and counts of tables with observed nodes; the log-likelihood of what differs."""
    program, tape = prepared.program, prepared.program.tape
    codes, weight = planned.codes[:, rows], planned.weights[rows]
    roots = [root for root in tape.roots if tape.by_row[root]]
    values, scales = prepared.leaves(codes), {}
    run_forward(program.forward, values, scales)
    factors = np.array([np.ones(len(weight)), *(values[root] for root in roots), *scales.values()])
    low = ~(factors.min(0) > LOWEST)
    derivatives: Values = {root: weight * seed(values[root], low) for root in roots}
    run_backward(program.backward, values, scales | prepared.scales, derivatives)
    for slot, gather in prepared.gathers.items():
        part = values[slot] * _turned(program, slot, derivatives[slot])
        counts[tape.leaves[slot - 1].node] += gather.sums(codes, part)
    for slot, derivative in derivatives.items():
        if not tape.by_row[slot]:
            sums[slot] = sums[slot] + derivative if slot in sums else derivative
    logs = np.log(factors).sum(0)
    for place in np.flatnonzero(low):
        logs[place] = _add_in_logarithms(prepared, codes[:, place].tolist(), weight[place], counts)
    return float(weight @ logs)


def _add_tables(prepared: Prepared, weight: float, sums: Values, counts: Counts) -> None:
    """Adds the counts of tables without observed nodes."""
    program, tape = prepared.program, prepared.program.tape
    for root in tape.roots:
        if not tape.by_row[root]:
            sums[root] = weight / prepared.values[root]
    run_backward(program.backward_same, prepared.values, prepared.scales, sums)
    for place, leaf in enumerate(tape.leaves):
        if leaf.table and not tape.by_row[1 + place]:
            counts[leaf.node] += prepared.values[1 + place] * _turned(program, 1 + place, sums[1 + place])


def _add_in_logarithms(prepared: Prepared, codes: list[int], weight: float, counts: Counts) -> float:
    """Adds the counts of one row that is too improbable for floating point; the logarithm of its probability."""
    tape, sizes = prepared.program.tape, [table.shape[-1] for table in prepared.tables]
    leaves = [shape.axes for shape in prepared.program.shapes[1 : 1 + len(tape.leaves)]]
    program = counts_program(tape, leaves, sizes, False, log_contraction)
    own = Prepared(program, prepared.families, prepared.tables, logarithms=True)
    values = own.one_row(codes)
    run_forward(program.forward, values, {})
    total = float(sum(values[root] for root in tape.roots))
    if total == -np.inf:
        return total
    derivatives: Values = {root: -values[root] for root in tape.roots}
    run_backward(program.backward, values, {}, derivatives)
    for place, leaf in enumerate(tape.leaves):
        if leaf.table:
            logs = values[1 + place] + _turned(program, 1 + place, derivatives[1 + place])
            family, scope = prepared.families[leaf.node], tape.scopes[1 + place]
            where = tuple(slice(None) if scope >> axis & 1 else codes[axis] for axis in family)
            counts[leaf.node][where] += weight * np.exp(logs)
    return total


def _turned(program: Program, slot: int, derivative: np.ndarray) -> np.ndarray:
    """A derivative with the axes in the order of the value's."""
    order = [*program.derivatives[slot].axes, ROWS]
    axes = (*program.shapes[slot].axes, *([ROWS] if derivative.ndim == len(order) else []))
    return derivative.transpose([order.index(axis) for axis in axes])
