"""Edits that put probabilities where a formula decides: 0 or 1, or the largest alone."""

from __future__ import annotations

from collections.abc import Iterator

from suffice.check.grammar.expression import COMPARISONS, Expression, call, number
from suffice.check.repair.insertions import Edit

CHOICE = (number(1), number(0))


def hardened(node: Expression) -> Iterator[Edit]:
    """What a formula compares, or takes the largest of, as a probability."""
    for compared in _compared(node):
        for soft in (compared, call("sigmoid", compared), call("softmax", compared)):
            what = f"{node} is a hard assignment (0 or 1) where the probability {soft} is right"
            yield Edit(soft, "hard assignment", what, 0.93)


def _compared(node: Expression) -> tuple[Expression, ...]:
    if node.head in COMPARISONS:
        return tuple(part for part in node.parts if part.head != "number")
    if node.head == "call" and node.value == "where" and node.parts[1:] == CHOICE:
        return _compared(node.parts[0])
    if node.head == "call" and node.value == "onehot" and node.parts[0].value == "argmax":
        return node.parts[0].parts
    return node.parts if node.head == "call" and node.value == "round" else ()
