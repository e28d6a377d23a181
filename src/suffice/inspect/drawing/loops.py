"""Loops opened: one turn of each in place of its node."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from suffice.inspect.nodes import Graph, Node


@dataclass(frozen=True)
class Opened:
    """A graph with one turn of every loop in place of its node; ``origin`` is a node's number before, None inside a loop."""

    graph: Graph
    origin: tuple[int | None, ...]


def opened(graph: Graph) -> Opened:
    """The graph with its loops opened, those within loops too."""
    found = Opened(graph, tuple(range(len(graph.nodes))))
    while any(_opens(node) for node in found.graph.nodes):
        found = _one_level(found)
    return found


def _opens(node: Node) -> bool:
    """Whether the turn of a loop is known and more than one operation, and what it reads is what the loop reads."""
    if node.body is None:
        return False
    leaves = len(_leaves(node.body))
    return leaves == len(node.inputs) and len(node.body.nodes) > leaves + 1


def _leaves(body: Graph) -> list[int]:
    return [node.number for node in body.nodes if node.operation in ("input", "parameter")]


def _one_level(found: Opened) -> Opened:
    nodes: list[Node] = []
    origin: list[int | None] = []
    number: dict[int, int] = {}
    results: dict[int, list[int]] = {}
    for node in found.graph.nodes:
        inputs = tuple(number[source] for source in node.inputs if source in number)
        if _opens(node) and node.body is not None:
            results[node.number] = _unfold(node, node.body, inputs, nodes)
            origin += [None] * (len(nodes) - len(origin))
            number[node.number] = results[node.number][0]
        elif node.operation == "output" and node.inputs[0] in results:
            number[node.number] = results[node.inputs[0]][_place(node.settings)]
        else:
            number[node.number] = len(nodes)
            nodes.append(replace(node, number=len(nodes), inputs=inputs))
            origin.append(found.origin[node.number])
    outputs = tuple(number[output] for output in found.graph.outputs)
    return Opened(Graph(tuple(nodes), outputs), tuple(origin))


def _place(settings: Mapping[str, object]) -> int:
    place = settings["place"]
    assert isinstance(place, int)
    return place


def _unfold(loop: Node, body: Graph, inputs: tuple[int, ...], nodes: list[Node]) -> list[int]:
    """One turn of a loop behind the nodes so far; the numbers of what it gives."""
    number = dict(zip(_leaves(body), inputs, strict=True))
    scope = (*loop.scope, f"{loop.name or loop.operation} × {loop.repeats:,}")
    for node in body.nodes:
        if node.number not in number:
            number[node.number] = len(nodes)
            own = tuple(number[source] for source in node.inputs)
            nodes.append(replace(node, number=len(nodes), inputs=own, scope=(*scope, *node.scope)))
    return [number[output] for output in body.outputs]
