"""What enters a tape: tables, their entries for the observed states of each row, and likelihoods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TypeAlias

import numpy as np

from suffice.bayesian.passes import Values, run_forward
from suffice.bayesian.program import Program
from suffice.runtime.arrays import Array

Soft: TypeAlias = Mapping[int, np.ndarray]
"""Likelihoods of the states of nodes, by position."""


EVERY = slice(None)


class Gather:
    """The entries of one table for the observed states of rows: axes not observed first, rows last."""

    def __init__(self, table: np.ndarray, family: Sequence[int], observed: int):
        seen = [place for place, axis in enumerate(family) if observed >> axis & 1]
        rest = [place for place in range(len(family)) if place not in seen]
        self.sizes = [table.shape[place] for place in seen]
        self.axes = [family[place] for place in seen]
        arranged = table.transpose((*rest, *seen)).reshape(*(table.shape[place] for place in rest), -1)
        self.table = np.ascontiguousarray(arranged)
        self.arranged = tuple(table.shape[place] for place in (*rest, *seen))
        self.back = np.argsort((*rest, *seen))

    def index(self, codes: np.ndarray) -> np.ndarray:
        """Positions (n,) of the observed states, from codes (nodes, n)."""
        found = codes[self.axes[0]].astype(np.intp)
        for axis, size in zip(self.axes[1:], self.sizes[1:], strict=True):
            found *= size
            found += codes[axis]
        return found

    def __call__(self, codes: np.ndarray) -> np.ndarray:
        return self.table.take(self.index(codes), axis=-1)

    def sums(self, codes: np.ndarray, weight: np.ndarray) -> np.ndarray:
        """Sums of numbers (axes not observed, n) over the rows of each observed state, shaped as the table."""
        width, flat = self.table.shape[-1], weight.reshape(-1, weight.shape[-1])
        index = self.index(codes) + width * np.arange(len(flat))[:, None]
        total = np.bincount(index.ravel(), flat.ravel(), width * len(flat))
        return total.reshape(self.arranged).transpose(self.back)


class Prepared:
    """A program with the tables of a network: what is the same for all rows has been computed.

    Attributes
    ----------
    values, scales
        Slots that are the same for all rows, and what they were divided by.
    by_row
        Slots of the leaves that differ between rows.
    """

    def __init__(
        self,
        program: Program,
        families: Sequence[Sequence[int]],
        tables: Sequence[Array],
        soft: Soft | None = None,
        logarithms: bool = False,
    ):
        self.program, self.families, self.soft = program, families, soft or {}
        self.tables = [np.asarray(table) for table in tables]
        self.own = _logarithm if logarithms else _as_it_is
        self.values: Values = {0: self.own(np.array(1.0))}
        self.scales: Values = {}
        tape = program.tape
        self.by_row = [slot for slot in range(1, 1 + len(tape.leaves)) if tape.by_row[slot]]
        for slot, leaf in enumerate(tape.leaves, 1):
            if not tape.by_row[slot]:
                self.values[slot] = self.own(self.tables[leaf.node])
        for slot, axes in program.ones.items():
            self.values[slot] = self.own(np.ones([self.tables[axis].shape[-1] for axis in axes]))
        run_forward(program.same, self.values, self.scales)

    @cached_property
    def gathers(self) -> dict[int, Gather]:
        """By slot, how the leaves of tables with observed nodes are read."""
        tape = self.program.tape
        leaves = [(slot, tape.leaves[slot - 1].node) for slot in self.by_row if tape.leaves[slot - 1].table]
        return {
            slot: Gather(self.own(self.tables[node]), self.families[node], ~tape.scopes[slot]) for slot, node in leaves
        }

    @cached_property
    def likelihoods(self) -> dict[int, tuple[int, np.ndarray]]:
        """By slot, a node and its table of likelihoods, whose last column stands for a missing cell."""
        leaves = self.program.tape.leaves
        nodes = [(slot, leaves[slot - 1].node) for slot in self.by_row if not leaves[slot - 1].table]
        return {slot: (node, self.own(_likelihoods(self._soft(node)))) for slot, node in nodes}

    @cached_property
    def closed(self) -> list[Gather]:
        """Logarithms of the tables of nodes that are observed with all their parents."""
        return [Gather(_logarithm(self.tables[node]), self.families[node], -1) for node in self.program.tape.closed]

    def leaves(self, codes: np.ndarray) -> Values:
        """Values of all slots that do not follow from others, for rows by their codes (nodes, n)."""
        values = dict(self.values)
        for slot, gather in self.gathers.items():
            values[slot] = gather(codes)
        for slot, (node, table) in self.likelihoods.items():
            values[slot] = table.take(codes[node], axis=1)
        return values

    @cached_property
    def _with_zeros(self) -> list[Gather]:
        closed = zip(self.program.tape.closed, self.closed, strict=True)
        return [gather for node, gather in closed if not self.tables[node].all()]

    def closed_possible(self, codes: np.ndarray) -> np.ndarray:
        """Which rows (n,) have no probability 0 among those of ``closed_log``."""
        possible = np.ones(codes.shape[1], bool)
        for gather in self._with_zeros:
            possible &= gather(codes) > -np.inf
        return possible

    def closed_log(self, codes: np.ndarray) -> np.ndarray:
        """Logarithm (n,) of the probability of the nodes that are observed with all their parents."""
        total = np.zeros(codes.shape[1])
        for gather in self.closed:
            total += gather(codes)
        return total

    def one_row(self, codes: Sequence[int]) -> Values:
        """What ``leaves`` gives, for one row by its codes, without an axis of rows."""
        values, tape = dict(self.values), self.program.tape
        for slot in self.by_row:
            node, table = tape.leaves[slot - 1]
            found = self._slice(node, tape.scopes[slot], codes) if table else self._likelihood(node, codes[node])
            values[slot] = self.own(found)
        return values

    def one_closed(self, codes: Sequence[int]) -> float:
        """What ``closed_log`` gives, for one row."""
        found = [
            self.tables[node][tuple([codes[axis] for axis in self.families[node]])] for node in self.program.tape.closed
        ]
        return float(_logarithm(np.array(found)).sum())

    def _slice(self, node: int, scope: int, codes: Sequence[int]) -> np.ndarray:
        return self.tables[node][tuple([EVERY if scope >> axis & 1 else codes[axis] for axis in self.families[node]])]

    def _likelihood(self, node: int, code: int) -> np.ndarray:
        own = self._soft(node)
        if code < 0:
            return own
        seen = np.zeros(len(own))
        seen[code] = own[code]
        return seen

    def _soft(self, node: int) -> np.ndarray:
        return self.soft[node] if node in self.soft else np.ones(self.tables[node].shape[-1])


def _as_it_is(table: np.ndarray) -> np.ndarray:
    return table


def _logarithm(table: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore"):
        return np.log(table)


def _likelihoods(own: np.ndarray) -> np.ndarray:
    return np.hstack([np.diag(own), own[:, None]])
