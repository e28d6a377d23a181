"""Where an objective has its optimum on the constraints: Newton's steps in free coordinates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from suffice.check.coordinates import coordinates_of, is_feasible
from suffice.check.functions import model_of
from suffice.check.problem import Point

MOST_STEPS = 60
MANY = 20
LONGEST = 3.0
"""Of a step, in free coordinates."""
Function = Callable[[dict[str, Any]], Any]
Values = dict[str, np.ndarray]
Local = tuple[float, np.ndarray, np.ndarray]


class Climb(NamedTuple):
    """Where Newton's steps ended, and whether that is a maximum."""

    value: float
    values: Values
    arrived: bool


class Objective:
    """An objective of some parameters, each with its constraint, to be made as large (``sign`` 1) or small (-1) as can be."""

    def __init__(self, function: Callable[..., Any], constraints: Mapping[str, str], sign: float):
        self.model = model_of(function)
        self.constraints, self.sign = dict(constraints), sign
        self.model.floating |= set(constraints)
        for name, constraint in self.constraints.items():
            coordinates_of(constraint)
            if name not in self.model.taken:
                raise ValueError(
                    f"params: {name!r} is no variable of the objective; it takes {', '.join(self.model.taken)}."
                )
        self.key = ("optimum", tuple(self.constraints.items()))

    def optimum(self, point: Point, starts: list[Values]) -> Values:
        """The best optimum that Newton's steps reach from some starts; of equal ones that of the earliest."""
        with np.errstate(all="ignore"):
            found = self._climbs(point, [start for start in starts if self._can_start(start)])
        found = [climb for climb in found if np.isfinite(climb.value) and self._can_start(climb.values)]
        if not found:
            raise ValueError("The objective is finite at no start: give feasible values of its parameters in at=.")
        found = [climb for climb in found if climb.arrived] or found
        best = max(climb.value for climb in found)
        slack = 1e-9 * (1 + abs(best))
        return next(climb.values for climb in found if climb.value >= best - slack)

    def _climbs(self, point: Point, starts: list[Values]) -> list[Climb]:
        """A climb from each start; from the first alone where that one arrives and there are many numbers to be found."""
        found = [self._climbed(point, start) for start in starts[:1]]
        many = sum(np.size(value) for value in starts[0].values()) > MANY if starts else False
        if found and found[0].arrived and many:
            return found
        return [*found, *(self._climbed(point, start) for start in starts[1:])]

    def _can_start(self, start: Values) -> bool:
        return all(is_feasible(self.constraints[name], np.asarray(value)) for name, value in start.items())

    def _climbed(self, point: Point, start: Values) -> Climb:
        at = {**point, **start}
        free = np.concatenate(
            [np.ravel(coordinates_of(c).free(np.asarray(at[n], float))) for n, c in self.constraints.items()]
        )
        value, slope, curvature = self._local(at, free)
        for _ in range(MOST_STEPS):
            step = _newton_step(slope, curvature)
            new = self._along(at, free, step, value)
            if new is None:
                break
            free, (value, slope, curvature) = new
            if np.max(np.abs(step)) < 1e-12 * (1 + np.max(np.abs(free))):
                break
        arrived = bool(np.all(np.abs(slope) <= 1e-6 * (1 + abs(value)))) and not _rises(curvature)
        return Climb(value, self._placed(at, free), arrived)

    def _along(self, at: Point, free: np.ndarray, step: np.ndarray, value: float) -> tuple[np.ndarray, Local] | None:
        """The first of a step, its half, its quarter, ... that does not make it worse."""
        if not np.any(step):
            return None
        slack = 1e-13 * (1 + abs(value))
        for size in 0.5 ** np.arange(25):
            moved = free + size * step
            local = self._local(at, moved)
            if local[0] >= value - slack:
                return moved, local
        return None

    def _placed(self, arrays: Mapping[str, Any], free: Any) -> dict[str, Any]:
        found, start = {}, 0
        for name, constraint in self.constraints.items():
            size = int(np.prod(np.shape(arrays[name])))
            part = free[start : start + size].reshape(np.shape(arrays[name]))
            found[name] = coordinates_of(constraint).parameter(part)
            start += size
        return found

    def _local(self, at: Point, free: np.ndarray) -> Local:
        """Value, slope and curvature; the last by differences of slopes, since Newton's steps need no more."""
        moved = np.diag(1e-5 * (1 + np.abs(free)))

        def transform(function: Function) -> Callable[..., Any]:
            def value(x: Any, arrays: dict[str, Any]) -> Any:
                return jnp.sum(function({**arrays, **self._placed(arrays, x)}))

            return lambda arrays, x: jax.vmap(jax.value_and_grad(value), (0, None))(x, arrays)

        values, slopes = self.model.run(
            self.key, transform, at, np.concatenate([free[None], free + moved, free - moved])
        )
        values, slopes = self.sign * values, self.sign * slopes
        ahead, behind = slopes[1 : len(free) + 1], slopes[len(free) + 1 :]
        return float(values[0]), slopes[0], (ahead - behind) / (2 * np.diag(moved)[:, None])


def _rises(curvature: np.ndarray) -> bool:
    """Whether some direction leads further up: it is no maximum."""
    if not np.all(np.isfinite(curvature)):
        return True
    values = np.linalg.eigvalsh(0.5 * (curvature + curvature.T))
    return bool(values.size and values[-1] > 1e-5 * max(-values[0], 1e-300))


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
    step = vectors @ step
    return step * min(1.0, LONGEST / max(float(np.max(np.abs(step))), 1e-300))


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
        return jax.grad(lambda x: jnp.sum(function({**arrays, self.wrt: coordinates.parameter(x)})))(
            coordinates.free(arrays[self.wrt])
        )
