"""A discrete Bayesian network: states, parents and conditional tables of its nodes."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

import numpy as np

from suffice.bayesian.graph import check_acyclic
from suffice.runtime.arrays import Array
from suffice.runtime.module import Module, field
from suffice.runtime.types import ArrayLike

ROUNDED = 1e-5
"""Rows whose sums differ from 1 by more than this are refused."""
EXACT = 1e-12
"""Rows whose sums differ from 1 by less than this are left as they are."""


class DiscreteNetwork(Module):
    r"""A joint distribution of discrete nodes, :math:`p(x) = \prod_k p(x_k \mid x_{\mathrm{pa}(k)})`.

    Parameters
    ----------
    tables
        One table for each node: its axes are the parents, in their order, then the node; the last axis sums to 1.
    nodes
        Names.
    states
        Labels of the states of each node.
    parents
        Positions of the parents of each node.

    Raises
    ------
    ValueError
        When a node or a state is asked for that is not there; the sentence names those that are.

    Examples
    --------
    >>> from suffice.bayesian.network import checked_network
    >>> network = checked_network(
    ...     {"rain": [0.8, 0.2], "wet": [[0.9, 0.1], [0.1, 0.9]]},
    ...     {"wet": ["rain"]},
    ...     {"rain": ["no", "yes"], "wet": ["no", "yes"]},
    ... )
    >>> network.parents
    ((), (0,))
    """

    tables: tuple[Array, ...]
    nodes: tuple[str, ...] = field(static=True)
    states: tuple[tuple[Hashable, ...], ...] = field(static=True)
    parents: tuple[tuple[int, ...], ...] = field(static=True)

    @property
    def cardinalities(self) -> tuple[int, ...]:
        """Number of states of each node."""
        return tuple(len(labels) for labels in self.states)

    @property
    def families(self) -> tuple[tuple[int, ...], ...]:
        """Positions of the axes of each table: the parents, then the node."""
        return tuple((*own, node) for node, own in enumerate(self.parents))

    def position(self, node: str) -> int:
        """Position of a node by its name."""
        if node not in self.nodes:
            raise ValueError(f"{node!r} is no node of this network; its nodes are {listed(self.nodes)}.")
        return self.nodes.index(node)

    def code(self, node: int, state: Hashable) -> int:
        """Position of a state among those of a node."""
        labels = self.states[node]
        if state not in labels:
            raise ValueError(f"{state!r} is no state of {self.nodes[node]!r}; its states are {listed(labels)}.")
        return labels.index(state)


def listed(names: Sequence[Hashable], most: int = 20) -> str:
    """Names in a sentence, the first of many."""
    shown = ", ".join(map(repr, names[:most]))
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


def checked_network(
    tables: Mapping[str, ArrayLike],
    parents: Mapping[str, Sequence[str]],
    states: Mapping[str, Sequence[Hashable]],
) -> DiscreteNetwork:
    """A network from mappings by node, whose order is that of ``states``.

    Parameters
    ----------
    tables
        For each node its table: the axes are its parents, in their order, then the node. Rows whose sum differs from 1
        by 1e-12 to 1e-5 are rescaled.
    parents
        For each node its parents; a node that is absent has none.
    states
        For each node its labels.

    Raises
    ------
    ValueError
        Where a table is missing, has another shape, is negative or does not sum to 1, where a node or state is unknown
        or named twice, or where the edges form a cycle.
    """
    nodes = _checked_nodes(states)
    above = checked_parents(nodes, parents)
    for node in tables:
        _known(node, nodes, "tables")
    labels = tuple(tuple(states[node]) for node in nodes)
    each = [checked_table(tables, node, above, nodes, labels) for node in range(len(nodes))]
    return DiscreteNetwork(tuple(each), nodes, labels, above)


def checked_parents(nodes: tuple[str, ...], parents: Mapping[str, Sequence[str]]) -> tuple[tuple[int, ...], ...]:
    """Positions of the parents of each node, which form no cycle."""
    for node, own in parents.items():
        _known(node, nodes, "parents")
        for parent in own:
            _known(parent, nodes, f"parents of {node!r}")
        if len(set(own)) < len(own):
            raise ValueError(f"parents of {node!r} name a node twice: {listed(own)}; name each parent once.")
    place = {node: number for number, node in enumerate(nodes)}
    above = tuple(tuple(place[parent] for parent in parents.get(node, ())) for node in nodes)
    check_acyclic(nodes, above)
    return above


def checked_table(
    tables: Mapping[str, ArrayLike],
    node: int,
    parents: Sequence[Sequence[int]],
    nodes: Sequence[str],
    states: Sequence[Sequence[Hashable]],
) -> np.ndarray:
    """The table of one node as float64, its rows summing to 1."""
    if nodes[node] not in tables:
        raise ValueError(f"{nodes[node]!r} has no table; give one for each of {listed(nodes)}.")
    table = _numbers(tables[nodes[node]], nodes[node])
    axes = (*parents[node], node)
    wanted = tuple(len(states[axis]) for axis in axes)
    if table.shape != wanted:
        named = ", ".join(nodes[axis] for axis in axes)
        raise ValueError(f"The table of {nodes[node]!r} has shape {table.shape}; expected {wanted} (axes {named}).")
    bad = ~np.all(table >= 0, axis=-1) | ~(np.abs(table.sum(-1) - 1) <= ROUNDED)
    if bad.any():
        raise ValueError(_wrong_row(table, tuple(np.argwhere(bad)[0]), axes, nodes, states))
    return _rescaled(table)


def _checked_nodes(states: Mapping[str, Sequence[Hashable]]) -> tuple[str, ...]:
    if not states:
        raise ValueError("The network has no nodes; states has to name at least one.")
    for node, labels in states.items():
        if not isinstance(node, str):
            raise ValueError(f"Names of nodes are strings; {node!r} is none.")
        if isinstance(labels, str) or len(labels) == 0:
            raise ValueError(f"states of {node!r} have to be a list with at least one label; {labels!r} was given.")
        twice = [label for place, label in enumerate(labels) if label in list(labels[:place])]
        if twice:
            raise ValueError(f"{node!r} has the state {twice[0]!r} twice; each state has a label of its own.")
    return tuple(states)


def _known(node: str, nodes: tuple[str, ...], where: str) -> None:
    if node not in nodes:
        raise ValueError(f"{where}: {node!r} is no node; the nodes are {listed(nodes)}.")


def _numbers(table: ArrayLike, node: str) -> np.ndarray:
    try:
        return np.array(table, dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"The table of {node!r} is no array of numbers.") from None


def _wrong_row(
    table: np.ndarray,
    place: tuple[int, ...],
    axes: Sequence[int],
    nodes: Sequence[str],
    states: Sequence[Sequence[Hashable]],
) -> str:
    row, node = table[place], nodes[axes[-1]]
    given = ", ".join(f"{nodes[axis]}={states[axis][code]}" for axis, code in zip(axes, place, strict=False))
    where = f"p({node} | {given})" if given else f"p({node})"
    if not np.all(np.isfinite(row)):
        return f"{where} holds a number that is not finite; probabilities are expected."
    if np.any(row < 0):
        return f"{where} holds {row.min():.6g}; probabilities cannot be negative."
    return f"{where} sums to {row.sum():.10g}; expected 1."


def _rescaled(table: np.ndarray) -> np.ndarray:
    total = table.sum(-1, keepdims=True)
    return np.where(np.abs(total - 1) > EXACT, table / total, table)
