"""What a Bayesian network may be asked for, checked: edges, states, hidden nodes."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

from suffice.bayesian.network import listed
from suffice.validation import check_count

Edge = tuple[str, str]


def checked_edges(edges: Any, name: str = "edges") -> list[Edge]:
    """Pairs of names, parent first: those of a list, or of a graph of networkx."""
    given = getattr(edges, "edges", edges)
    if given is None:
        return []
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise ValueError(f"{name}={edges!r} was given; a list of pairs (parent, child) is expected.")
    pairs = [_pair(edge, name) for edge in given]
    twice = [edge for place, edge in enumerate(pairs) if edge in set(pairs[:place])]
    if twice:
        raise ValueError(f"{name} name {twice[0][0]!r} -> {twice[0][1]!r} twice; name each edge once.")
    return pairs


def _pair(edge: Any, name: str) -> Edge:
    if isinstance(edge, str) or not isinstance(edge, Sequence) or len(edge) != 2:
        raise ValueError(f"{name} hold {edge!r}; each edge is a pair (parent, child).")
    parent, child = map(_name, edge)
    if parent == child:
        raise ValueError(f"{parent!r} is its own parent in {name}; a Bayesian network has no such edge.")
    return parent, child


def _name(node: Any) -> str:
    if isinstance(node, bool) or not isinstance(node, str | int):
        raise ValueError(f"{node!r} was given as a node; nodes have names, as columns do.")
    return str(node)


def checked_states(states: Any) -> dict[str, tuple[Hashable, ...]]:
    """Labels of each node that is named."""
    if states is None:
        return {}
    if not isinstance(states, Mapping):
        raise ValueError(
            f"states={states!r} was given; a mapping from each node to the list of its labels is expected."
        )
    return {_name(node): _labels(node, labels) for node, labels in states.items()}


def _labels(node: Hashable, labels: Any) -> tuple[Hashable, ...]:
    if isinstance(labels, str) or not isinstance(labels, Iterable):
        raise ValueError(f"states of {node!r} are {labels!r}; a list of labels is expected.")
    found = tuple(label.item() if hasattr(label, "item") else label for label in labels)
    if not found:
        raise ValueError(f"states of {node!r} are empty; a node has at least one state.")
    wrong = [label for label in found if not isinstance(label, str | int | float | bool)]
    if wrong:
        raise ValueError(f"states of {node!r} hold {wrong[0]!r}; labels are text, numbers or truth values.")
    twice = [label for place, label in enumerate(found) if label in set(found[:place])]
    if twice:
        raise ValueError(f"{node!r} has the state {twice[0]!r} twice; each state has a label of its own.")
    return found


def checked_hidden(hidden: Any) -> dict[str, int]:
    """Numbers of states of the nodes that no row observes."""
    if hidden is None:
        return {}
    if not isinstance(hidden, Mapping):
        raise ValueError(
            f"hidden={hidden!r} was given; a mapping from each hidden node to its number of states is expected."
        )
    for node, count in hidden.items():
        check_count(f"hidden[{node!r}]", count, 2)
    return {_name(node): int(count) for node, count in hidden.items()}


def refuse_unknown(edges: Sequence[Edge], nodes: Sequence[str], name: str) -> None:
    """Refuse edges of nodes that are not there."""
    unknown = [end for edge in edges for end in edge if end not in nodes]
    if unknown:
        raise ValueError(f"{name} name {unknown[0]!r}, which is no column; the columns are {listed(nodes)}.")
