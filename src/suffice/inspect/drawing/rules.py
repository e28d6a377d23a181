"""Backward rules for the boxes of a page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from suffice.inspect.drawing.labels import Known
from suffice.inspect.drawing.loops import Opened
from suffice.inspect.exercise import Blank
from suffice.inspect.labels import barred
from suffice.inspect.nodes import Graph

MOST = 400
"""Nodes up to which rules are told."""


def left_out(graph: Graph, opened: Opened, blanks: Sequence[Blank]) -> dict[tuple[str, int], tuple[str, ...]]:
    """What stands in place of blanks, by their kind and the number of the node."""
    number = {before: after for after, before in enumerate(opened.origin) if before is not None}
    found: dict[tuple[str, int], tuple[str, ...]] = {}
    for blank in blanks:
        label = graph.labels[blank.node]
        if blank.kind == "rule":
            line = f"{graph.rule(blank.node).targets[blank.place]} += {_gap(blank)}"
        else:
            line = f"{label if blank.kind == 'value' else barred(label)} = {_gap(blank)}"
        key = blank.kind, number[blank.node]
        found[key] = (*found.get(key, ()), line)
    return found


def _gap(blank: Blank) -> str:
    return f"({blank.number}) ____"


def _rule(graph: Graph, node: int, blanks: Sequence[Blank]) -> str:
    """The lines of a rule, with gaps for those that are left out."""
    lines = str(graph.rule(node)).splitlines()
    for blank in blanks:
        if (blank.kind, blank.node) == ("rule", node):
            lines[blank.place] = f"{lines[blank.place].partition(' += ')[0]} += {_gap(blank)}"
    return "\n".join(lines)


def with_rules(known: Known, graph: Graph, opened: Opened, blanks: Sequence[Blank]) -> Known:
    """What is known of nodes, with rules and the terms of derivatives, unless the graph is large or was not traced."""
    if not graph.units or len(graph.nodes) > MOST:
        return known
    rules = {node.number: _rule(graph, node.number, blanks) for node in graph.nodes if node.inputs}
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
