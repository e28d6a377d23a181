"""From a graph to what is shown of it."""

from __future__ import annotations

from collections.abc import Hashable

from suffice.inspect.drawing.outline import Arrow, Box, Outline
from suffice.inspect.drawing.repeats import folded
from suffice.inspect.drawing.scopes import grouped
from suffice.inspect.drawing.skips import skips
from suffice.inspect.nodes import Graph, Node

SOURCES = ("parameter", "constant")


def outline(graph: Graph, *, parameters: bool, most: int | None) -> Outline:
    """Boxes of a graph in their scopes, with repeated blocks folded where there are more than ``most``."""
    boxes = shown(graph, parameters=parameters)
    number = {node: box for box, node in enumerate(boxes)}
    inputs = {node: [one for one in graph.nodes[node].inputs if one in number] for node in boxes}
    past = skips(graph.nodes, inputs)
    pairs = dict.fromkeys((source, node) for node in boxes for source in inputs[node])
    arrows = [Arrow(number[source], number[node], (source, node) in past) for source, node in pairs]
    paths = [graph.nodes[node].scope for node in boxes]
    light = frozenset(box for box, node in enumerate(boxes) if graph.nodes[node].operation in SOURCES)
    groups, home = grouped(paths, [(arrow.source, arrow.target) for arrow in arrows], light)
    depths = [groups[group].depth if group >= 0 else 0 for group in home]
    named = [Box((node,), ".".join(path[depth:])) for node, path, depth in zip(boxes, paths, depths, strict=True)]
    found = Outline(tuple(named), tuple(home), tuple(groups), tuple(arrows))
    if most is None or len(boxes) <= most:
        return found
    return folded(found, [sign(graph, graph.nodes[node]) for node in boxes])


def shown(graph: Graph, *, parameters: bool) -> list[int]:
    """Nodes with a box, in forward order, those that read nothing just before they are first read."""
    early = {node.number for node in graph.nodes if not node.inputs and node.operation in SOURCES}
    found: dict[int, None] = {}
    for node in graph.nodes:
        if node.number in early:
            continue
        if parameters:
            found.update(dict.fromkeys(source for source in node.inputs if source in early))
        found[node.number] = None
    found.update(dict.fromkeys(output for output in graph.outputs))
    return list(found)


def sign(graph: Graph, node: Node, *, sizes: bool = True) -> Hashable:
    """What two nodes are alike in: operation, number of inputs, and settings and shapes too where ``sizes`` count."""
    if not sizes:
        return node.operation, len(node.inputs)
    settings = tuple(sorted((name, str(value)) for name, value in node.settings.items()))
    shapes = (node.shape, *(graph.nodes[one].shape for one in node.inputs))
    return node.operation, node.repeats, shapes, settings
