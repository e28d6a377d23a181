"""What enters a tape: tables, their entries for the observed states of each row, and likelihoods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from suffice.bayesian.network import DiscreteNetwork
from suffice.bayesian.passes import Values, run_forward
from suffice.bayesian.program import Program
from suffice.runtime.types import ArrayLike


class Gather:
    """The entries of one table for the observed states of rows: axes not observed first, rows last."""

    def __init__(self, table: np.ndarray, family: Sequence[int], observed: int):
        seen = [place for place, axis in enumerate(family) if observed >> axis & 1]
        rest = [place for place in range(len(family)) if place not in seen]
        sizes = [table.shape[place] for place in seen]
        self.axes = [family[place] for place in seen]
        self.strides = [int(np.prod(sizes[place + 1 :], dtype=int)) for place in range(len(sizes))]
        arranged = table.transpose((*rest, *seen)).reshape(*(table.shape[place] for place in rest), -1)
        self.table = np.ascontiguousarray(arranged)

    def index(self, codes: np.ndarray) -> np.ndarray:
        """Positions (n,) of the observed states, from codes (nodes, n)."""
        found = codes[self.axes[-1]]
        for axis, stride in zip(self.axes[:-1], self.strides[:-1], strict=True):
            found = found + codes[axis] * stride
        return found

    def __call__(self, codes: np.ndarray) -> np.ndarray:
        return self.table.take(self.index(codes), axis=-1)


class Prepared:
    """A program with the tables of a network: what is the same for all rows has been computed.

    Attributes
    ----------
    values, scales
        Slots that are the same for all rows, and what they were divided by.
    gathers
        By slot, how the leaves of tables with observed nodes are read.
    likelihoods
        By slot, a node and its table of likelihoods, whose last column stands for a missing cell.
    closed
        Logarithms of the tables of nodes that are observed with all their parents.
    """

    def __init__(
        self,
        program: Program,
        network: DiscreteNetwork,
        soft: Mapping[int, np.ndarray] | None = None,
        logarithms: bool = False,
    ):
        self.program = program
        own = _logarithm if logarithms else np.asarray
        self.values: Values = {0: own(1.0)}
        self.scales: Values = {}
        self.gathers: dict[int, Gather] = {}
        self.likelihoods: dict[int, tuple[int, np.ndarray]] = {}
        families, sizes = network.families, network.cardinalities
        for place, leaf in enumerate(program.tape.leaves):
            family, scope = families[leaf.node], program.tape.scopes[1 + place]
            if not leaf.table:
                likelihoods = _likelihoods(sizes[leaf.node], (soft or {}).get(leaf.node))
                self.likelihoods[1 + place] = (leaf.node, own(likelihoods))
            elif program.tape.by_row[1 + place]:
                self.gathers[1 + place] = Gather(own(_table(network, leaf.node)), family, ~scope)
            else:
                self.values[1 + place] = own(_table(network, leaf.node))
        for slot, axes in program.ones.items():
            self.values[slot] = own(np.ones([sizes[axis] for axis in axes]))
        self.closed = [
            Gather(_logarithm(_table(network, node)), families[node], -1) for node in program.tape.closed
        ]
        run_forward(program.same, self.values, self.scales)

    def leaves(self, codes: np.ndarray) -> Values:
        """Values of all slots that do not follow from others, for rows by their codes (nodes, n)."""
        values = dict(self.values)
        for slot, gather in self.gathers.items():
            values[slot] = gather(codes)
        for slot, (node, table) in self.likelihoods.items():
            values[slot] = table.take(codes[node], axis=1)
        return values

    def closed_log(self, codes: np.ndarray) -> np.ndarray:
        """Logarithm (n,) of the probability of the nodes that are observed with all their parents."""
        total = np.zeros(codes.shape[1])
        for gather in self.closed:
            total += gather(codes)
        return total


def _table(network: DiscreteNetwork, node: int) -> np.ndarray:
    return np.asarray(network.tables[node])


def _logarithm(table: ArrayLike) -> np.ndarray:
    with np.errstate(divide="ignore"):
        return np.log(table)


def _likelihoods(states: int, soft: np.ndarray | None) -> np.ndarray:
    own = np.ones(states) if soft is None else soft
    return np.hstack([np.diag(own), own[:, None]])
