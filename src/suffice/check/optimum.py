"""Where an objective has its optimum on the constraints: Newton's steps in free coordinates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from suffice.check.coordinates import coordinates_of, is_feasible
from suffice.check.functions import model_of
from suffice.check.problem import Point

MOST_STEPS = 60
Function = Callable[[dict[str, Any]], Any]
Values = dict[str, np.ndarray]


class Objective:
    """An objective of some parameters, each with its constraint, to be made as large (``sign`` 1) or small (-1) as can be."""

    def __init__(self, function: Callable[..., Any], constraints: Mapping[str, str], sign: float):
        self.model = model_of(function)
        self.constraints, self.sign = dict(constraints), sign
        self.model.floating |= set(constraints)
        for name, constraint in self.constraints.items():
            coordinates_of(constraint)
            if name not in self.model.taken:
                raise ValueError(f"params: {name!r} is no variable of the objective; it takes {', '.join(self.model.taken)}.")
        self.key = ("optimum", tuple(self.constraints.items()), sign)

    def optimum(self, point: Point, starts: list[Values]) -> Values:
        """The best optimum that Newton's steps reach from some starts; of equal ones that of the earliest."""
        found = [self._climbed(point, start) for start in starts if self._can_start(start)]
        found = [(value, values) for value, values in found if np.isfinite(value)]
        if not found:
            raise ValueError("The objective is finite at no start: give feasible values of its parameters in at=.")
        best = max(value for value, _ in found)
        slack = 1e-9 * (1 + abs(best))
        return next(values for value, values in found if value >= best - slack)

    def _can_start(self, start: Values) -> bool:
        return all(is_feasible(self.constraints[name], np.asarray(value)) for name, value in start.items())

    def _climbed(self, point: Point, start: Values) -> tuple[float, Values]:
        at = {**point, **start}
        free = np.concatenate([np.ravel(coordinates_of(c).free(np.asarray(at[n], float))) for n, c in self.constraints.items()])
        value, slope = self._local(at, free)
        for _ in range(MOST_STEPS):
            step = _newton_step(slope, self._curvature(at, free))
            new = self._along(at, free, step, value)
            if new is None:
                break
            free, value, slope = new
            if np.max(np.abs(step)) < 1e-12 * (1 + np.max(np.abs(free))):
                break
        return value, self._placed(at, free)

    def _along(self, at: Point, free: np.ndarray, step: np.ndarray, value: float) -> tuple[np.ndarray, float, np.ndarray] | None:
        """The first of a step, its half, its quarter, ... that does not make it worse."""
        if not np.any(step):
            return None
        slack = 1e-13 * (1 + abs(value))
        for size in 0.5 ** np.arange(25):
            moved = free + size * step
            new, slope = self._local(at, moved)
            if new >= value - slack:
                return moved, new, slope
        return None

    def _curvature(self, at: Point, free: np.ndarray) -> np.ndarray:
        """Second derivatives, by differences of slopes: Newton's steps need no more."""
        rows = []
        for place, value in enumerate(free):
            moved = np.zeros_like(free)
            moved[place] = 1e-5 * (1 + abs(value))
            ahead, behind = self._local(at, free + moved)[1], self._local(at, free - moved)[1]
            rows.append((ahead - behind) / (2 * moved[place]))
        return np.array(rows)

    def _placed(self, arrays: Mapping[str, Any], free: Any) -> dict[str, Any]:
        found, start = {}, 0
        for name, constraint in self.constraints.items():
            size = int(np.prod(np.shape(arrays[name])))
            part = free[start : start + size].reshape(np.shape(arrays[name]))
            found[name] = coordinates_of(constraint).parameter(part)
            start += size
        return found

    def _local(self, at: Point, free: np.ndarray) -> tuple[float, np.ndarray]:
        """Value and slope."""

        def transform(function: Function) -> Callable[..., Any]:
            def value(x: Any, arrays: dict[str, Any]) -> Any:
                return self.sign * jnp.sum(function({**arrays, **self._placed(arrays, x)}))

            return lambda arrays, x: jax.value_and_grad(value)(x, arrays)

        value, slope = self.model.run(self.key, transform, at, free)
        return float(value), slope


def _newton_step(slope: np.ndarray, curvature: np.ndarray) -> np.ndarray:
    """Towards a maximum, uphill where the curvature is the wrong way; nothing along flat directions."""
    if not (slope.size and np.all(np.isfinite(slope)) and np.all(np.isfinite(curvature))):
        return np.zeros_like(slope)
    values, vectors = np.linalg.eigh(0.5 * (curvature + curvature.T))
    size = np.abs(values)
    flat = size < 1e-11 * np.max(size, initial=0.0)
    along = vectors.T @ slope
    rising = (values > 1e-8 * np.max(size, initial=1e-300)) & (np.abs(along) < 1e-12 * (1 + np.max(np.abs(slope))))
    step = np.where(flat, 0.0, along / np.where(flat, 1.0, size)) + np.where(rising, 1e-3, 0.0)
    return vectors @ step


class Slope:
    """The slope of an objective along one constrained parameter: zero at its optimum, for naming what a claim is optimal for."""

    kind = "slope"

    def __init__(self, objective: Objective, wrt: str):
        self.model, self.wrt, self.constraint = objective.model, wrt, objective.constraints[wrt]
        self.key = ("slope", wrt, self.constraint)

    def at(self, point: Mapping[str, Any]) -> Point:
        """A point at which the parameter is floating."""
        return {**point, self.wrt: np.asarray(point[self.wrt], float)}

    def answer(self, point: Mapping[str, Any]) -> np.ndarray:
        """The slope at a point."""
        return self.model.run(self.key, lambda function: lambda arrays: self.question(function, arrays), self.at(point))

    def question(self, function: Function, arrays: dict[str, Any]) -> Any:
        """The same of any function of the arrays."""
        coordinates = coordinates_of(self.constraint)
        return jax.grad(lambda x: jnp.sum(function({**arrays, self.wrt: coordinates.parameter(x)})))(coordinates.free(arrays[self.wrt]))
