"""Points at which a claim is held against the truth: ``at`` as a dictionary, a list, or a function of a generator."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from suffice.check.problem import Point, Problem
from suffice.check.problem import call as called_by_name

At = Mapping[str, Any] | Sequence[Mapping[str, Any]] | Callable[[np.random.Generator], Mapping[str, Any]]
DRAWN = 4
"""Points of one shape, where they are drawn."""


def points_of(at: At | None, problem: Problem | None, seed: int) -> list[Point]:
    """Points with NumPy arrays by name, those of the same shapes together, at most two kinds of shapes."""
    if at is not None:
        return _kept([_arrays(point) for point in _given(at, np.random.default_rng(seed))])
    if problem is None:
        raise ValueError(
            "A function of one's own needs at=: a dictionary of arrays, a list of them, or a function that draws one."
        )
    generator = np.random.default_rng(seed)
    points = [problem.draw(generator) for _ in range(DRAWN)]
    others = [problem.draw_other(generator)] if problem.draw_other is not None else []
    return [_arrays(point) for point in [*points, *others]]


def shapes_of(point: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
    """Shapes of the arrays of a point."""
    return {name: np.shape(value) for name, value in point.items()}


def intermediates_of(problem: Problem | None, point: Point) -> Point:
    """A point with the intermediates of a problem, as NumPy arrays."""
    found = dict(point)
    for name, function in (problem.intermediates if problem else {}).items():
        with np.errstate(all="ignore"):
            found[name] = np.asarray(called_by_name(function, point))
    return found


def _given(at: At, generator: np.random.Generator) -> list[Mapping[str, Any]]:
    if isinstance(at, Mapping):
        return [at]
    if callable(at):
        return [at(generator) for _ in range(DRAWN + 1)]
    if isinstance(at, Sequence) and at:
        return list(at)
    raise ValueError(
        f"at={at!r} gives no point; give a dictionary of arrays, a list of them, or a function that draws one."
    )


def _arrays(point: Any) -> Point:
    if not isinstance(point, Mapping) or not point:
        raise ValueError(f"A point is a dictionary of arrays by name, not {type(point).__name__}.")
    return {str(name): _array(name, value) for name, value in point.items()}


def _array(name: Any, value: Any) -> np.ndarray:
    try:
        array = np.array(value)
    except (ValueError, TypeError) as error:
        raise ValueError(f"at: {name!r} is not an array: {error}.") from None
    if array.dtype.kind not in "biuf":
        raise ValueError(f"at: {name!r} holds {array.dtype}, which are not numbers.")
    if not array.size:
        raise ValueError(
            f"at: {name!r} is empty, with shape {array.shape}; a formula cannot be told from another there."
        )
    if not np.all(np.isfinite(array)):
        raise ValueError(f"at: {name!r} holds NaN or infinite numbers.")
    return array.astype(float) if array.dtype.kind == "f" else array


def _kept(points: list[Point]) -> list[Point]:
    """The points of the commonest shapes, then one of other shapes, since each kind is compiled anew."""
    kinds: OrderedDict[Any, list[Point]] = OrderedDict()
    for point in points:
        kinds.setdefault(tuple(sorted(shapes_of(point).items())), []).append(point)
    ordered = sorted(kinds.values(), key=len, reverse=True)
    return [*ordered[0], *(kind[0] for kind in ordered[1:2])]
