"""Edits of a variable wherever it stands in a formula, and of all matrices at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from suffice.check.grammar.expression import Expression, call, name, operation, places
from suffice.check.repair.insertions import ONE, Edit, Named


def everywhere(formula: Expression, named: Named) -> Iterator[Edit]:
    """Edits of a variable wherever it stands, and of all matrices at once."""
    known = list(named)
    held = {str(node.value) for _, node in places(formula) if node.head == "name"}
    for symbol in sorted(held):
        for other, _ in known:
            if other != symbol:
                yield Edit(
                    _replaced(formula, {symbol: name(other)}),
                    "variable",
                    f"it uses {symbol} where {other} is right",
                    1.31,
                )
        for other, axes in known:
            if other != symbol and axes and axes == dict(known).get(symbol):
                both = operation("*", name(symbol), name(other))
                what = f"{symbol} lacks the factor {other} wherever it stands"
                yield Edit(_replaced(formula, {symbol: both}), "missing factor", what, 1.36)
        yield Edit(_replaced(formula, {symbol: ONE}), "extra factor", f"{symbol} is too much wherever it stands", 1.3)
        what = f"it uses {symbol} and 1 - {symbol} the wrong way round"
        yield Edit(_turned(formula, symbol), "complement", what, 1.33)
        inverse = {symbol: call("inv", name(symbol))}
        yield Edit(_replaced(formula, inverse), "inverse", f"{symbol} is not inverted", 1.31)
    for first, one in known:
        for second, other in known:
            if first < second and one == other and {first, second} <= held:
                pair = {first: name(second), second: name(first)}
                yield Edit(_replaced(formula, pair), "variable", f"{first} and {second} are swapped", 1.32)
                both = {symbol: call("inv", name(symbol)) for symbol in (first, second)}
                yield Edit(_replaced(formula, both), "inverse", f"{first} and {second} are not inverted", 1.33)


def _turned(tree: Expression, symbol: str) -> Expression:
    """The formula with 1 - x where x stands, and x where 1 - x does."""
    rest = operation("-", ONE, name(symbol))
    if tree == rest:
        return name(symbol)
    if tree == name(symbol):
        return rest
    return replace(tree, parts=tuple(_turned(part, symbol) for part in tree.parts))


def _replaced(tree: Expression, by: dict[str, Expression]) -> Expression:
    if tree.head == "name":
        return by.get(str(tree.value), tree)
    return replace(tree, parts=tuple(_replaced(part, by) for part in tree.parts))
