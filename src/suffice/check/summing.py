"""Sums and integrals over variables: their configurations, or the nodes of a quadrature, with log-weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import product
from typing import Any

import jax
import numpy as np

from suffice.check.continuous import nodes_of
from suffice.check.functions import Model, model_of
from suffice.check.problem import Point
from suffice.check.supports import Support, support_of

MOST = 2**18


class Space:
    """Values of some variables (M, ...) with the logarithms of their weights (M,)."""

    def __init__(self, values: dict[str, np.ndarray], logs: np.ndarray):
        self.values, self.logs = values, logs

    def __len__(self) -> int:
        return len(self.logs)

    def at(self, place: int) -> Point:
        """One configuration."""
        return {name: values[place] for name, values in self.values.items()}


def space_of(over: Sequence[str], support: Any, point: Point) -> Space:
    """All values of the variables: configurations where they have states, nodes of a quadrature where they are continuous."""
    lines = [_values_of(name, _support_for(name, support, point), point) for name in over]
    many = int(np.prod([len(logs) for _, logs in lines], dtype=float))
    if many > MOST:
        raise ValueError(
            f"{', '.join(over)} have {many} values together, too many to be summed; check a smaller point."
        )
    places = np.indices([len(logs) for _, logs in lines]).reshape(len(lines), -1)
    values = {name: held[place] for name, (held, _), place in zip(over, lines, places, strict=True)}
    return Space(values, sum((logs[place] for (_, logs), place in zip(lines, places, strict=True)), np.zeros(many)))


def _support_for(name: str, support: Any, point: Point) -> Support:
    given = support.get(name) if isinstance(support, Mapping) else support
    if given is None:
        raise ValueError(f"support= does not say where {name!r} lies; give one such as 'binary', 3 or 'real'.")
    return support_of(given, point)


def _values_of(name: str, support: Support, point: Point) -> tuple[np.ndarray, np.ndarray]:
    if not support.discrete:
        return nodes_of(support)
    shape = np.shape(point[name]) if name in point else () if support.size is None else (support.size,)
    states = np.asarray(support.states)
    if len(states) ** int(np.prod(shape)) > MOST:
        raise ValueError(
            f"{name} has {len(states)}^{int(np.prod(shape))} values, too many to be summed; check a smaller point."
        )
    if not shape:
        return states, np.zeros(len(states))
    values = np.array(list(product(states, repeat=int(np.prod(shape))))).reshape(-1, *shape)
    return values, np.zeros(len(values))


def over_space(function: Callable[..., Any], space: Space, point: Point) -> np.ndarray:
    """Values (M, ...) of a model at each configuration, all else as at the point."""
    model: Model = model_of(function, frozenset(space.values))
    names = [name for name in space.values if name in model.taken]
    if not names:
        single = model.value(point)
        return np.broadcast_to(single, (len(space), *single.shape))

    def transform(inner: Callable[[dict[str, Any]], Any]) -> Callable[..., Any]:
        return lambda arrays, given: jax.vmap(lambda one: inner({**arrays, **one}))(given)

    start = {**point, **space.at(0)}
    return model.run(("over", tuple(names)), transform, start, {name: space.values[name] for name in names})


def log_sum(logs: np.ndarray) -> float:
    """log Σ exp."""
    top = float(np.max(logs))
    return top + float(np.log(np.sum(np.exp(logs - top))))
