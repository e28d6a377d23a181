"""Every single edit of a formula, with what it says of the mistake."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from suffice.check.grammar.expression import COMPARISONS, Expression, call, name, number, operation, places, put
from suffice.check.grammar.functions import OPTIONS

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


def edits_of(formula: Expression, named: Named) -> Iterator[Edit]:
    """All single edits, those of the outermost parts first among equals."""
    known = list(named)
    for path, node in places(formula):
        depth = 0.05 * len(path)
        for edit in _of_node(node, known, path == ()):
            yield replace(edit, formula=put(formula, path, edit.formula), cost=edit.cost + depth)


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
        inverse = {symbol: call("inv", name(symbol))}
        yield Edit(_replaced(formula, inverse), "inverse", f"{symbol} is not inverted", 1.31)
    for first, one in known:
        for second, other in known:
            if first < second and one == other and {first, second} <= held:
                pair = {first: name(second), second: name(first)}
                yield Edit(_replaced(formula, pair), "variable", f"{first} and {second} are swapped", 1.32)
                both = {symbol: call("inv", name(symbol)) for symbol in (first, second)}
                yield Edit(_replaced(formula, both), "inverse", f"{first} and {second} are not inverted", 1.33)


def _replaced(tree: Expression, by: dict[str, Expression]) -> Expression:
    if tree.head == "name":
        return by.get(str(tree.value), tree)
    return replace(tree, parts=tuple(_replaced(part, by) for part in tree.parts))


def _of_node(node: Expression, known: list[tuple[str, int]], outermost: bool) -> Iterator[Edit]:
    yield from _operators(node)
    if node.head in ("slice", "none", "list", "shape"):
        return
    yield from _calls(node)
    yield from _numbers(node, known)
    yield from _names(node, known)
    yield from _wrapped(node)
    if node.head not in (*COMPARISONS, "number"):
        yield from _with_names(node, known)
    if outermost:
        yield from _terms(node, known)


def _operators(node: Expression) -> Iterator[Edit]:
    if node.head in ("+", "-"):
        other = "-" if node.head == "+" else "+"
        a, b = node.parts
        yield Edit(operation(other, a, b), "sign", f"the sign of {b} is wrong", 0.9)
        yield Edit(
            operation("+", operation("neg", a), b) if node.head == "+" else operation("neg", operation("+", a, b)),
            "sign",
            f"the sign of {a} is wrong",
            0.95,
        )
        yield Edit(a, "extra term", f"the term {b} is too much{_unbiased(node)}", 1.05)
        yield Edit(b if node.head == "+" else operation("neg", b), "extra term", f"the term {a} is too much", 1.1)
    if node.head in ("*", "/", "@"):
        yield from _products(node)
    if node.head == "**":
        yield Edit(node.parts[0], "power", f"the power of {node.parts[0]} is too much: it must not be squared", 1.0)
    if node.head == "neg":
        yield Edit(node.parts[0], "sign", f"the sign of {node.parts[0]} is wrong", 0.9)


def _unbiased(node: Expression) -> str:
    """What N - 1 in place of N is called."""
    return (
        " (N - 1 makes an estimate unbiased, which is not asked)" if node.head == "-" and node.parts[1] == ONE else ""
    )


def _products(node: Expression) -> Iterator[Edit]:
    a, b = node.parts
    if node.head == "*":
        yield Edit(operation("/", a, b), "inverse factor", f"it multiplies by {b} where it should divide", 1.1)
        yield Edit(operation("/", b, a), "inverse factor", f"it multiplies by {a} where it should divide", 1.15)
        yield Edit(
            operation("@", a, b),
            "product",
            f"it multiplies {a} and {b} element by element where a matrix product is right",
            1.1,
        )
        yield Edit(
            call("outer", a, b),
            "product",
            f"it multiplies {a} and {b} element by element where an outer product is right",
            1.2,
        )
    if node.head == "/":
        yield Edit(operation("*", a, b), "inverse factor", f"it divides by {b} where it should multiply", 1.1)
        yield Edit(operation("/", b, a), "inverse", "the quotient is upside down", 1.2)
    if node.head == "@":
        yield Edit(operation("@", b, a), "order", f"the factors {a} and {b} are in the wrong order", 1.0)
        yield Edit(
            operation("*", a, b),
            "product",
            f"it takes a matrix product of {a} and {b} where they multiply element by element",
            1.1,
        )
        yield Edit(
            call("outer", a, b), "product", f"it takes a product of {a} and {b} where an outer product is right", 1.2
        )
    yield Edit(a, "extra factor", f"the {'division by' if node.head == '/' else 'factor'} {b} is too much", 1.0)
    if node.head != "/":
        yield Edit(b, "extra factor", f"the factor {a} is too much", 1.0)


SIBLINGS = (
    ("sigmoid", "tanh", "relu", "exp", "softplus", "softmax"),
    ("sum", "mean", "max", "min", "logsumexp", "prod"),
    ("std", "var"),
    ("det", "logdet", "trace"),
    ("maximum", "minimum", "logaddexp"),
    ("log", "exp", "log1p", "sqrt", "square"),
    ("dot", "outer"),
    ("cosh", "sinh", "tanh"),
    ("sin", "cos"),
)
AXES = (None, 0, 1, -1, 2)


def _calls(node: Expression) -> Iterator[Edit]:
    if node.head != "call":
        return
    function = str(node.value)
    for family in SIBLINGS:
        for other in family if function in family else ():
            if other != function:
                options = tuple((key, value) for key, value in node.options if key in OPTIONS.get(other, ()))
                yield Edit(
                    Expression("call", node.parts, other, options),
                    "function",
                    f"it uses {function} where {other} is right",
                    1.1,
                )
    if len(node.parts) == 1:
        what = (
            f"{node.parts[0]} must not be transposed"
            if function == "transpose"
            else f"{function} must not be applied to {node.parts[0]}"
        )
        yield Edit(node.parts[0], "transpose" if function == "transpose" else "extra function", what, 1.2)
    if len(node.parts) == 2:
        yield Edit(
            replace(node, parts=node.parts[::-1]), "order", f"the arguments of {function} are in the wrong order", 1.1
        )
    if function in ("maximum", "minimum"):
        yield Edit(node.parts[0], "extra function", f"{function} must not be applied", 1.3)
    yield from _axes(node, function)


def _axes(node: Expression, function: str) -> Iterator[Edit]:
    allowed = OPTIONS.get(function, ())
    if "axis" in allowed:
        for axis in AXES:
            if axis != node.option("axis", None):
                used = "all axes" if node.option("axis") is None else f"axis {node.option('axis')}"
                right = "all axes" if axis is None else f"axis {axis}"
                changed = node.with_option("axis", axis)
                yield Edit(changed, "axis", f"{function} goes over {used} where {right} is right", 1.0)
                if "keepdims" in allowed:
                    yield Edit(
                        changed.with_option("keepdims", True),
                        "axis",
                        f"{function} goes over {used} where {right} (kept) is right",
                        1.3,
                    )
    if "keepdims" in allowed:
        yield Edit(
            node.with_option("keepdims", not node.option("keepdims", False)),
            "axis",
            f"the axis that {function} goes over must be kept (keepdims)",
            1.2,
        )
    if "ddof" in allowed:
        yield Edit(
            node.with_option("ddof", 1 - int(node.option("ddof", 0))),
            "bias",
            f"{function} divides by {'N - 1' if node.option('ddof', 0) else 'N'} where {'N' if node.option('ddof', 0) else 'N - 1'} is right",
            1.2,
        )


def _numbers(node: Expression, known: list[tuple[str, int]]) -> Iterator[Edit]:
    if node.head != "number":
        return
    value = node.value
    others = [value + 1, value - 1, 2 * value, value / 2, -value, *([1 / value] if value else [])]
    for other in dict.fromkeys(int(o) if o == int(o) else o for o in others if o != value):
        yield Edit(number(other), "number", f"the number {value} should be {number(other)}", 1.2)
    for symbol, axes in known:
        if axes == 0:
            yield Edit(name(symbol), "size", f"the number {value} should be {symbol}", 1.3)


def _names(node: Expression, known: list[tuple[str, int]]) -> Iterator[Edit]:
    if node.head != "name":
        return
    for symbol, axes in known:
        if symbol != node.value:
            yield Edit(name(symbol), "variable", f"it uses {node.value} where {symbol} is right", 1.2)
            if axes == 1:
                yield Edit(_column(symbol), "variable", f"it uses {node.value} where {symbol}[:, None] is right", 1.22)


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


def _wrapped(node: Expression) -> Iterator[Edit]:
    if node.head == "number" or node.head in COMPARISONS:
        return
    if node.head != "neg":
        yield Edit(operation("neg", node), "sign", f"the sign of {node} is wrong", 0.92)
    yield Edit(call("transpose", node), "transpose", f"{node} is not transposed", 1.0)
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


def _with_names(node: Expression, known: list[tuple[str, int]]) -> Iterator[Edit]:
    for other, cost in ((TWO, 1.1), *((name(symbol), 1.25) for symbol, _ in known)):
        yield Edit(operation("*", node, other), "missing factor", f"{node} lacks the factor {other}", cost)
        yield Edit(operation("/", node, other), "missing factor", f"{node} is not divided by {other}", cost)
    for other, cost in ((ONE, 1.3), *((name(symbol), 1.4) for symbol, _ in known)):
        yield Edit(operation("+", node, other), "missing term", f"{node} lacks the term + {other}", cost)
        yield Edit(operation("-", node, other), "missing term", f"{node} lacks the term - {other}", cost)
    for symbol, axes in known:
        if axes == 1:
            column = _column(symbol)
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


def _column(symbol: str) -> Expression:
    return Expression("index", (name(symbol), Expression("slice", (Expression("none"),) * 3), Expression("none")))


def _terms(node: Expression, known: list[tuple[str, int]]) -> Iterator[Edit]:
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
