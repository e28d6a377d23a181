"""Edits of the order of operations: a function inside or outside of another, of a sum, of 1 - x; sums that lack their weights."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from suffice.check.grammar.expression import Expression, call, name, operation
from suffice.check.grammar.functions import ELEMENTWISE, REDUCTIONS
from suffice.check.repair.insertions import ONE, Edit, column_of

ALIKE = {**ELEMENTWISE, **REDUCTIONS}


def exchanged(node: Expression) -> Iterator[Edit]:
    """A function and what it is applied to, the other way round."""
    if node.head == "call" and node.value in ALIKE:
        (inner,) = node.parts
        yield from _inside_call(node, inner)
        if inner.head == "-" and inner.parts[0] == ONE:
            changed = operation("-", ONE, replace(node, parts=(inner.parts[1],)))
            yield Edit(changed, "order", _said(node, changed), 1.2)
        if inner.head == "+" and inner.parts[0].head == "number" and inner.parts[1].value in REDUCTIONS:
            summed = inner.parts[1]
            changed = replace(summed, parts=(replace(node, parts=(operation("+", inner.parts[0], *summed.parts),)),))
            yield Edit(changed, "order", f"{node.value} and {summed.value} are in the wrong order", 1.15)
        if inner.head == "neg":
            changed = operation("neg", replace(node, parts=inner.parts))
            yield Edit(changed, "order", _said(node, changed), 1.2)
    if _is_of_function(node):
        function = node.parts[-1]
        changed = replace(function, parts=(replace(node, parts=(*node.parts[:-1], *function.parts)),))
        yield Edit(changed, "order", _said(node, changed), 1.2)


def _is_of_function(node: Expression) -> bool:
    """Whether a node is -f(x) or 1 - f(x)."""
    outside = node.head == "neg" or (node.head == "-" and node.parts[0] == ONE)
    return outside and node.parts[-1].head == "call" and node.parts[-1].value in ELEMENTWISE


def _inside_call(node: Expression, inner: Expression) -> Iterator[Edit]:
    if inner.head == "call" and inner.value in ALIKE and inner.value != node.value:
        changed = replace(inner, parts=(replace(node, parts=inner.parts),))
        yield Edit(changed, "order", f"{node.value} and {inner.value} are in the wrong order", 1.05)


def _said(node: Expression, changed: Expression) -> str:
    return f"{node} is where {changed} is right"


def weighted(node: Expression, known: list[tuple[str, int]]) -> Iterator[Edit]:
    """Sums and means over all rows alike, where they are weighed."""
    if node.head != "call" or node.value not in ("sum", "mean") or len(node.parts) != 1:
        return
    (inner,) = node.parts
    for symbol, axes in known if node.option("axis") == 0 else ():
        if 0 < axes <= 2:
            weights = name(symbol)
            total = operation("@", call("transpose", weights) if axes == 2 else weights, inner)
            if node.value == "mean":
                total = operation("/", total, _total_of(symbol, axes))
            yield Edit(total, "weights", f"{node} counts all rows alike where {symbol} weighs them", 1.24)


def _total_of(symbol: str, axes: int) -> Expression:
    if axes == 1:
        return call("sum", name(symbol))
    summed = call("sum", name(symbol), axis=0)
    return replace(column_of(symbol), parts=(summed, *column_of(symbol).parts[1:]))
