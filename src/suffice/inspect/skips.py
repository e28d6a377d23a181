"""Connections past something."""

from __future__ import annotations

from collections.abc import Sequence

from suffice.inspect.node import Node


def is_residual(nodes: Sequence[Node]) -> bool:
    """Whether the last node adds to something what it was computed from."""
    last = nodes[-1]
    if len(last.inputs) != 2:
        return False
    before, after = sorted(last.inputs)
    skips = before != after and nodes[before].operation not in ("parameter", "constant")
    alike = all(sorted(nodes[each].shape) == sorted(last.shape) for each in last.inputs)  # axes may have changed places
    return skips and alike and _leads_to(nodes, before, after)


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
