"""A formula as a tree of plain values, and how it is printed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

BINDING = {"+": 1, "-": 1, "*": 2, "/": 2, "@": 2, "neg": 3, "**": 4}
COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")


@dataclass(frozen=True)
class Expression:
    """A node of a formula.

    ``head`` is ``"number"``, ``"name"``, an operator (``+ - * / @ **``), ``"neg"``, a comparison, ``"call"``, ``"index"``,
    ``"slice"``, ``"list"``, ``"shape"`` or ``"none"``; ``value`` is the number, the name or the function's name; ``options`` are
    constants such as an axis.
    """

    head: str
    parts: tuple[Expression, ...] = ()
    value: Any = None
    options: tuple[tuple[str, Any], ...] = ()

    def __str__(self) -> str:
        return PRINTERS.get(self.head, _operation)(self)

    def option(self, name: str, default: Any = None) -> Any:
        """A constant argument of a call."""
        return dict(self.options).get(name, default)

    def with_option(self, name: str, value: Any) -> Expression:
        """The same call with a constant argument set."""
        return replace(self, options=tuple(sorted({**dict(self.options), name: value}.items())))


def number(value: float) -> Expression:
    """A number as a formula."""
    return Expression("number", value=value)


def name(symbol: str) -> Expression:
    """A variable as a formula."""
    return Expression("name", value=symbol)


def call(function: str, *parts: Expression, **options: Any) -> Expression:
    """A call as a formula."""
    return Expression("call", parts, function, tuple(sorted(options.items())))


def operation(head: str, *parts: Expression) -> Expression:
    """An operation as a formula."""
    return Expression(head, parts)


def places(tree: Expression, path: tuple[int, ...] = ()) -> Iterator[tuple[tuple[int, ...], Expression]]:
    """Every node with its path from the root, outermost first."""
    yield path, tree
    for position, part in enumerate(tree.parts):
        yield from places(part, (*path, position))


def put(tree: Expression, path: tuple[int, ...], node: Expression) -> Expression:
    """The formula with another node at a path."""
    if not path:
        return node
    first, rest = path[0], path[1:]
    parts = (*tree.parts[:first], put(tree.parts[first], rest, node), *tree.parts[first + 1 :])
    return replace(tree, parts=parts)


def at(tree: Expression, path: tuple[int, ...]) -> Expression:
    """The node at a path."""
    for position in path:
        tree = tree.parts[position]
    return tree


def changed_at(tree: Expression, other: Expression) -> tuple[int, ...]:
    """Path of the smallest part in which two formulas differ."""
    if (tree.head, tree.value, tree.options, len(tree.parts)) != (
        other.head,
        other.value,
        other.options,
        len(other.parts),
    ):
        return ()
    odd = [place for place, (a, b) in enumerate(zip(tree.parts, other.parts, strict=True)) if a != b]
    return (odd[0], *changed_at(tree.parts[odd[0]], other.parts[odd[0]])) if len(odd) == 1 else ()


def names_in(tree: Expression) -> set[str]:
    """Variables that a formula names."""
    return {str(node.value) for _, node in places(tree) if node.head == "name"}


def _operation(tree: Expression) -> str:
    if tree.head in COMPARISONS:
        return f"{tree.parts[0]} {tree.head} {tree.parts[1]}"
    own = BINDING[tree.head]
    if tree.head == "neg":
        return f"-{_bracketed(tree.parts[0], own)}"
    left, right = tree.parts
    tight = f" {tree.head} " if own < BINDING["**"] else "**"
    return f"{_bracketed(left, own + (tree.head == '**'))}{tight}{_bracketed(right, own + (tree.head != '**'))}"


def _bracketed(part: Expression, least: int) -> str:
    loose = part.head in COMPARISONS or BINDING.get(part.head, 9) < least or _negative(part)
    return f"({part})" if loose else str(part)


def _negative(part: Expression) -> bool:
    return part.head == "number" and part.value < 0


def _number(tree: Expression) -> str:
    return f"{tree.value:.15g}" if isinstance(tree.value, float) else str(tree.value)


def _call(tree: Expression) -> str:
    if tree.value == "transpose":
        return f"{_bracketed(tree.parts[0], 9)}.T"
    options = [f"{key}={value}" for key, value in tree.options]
    return f"{tree.value}({', '.join([*map(str, tree.parts), *options])})"


def _slice(tree: Expression) -> str:
    first, last, step = ("" if part.head == "none" else str(part) for part in tree.parts)
    return f"{first}:{last}" + (f":{step}" if step else "")


def _index(tree: Expression) -> str:
    return f"{_bracketed(tree.parts[0], 9)}[{', '.join(map(str, tree.parts[1:]))}]"


PRINTERS = {
    "number": _number,
    "name": lambda tree: str(tree.value),
    "none": lambda tree: "..." if tree.value == "..." else "None",
    "call": _call,
    "index": _index,
    "slice": _slice,
    "shape": lambda tree: f"{_bracketed(tree.parts[0], 9)}.shape",
    "list": lambda tree: f"[{', '.join(map(str, tree.parts))}]",
}
