"""Edits that bring something in: a function, a factor or a term that is missing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from suffice.check.grammar.expression import COMPARISONS, Expression, call, name, number, operation

ONE, TWO = number(1), number(2)
Named = Iterable[tuple[str, int]]
"""Names that an edit may bring in, and the number of axes of each."""


@dataclass(frozen=True)
class Edit:
    """A formula with one edit: what was wrong of the old one, and how far-fetched that is."""

    formula: Expression
    kind: str
    what: str
    cost: float


WRAPPERS: tuple[tuple[str, str], ...] = (
    ("exp", "missing function"),
    ("log", "missing function"),
    ("sqrt", "missing function"),
    ("tanh", "missing function"),
    ("sigmoid", "missing function"),
    ("relu", "missing function"),
    ("softmax", "missing function"),
    ("inv", "inverse"),
    ("diag", "diagonal"),
    ("logdet", "missing function"),
)


def wrapped(node: Expression) -> Iterator[Edit]:
    """Functions that are not applied to a part."""
    if node.head == "number" or node.head in COMPARISONS:
        return
    if node.head != "neg":
        yield Edit(operation("neg", node), "sign", f"the sign of {node} is wrong", 0.92)
    yield Edit(call("transpose", node), "transpose", f"{node} is not transposed", 0.9 if node.head == "name" else 1.0)
    for function, kind in WRAPPERS:
        what = f"{node} is not inverted" if function == "inv" else f"{function} is not applied to {node}"
        yield Edit(call(function, node), kind, what, 1.3)
    yield Edit(operation("**", node, TWO), "power", f"{node} is not squared", 1.2)
    yield Edit(operation("/", ONE, node), "inverse", f"{node} is where its reciprocal is right", 1.3)
    yield _complement(node)
    for axis in (0, 1, -1, None):
        over = "all axes" if axis is None else f"axis {axis}"
        yield Edit(call("sum", node, axis=axis), "missing sum", f"{node} is not summed over {over}", 1.4)
        yield Edit(call("mean", node, axis=axis), "missing sum", f"the mean of {node} over {over} is not taken", 1.5)
        yield Edit(call("sum", node, axis=axis, keepdims=True), "missing sum", f"{node} is not summed over {over}", 1.6)
        if axis is not None:
            total = call("sum", node, axis=axis, keepdims=True)
            yield Edit(operation("/", node, total), "normalisation", f"{node} is not normalised over {over}", 1.5)
            yield Edit(
                operation("-", node, call("mean", node, axis=axis, keepdims=True)),
                "centring",
                f"{node} is not centred over {over}",
                1.7,
            )


def _complement(node: Expression) -> Edit:
    if node.head == "-" and node.parts[0] == ONE:
        return Edit(node.parts[1], "complement", f"{node} is where {node.parts[1]} is right", 1.15)
    return Edit(operation("-", ONE, node), "complement", f"{node} is where 1 - {_short(node)} is right", 1.2)


def _short(node: Expression) -> str:
    return str(node) if node.head in ("name", "call", "index") else f"({node})"


def with_names(node: Expression, known: list[tuple[str, int]]) -> Iterator[Edit]:
    """Factors and terms that a part lacks."""
    for other, cost in ((TWO, 1.1), *((name(symbol), 1.25) for symbol, _ in known)):
        yield Edit(operation("*", node, other), "missing factor", f"{node} lacks the factor {other}", cost)
        yield Edit(operation("/", node, other), "missing factor", f"{node} is not divided by {other}", cost)
    for symbol, axes in known:
        if 0 < axes <= 2:
            rest = operation("-", ONE, name(symbol))
            yield Edit(operation("*", node, rest), "missing factor", f"{node} lacks the factor {rest}", 1.45)
        if axes == 1:
            rest = operation("-", ONE, column_of(symbol))
            yield Edit(operation("*", node, rest), "missing factor", f"{node} lacks the factor {rest}", 1.5)
    yield from _with_local_derivatives(node, known)
    yield from _with_the_same_index(node, known)
    for other, cost in ((ONE, 1.3), *((name(symbol), 1.4) for symbol, _ in known)):
        yield Edit(operation("+", node, other), "missing term", f"{node} lacks the term + {other}", cost)
        yield Edit(operation("-", node, other), "missing term", f"{node} lacks the term - {other}", cost)
    for symbol, axes in known:
        if axes == 1:
            column = column_of(symbol)
            yield Edit(operation("*", node, column), "missing factor", f"{node} lacks the factor {column}", 1.35)
            yield Edit(operation("/", node, column), "missing factor", f"{node} is not divided by {column}", 1.35)
        if axes >= 2:
            yield Edit(
                operation("@", name(symbol), node), "missing factor", f"{node} lacks the factor {symbol} before it", 1.4
            )
            yield Edit(
                operation("@", call("transpose", name(symbol)), node),
                "missing factor",
                f"{node} lacks the factor {symbol}.T before it",
                1.4,
            )
            yield Edit(
                operation("@", node, name(symbol)), "missing factor", f"{node} lacks the factor {symbol} after it", 1.4
            )


def _with_local_derivatives(node: Expression, known: list[tuple[str, int]]) -> Iterator[Edit]:
    """The derivative of a sigmoid or tanh that a part lacks, in terms of its value."""
    for symbol, axes in known:
        if axes <= 2:
            value = name(symbol)
            for function, slope in (
                ("sigmoid", operation("*", value, operation("-", ONE, value))),
                ("tanh", operation("-", ONE, operation("**", value, TWO))),
            ):
                what = f"{node} lacks the factor {slope}, the derivative of the {function} that gives {symbol}"
                yield Edit(operation("*", node, slope), "local derivative", what, 1.47)


def with_sizes(node: Expression, sizes: tuple[Expression, ...]) -> Iterator[Edit]:
    """Lengths that a part should be multiplied or divided by."""
    for size in sizes:
        yield Edit(operation("*", node, size), "missing factor", f"{node} lacks the factor {size}", 1.42)
        yield Edit(operation("/", node, size), "missing factor", f"{node} is not divided by {size}", 1.42)


def _with_the_same_index(node: Expression, known: list[tuple[str, int]]) -> Iterator[Edit]:
    """Factors taken at the same index as a variable is."""
    if node.head != "index" or node.parts[0].head != "name":
        return
    axes = dict(known)
    for symbol, many in known:
        if many == axes.get(str(node.parts[0].value)) and symbol != node.parts[0].value:
            other = Expression("index", (name(symbol), *node.parts[1:]))
            yield Edit(operation("*", node, other), "missing factor", f"{node} lacks the factor {other}", 1.22)
            yield Edit(operation("/", node, other), "missing factor", f"{node} is not divided by {other}", 1.22)


def column_of(symbol: str) -> Expression:
    """A vector as a column."""
    return Expression("index", (name(symbol), Expression("slice", (Expression("none"),) * 3), Expression("none")))


def terms(node: Expression, known: list[tuple[str, int]]) -> Iterator[Edit]:
    """Whole terms that may be missing: products of a number of the model and a variable, and twice or half a variable."""
    scalars = [symbol for symbol, axes in known if axes == 0]
    for symbol, _ in known:
        factors = [name(scalar) for scalar in scalars if scalar != symbol] + [TWO, number(0.5)]
        terms = [operation("*", factor, name(symbol)) for factor in factors] + [
            operation("/", name(symbol), name(s)) for s in scalars if s != symbol
        ]
        terms += [operation("*", number(2), operation("*", name(s), name(symbol))) for s in scalars if s != symbol]
        for term in terms:
            yield Edit(operation("+", node, term), "missing term", f"the term {term} is missing", 1.6)
            yield Edit(operation("-", node, term), "missing term", f"the term -{term} is missing", 1.6)
