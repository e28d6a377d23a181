"""Derivatives of a model: by JAX in float64, and by finite differences as a second opinion."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jax
import numpy as np

from suffice.check.functions import Model, model_of
from suffice.check.problem import Point

LEVELS = 8
"""Halvings of the step."""


class Differentiable:
    """A model with a variable that it is differentiated by, and the derivative that is asked for."""

    def __init__(self, function: Callable[..., Any], wrt: str, derivative: Callable[..., Any] = jax.grad):
        self.model: Model = model_of(function)
        self.wrt = wrt
        self.derivative = derivative
        if wrt not in self.model.taken:
            raise ValueError(f"wrt={wrt!r} is no variable of the model; it takes {', '.join(self.model.taken)}.")

    @property
    def key(self) -> tuple[str, str]:
        """What tells its programs from others of the same model."""
        return self.wrt, self.derivative.__name__

    def question(self, function: Callable[[dict[str, Any]], Any], arrays: dict[str, Any]) -> Any:
        """The derivative that is asked for, of any function of the arrays."""
        return self.derivative(lambda w: function({**arrays, self.wrt: w}))(arrays[self.wrt])

    def at(self, point: Mapping[str, Any]) -> Point:
        """A point at which the variable is floating."""
        if self.wrt not in point:
            raise ValueError(f"at= does not give {self.wrt!r}, which the derivative is taken by.")
        return {**point, self.wrt: np.asarray(point[self.wrt], float)}

    def value(self, point: Mapping[str, Any]) -> np.ndarray:
        """The model at a point."""
        return self.model.value(self.at(point))

    def gradient(self, point: Mapping[str, Any]) -> np.ndarray:
        """∂f/∂wrt; by finite differences where the model is written for NumPy alone."""
        try:
            return self._run(point)
        except NOT_TRACEABLE:
            return numeric_gradient(self._plain, self.at(point), self.wrt)

    def jacobian(self, point: Mapping[str, Any]) -> np.ndarray:
        """∂f_i/∂wrt_j, axes of f first."""
        return self._run(point)

    def hessian(self, point: Mapping[str, Any], other: str) -> np.ndarray:
        """∂²f/∂wrt ∂other, axes of wrt first."""
        full = {**self.at(point), other: np.asarray(point[other], float)}

        def transform(function: Callable[..., Any]) -> Callable[..., Any]:
            def second(arrays: dict[str, Any]) -> Any:
                def first(b: Any) -> Any:
                    inner = {**arrays, other: b}
                    return jax.grad(lambda a: function({**inner, self.wrt: a}))(b if other == self.wrt else inner[self.wrt])

                return jax.jacfwd(first)(arrays[other])

            return second

        return self.model.run(("hessian", self.wrt, other), transform, full)

    def product(self, point: Mapping[str, Any], cotangent: np.ndarray) -> np.ndarray:
        """Σ cotangent ∂f/∂wrt, of the shape of wrt."""

        def transform(function: Callable[..., Any]) -> Callable[..., Any]:
            def pulled(arrays: dict[str, Any], given: Any) -> Any:
                return jax.vjp(lambda w: function({**arrays, self.wrt: w}), arrays[self.wrt])[1](given)[0]

            return pulled

        return self.model.run(("vjp", self.wrt), transform, self.at(point), cotangent)

    def push(self, point: Mapping[str, Any], tangent: np.ndarray) -> np.ndarray:
        """Σ ∂f/∂wrt tangent, of the shape of f."""

        def transform(function: Callable[..., Any]) -> Callable[..., Any]:
            def pushed(arrays: dict[str, Any], given: Any) -> Any:
                return jax.jvp(lambda w: function({**arrays, self.wrt: w}), (arrays[self.wrt],), (given,))[1]

            return pushed

        return self.model.run(("jvp", self.wrt), transform, self.at(point), tangent)

    def _run(self, point: Mapping[str, Any]) -> np.ndarray:
        def transform(function: Callable[..., Any]) -> Callable[..., Any]:
            return lambda arrays: self.question(function, arrays)

        return self.model.run(self.key, transform, self.at(point))

    def _plain(self, point: Mapping[str, Any]) -> np.ndarray:
        return np.asarray(self.model.function(**self.model.arguments(point)), float)


NOT_TRACEABLE = (jax.errors.TracerArrayConversionError, jax.errors.ConcretizationTypeError)
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
        finer = [(4**order * b - a) / (4**order - 1) for a, b in zip(row[:-1], row[1:], strict=True)]
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
        steps = [(float(value(_stepped(point, wrt, direction, sign * step))) - here) / (sign * step) for step in (2e-5, 1e-5)]
        sides.append(2 * steps[1] - steps[0])
    return sides[0], sides[1]


def _central(value: Valued, point: Point, wrt: str, direction: np.ndarray, step: float) -> float:
    ahead, behind = (float(value(_stepped(point, wrt, direction, s))) for s in (step, -step))
    return (ahead - behind) / (2 * step)


def _stepped(point: Point, wrt: str, direction: np.ndarray, step: float) -> Point:
    return {**point, wrt: point[wrt] + step * direction}
