"""What a change did to a graph."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

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
        Nodes of both that are another operation, of another shape or type: name, before, after.
    lost, gained
        Ways from a leaf to the output along which derivatives flow in the first graph only and in the second only.
    recomputed
        Nodes that the second graph computes again in the backward pass and the first keeps.
    whole
        Whether all ways were followed; where there are very many, only some are.
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
    kinds = {key: _kind(a, number) for number, key in first.items()}
    others = {key: _kind(b, number) for number, key in second.items()}
    ways, more = _ways(a, first), _ways(b, second)
    before, after = dict.fromkeys(ways), dict.fromkeys(more)
    again = {second[number] for number in _recomputed(b)} - {first[number] for number in _recomputed(a)}
    return Difference(
        tuple(key for key in kinds if key not in others),
        tuple(key for key in others if key not in kinds),
        tuple((key, kinds[key], others[key]) for key in kinds if key in others and kinds[key] != others[key]),
        tuple(way for way in before if way not in after),
        tuple(way for way in after if way not in before),
        tuple(key for key in kinds if key in again),
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


def _kind(graph: Graph, number: int) -> str:
    node = graph.nodes[number]
    return f"{node.operation} {node.shape} {node.dtype}"


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
