"""Plans of a network: elimination orders and programs, worked out once for each pattern of evidence."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from functools import cached_property, lru_cache
from typing import TypeVar

import numpy as np

from suffice.bayesian.contraction import Contract, contraction
from suffice.bayesian.graph import Parents, ancestors_of
from suffice.bayesian.network import DiscreteNetwork
from suffice.bayesian.order import bits, family_masks, min_fill, moral_neighbours, work_of
from suffice.bayesian.program import Program, counts_program, posterior_program
from suffice.bayesian.tape import Evidence, Tape, build_tape

T = TypeVar("T")
RESTARTS = 30
"""Most restarts of the search for an order."""
PLANS = 512
"""Plans kept for each network."""


class Planner:
    """Orders, tapes and programs for a graph and its numbers of states; tables are not among them."""

    def __init__(self, parents: Parents, cardinalities: tuple[int, ...]):
        self.parents, self.cardinalities = parents, cardinalities
        self.families, self.neighbours = family_masks(parents), moral_neighbours(parents)
        self.everything = (1 << len(parents)) - 1
        self._plans: OrderedDict[Hashable, object] = OrderedDict()

    @cached_property
    def general_order(self) -> list[int]:
        """The best order found for a network without evidence: restarts as long as they cost less than they may save."""
        generator = np.random.default_rng(0)
        best = min_fill(self.neighbours, self.everything, self.cardinalities)
        work = work_of(best, self.neighbours, self.everything, self.cardinalities)
        for _ in range(RESTARTS if work > 30 * len(self.parents) else 2):
            noise = np.exp(0.3 * generator.standard_normal(len(self.parents)))
            order = min_fill(self.neighbours, self.everything, self.cardinalities, noise)
            found = work_of(order, self.neighbours, self.everything, self.cardinalities)
            best, work = (order, found) if found < work else (best, work)
        return best

    @cached_property
    def general_work(self) -> int:
        """Products of a pass without evidence."""
        return work_of(self.general_order, self.neighbours, self.everything, self.cardinalities)

    def order(self, evidence: Evidence, relevant: int) -> list[int]:
        """An elimination order of the nodes that are not observed."""
        open_nodes = relevant & ~evidence.observed
        if open_nodes == self.everything:
            return self.general_order
        if relevant == self.everything:
            return min_fill(self.neighbours, open_nodes, self.cardinalities)
        families = [self.families[node] for node in bits(relevant)]
        near = [0] * len(self.parents)
        for family in families:
            for node in bits(family):
                near[node] |= family & ~(1 << node)
        return min_fill(near, open_nodes, self.cardinalities)

    def relevant(self, nodes: int) -> int:
        """These nodes and those above them: all others sum to 1."""
        return mask_of(ancestors_of(bits(nodes), self.parents))

    def tape(self, evidence: Evidence, relevant: int) -> Tape:
        order = self.order(evidence, relevant)
        return build_tape(self.families, self.cardinalities, order, evidence, relevant)

    def axes(self, tape: Tape) -> list[tuple[int, ...]]:
        """Axes of the leaves of a tape, in the order of the tables' own."""
        return [
            tuple(
                axis
                for axis in ((*self.parents[leaf.node], leaf.node) if leaf.table else (leaf.node,))
                if tape.scopes[1 + place] >> axis & 1
            )
            for place, leaf in enumerate(tape.leaves)
        ]

    def posteriors(
        self, evidence: Evidence, wanted: int, rows: bool, contract: Contract = contraction
    ) -> Program:
        """Program of the posteriors of the nodes wanted."""

        def made() -> Program:
            tape = self.tape(evidence, self.relevant(evidence.observed | evidence.mixed | wanted))
            return posterior_program(tape, self.axes(tape), self.cardinalities, wanted, rows, contract)

        return self._kept((evidence, wanted, rows, contract), made)

    def counts(self, evidence: Evidence, rows: bool = True, contract: Contract = contraction) -> Program:
        """Program of the expected counts of all families."""

        def made() -> Program:
            tape = self.tape(evidence, self.everything)
            return counts_program(tape, self.axes(tape), self.cardinalities, rows, contract)

        return self._kept(("counts", evidence, rows, contract), made)

    def _kept(self, key: Hashable, make: Callable[[], T]) -> T:
        if key in self._plans:
            self._plans.move_to_end(key)
            return self._plans[key]  # type: ignore[return-value]
        self._plans[key] = made = make()
        while len(self._plans) > PLANS:
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
