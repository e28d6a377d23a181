"""What may go wrong on one step of a backward pass, as directions along which the derivative moves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax.numpy as jnp
from jax import lax

from suffice.check.graph.softmaxes import DIAGONAL, SOFTMAX, axes_of, is_log_softmax, is_softmax, makers
from suffice.check.graph.steps import Graph, Step

STRUCTURE = frozenset(
    (
        "broadcast_in_dim",
        "reshape",
        "squeeze",
        "convert_element_type",
        "copy",
        "transpose",
        "expand_dims",
        "stop_gradient",
    )
)


@dataclass(frozen=True)
class Slip:
    """One thing that may go wrong: an edge (``operand`` of a step) scaled, or another local derivative.

    ``kind`` is ``"edge"``, ``"transpose"`` or what is said of the derivative that was used: one of each element, or of a softmax
    what is ``linear`` in the change of its exponents, given its value.
    """

    kind: str
    step: int
    operand: int
    derivative: Callable[[Any, Any, Step], Any] | None = None
    linear: Callable[[Any, Any], Any] | None = None


Rule = Callable[[Any, Any, Step], Any]
FORGOTTEN: Rule = lambda x, y, step: jnp.ones_like(x)  # noqa: E731
DERIVATIVES: dict[str, dict[str, Rule]] = {
    "tanh": {
        "1": FORGOTTEN,
        "1 - h": lambda x, y, step: 1 - y,
        "h (1 - h)": lambda x, y, step: y * (1 - y),
        "1 - a², of the value before tanh": lambda x, y, step: 1 - x**2,
        "1 + h² (a wrong sign)": lambda x, y, step: 1 + y**2,
        "(1 - h²)²": lambda x, y, step: (1 - y**2) ** 2,
        "h, the value itself": lambda x, y, step: y,
        "1 - tanh(h)²": lambda x, y, step: 1 - jnp.tanh(y) ** 2,
        "√(1 - h²)": lambda x, y, step: jnp.sqrt(1 - y**2),
        "1 where positive, which is that of relu": lambda x, y, step: jnp.where(x > 0, 1.0, 0.0),
    },
    "logistic": {
        "1": FORGOTTEN,
        "1 - s": lambda x, y, step: 1 - y,
        "s": lambda x, y, step: y,
        "1 - s²": lambda x, y, step: 1 - y**2,
        "s (1 + s) (a wrong sign)": lambda x, y, step: y * (1 + y),
        "a (1 - a), of the value before the sigmoid": lambda x, y, step: x * (1 - x),
        "s (1 - s) of the sigmoid taken twice": lambda x, y, step: lax.logistic(y) * (1 - lax.logistic(y)),
        "(s (1 - s))²": lambda x, y, step: (y * (1 - y)) ** 2,
        "s²": lambda x, y, step: y**2,
    },
    "exp": {"1": FORGOTTEN, "the argument": lambda x, y, step: x},
    "log": {
        "1": FORGOTTEN,
        "log itself": lambda x, y, step: y,
        "x instead of 1/x": lambda x, y, step: x,
        "1/x²": lambda x, y, step: x**-2.0,
    },
    "sqrt": {
        "1": FORGOTTEN,
        "1/√x": lambda x, y, step: 1 / y,
        "√x / 2": lambda x, y, step: y / 2,
        "2/√x": lambda x, y, step: 2 / y,
    },
    "rsqrt": {
        "1": FORGOTTEN,
        "-1/√x": lambda x, y, step: -y,
        "-1/(2x)": lambda x, y, step: -0.5 / x,
        "1/2 x^(-3/2)": lambda x, y, step: 0.5 * y**3,
    },
    "integer_pow": {
        "1": FORGOTTEN,
        "x^(n-1), without the factor n (the exponent)": lambda x, y, step: x ** (step.params["y"] - 1),
        "n x^n, the power of x not lowered": lambda x, y, step: step.params["y"] * y,
        "x^n, the power itself": lambda x, y, step: y,
    },
    "square": {"1": FORGOTTEN, "without the factor 2": lambda x, y, step: x, "2 x²": lambda x, y, step: 2 * y},
    "sin": {"1": FORGOTTEN, "-cos": lambda x, y, step: -jnp.cos(x), "sin itself": lambda x, y, step: y},
    "cos": {"1": FORGOTTEN, "sin, without its sign": lambda x, y, step: jnp.sin(x)},
    "log1p": {"1": FORGOTTEN, "1/x": lambda x, y, step: 1 / x},
    "max": {
        "1": FORGOTTEN,
        "the value itself": lambda x, y, step: y,
        "1 - h², which is that of tanh": lambda x, y, step: 1 - y**2,
        "the sigmoid": lambda x, y, step: lax.logistic(x),
        "s (1 - s), which is that of the sigmoid": lambda x, y, step: lax.logistic(x) * (1 - lax.logistic(x)),
    },
    "abs": {"1": FORGOTTEN, "the argument": lambda x, y, step: x, "the value itself": lambda x, y, step: y},
}


def _of_softmax(graph: Graph, index: int, step: Step) -> list[Slip]:
    """What goes wrong with the Jacobian of a softmax, or of its logarithm."""
    made = makers(graph)
    if is_log_softmax(step, made):
        return [Slip(DIAGONAL, index, 0, lambda x, y, step: 1 - jnp.exp(y))]
    if not is_softmax(step, made):
        return []
    axes = axes_of(step, made)
    return [Slip(kind, index, 0, linear=partial(rule, axes=axes)) for kind, rule in SOFTMAX.items()]


def slips_of(graph: Graph, wrt: str) -> list[Slip]:
    """Everything that may go wrong between a variable and the output."""
    on_path = graph.after([wrt]) & graph.before_output()
    found = []
    for index, step in enumerate(graph.steps):
        if not on_path.intersection(step.results) or step.name in STRUCTURE or not step.floating:
            continue
        moving = [place for place, operand in enumerate(step.operands) if operand in on_path]
        found += [Slip("edge", index, place) for place in moving]
        rules = DERIVATIVES.get(step.name, {}) if _unary(step) and not _is_softplus(graph, step) else {}
        found += [Slip(kind, index, moving[0], rule) for kind, rule in rules.items()]
        found += _of_softmax(graph, index, step) if 0 in moving else []
        found += [Slip("transpose", index, place) for place in moving if _is_square_product(step, place, graph)]
    return found


def _is_softplus(graph: Graph, step: Step) -> bool:
    """Whether a step is how log(1 + exp(x)) is computed, in which nobody wrote the parts."""
    inner = [other for other in graph.steps if step.operands[0] in other.results]
    return step.name == "log1p" and bool(inner) and inner[0].name == "exp"


def _unary(step: Step) -> bool:
    return len([operand for operand in step.operands if isinstance(operand, int)]) == 1


def _is_square_product(step: Step, place: int, graph: Graph) -> bool:
    if step.name != "dot_general":
        return False
    (left, right), (batch, _) = step.params["dimension_numbers"]
    return not batch and len(left) == 1 and len(right) == 1


def slipped(graph: Graph, slips: list[Slip], sizes: Any, arrays: dict[str, Any]) -> Any:
    """The output, whose derivative moves along slip i with ``sizes[i]``; the value does not."""
    by_step: dict[int, list[tuple[int, Slip]]] = {}
    for number, slip in enumerate(slips):
        by_step.setdefault(slip.step, []).append((number, slip))

    def change(index: int, step: Step, operands: list[Any], _: list[Any]) -> list[Any]:
        for number, slip in by_step.get(index, []):
            if slip.kind == "edge":
                operands[slip.operand] = _scaled(operands[slip.operand], sizes[number])
        results = step.apply(*operands)
        for number, slip in by_step.get(index, []):
            if slip.kind != "edge":
                results = [results[0] + sizes[number] * _moved(slip, step, operands, results[0]), *results[1:]]
        return results

    return graph.value(arrays, change)


def _scaled(value: Any, size: Any) -> Any:
    return value + size * (value - lax.stop_gradient(value))


def _moved(slip: Slip, step: Step, operands: list[Any], result: Any) -> Any:
    """Zero, with the derivative that leads from the right local derivative to the wrong one."""
    operand = operands[slip.operand]
    shift = operand - lax.stop_gradient(operand)
    if slip.kind == "transpose":
        return _transposed_product(slip, step, operands, shift)
    still = lax.stop_gradient(operand)
    settled = lax.stop_gradient(result)
    if slip.linear is not None:
        return slip.linear(shift / still, settled) - (result - settled)
    assert slip.derivative is not None
    wrong = slip.derivative(still, settled, step) * shift
    return wrong - (result - settled)


def _transposed_product(slip: Slip, step: Step, operands: list[Any], shift: Any) -> Any:
    other = lax.stop_gradient(operands[1 - slip.operand])
    turned = jnp.swapaxes(other, 0, 1) if other.ndim == 2 and other.shape[0] == other.shape[1] else other
    pair = [shift, shift]
    pair[1 - slip.operand] = turned
    wrong = step.apply(*pair)[0]
    pair[1 - slip.operand] = other
    return wrong - step.apply(*pair)[0]
