"""Every single edit of a formula, with what it says of the mistake."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from suffice.check.grammar.expression import COMPARISONS, Expression, at, call, name, number, operation, places, put
from suffice.check.grammar.functions import OPTIONS
from suffice.check.repair.assignments import hardened
from suffice.check.repair.insertions import ONE, Edit, Named, column_of, terms, with_names, with_sizes, wrapped
from suffice.check.repair.orders import exchanged, weighted


def edits_of(formula: Expression, named: Named, sizes: tuple[Expression, ...] = ()) -> Iterator[Edit]:
    """All single edits, those of the outermost parts first among equals; ``sizes`` are lengths that may be factors."""
    known = list(named)
    for path, node in places(formula):
        depth = 0.05 * len(path)
        edits = _of_limit(node, known) if _is_limit(formula, path) else _of_node(node, known, path == (), sizes)
        for edit in edits:
            yield replace(edit, formula=put(formula, path, edit.formula), cost=edit.cost + depth)


def _is_limit(formula: Expression, path: tuple[int, ...]) -> bool:
    """Whether a part stands in a slice, whose limits may be larger than the array: any large number seems right there."""
    return any(at(formula, path[:length]).head == "slice" for length in range(len(path)))


def _of_limit(node: Expression, known: list[tuple[str, int]]) -> Iterator[Edit]:
    if node.head in ("number", "name"):
        sizes = [(symbol, axes) for symbol, axes in known if axes == 0]
        yield from _numbers(node, sizes)
        yield from _names(node, sizes)


def _of_node(
    node: Expression, known: list[tuple[str, int]], outermost: bool, sizes: tuple[Expression, ...]
) -> Iterator[Edit]:
    yield from _operators(node)
    if node.head in ("slice", "none", "list", "shape"):
        return
    yield from _calls(node)
    yield from _slices(node)
    yield from hardened(node)
    yield from exchanged(node)
    yield from weighted(node, known)
    yield from _numbers(node, known)
    yield from _names(node, known)
    yield from wrapped(node)
    if node.head not in (*COMPARISONS, "number"):
        yield from with_names(node, known)
        yield from with_sizes(node, sizes)
    if outermost:
        yield from terms(node, known)


def _slices(node: Expression) -> Iterator[Edit]:
    """All elements, where a part of them is taken."""
    taken = [part for part in node.parts[1:] if part.head == "slice" and any(end.head != "none" for end in part.parts)]
    if node.head == "index" and taken:
        whole = [_whole(part) for part in node.parts[1:]]
        plain = all(part == WHOLE for part in whole)
        formula = node.parts[0] if plain else replace(node, parts=(node.parts[0], *whole))
        part = ", ".join(map(str, taken))
        yield Edit(formula, "index", f"{node} takes the elements {part} alone, where all are right", 0.9)


WHOLE = Expression("slice", (Expression("none"),) * 3)


def _whole(part: Expression) -> Expression:
    return WHOLE if part.head == "slice" else part


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
    counted = node.parts[0].head in ("name", "index", "call", "shape")
    is_less_one = node.head == "-" and node.parts[1] == ONE and counted
    return " (N - 1 makes an estimate unbiased, which is not asked)" if is_less_one else ""


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
    if node.head == "/" and a.head == b.head == "call" and a.value == b.value and a.value in ("sum", "mean"):
        yield from _of_quotients(a, b)
    yield Edit(a, "extra factor", f"the {'division by' if node.head == '/' else 'factor'} {b} is too much", 1.0)
    if node.head != "/":
        yield Edit(b, "extra factor", f"the factor {a} is too much", 1.0)


def _of_quotients(a: Expression, b: Expression) -> Iterator[Edit]:
    """A sum of quotients, where the quotient of two sums is taken."""
    below = b.parts[0]
    column = Expression("index", (below, WHOLE, Expression("none")))
    for divisor in (below, column):
        formula = replace(a, parts=(operation("/", a.parts[0], divisor),))
        what = f"it is a quotient of two {a.value}s where the {a.value} of the quotients is right"
        yield Edit(formula, "order", what, 1.2)


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
PAIRS_OF_AXES = ((0, 1), (0, 2), (1, 2))


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
    yield from _first_element(node, function)


def _first_element(node: Expression, function: str) -> Iterator[Edit]:
    """One element, where a sum or mean over the first axis is taken."""
    if function in ("sum", "mean", "max") and len(node.parts) == 1 and node.option("axis") == 0:
        for place, said in ((0, "first"), (-1, "last")):
            one = Expression("index", (node.parts[0], number(place)))
            yield Edit(
                one, "index", f"it takes the {function} over axis 0 where the {said} element, {one}, is right", 1.3
            )


def _axes(node: Expression, function: str) -> Iterator[Edit]:
    allowed = OPTIONS.get(function, ())
    if "axis" in allowed:
        for axis in (*AXES, *(PAIRS_OF_AXES if isinstance(node.option("axis"), tuple) else ())):
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
        used, right = ("N - 1", "N") if node.option("ddof", 0) else ("N", "N - 1")
        changed = node.with_option("ddof", 1 - int(node.option("ddof", 0)))
        yield Edit(changed, "bias", f"{function} divides by {used} where {right} is right", 1.2)


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
                yield Edit(
                    column_of(symbol), "variable", f"it uses {node.value} where {symbol}[:, None] is right", 1.22
                )
