"""The backward rule of a node: what it gives to each of its inputs, as expressions that NumPy evaluates."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import TYPE_CHECKING

from suffice.inspect.labels import barred
from suffice.inspect.operations import operation
from suffice.inspect.rules.calls import LAYERS, call
from suffice.inspect.rules.kept import KEPT, kept_name
from suffice.inspect.rules.moves import NoFormula
from suffice.inspect.rules.primitives import primitive
from suffice.inspect.rules.products import affine
from suffice.inspect.rules.terms import Terms
from suffice.inspect.unit import Slot, Unit
from suffice.inspect.values import is_floating

if TYPE_CHECKING:
    from suffice.inspect.nodes import Graph


def contributions(graph: Graph, number: int) -> list[str | None]:
    """What a node gives to each of its inputs, None for nothing; ``pull_`` and its name where JAX's own rule is used."""
    node, unit = graph.nodes[number], graph.units[number]
    floating = [is_floating(graph.nodes[source].dtype) for source in node.inputs]
    if unit is None or not node.inputs:
        return [None] * len(node.inputs)
    label = graph.labels[number]
    try:
        found = _formulas(unit, [graph.labels[source] for source in node.inputs], label)
    except NoFormula:
        found = [f"pull_{label}({barred(label)})[{place}]" for place in range(len(node.inputs))]
    return [
        simplified(formula) if formula is not None and real else None
        for formula, real in zip(found, floating, strict=True)
    ]


def keeps(graph: Graph, number: int) -> bool:
    """Whether the formulas of a node read a value from inside it."""
    unit = graph.units[number]
    if unit is None or operation(unit) not in KEPT:
        return False
    name = kept_name(operation(unit), graph.labels[number])
    return any(formula is not None and name in names_in(formula) for formula in contributions(graph, number))


def _formulas(unit: Unit, inputs: Sequence[str], label: str) -> list[str | None]:
    """What a unit gives to the source of each operand that has one."""
    if len(unit.results) != 1:
        raise NoFormula
    names = iter(inputs)
    terms = Terms(unit, [None if each.source is None else next(names) for each in unit.operands], label, barred(label))
    return [
        None if formula is None else terms.back(place, formula)
        for place, (formula, operand) in enumerate(zip(_by_operand(terms), unit.operands, strict=True))
        if operand.source is not None
    ]


def _by_operand(terms: Terms) -> list[str | None]:
    """What a unit gives to each operand as it is read."""
    unit = terms.unit
    if unit.operation == "affine" and len(unit.operands) == 3:
        return affine(terms)
    if unit.operation not in (None, "affine") or operation(unit) in LAYERS:
        return call(terms, operation(unit))
    found: list[str | None] = [None] * len(unit.operands)
    for read, formula in zip(unit.reads[0], primitive(terms), strict=True):
        if isinstance(read, Slot):
            found[read.number] = formula
    return found


def simplified(formula: str) -> str:
    """An expression with the parentheses that it needs, without what is transposed twice."""
    return ast.unparse(_Untwisted().visit(ast.parse(formula, mode="eval")))


class _Untwisted(ast.NodeTransformer):
    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        inner = self.visit(node.value)
        if node.attr == "T" and isinstance(inner, ast.Attribute) and inner.attr == "T":
            return inner.value
        return ast.Attribute(inner, node.attr, node.ctx)


def names_in(formula: str) -> list[str]:
    """Names that an expression uses, each once, in order."""
    nodes = ast.walk(ast.parse(formula, mode="eval"))
    return list(dict.fromkeys(node.id for node in nodes if isinstance(node, ast.Name)))
