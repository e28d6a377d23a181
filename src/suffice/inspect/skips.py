"""Connections past something."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from suffice.inspect.node import Node

PROJECTIONS = {"convolution", "affine", "normalisation", "average pooling"}
"""Operations that may lie on a skip, to bring it to the shape of what it passes."""
LEAVES = {"parameter", "constant"}


def is_residual(nodes: Sequence[Node]) -> bool:
    """Whether the last node adds to something what that was computed from, as it is or projected to its shape."""
    last = nodes[-1]
    if len(last.inputs) != 2 or last.inputs[0] == last.inputs[1]:
        return False
    if any(nodes[each].operation in LEAVES or sorted(nodes[each].shape) != sorted(last.shape) for each in last.inputs):
        return False
    return any(_skips(nodes, skip, other) for skip, other in (last.inputs, last.inputs[::-1]))


def _skips(nodes: Sequence[Node], skip: int, other: int) -> bool:
    """Whether a value, or what it is a projection of, leads to another that is no such projection."""
    passed = set(_projected(nodes, other))
    sources = list(_projected(nodes, skip))
    if skip < other and _leads_to(nodes, skip, other):
        return True
    return any(source not in passed and _leads_to(nodes, source, other) for source in sources[1:])


def _projected(nodes: Sequence[Node], number: int) -> Iterator[int]:
    """A value and those that it is a projection of, one after the other."""
    yield number
    while nodes[number].operation in PROJECTIONS:
        sources = [source for source in nodes[number].inputs if nodes[source].operation not in LEAVES]
        if len(sources) != 1:
            return
        number = sources[0]
        yield number


def _leads_to(nodes: Sequence[Node], before: int, after: int) -> bool:
    waiting, seen = [after], {after}
    while waiting:
        for number in nodes[waiting.pop()].inputs:
            if number == before:
                return True
            if number > before and number not in seen:
                seen.add(number)
                waiting.append(number)
    return False
