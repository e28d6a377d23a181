"""Backward rules for the boxes of a page."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

from suffice.inspect.drawing.labels import Known
from suffice.inspect.drawing.loops import Opened
from suffice.inspect.labels import barred
from suffice.inspect.nodes import Graph

MOST = 400
"""Nodes up to which rules are told."""


def with_rules(known: Known, graph: Graph, opened: Opened) -> Known:
    """What is known of nodes, with rules and the terms of derivatives, unless the graph is large or was not traced."""
    if not graph.units or len(graph.nodes) > MOST:
        return known
    rules = {node.number: str(graph.rule(node.number)) for node in graph.nodes if node.inputs}
    terms: dict[str, list[str]] = defaultdict(list)
    for rule in rules.values():
        for line in rule.splitlines():
            terms[line.partition(" += ")[0]].append(line)
    received = {node.number: "\n".join(terms[barred(graph.labels[node.number])]) for node in graph.nodes}
    kept = [(number, before) for number, before in enumerate(opened.origin) if before is not None]
    return replace(
        known,
        rules={number: rules[before] for number, before in kept if before in rules},
        received={number: received[before] for number, before in kept},
    )
