"""The formula of a function whose source can be read: assignments and one return, all within the grammar."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable
from typing import Any

from suffice.check.grammar.expression import Expression, names_in
from suffice.check.grammar.reading import expression_of

MOST_STEPS = 30


def formula_of(function: Callable[..., Any], names: set[str]) -> Expression | None:
    """What a function returns as one formula, or ``None`` where it is not written so; nothing is run."""
    try:
        tree = ast.parse(textwrap.dedent(_source(function)))
        node = _definition(tree, getattr(function, "__name__", ""))
        formula = None if node is None else _inlined(node)
    except (OSError, TypeError, SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return formula if formula is not None and names_in(formula) <= names | {"pi"} else None


def formula_in(text: str, name: str) -> Expression | None:
    """What a function in a text of Python returns as one formula, or ``None`` where it is not written so; nothing is run."""
    try:
        node = _definition(ast.parse(text), name)
        return None if node is None else _inlined(node)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _source(function: Callable[..., Any]) -> str:
    source = inspect.getsource(function)
    start = source.find("lambda")
    named = getattr(function, "__name__", "") != "<lambda>"
    return source if named or start < 0 else _first_lambda(source[start:])


def _first_lambda(text: str) -> str:
    """The longest beginning of a text that is one expression: what follows a lambda in a call is cut off."""
    for end in range(len(text), 0, -1):
        try:
            ast.parse(f"({text[:end]})", mode="eval")
        except (SyntaxError, ValueError):
            continue
        return f"({text[:end]})"
    raise ValueError("no lambda")


def _definition(tree: ast.Module, name: str) -> ast.FunctionDef | ast.Lambda | None:
    functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef) and n.name == name]
    found = functions or [n for n in ast.walk(tree) if isinstance(n, ast.Lambda)]
    return found[0] if len(found) == 1 else None


def _inlined(node: ast.FunctionDef | ast.Lambda) -> Expression | None:
    if isinstance(node, ast.Lambda):
        return expression_of(node.body)
    known: dict[str, ast.expr] = {}
    body = [line for line in node.body if not (isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant))]
    for line in body[:MOST_STEPS]:
        if isinstance(line, ast.Return) and line.value is not None:
            return expression_of(_Replaced(known).visit(line.value))
        if not (isinstance(line, ast.Assign) and len(line.targets) == 1 and isinstance(line.targets[0], ast.Name)):
            return None
        known[line.targets[0].id] = _Replaced(dict(known)).visit(line.value)
    return None


class _Replaced(ast.NodeTransformer):
    """Puts what a name was assigned in its place."""

    def __init__(self, known: dict[str, ast.expr]):
        self.known = known

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """What the name stands for."""
        return self.known.get(node.id, node)
