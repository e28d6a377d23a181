"""What the lines of a schedule are run with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import ndtr, softmax

from suffice.inspect.rules import arrays
from suffice.inspect.rules.formulas import keeps
from suffice.inspect.rules.inside import kept_values
from suffice.inspect.values import differentiable, pulled
from suffice.runtime.precision import scope

if TYPE_CHECKING:
    from suffice.inspect.nodes import Graph


def merged(before: tuple[Any, ...], change: tuple[Any, ...]) -> tuple[Any, ...]:
    """Derivatives with respect to several results, of which each tuple has some."""
    return tuple(one if one is not None else other for one, other in zip(before, change, strict=True))


FUNCTIONS: dict[str, Any] = {
    "np": np,
    "softmax": softmax,
    "merged": merged,
    "normal_distribution": ndtr,
    "scattered": arrays.scattered,
    **{name: getattr(arrays, name) for name in dir(arrays) if name.endswith("_vjp")},
}
"""Functions that formulas call."""


def inner_values(graph: Graph, nodes: Iterable[int], values: Sequence[Any]) -> dict[str, np.ndarray]:
    """What the formulas of nodes read from inside them, by the names that it has there."""
    found = {}
    for number in nodes:
        node, unit = graph.nodes[number], graph.units[number]
        if unit is not None and keeps(graph, number):
            with scope(graph.precision):
                found |= kept_values(unit, graph.labels[number], [values[each] for each in node.inputs])
    return found


def pull(graph: Graph, number: int, values: Sequence[Any]) -> Callable[[Any], list[Any]]:
    """JAX's own backward rule of a node at its inputs: from the derivative with respect to it to those of its inputs."""
    wanted = differentiable(graph)

    def run(cotangent: Any) -> list[Any]:
        with scope(graph.precision):
            found = pulled(graph, number, [values[each] for each in graph.nodes[number].inputs], cotangent, wanted)
        return [None if each is None else np.asarray(each) for each in found]

    return run
