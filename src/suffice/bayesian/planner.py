"""Plans of a network: elimination orders and programs, worked out once for each pattern of evidence."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Sequence
from functools import cached_property, lru_cache
from typing import TypeVar

import numpy as np

from suffice.bayesian.contraction import Contract, contraction
from suffice.bayesian.graph import Parents, ancestors_of
from suffice.bayesian.logarithms import max_contraction
from suffice.bayesian.network import DiscreteNetwork
from suffice.bayesian.order import bits, cliques_of, family_masks, min_fill, moral_neighbours, work_of
from suffice.bayesian.program import Program, counts_program, posterior_program
from suffice.bayesian.tape import Evidence, Tape, build_tape

T = TypeVar("T")
RESTARTS = 30
"""Most restarts of the search for an order."""
SEARCH = 0.01
"""Seconds for which an order without evidence is searched for at least, where it is not light work."""
LIGHT = 100
"""Entries for each node below which no other order is searched for."""
SHARE = 0.3
"""Share of the expected run time for which an order is searched for."""
FILL = 20e-6
"""Seconds that one search takes for each neighbour of each node."""
PRODUCT = 2e-9
"""Seconds that one entry of a multiplied table takes for each row, forwards and backwards."""
PLANS = 20_000
"""Plans kept for each network, times its nodes."""


class Planner:
    """Orders, tapes and programs for a graph and its numbers of states; tables are not among them."""

    def __init__(self, parents: Parents, cardinalities: tuple[int, ...]):
        self.parents, self.cardinalities = parents, cardinalities
        self.families, self.neighbours = family_masks(parents), moral_neighbours(parents)
        self.axes_of = [(*own, node) for node, own in enumerate(parents)]
        self.everything = (1 << len(parents)) - 1
        self._plans: OrderedDict[Hashable, object] = OrderedDict()

    def general_order(self, rows: int = 1) -> list[int]:
        """An elimination order without evidence, searched for longer where more rows are to come."""
        rows = max(rows, 1)
        return self._kept(("order", rows), lambda: self.searched(self.neighbours, self.everything, SEARCH, rows))

    def cliques(self, rows: int = 1) -> list[int]:
        """Nodes of the tables that it multiplies."""
        return cliques_of(self.general_order(rows), self.neighbours, self.everything)

    @cached_property
    def work(self) -> int:
        """Entries of these tables."""
        return work_of(self.cliques(), self.cardinalities)

    def searched(self, neighbours: Sequence[int], open_nodes: int, least: float, rows: int) -> list[int]:
        """Weighted min-fill, again with noise as long as that takes a small share of the time that the order then takes."""
        best = min_fill(neighbours, open_nodes, self.cardinalities)
        work = self._work_of(best, neighbours, open_nodes)
        if work <= LIGHT * len(best):
            return best
        generator = np.random.default_rng(0)
        effort = FILL * sum((neighbours[node] & open_nodes).bit_count() for node in best)
        for _ in range(min(RESTARTS, int((least + SHARE * PRODUCT * work * rows) / effort))):
            noise = np.exp(0.3 * generator.standard_normal(len(self.parents)))
            order = min_fill(neighbours, open_nodes, self.cardinalities, noise)
            found = self._work_of(order, neighbours, open_nodes)
            best, work = (order, found) if found < work else (best, work)
        return best

    def _work_of(self, order: list[int], neighbours: Sequence[int], open_nodes: int) -> int:
        return work_of(cliques_of(order, neighbours, open_nodes), self.cardinalities)

    def order(self, evidence: Evidence, relevant: int, rows: int) -> list[int]:
        """An elimination order of the nodes that are not observed: that without evidence, or one of its own."""
        open_nodes = relevant & ~evidence.observed
        if open_nodes == self.everything:
            return self.general_order(rows)
        near = self._neighbours(relevant)
        own = min_fill(near, open_nodes, self.cardinalities)
        work = self._work_of(own, near, open_nodes)
        if work <= LIGHT * len(own):
            return own
        general = [node for node in self.general_order(rows) if open_nodes >> node & 1]
        return general if self._work_of(general, near, open_nodes) < work else own

    def _neighbours(self, relevant: int) -> list[int]:
        """Neighbours in the moral graph of some nodes, which hold all their parents."""
        if relevant == self.everything:
            return self.neighbours
        near = [0] * len(self.parents)
        for kept in bits(relevant):
            for node in bits(self.families[kept]):
                near[node] |= self.families[kept] & ~(1 << node)
        return near

    def relevant(self, nodes: int) -> int:
        """These nodes and those above them: all others sum to 1."""
        return mask_of(ancestors_of(bits(nodes), self.parents))

    def tape(self, evidence: Evidence, relevant: int, rows: int) -> Tape:
        """The tape of what is relevant."""
        order = self.order(evidence, relevant, rows)
        return build_tape(self.families, self.cardinalities, order, evidence, relevant)

    def axes(self, tape: Tape) -> list[tuple[int, ...]]:
        """Axes of the leaves of a tape, in the order of the tables' own."""
        found = []
        for slot, (node, table) in enumerate(tape.leaves, 1):
            scope = tape.scopes[slot]
            found.append(tuple([axis for axis in self.axes_of[node] if scope >> axis & 1]) if table else (node,))
        return found

    def posteriors(self, evidence: Evidence, wanted: int, rows: int, contract: Contract = contraction) -> Program:
        """Program of the posteriors of the nodes wanted, in tables of so many rows; for 0, of one row without an axis of rows."""

        def made() -> Program:
            tape = self.tape(evidence, self.relevant(evidence.observed | evidence.mixed | wanted), rows)
            return posterior_program(tape, self.axes(tape), self.cardinalities, wanted, rows > 0, contract)

        return self._kept((evidence, wanted, rows, contract), made)

    def counts(self, evidence: Evidence, rows: int, contract: Contract = contraction) -> Program:
        """Program of the expected counts of all families, likewise."""

        def made() -> Program:
            tape = self.tape(evidence, self.everything, rows)
            return counts_program(tape, self.axes(tape), self.cardinalities, rows > 0, contract)

        return self._kept(("counts", evidence, rows, contract), made)

    def joint(self, evidence: Evidence, targets: int, contract: Contract) -> Program:
        """Program of the joint distribution of targets, for one row without an axis of rows."""

        def made() -> Program:
            relevant = self.relevant(evidence.observed | evidence.mixed | targets)
            near = list(self._neighbours(relevant))
            for node in bits(targets):
                near[node] |= targets & ~(1 << node)
            order = self.searched(near, relevant & ~evidence.observed & ~targets, 0.0, 1)
            tape = build_tape(self.families, self.cardinalities, order, evidence, relevant, targets)
            return posterior_program(tape, self.axes(tape), self.cardinalities, 0, False, contract)

        return self._kept(("joint", evidence, targets, contract), made)

    def maxima(self, evidence: Evidence, rows: int) -> Program:
        """Program of the largest joint probability."""

        def made() -> Program:
            tape = self.tape(evidence, self.everything, rows)
            return posterior_program(tape, self.axes(tape), self.cardinalities, 0, rows > 0, max_contraction)

        return self._kept(("maxima", evidence, rows), made)

    def _kept(self, key: Hashable, make: Callable[[], T]) -> T:
        if key in self._plans:
            self._plans.move_to_end(key)
            return self._plans[key]  # type: ignore[return-value]
        self._plans[key] = made = make()
        while len(self._plans) > max(1, PLANS // len(self.parents)):
            self._plans.popitem(last=False)
        return made


def mask_of(nodes: Iterable[int]) -> int:
    """Nodes as the ones of a whole number."""
    return sum(1 << node for node in nodes)


@lru_cache(16)
def planner_of_graph(parents: tuple[tuple[int, ...], ...], cardinalities: tuple[int, ...]) -> Planner:
    return Planner(parents, cardinalities)


def planner_of(network: DiscreteNetwork) -> Planner:
    """The planner of a network, shared by all networks of its graph and numbers of states."""
    return planner_of_graph(network.parents, network.cardinalities)
