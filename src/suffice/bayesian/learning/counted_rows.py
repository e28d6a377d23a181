"""Batches of rows for a network whose edges are known: rows without gaps are counted as they come, others are kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from typing import Any

import numpy as np

from suffice.bayesian.distinct import distinct_rows
from suffice.bayesian.labels import Labelled, places_among
from suffice.bayesian.learning.counts import check_sizes
from suffice.bayesian.learning.fit_rows import (
    Asked,
    FitRows,
    check_columns,
    check_same,
    column_names,
    final_states,
    in_states,
    labels_found,
)
from suffice.bayesian.network import checked_parents
from suffice.bayesian.rows import columns_of, named_columns
from suffice.runtime.types import TableLike


def counted_rows(batches: Iterable[tuple[TableLike, np.ndarray]], asked: Asked) -> FitRows:
    """Rows of batches with their weights: tables of counts where no cell is missing, positions of states elsewhere."""
    counting: Counting | None = None
    for rows, weight in batches:
        counting = begun(rows, asked) if counting is None else counting
        counting.add(named_columns(columns_of(rows), counting.names), np.asarray(weight, np.float64))
    if counting is None:
        raise ValueError("There are no batches; at least one row is needed.")
    return counting.rows()


def begun(rows: TableLike, asked: Asked) -> Counting:
    """What rows are counted in that have the columns of these."""
    columns = columns_of(rows)
    names = column_names(columns.names, len(columns.cells), asked)
    return Counting(names, asked, named=columns.names is not None)


class Counting:
    """States, which grow as batches bring new labels, counts of families, and the rows that miss a cell.

    Where no edges are asked for, all rows are kept.
    """

    def __init__(self, names: tuple[str, ...], asked: Asked, *, named: bool):
        self.names, self.asked, self.named = names, asked, named
        self.nodes = tuple(dict.fromkeys([*asked.mentioned, *names]))
        check_columns(self.nodes, names, asked)
        self.parents = checked_parents(self.nodes, asked.parents)
        self.families = [(*own, node) for node, own in enumerate(self.parents)]
        self.states = [list(_first_states(node, asked)) for node in self.nodes]
        self.declared = [True] * len(self.nodes)
        self.seen = np.zeros(len(self.nodes), bool)
        self.counts = [np.zeros([len(self.states[node]) for node in family]) for family in self.families]
        self.kept: list[tuple[np.ndarray, np.ndarray]] = []

    def add(self, cells: Mapping[str, Any], weight: np.ndarray) -> None:
        """One batch more."""
        check_same(self.names, cells)
        codes = np.full((len(weight), len(self.nodes)), -1, np.int32, order="F")
        for node, name in enumerate(self.nodes):
            if name in cells:
                codes[:, node] = self._places(node, labels_found(cells[name], self.asked.coded, name))
        self.seen |= (codes >= 0).any(0)
        sizes = [len(own) for own in self.states]
        check_sizes(self.nodes, sizes, self.families)
        whole = (codes >= 0).all(1) & bool(self.asked.edges)
        for node, family in enumerate(self.families):
            shape = [sizes[axis] for axis in family]
            self.counts[node] = _grown(self.counts[node], shape)
            if whole.any():
                self.counts[node] += _counted(codes[whole], weight[whole], family, shape)
        self.kept.append((_narrow(codes[~whole]), weight[~whole]))

    def _places(self, node: int, found: Labelled) -> np.ndarray:
        """Positions of a batch's labels among the states, to which those are added that nobody has named."""
        name, own = self.nodes[node], self.states[node]
        if name in self.asked.states:
            return in_states(found, own, name, self.asked.coded)
        own += [found.labels[place] for place in np.flatnonzero(places_among(found.labels, own) < 0)]
        self.declared[node] &= found.declared
        if own:
            final_states(name, Labelled(np.zeros(1), own), self.asked)
        return np.append(places_among(found.labels, own), -1)[found.places]

    def joined(self, other: Counting) -> Counting:
        """All that both hold, equal rows joined; the states of ``other`` are put after those that are new in it."""
        check_same(self.names, dict.fromkeys(other.names))
        made, places = copy(self), []  # a new value: a cluster may join the same ones again
        made.states, made.counts = [list(own) for own in self.states], list(self.counts)
        for known, own in zip(made.states, other.states, strict=True):
            known += [own[place] for place in np.flatnonzero(places_among(own, known) < 0)]
            places.append(places_among(own, known))
        sizes = [len(own) for own in made.states]
        check_sizes(self.nodes, sizes, self.families)
        for number, family in enumerate(self.families):
            made.counts[number] = _grown(self.counts[number], [sizes[axis] for axis in family])
            made.counts[number][np.ix_(*(places[axis] for axis in family))] += other.counts[number]
        made.declared = [one and two for one, two in zip(self.declared, other.declared, strict=True)]
        made.seen = self.seen | other.seen
        moved = [(_placed(codes, places), weight) for codes, weight in other.kept]
        made.kept = [_distinct([*self.kept, *moved])]
        return made

    def with_different_rows(self) -> Counting:
        """The same with equal rows joined."""
        self.kept = [_distinct(self.kept)]
        return self

    def rows(self) -> FitRows:
        """What all batches hold, states in their order."""
        orders = [self._order(node) for node in range(len(self.nodes))]
        states = tuple(tuple(own[place] for place in order) for own, order in zip(self.states, orders, strict=True))
        counts = {
            family: _ordered(table, [orders[node] for node in family])
            for family, table in zip(self.families, self.counts, strict=True)
            if self.asked.edges and not self.asked.hidden
        }
        codes = np.concatenate([part for part, _ in self.kept])
        for node, order in enumerate(orders):
            codes[:, node] = np.append(np.argsort(order), -1)[codes[:, node]]
        weight = np.concatenate([part for _, part in self.kept])
        return FitRows(self.nodes, states, np.asfortranarray(codes), weight, self.names, self.named, counts)

    def _order(self, node: int) -> np.ndarray:
        """Positions of the states in the order that they end in."""
        name, own = self.nodes[node], self.states[node]
        if name in self.asked.hidden:
            return np.arange(len(own))
        found = Labelled(np.array([0 if self.seen[node] else -1]), own, self.declared[node])
        return places_among(final_states(name, found, self.asked), own)


def _placed(codes: np.ndarray, places: Sequence[np.ndarray]) -> np.ndarray:
    columns = [np.append(own, -1)[codes[:, node]] for node, own in enumerate(places)]
    return _narrow(np.stack(columns, 1))


def _distinct(kept: Sequence[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    """Different rows, and what each weighs in all."""
    codes = np.concatenate([part for part, _ in kept])
    rows, place = distinct_rows(codes)
    return rows, np.bincount(place, np.concatenate([weight for _, weight in kept]), len(rows))


def _first_states(node: str, asked: Asked) -> Sequence[Any]:
    return range(asked.hidden[node]) if node in asked.hidden else asked.states.get(node, ())


def _grown(table: np.ndarray, shape: Sequence[int]) -> np.ndarray:
    return np.pad(table, [(0, size - old) for size, old in zip(shape, table.shape, strict=True)])


def _counted(codes: np.ndarray, weight: np.ndarray, family: Sequence[int], shape: Sequence[int]) -> np.ndarray:
    place = np.ravel_multi_index([codes[:, node] for node in family], shape)
    return np.bincount(place, weight, int(np.prod(shape))).reshape(shape)


def _narrow(codes: np.ndarray) -> np.ndarray:
    return codes.astype(np.int16) if codes.max(initial=0) < 2**15 else codes


def _ordered(table: np.ndarray, orders: Sequence[np.ndarray]) -> np.ndarray:
    return table[np.ix_(*orders)]
