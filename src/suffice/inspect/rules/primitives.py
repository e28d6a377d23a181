"""Backward rules of primitive operations."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from suffice.inspect.program import Constant
from suffice.inspect.rules import moves
from suffice.inspect.rules.moves import NoFormula
from suffice.inspect.rules.products import product
from suffice.inspect.rules.terms import Terms
from suffice.inspect.unit import MOVES

ELEMENTWISE = {
    "neg": "-{g}",
    "exp": "{g} * {y}",
    "exp2": "{g} * {y} * np.log(2)",
    "expm1": "{g} * ({y} + 1)",
    "log": "{g} / {x}",
    "log1p": "{g} / (1 + {x})",
    "tanh": "{g} * (1 - {y}**2)",
    "logistic": "{g} * {y} * (1 - {y})",
    "sqrt": "{g} / (2 * {y})",
    "rsqrt": "-{g} * {y}**3 / 2",
    "square": "2 * {g} * {x}",
    "abs": "{g} * np.sign({x})",
    "sin": "{g} * np.cos({x})",
    "cos": "-{g} * np.sin({x})",
    "tan": "{g} * (1 + {y}**2)",
    "sinh": "{g} * np.cosh({x})",
    "cosh": "{g} * np.sinh({x})",
    "asin": "{g} / np.sqrt(1 - {x}**2)",
    "acos": "-{g} / np.sqrt(1 - {x}**2)",
    "atan": "{g} / (1 + {x}**2)",
    "asinh": "{g} / np.sqrt({x}**2 + 1)",
    "acosh": "{g} / np.sqrt({x}**2 - 1)",
    "atanh": "{g} / (1 - {x}**2)",
    "erf": "2 / np.sqrt(np.pi) * {g} * np.exp(-{x}**2)",
    "erfc": "-2 / np.sqrt(np.pi) * {g} * np.exp(-{x}**2)",
}
"""Of functions of one number each: x is the argument, y the value, g the derivative with respect to it."""
PAIRS = {
    "add": ("{g}", "{g}"),
    "add_any": ("{g}", "{g}"),
    "sub": ("{g}", "-{g}"),
    "mul": ("{g} * {b}", "{g} * {a}"),
    "div": ("{g} / {b}", "-{g} * {y} / {b}"),
    "pow": ("{g} * {b} * {a}**({b} - 1)", "{g} * {y} * np.log({a})"),
    "max": ("{g} * (({a} > {b}) + ({a} == {b}) / 2)", "{g} * (({b} > {a}) + ({a} == {b}) / 2)"),
    "min": ("{g} * (({a} < {b}) + ({a} == {b}) / 2)", "{g} * (({b} < {a}) + ({a} == {b}) / 2)"),
}
"""Of functions of a pair of numbers a and b."""
CONSTANT = {
    "stop_gradient", "sign", "floor", "ceil", "round", "lt", "le", "gt", "ge", "eq", "ne", "is_finite", "and", "or", "not", "xor",
    "argmax", "argmin", "iota",
}  # fmt: skip
"""Those whose derivative is 0."""


def primitive(terms: Terms) -> list[str | None]:
    """What a unit of one step gives to each of its arguments, None for nothing."""
    name = terms.core.primitive
    if name in CONSTANT:
        return [None] * len(terms.core.reads)
    if name in ELEMENTWISE:
        return [ELEMENTWISE[name].format(x=terms.argument(0), y=terms.y, g=terms.g)]
    if name in PAIRS:
        return _pair(terms, PAIRS[name])
    if name in MOVES:
        return [moves.backward(terms.core, terms.g)]
    if name not in OTHERS:
        raise NoFormula
    return OTHERS[name](terms)


def _pair(terms: Terms, rules: tuple[str, str]) -> list[str | None]:
    words = {"a": terms.argument(0), "b": terms.argument(1), "y": terms.y, "g": terms.g}
    return [
        None if isinstance(read, Constant) else moves.at_shape(terms.core, place, rule.format(**words))
        for place, (read, rule) in enumerate(zip(terms.unit.reads[0], rules, strict=True))
    ]


def _power(terms: Terms) -> list[str | None]:
    power = terms.core.settings["y"]
    lower = terms.argument(0) if power == 2 else f"{terms.argument(0)}**({power - 1})"
    return [f"{power} * {terms.g} * {lower}"]


def axes_kept(derivative: str, axes: tuple[int, ...]) -> str:
    """An array with axes of length 1 in the place of those summed over."""
    return f"np.expand_dims({derivative}, {axes if len(axes) != 1 else axes[0]})"


def _sum(terms: Terms) -> list[str | None]:
    axes, shape = tuple(terms.core.settings["axes"]), terms.shape(0)
    whole = len(axes) == len(shape)
    return [f"np.broadcast_to({terms.g if whole else axes_kept(terms.g, axes)}, {shape})"]


def _extreme(terms: Terms) -> list[str | None]:
    axes = tuple(terms.core.settings["axes"])
    chosen = f"({terms.argument(0)} == {axes_kept(terms.y, axes)})"
    return [f"{axes_kept(terms.g, axes)} * {chosen} / {chosen}.sum({axes}, keepdims=True)"]


def _cumulative_sum(terms: Terms) -> list[str | None]:
    axis = terms.core.settings["axis"]
    if terms.core.settings["reverse"]:
        return [f"np.cumsum({terms.g}, {axis})"]
    return [f"np.flip(np.cumsum(np.flip({terms.g}, {axis}), {axis}), {axis})"]


def _select(terms: Terms) -> list[str | None]:
    if len(terms.core.reads) != 3 or terms.core.equation.invars[0].aval.dtype != np.bool_:
        raise NoFormula
    chosen = terms.argument(0)
    return [None, f"np.where({chosen}, 0, {terms.g})", f"np.where({chosen}, {terms.g}, 0)"]


def _clamp(terms: Terms) -> list[str | None]:
    if not (terms.is_constant(0) and terms.is_constant(2)):
        raise NoFormula
    low, x, high = (terms.argument(place) for place in range(3))
    return [None, f"{terms.g} * (({low} < {x}) & ({x} < {high}))", None]


def _concatenate(terms: Terms) -> list[str | None]:
    axis = terms.core.settings["dimension"]
    ends = np.cumsum([terms.shape(place)[axis] for place in range(len(terms.core.reads))]).tolist()
    return [f"np.split({terms.g}, {ends[:-1]}, {axis})[{place}]" for place in range(len(ends))]


def _pad(terms: Terms) -> list[str | None]:
    config = [tuple(map(int, each)) for each in terms.core.settings["padding_config"]]
    if any(low < 0 or high < 0 or inner for low, high, inner in config) or not terms.is_constant(1):
        raise NoFormula
    sizes = zip(config, terms.shape(0), strict=True)
    return [f"{terms.g}[{', '.join(f'{low}:{low + size}' for (low, _, _), size in sizes)}]", None]


def _slice(terms: Terms) -> list[str | None]:
    settings, shape = terms.core.settings, terms.shape(0)
    if settings["strides"] is not None and set(settings["strides"]) != {1}:
        raise NoFormula
    ends = zip(settings["start_indices"], settings["limit_indices"], shape, strict=True)
    return [f"np.pad({terms.g}, {[(int(start), int(size - limit)) for start, limit, size in ends]})"]


def _reverse(terms: Terms) -> list[str | None]:
    return [f"np.flip({terms.g}, {tuple(terms.core.settings['dimensions'])})"]


OTHERS: Mapping[str, Callable[[Terms], list[str | None]]] = {
    "integer_pow": _power,
    "reduce_sum": _sum,
    "reduce_max": _extreme,
    "reduce_min": _extreme,
    "cumsum": _cumulative_sum,
    "select_n": _select,
    "clamp": _clamp,
    "concatenate": _concatenate,
    "pad": _pad,
    "slice": _slice,
    "rev": _reverse,
    "dot_general": product,
}
