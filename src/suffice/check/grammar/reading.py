"""Reading a formula: what the grammar has becomes an expression, all else a sentence."""

from __future__ import annotations

import ast
import warnings
from difflib import get_close_matches
from typing import Any

from suffice.check.grammar.expression import Expression, call, number
from suffice.check.grammar.functions import COUNTS, FUNCTIONS, OPTIONS, SYNONYMS

MOST_CHARACTERS = 4000
MOST_NODES = 600
MOST_BRACKETS = 60
MODULES = ("np", "jnp", "numpy", "np.linalg", "jnp.linalg", "numpy.linalg", "linalg", "jax.nn", "nn")
METHODS = ("sum", "mean", "max", "min", "std", "var", "transpose", "dot", "prod", "argmax", "cumsum")
OPERATORS: dict[type, str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.MatMult: "@",
    ast.Pow: "**",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}
NONE = Expression("none")


class UnreadableError(ValueError):
    """A formula that the grammar does not have."""


def read(text: str) -> Expression:
    """The expression that a string says; raises ``UnreadableError`` with a sentence where it is none."""
    if len(text) > MOST_CHARACTERS:
        raise UnreadableError(f"The formula has {len(text)} characters; at most {MOST_CHARACTERS} are read.")
    if _nesting(text) > MOST_BRACKETS:
        raise UnreadableError(f"The formula is nested deeper than {MOST_BRACKETS} brackets; split it into parts.")
    found = expression_of(_parsed(text.strip()))
    if found.head == "none":
        raise UnreadableError("The formula gives no numbers; write one such as 'X.T @ (y - p)'.")
    return found


def expression_of(tree: ast.expr) -> Expression:
    """The expression that a syntax tree says."""
    if sum(1 for _ in ast.walk(tree)) > MOST_NODES * 3:
        raise UnreadableError(f"The formula has more than {MOST_NODES} parts; split it.")
    try:
        return _read(tree)
    except RecursionError:
        raise UnreadableError("The formula is nested too deeply; split it into parts.") from None


def _parsed(text: str) -> ast.expr:
    if not text:
        raise UnreadableError("The formula is empty; write one such as 'X.T @ (y - p)'.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text, mode="eval").body
    except SyntaxError as error:
        raise UnreadableError(_syntax_sentence(text, error)) from None
    except (ValueError, MemoryError, RecursionError):
        raise UnreadableError("The formula cannot be read: write it in plain characters, less deeply nested.") from None


def _syntax_sentence(text: str, error: SyntaxError) -> str:
    if "\\" in text or "^{" in text:
        return "This looks like LaTeX, which is not read; write the formula as in NumPy, such as 'X.T @ (y - p)'."
    shown = text if len(text) <= 60 else text[:57] + "..."
    place = f" near character {error.offset}" if error.offset else ""
    return f"The formula {shown!r} is not complete or not correct{place}; write it as in NumPy."


def _nesting(text: str) -> int:
    depth = most = 0
    for character in text:
        depth += (character in "([{") - (character in ")]}")
        most = max(most, depth)
    return most


def _read(node: ast.AST) -> Expression:
    reader = READERS.get(type(node))
    if reader is None:
        raise UnreadableError(f"{_described(node)} is not part of a formula here; {ALLOWED}")
    return reader(node)


ALLOWED = "use numbers, variables, + - * / ** @, .T, indexing and functions such as sum, exp, inv."
DESCRIBED: dict[type, str] = {
    ast.Lambda: "A lambda",
    ast.ListComp: "A comprehension",
    ast.SetComp: "A comprehension",
    ast.DictComp: "A comprehension",
    ast.GeneratorExp: "A comprehension",
    ast.JoinedStr: "A string",
    ast.Dict: "A dictionary",
    ast.Set: "A set",
    ast.IfExp: "if ... else",
    ast.BoolOp: "and/or",
    ast.NamedExpr: "An assignment",
    ast.Await: "await",
    ast.Starred: "A star",
}


def _described(node: ast.AST) -> str:
    if isinstance(node, ast.BinOp | ast.UnaryOp):
        return f"The operator {type(node.op).__name__}"
    return DESCRIBED.get(type(node), type(node).__name__)


def _constant(node: ast.Constant) -> Expression:
    if node.value is None or node.value is Ellipsis:
        return Expression("none", value=None if node.value is None else "...")
    if isinstance(node.value, bool) or not isinstance(node.value, int | float):
        raise UnreadableError(f"{node.value!r} is not a number; {ALLOWED}"[:200])
    if abs(node.value) > 1e300:
        raise UnreadableError("A number in the formula is larger than 1e300.")
    return number(node.value)


def _name(node: ast.Name) -> Expression:
    if node.id.startswith("__"):
        raise UnreadableError(f"{node.id} is not a variable; {ALLOWED}")
    return NONE if node.id == "newaxis" else Expression("name", value=node.id)


def _unary(node: ast.UnaryOp) -> Expression:
    inner = _read(node.operand)
    if isinstance(node.op, ast.UAdd):
        return inner
    if not isinstance(node.op, ast.USub):
        raise UnreadableError(f"{_described(node)} is not part of a formula here; {ALLOWED}")
    return number(-inner.value) if inner.head == "number" else Expression("neg", (inner,))


def _binary(node: ast.BinOp) -> Expression:
    if type(node.op) is ast.BitXor:
        raise UnreadableError("^ is not a power here; write ** instead.")
    if type(node.op) not in OPERATORS:
        raise UnreadableError(f"{_described(node)} is not part of a formula here; {ALLOWED}")
    return Expression(OPERATORS[type(node.op)], (_read(node.left), _read(node.right)))


def _compare(node: ast.Compare) -> Expression:
    if len(node.ops) != 1 or type(node.ops[0]) not in OPERATORS:
        raise UnreadableError("A comparison has two sides, such as 'x > 0'.")
    return Expression(OPERATORS[type(node.ops[0])], (_read(node.left), _read(node.comparators[0])))


def _attribute(node: ast.Attribute) -> Expression:
    dotted = _dotted(node)
    if dotted in ("np.pi", "jnp.pi", "numpy.pi", "math.pi"):
        return Expression("name", value="pi")
    if dotted in ("np.newaxis", "jnp.newaxis"):
        return NONE
    if node.attr in ("T", "mT"):
        return call("transpose", _read(node.value))
    if node.attr == "shape":
        return Expression("shape", (_read(node.value),))
    raise UnreadableError(f"The attribute .{node.attr} is not read; of an array only .T and .shape are.")


def _dotted(node: ast.AST) -> str:
    if isinstance(node, ast.Name):
        return node.id
    return f"{_dotted(node.value)}.{node.attr}" if isinstance(node, ast.Attribute) else "?"


def _call(node: ast.Call) -> Expression:
    if isinstance(node.func, ast.Name):
        return _called(node.func.id, list(node.args), node.keywords)
    if isinstance(node.func, ast.Attribute):
        if _dotted(node.func.value) in MODULES:
            return _called(node.func.attr, list(node.args), node.keywords)
        if node.func.attr in METHODS:
            return _called(node.func.attr, [node.func.value, *node.args], node.keywords)
        raise UnreadableError(
            f"The method .{node.func.attr} is not read; of an array only .sum, .mean, .max, .min and .std are."
        )
    raise UnreadableError(f"Only functions by name can be called; {ALLOWED}")


def _called(function: str, args: list[ast.expr], keywords: list[ast.keyword]) -> Expression:
    function = SYNONYMS.get(function, function)
    if function not in FUNCTIONS:
        near = get_close_matches(function, FUNCTIONS, n=1)
        raise UnreadableError(
            f"There is no function {function!r}{f'; did you mean {near[0]}?' if near else f'; {ALLOWED}'}"
        )
    least, most = COUNTS.get(function, (1, 1))
    allowed = OPTIONS.get(function, ())
    options = {allowed[0]: _option(args[most])} if allowed and len(args) > most else {}
    if not least <= len(args) <= most + len(options):
        raise UnreadableError(f"{function} takes {least} argument{'s' * (least > 1)}, not {len(args)}.")
    for keyword in keywords:
        if keyword.arg not in allowed:
            raise UnreadableError(
                f"{function} takes no argument {keyword.arg!r}{f'; it takes {allowed}' if allowed else ''}."
            )
        options[str(keyword.arg)] = _option(keyword.value)
    return call(function, *map(_read, args[:most]), **options)


def _option(node: ast.expr) -> Any:
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        value = "?"
    items = value if isinstance(value, tuple) else (value,)
    if len(items) <= 8 and all(
        item is None or isinstance(item, bool) or (isinstance(item, int) and abs(item) < 64) for item in items
    ):
        return value
    raise UnreadableError("An axis, keepdims or ddof is a number, a tuple of numbers, True or False.")


def _subscript(node: ast.Subscript) -> Expression:
    items = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    return Expression("index", (_read(node.value), *map(_read, items)))


def _slice(node: ast.Slice) -> Expression:
    return Expression(
        "slice", tuple(NONE if part is None else _read(part) for part in (node.lower, node.upper, node.step))
    )


def _list(node: ast.List | ast.Tuple) -> Expression:
    return Expression("list", tuple(map(_read, node.elts)))


READERS: dict[type, Any] = {
    ast.Constant: _constant,
    ast.Name: _name,
    ast.UnaryOp: _unary,
    ast.BinOp: _binary,
    ast.Compare: _compare,
    ast.Attribute: _attribute,
    ast.Call: _call,
    ast.Subscript: _subscript,
    ast.Slice: _slice,
    ast.List: _list,
    ast.Tuple: _list,
}
