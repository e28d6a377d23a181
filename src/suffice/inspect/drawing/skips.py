"""Which arrows go past what they are added to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from suffice.inspect.nodes import Node

Ends = tuple[int, int]


def skips(nodes: Sequence[Node], inputs: Mapping[int, Sequence[int]]) -> set[Ends]:
    """Arrows of the short branch into each residual sum, back to where it begins."""
    depth: dict[int, int] = {}
    readers: Counter[int] = Counter()
    for node in nodes:
        if node.number in inputs:
            own = inputs[node.number]
            depth[node.number] = max((depth[source] + 1 for source in own), default=0)
            readers.update(set(own))
    found: set[Ends] = set()
    for node in nodes:
        own = inputs.get(node.number, ())
        if node.operation == "residual add" and len(set(own)) > 1:
            found.update(_branch(node.number, min(own, key=depth.__getitem__), inputs, readers))
    return found


def _branch(total: int, end: int, inputs: Mapping[int, Sequence[int]], readers: Counter[int]) -> set[Ends]:
    found, target, source = set(), total, end
    while True:
        found.add((source, target))
        if readers[source] > 1 or len(set(inputs[source])) != 1:
            return found
        target, source = source, inputs[source][0]
