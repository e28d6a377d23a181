"""Derivatives of a model: by JAX in float64, and by finite differences as a second opinion."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from typing import Any

import jax
import numpy as np

from suffice.check.functions import NOT_TRACEABLE, Model, model_of
from suffice.check.problem import Point

LEVELS = 8
"""Halvings of the step."""


Function = Callable[[dict[str, Any]], Any]


def _gradient(function: Function, arrays: dict[str, Any], wrt: str, other: str) -> Any:
    return jax.grad(lambda w: function({**arrays, wrt: w}))(arrays[wrt])


def _jacobian(function: Function, arrays: dict[str, Any], wrt: str, other: str) -> Any:
    return jax.jacrev(lambda w: function({**arrays, wrt: w}))(arrays[wrt])


def _pushed(function: Function, arrays: dict[str, Any], wrt: str, other: str) -> Any:
    return jax.jvp(lambda w: function({**arrays, wrt: w}), (arrays[wrt],), (arrays[other],))[1]


def _hessian(function: Function, arrays: dict[str, Any], wrt: str, other: str) -> Any:
    def first(b: Any) -> Any:
        held = {**arrays, other: b}
        return _gradient(function, held, wrt, other)

    return jax.jacfwd(first)(arrays[other])


def _value(function: Function, arrays: dict[str, Any], wrt: str, other: str) -> Any:
    return function(arrays)


KINDS: dict[str, Callable[[Function, dict[str, Any], str, str], Any]] = {
    "gradient": _gradient,
    "jacobian": _jacobian,
    "jvp": _pushed,
    "hessian": _hessian,
    "value": _value,
}


class Differentiable:
    """A model, the variable that it is differentiated by, and the kind of derivative that is asked for.

    ``other`` is the second variable of a Hessian, or the tangent of a Jacobian-vector product; a ``"value"`` has neither.
    """

    def __init__(self, function: Callable[..., Any], wrt: str, kind: str = "gradient", other: str = ""):
        self.model: Model = model_of(function)
        self.wrt, self.kind, self.other = wrt, kind, other
        for name in (wrt, other):
            if name and name not in self.model.taken:
                raise ValueError(f"wrt={name!r} is no variable of the model; it takes {', '.join(self.model.taken)}.")

    @property
    def key(self) -> tuple[str, ...]:
        """What tells its programs from others of the same model."""
        return self.kind, self.wrt, self.other

    def question(self, function: Function, arrays: dict[str, Any]) -> Any:
        """What is asked for, of any function of the arrays."""
        return KINDS[self.kind](function, arrays, self.wrt, self.other)

    def at(self, point: Mapping[str, Any]) -> Point:
        """A point at which what it is differentiated by is floating."""
        wanted = [name for name in (self.wrt, self.other) if name]
        missing = [name for name in wanted if name not in point]
        if missing:
            raise ValueError(f"at= does not give {missing[0]!r}, which the derivative is taken by.")
        return {**point, **{name: np.asarray(point[name], float) for name in wanted}}

    def value(self, point: Mapping[str, Any]) -> np.ndarray:
        """The model at a point."""
        try:
            return self.model.value(self.at(point))
        except NOT_TRACEABLE:
            return self._plain(self.at(point))

    def answer(self, point: Mapping[str, Any]) -> np.ndarray:
        """What is asked for at a point; by finite differences where the model is written for NumPy alone."""
        try:
            return self.model.run(
                self.key, lambda function: lambda arrays: self.question(function, arrays), self.at(point)
            )
        except NOT_TRACEABLE:
            if self.kind == "value":
                return self._plain(self.at(point))
            if self.kind != "gradient":
                raise ValueError(
                    "The model is written for NumPy alone; write it in jax.numpy for this derivative."
                ) from None
            return numeric_gradient(self._plain, self.at(point), self.wrt)

    def _plain(self, point: Mapping[str, Any]) -> np.ndarray:
        return np.asarray(self.model.function(**self.model.arguments(point)), float)


Valued = Callable[[Mapping[str, Any]], np.ndarray]


def numeric_gradient(value: Valued, point: Point, wrt: str) -> np.ndarray:
    """Gradient by Richardson's central differences, an element at a time."""
    found = np.empty_like(point[wrt])
    for index in np.ndindex(found.shape):
        direction = np.zeros_like(found)
        direction[index] = abs(point[wrt][index]) or 1.0
        found[index] = slope(value, point, wrt, direction)[0] / direction[index]
    return found


def slope(value: Valued, point: Point, wrt: str, direction: np.ndarray) -> tuple[float, float]:
    """Derivative along a direction by central differences, extrapolated, and an estimate of its error."""
    steps = 0.1 * 0.5 ** np.arange(LEVELS)
    first = [_central(value, point, wrt, direction, step) for step in steps]
    best, error, row = first[-1], np.inf, first
    for order in range(1, LEVELS):
        finer = [(4**order * b - a) / (4**order - 1) for a, b in itertools.pairwise(row)]
        for new, old in zip(finer, row[1:], strict=True):
            if abs(new - old) < error:
                best, error = new, abs(new - old)
        row = finer
    return float(best), float(error)


def one_sided(value: Valued, point: Point, wrt: str, direction: np.ndarray) -> tuple[float, float]:
    """Slopes to the left and to the right along a direction, to some six digits."""
    here = float(value(point))
    sides = []
    for sign in (-1.0, 1.0):
        steps = [
            (float(value(_stepped(point, wrt, direction, sign * step))) - here) / (sign * step) for step in (2e-5, 1e-5)
        ]
        sides.append(2 * steps[1] - steps[0])
    return sides[0], sides[1]


def _central(value: Valued, point: Point, wrt: str, direction: np.ndarray, step: float) -> float:
    ahead, behind = (float(value(_stepped(point, wrt, direction, s))) for s in (step, -step))
    return (ahead - behind) / (2 * step)


def _stepped(point: Point, wrt: str, direction: np.ndarray, step: float) -> Point:
    return {**point, wrt: point[wrt] + step * direction}
