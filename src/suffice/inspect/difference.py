"""What a change did to a graph."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import numpy as np

from suffice.inspect.values import differentiable

if TYPE_CHECKING:
    from suffice.inspect.nodes import Graph

MOST = 200
"""Ways that are followed at most in each graph."""


@dataclass(frozen=True)
class Difference:
    """What one graph has and another has not.

    Attributes
    ----------
    removed, added
        Nodes of the first graph only and of the second only, by name, or by operation and turn.
    changed
        Nodes of both that are another operation, of another shape or type, read other nodes, or have other settings, another
        constant value or another loop body: name, before, after.
    lost, gained
        Ways from a leaf to the output along which derivatives flow in the first graph only and in the second only.
    recomputed
        Nodes that the second graph computes again in the backward pass and the first keeps.
    whole
        Whether all ways were followed; where there are very many, only some are.

    Examples
    --------
    >>> from suffice.inspect import diff, graph
    >>> def twice(x):
    ...     y = x + x
    ...     return y
    >>> def square(x):
    ...     y = x * x
    ...     return y
    >>> diff(graph(twice, 3.0), graph(square, 3.0)).changed
    (('y', 'add () float64', 'multiply () float64'),)
    """

    removed: tuple[str, ...]
    added: tuple[str, ...]
    changed: tuple[tuple[str, str, str], ...]
    lost: tuple[tuple[str, ...], ...]
    gained: tuple[tuple[str, ...], ...]
    recomputed: tuple[str, ...]
    whole: bool

    def __bool__(self) -> bool:
        return any((self.removed, self.added, self.changed, self.lost, self.gained, self.recomputed))

    def __str__(self) -> str:
        lines = [f"- {name}" for name in self.removed] + [f"+ {name}" for name in self.added]
        lines += [f"{name}: {before} became {after}" for name, before, after in self.changed]
        lines += [f"no derivative any more along {' → '.join(way)}" for way in self.lost]
        lines += [f"derivative now along {' → '.join(way)}" for way in self.gained]
        lines += [f"computed again in the backward pass: {name}" for name in self.recomputed]
        return "\n".join(lines) or "no difference"


def diff(a: Graph, b: Graph) -> Difference:
    """What changed from one graph to another: nodes, shapes, and ways along which derivatives flow.

    Nodes are the same where they bear the same name, or without one are the same operation for the same time.

    Parameters
    ----------
    a, b
        Graphs before and after.

    Examples
    --------
    >>> from jax import lax
    >>> from suffice.inspect import diff, graph
    >>> def f(x):
    ...     h = x**2
    ...     y = h + x
    ...     return y
    >>> def g(x):
    ...     h = lax.stop_gradient(x**2)
    ...     y = h + x
    ...     return y
    >>> print(diff(graph(f, 3.0), graph(g, 3.0)))
    + stop gradient 1
    no derivative any more along x → h → y
    """
    first, second = _keys(a), _keys(b)
    parts = {key: _parts(a, number, first) for number, key in first.items()}
    others = {key: _parts(b, number, second) for number, key in second.items()}
    ways, more = _ways(a, first), _ways(b, second)
    before, after = dict.fromkeys(ways), dict.fromkeys(more)
    again = {second[number] for number in _recomputed(b)} - {first[number] for number in _recomputed(a)}
    return Difference(
        tuple(key for key in parts if key not in others),
        tuple(key for key in others if key not in parts),
        tuple((key, *found) for key in parts if key in others and (found := _changes(parts[key], others[key]))),
        tuple(way for way in before if way not in after),
        tuple(way for way in after if way not in before),
        tuple(key for key in parts if key in again),
        max(len(ways), len(more)) < MOST,
    )


def _keys(graph: Graph) -> dict[int, str]:
    """What each node is known by in both graphs; where derivatives are stopped, what is stopped keeps the name."""
    turns: Counter[str] = Counter()
    keys = {}
    stopped = {node.inputs[0]: node.name for node in graph.nodes if node.operation == "stop gradient" and node.name}
    for node, label in zip(graph.nodes, graph.labels, strict=True):
        name = stopped.get(node.number, node.name and label)
        if name is None or node.operation == "stop gradient":
            turns[node.operation] += 1
            name = f"{node.operation} {turns[node.operation]}"
        keys[node.number] = name
    return keys


def _parts(graph: Graph, number: int, keys: Mapping[int, str]) -> dict[str, Any]:
    """Everything that a node is."""
    node = graph.nodes[number]
    settings = {name: setting for name, setting in node.settings.items() if name != "primitives"}
    return {
        "": f"{node.operation} {node.shape} {node.dtype}",
        "of": ", ".join(keys[_before_stops(graph, source)] for source in node.inputs),
        "value": _constant(graph, number),
        **settings,
        "body": node.body,
    }


def _before_stops(graph: Graph, number: int) -> int:
    while graph.nodes[number].operation == "stop gradient":
        number = graph.nodes[number].inputs[0]
    return number


def _constant(graph: Graph, number: int) -> str:
    value = graph.leaves.get(number) if graph.nodes[number].operation == "constant" else None
    if not hasattr(value, "dtype"):
        return ""
    array = np.asarray(value)
    return f"{array.item():g}" if array.size == 1 else f"digest {blake2b(array.tobytes(), digest_size=4).hexdigest()}"


def _changes(before: dict[str, Any], after: dict[str, Any]) -> tuple[str, str] | None:
    """What differs in two nodes, before and after: another operation, else its inputs, settings, value or body."""
    if before[""] != after[""]:
        return before[""], after[""]
    bodies = diff(before["body"], after["body"]) if before["body"] and after["body"] else None
    parts = dict.fromkeys([*before, *after])
    named = [part for part in parts if part != "body" and before.get(part) != after.get(part)]
    if not named and not bodies:
        return None
    operation = before[""].split(" (")[0]
    old, new = ([operation, *(f"{part} {known[part]}" for part in named if part in known)] for known in (before, after))
    return " ".join(old), " ".join(
        [*new, *([f"with another body ({'; '.join(str(bodies).splitlines())})"] if bodies else [])]
    )


def _recomputed(graph: Graph) -> set[int]:
    return {number for number, unit in enumerate(graph.units) if unit is not None and unit.steps[0].region}


def _ways(graph: Graph, keys: Mapping[int, str]) -> list[tuple[str, ...]]:
    found = []
    for way in _followed(graph):
        found.append(tuple(keys[number] for number in way))
        if len(found) == MOST:
            break
    return found


def _followed(graph: Graph) -> Iterator[tuple[int, ...]]:
    """Ways from leaves to the outputs that no stop lies on, walked back from the outputs."""
    real = differentiable(graph)
    waiting = [(number,) for number in dict.fromkeys(graph.outputs) if real[number]]
    while waiting:
        way = waiting.pop()
        node = graph.nodes[way[0]]
        if node.operation == "stop gradient":
            continue
        if not node.inputs and node.operation != "constant":
            yield way
        waiting += [(source, *way) for source in dict.fromkeys(node.inputs) if real[source]]
