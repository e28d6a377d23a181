"""Rows of a fit: their columns become nodes, their labels states, read once however many batches they come in."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from suffice.bayesian.labels import Labelled, labelled
from suffice.bayesian.network import listed
from suffice.bayesian.rows import checked_codes, codes_among, columns_of, learned_states, named_columns
from suffice.runtime.types import TableLike

States = Mapping[str, Sequence[Hashable]]


@dataclass(frozen=True)
class FitRows:
    """Positions of states (n, nodes), -1 where they are missing or never observed, and row weights (n,)."""

    nodes: tuple[str, ...]
    states: tuple[tuple[Hashable, ...], ...]
    codes: np.ndarray
    weight: np.ndarray
    columns: tuple[str, ...]
    """Names of the nodes that the rows have, in the order of the columns."""
    named: bool
    """Whether the columns brought these names."""
    counted: Mapping[tuple[int, ...], np.ndarray] = field(default_factory=dict)
    """Counts by family of more rows, which miss no cell and are not among the positions."""

    @property
    def total_weight(self) -> float:
        """What the weights of all rows sum to."""
        return float(self.weight.sum() + next((table.sum() for table in self.counted.values()), 0.0))


@dataclass(frozen=True)
class Asked:
    """What is asked of the nodes before rows are seen: edges, states by node, numbers of states of hidden nodes."""

    edges: Sequence[tuple[str, str]]
    states: States
    hidden: Mapping[str, int]
    coded: bool = False

    @property
    def mentioned(self) -> list[str]:
        """Nodes in the order of ``states``, else of first mention."""
        ends = [end for edge in self.edges for end in edge]
        return list(dict.fromkeys([*self.states, *ends, *self.hidden]))

    @property
    def parents(self) -> dict[str, list[str]]:
        """Parents of each node that has any, in the order of the edges."""
        return parents_by(self.edges)


def parents_by(edges: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    """Parents of each node that has any, in the order of the edges."""
    parents: dict[str, list[str]] = {}
    for parent, child in edges:
        parents.setdefault(child, []).append(parent)
    return parents


def read_rows(batches: Iterable[tuple[TableLike, np.ndarray]], asked: Asked) -> FitRows:
    """Rows of batches with their weights; what nobody named is learned from them."""
    parts: list[dict[str, Labelled]] = []
    weights, names, named = [], (), False
    for rows, weight in batches:
        columns = columns_of(rows)
        if not parts:
            names, named = column_names(columns.names, len(columns.cells), asked), columns.names is not None
        cells = named_columns(columns, names)
        check_same(names, cells)
        parts.append({name: labels_found(cells[name], asked.coded, name) for name in names})
        weights.append(np.asarray(weight, np.float64))
    if not parts:
        raise ValueError("There are no batches; at least one row is needed.")
    nodes = tuple(dict.fromkeys([*asked.mentioned, *names]))
    check_columns(nodes, names, asked)
    states = {name: _states(name, [part[name] for part in parts], asked) for name in names}
    labels = tuple(states[node] if node in states else tuple(range(asked.hidden[node])) for node in nodes)
    codes = _codes(nodes, labels, parts, asked.coded)
    return FitRows(nodes, labels, codes, np.concatenate(weights), names, named)


def column_names(given: tuple[str, ...] | None, count: int, asked: Asked) -> tuple[str, ...]:
    """Names of columns: their own, else the observed nodes that were mentioned, else numbered ones."""
    if given is not None:
        return given
    observed = [node for node in asked.mentioned if node not in asked.hidden]
    return tuple(observed) if observed else tuple(f"x{place}" for place in range(count))


def check_same(names: tuple[str, ...], cells: Mapping[str, Any]) -> None:
    """Refuse a batch of other columns."""
    if set(names) != set(cells):
        raise ValueError(f"A batch has the columns {listed(list(cells))}; those of the first are {listed(names)}.")


def check_columns(nodes: tuple[str, ...], names: tuple[str, ...], asked: Asked) -> None:
    """Refuse nodes that are no columns and not hidden, and hidden ones that are columns."""
    absent = [node for node in nodes if node not in names and node not in asked.hidden]
    if absent:
        where = "states" if absent[0] in asked.states else "edges"
        raise ValueError(
            f"{where} name {absent[0]!r}, which is no column of X; its columns are {listed(names)}. A node that is never "
            f"observed belongs into hidden, with its number of states: hidden={{{absent[0]!r}: 2}}."
        )
    there = [node for node in asked.hidden if node in names]
    if there:
        raise ValueError(f"hidden names {there[0]!r}, which is a column of X; take it out of one of them.")


def labels_found(cells: Any, coded: bool, node: str) -> Labelled:
    """Labels of a column of one batch, and where they stand."""
    if not coded:
        return _small(labelled(cells))
    places = checked_codes(cells, range(2**31 - 1), node)
    return _small(Labelled(places, list(range(int(places.max()) + 1))))


def _small(found: Labelled) -> Labelled:
    kind = np.int16 if len(found.labels) < 2**15 else np.int32
    return found._replace(places=found.places.astype(kind, copy=False))


def _states(node: str, parts: list[Labelled], asked: Asked) -> tuple[Hashable, ...]:
    joined = list(dict.fromkeys(label for part in parts for label in part.labels))
    declared, seen = all(part.declared for part in parts), any((part.places >= 0).any() for part in parts)
    return final_states(node, Labelled(np.array([0 if seen else -1]), joined, declared), asked)


def final_states(node: str, found: Labelled, asked: Asked) -> tuple[Hashable, ...]:
    """States of a column: those that were named, else the labels found, in order."""
    if node in asked.states:
        if (found.places < 0).all():
            raise ValueError(
                f"Column {node!r} holds no label: every cell is missing. Leave it out, or name it in hidden."
            )
        return tuple(asked.states[node])
    if asked.coded and found.labels:
        return tuple(range(len(found.labels)))
    return learned_states(found, node)


def _codes(
    nodes: tuple[str, ...], states: tuple[tuple[Hashable, ...], ...], parts: list[dict[str, Labelled]], coded: bool
) -> np.ndarray:
    counts = [len(next(iter(part.values())).places) for part in parts]
    codes = np.full((sum(counts), len(nodes)), -1, np.int16 if max(map(len, states)) < 2**15 else np.int32, order="F")
    place = dict(zip(nodes, range(len(nodes)), strict=True))
    for part, start, count in zip(parts, np.cumsum([0, *counts]), counts, strict=False):
        for node, found in part.items():
            own = states[place[node]]
            codes[start : start + count, place[node]] = in_states(found, own, node, coded)
    return codes


def in_states(found: Labelled, states: Sequence[Hashable], node: str, coded: bool) -> np.ndarray:
    """Positions of cells among states."""
    if coded:
        return checked_codes(found.places, states, node)
    same = tuple(found.labels) == tuple(states[: len(found.labels)])
    return found.places if same else codes_among(found, states, node)
