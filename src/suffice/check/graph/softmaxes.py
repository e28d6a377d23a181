"""Steps that are, together with those before them, the logarithm of a sum of exponentials, a softmax or its logarithm."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jax.numpy as jnp

from suffice.check.graph.steps import Constant, Graph, Operand, Step

PASSED = frozenset(
    ("broadcast_in_dim", "reshape", "squeeze", "convert_element_type", "copy", "expand_dims", "stop_gradient", "abs")
)
Made = Mapping[int, Step]
DIAGONAL = "the diagonal of its Jacobian alone"


def _total(x: Any, axes: tuple[int, ...]) -> Any:
    return jnp.sum(x, axis=axes, keepdims=True)


def _others(x: Any, axes: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(axis for axis in range(x.ndim) if axis not in axes)


SOFTMAX: dict[str, Callable[..., Any]] = {
    DIAGONAL: lambda dz, y, axes: y * (1 - y) * dz,
    "ȳ - Σ y ȳ on the way back: the factor y before the bracket is missing": lambda dz, y, axes: (
        dz - y * _total(dz, axes)
    ),
    "y (ȳ - Σ ȳ) on the way back: the factor y inside the sum is missing": lambda dz, y, axes: (
        y * dz - _total(y * dz, axes)
    ),
    "y ȳ - Σ y ȳ on the way back: the factor y before the sum is missing": lambda dz, y, axes: (
        y * dz - y * _total(dz, axes)
    ),
    "y (ȳ - Σ y ȳ) on the way back with the sum over another axis": lambda dz, y, axes: (
        y * dz - y * _total(y * dz, _others(y, axes))
    ),
    "y (ȳ - Σ y ȳ) on the way back with the sum over all axes": lambda dz, y, axes: y * dz - y * jnp.sum(y * dz),
}
"""What is taken for a softmax's Jacobian, as what it makes of a change dz of the exponents, where y is its value."""


def makers(graph: Graph) -> dict[int, Step]:
    """The step that makes each value."""
    return {result: step for step in graph.steps for result in step.results}


def source_of(operand: Operand, made: Made) -> Operand:
    """What a value is but for its layout."""
    while isinstance(operand, int) and operand in made and made[operand].name in PASSED:
        operand = made[operand].operands[0]
    return operand


def _step_of(operand: Operand, made: Made, name: str) -> Step | None:
    source = source_of(operand, made)
    step = made.get(source) if isinstance(source, int) else None
    return step if step is not None and step.name == name else None


def exponents_of(step: Step, made: Made) -> tuple[Operand, ...]:
    """Of log Σ exp(a - s): a and the shift s, or what is exponentiated alone; nothing for another step."""
    total = _step_of(step.operands[0], made, "reduce_sum") if step.name == "log" else None
    power = _step_of(total.operands[0], made, "exp") if total is not None else None
    if power is None:
        return ()
    inner = _step_of(power.operands[0], made, "sub")
    return inner.operands if inner is not None and _is_shift(inner.operands[1], made) else power.operands


def axes_of(step: Step, made: Made) -> tuple[int, ...]:
    """Axes that the sum in a logarithm of a sum, or below a softmax, goes over."""
    total = _step_of(step.operands[-1], made, "reduce_sum")
    return tuple(total.params["axes"]) if total is not None else ()


def _is_shift(operand: Operand, made: Made) -> bool:
    """Whether a value is the largest of some, which is taken off before exp for safety."""
    while isinstance(operand, int) and operand in made:
        step = made[operand]
        if step.name in ("reduce_max", "stop_gradient"):
            return True
        if step.name not in PASSED and step.name not in ("max", "select_n"):
            return False
        operand = step.operands[-1] if step.name in ("max", "select_n") else step.operands[0]
    return False


def is_softmax(step: Step, made: Made) -> bool:
    """Whether a step divides by the sum of what it divides."""
    if step.name != "div" or any(isinstance(operand, Constant) for operand in step.operands):
        return False
    total = _step_of(step.operands[1], made, "reduce_sum")
    return total is not None and source_of(total.operands[0], made) == source_of(step.operands[0], made)


def is_log_softmax(step: Step, made: Made) -> bool:
    """Whether a step takes log Σ exp of something off it."""
    log = _step_of(step.operands[1], made, "log") if step.name == "sub" else None
    return log is not None and source_of(step.operands[0], made) in [
        source_of(part, made) for part in _exponentiated(log, made)
    ]


def _exponentiated(step: Step, made: Made) -> tuple[Operand, ...]:
    total = _step_of(step.operands[0], made, "reduce_sum")
    power = _step_of(total.operands[0], made, "exp") if total is not None else None
    return power.operands if power is not None else ()
