"""Which arrows go past what they are added to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from suffice.inspect.nodes import Node

Ends = tuple[int, int]
SUMS = ("residual add", "add")
LINEAR = ("convolution", "affine", "normalisation", "average pooling", "max pooling", "pad", "slice")
"""What a connection past something may hold to bring a value to another shape."""


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
        if node.operation in SUMS and len(set(own)) == 2:
            short, long = sorted(set(own), key=depth.__getitem__)
            branch = _branch(node.number, short, inputs, readers)
            if node.operation == "residual add" or _goes_past(nodes, branch, long, inputs, depth):
                found.update(branch)
    return found


def _branch(total: int, end: int, inputs: Mapping[int, Sequence[int]], readers: Counter[int]) -> list[Ends]:
    """Arrows from where a branch begins to the sum, the last one first."""
    found = [(end, total)]
    while True:
        source = found[-1][0]
        if readers[source] > 1 or len(set(inputs[source])) != 1:
            return found
        found.append((inputs[source][0], source))


def _goes_past(
    nodes: Sequence[Node],
    branch: Sequence[Ends],
    long: int,
    inputs: Mapping[int, Sequence[int]],
    depth: Mapping[int, int],
) -> bool:
    """Whether a branch only changes shapes and scales, and the longer one begins at the same place."""
    begin = branch[-1][0]
    linear = all(nodes[source].operation in LINEAR for source, _ in branch[:-1])
    return linear and len(branch) > 1 and depth[long] > depth[branch[0][0]] and _leads_to(begin, long, inputs, depth)


def _leads_to(begin: int, end: int, inputs: Mapping[int, Sequence[int]], depth: Mapping[int, int]) -> bool:
    waiting, seen = [end], {end}
    while waiting:
        for source in inputs[waiting.pop()]:
            if source == begin:
                return True
            if depth[source] > depth[begin] and source not in seen:
                seen.add(source)
                waiting.append(source)
    return False
