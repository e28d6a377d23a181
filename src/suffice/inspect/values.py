"""Values of a graph's nodes, and derivatives with respect to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from suffice.runtime.precision import scope
from suffice.runtime.types import ArrayLike

if TYPE_CHECKING:
    from suffice.inspect.nodes import Graph

Given = Mapping[str, ArrayLike]


@dataclass(frozen=True, eq=False)
class Values:
    """An array for each node of a graph, None for a node that has none.

    Attributes
    ----------
    graph
        The graph.
    arrays
        By the numbers of its nodes.
    of
        What they are: ``"value"`` or ``"derivative"``.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.inspect import graph
    >>> def double(x):
    ...     y = 2.0 * x
    ...     return y
    >>> double_graph = graph(double, 3.0)
    >>> double_graph.forward()["y"], double_graph.backward()["x"]
    (array(6.), array(2.))
    >>> print(double_graph.forward())
    x  3
    y  6
    """

    graph: Graph
    arrays: tuple[Any, ...]
    of: str = "value"

    def __getitem__(self, node: int | str) -> Any:
        return self.arrays[self.graph.find(node)]

    def __str__(self) -> str:
        width = max(map(len, self.graph.labels))
        rows = zip(self.graph.labels, self.arrays, strict=True)
        return "\n".join(f"{label:{width}}  {told(array)}" for label, array in rows if array is not None)


def told(array: Any) -> str:
    """An array in a few words: its numbers where they are few, its shape and range where not."""
    if isinstance(array, tuple):
        return ", ".join(map(told, array))
    flat = np.asarray(array)
    if flat.ndim == 0:
        return f"{flat.item():.6g}"
    if flat.size <= 8:
        return np.array2string(flat, precision=4, separator=", ").replace("\n", "")
    if not np.issubdtype(flat.dtype, np.number):
        return f"{flat.shape}"
    return f"{flat.shape}, {flat.min():.4g} to {flat.max():.4g}"


def leaf_values(graph: Graph, at: Given | None) -> dict[int, np.ndarray]:
    """Arrays of the leaves, those that are given in the place of those that were traced."""
    found = dict(graph.leaves)
    for name, value in (at or {}).items():
        number = graph.find(name)
        if number not in found:
            raise ValueError(f"{name!r} is computed by the graph; values can be given for {_names(graph)}.")
        found[number] = _fitted(graph, number, value)
    for number, value in found.items():
        if isinstance(value, jax.ShapeDtypeStruct):
            label = graph.labels[number]
            raise ValueError(f"{label!r} was given as a shape, without numbers; give them: at={{{label!r}: array}}.")
    return found


def _names(graph: Graph) -> str:
    return ", ".join(graph.labels[number] for number in graph.leaves)


def _fitted(graph: Graph, number: int, value: ArrayLike) -> np.ndarray:
    node, array = graph.nodes[number], np.asarray(value)
    if array.shape != node.shape:
        raise ValueError(f"{graph.labels[number]!r} has shape {node.shape}; an array of shape {array.shape} was given.")
    return array.astype(node.dtype)


def evaluated(graph: Graph, leaves: Mapping[int, Any]) -> list[Any]:
    """Value of every node, in forward order. A node of several results has a tuple."""
    values: list[Any] = []
    for node, unit in zip(graph.nodes, graph.units, strict=True):
        given = [values[number] for number in node.inputs]
        if node.number in leaves:
            values.append(jnp.asarray(leaves[node.number]))
        elif node.operation == "output" and unit is None:
            values.append(given[0][node.settings["place"]])
        else:
            assert unit is not None
            results = unit(*given)
            values.append(results[0] if len(results) == 1 else results)
    return values


def differentiable(graph: Graph) -> list[bool]:
    """Whether each node has a derivative: whether it is floating and an output depends on it."""
    wanted = [False] * len(graph.nodes)
    for number in graph.outputs:
        wanted[number] = True
    for node in reversed(graph.nodes):
        if wanted[node.number]:
            for number in node.inputs:
                wanted[number] = True
    several = {node.inputs[0] for node in graph.nodes if node.operation == "output"}
    return [wanted[node.number] and (node.number in several or is_floating(node.dtype)) for node in graph.nodes]


def is_floating(dtype: str) -> bool:
    """Whether numbers of a type have derivatives."""
    return dtype.startswith(("float", "bfloat", "complex"))


def pulled(graph: Graph, number: int, given: Sequence[Any], cotangent: Any, wanted: Sequence[bool]) -> list[Any]:
    """Derivatives with respect to the inputs of a node, from that with respect to it; None for those not wanted."""
    unit, inputs = graph.units[number], graph.nodes[number].inputs
    places = [place for place, source in enumerate(inputs) if wanted[source]]
    assert unit is not None

    def of_wanted(*changing: Any) -> Any:
        every = list(given)
        for place, value in zip(places, changing, strict=True):
            every[place] = value
        return unit(*every)

    results, pull = jax.vjp(of_wanted, *(given[place] for place in places))
    cotangents = cotangent if isinstance(cotangent, tuple) else (cotangent,)
    found: list[Any] = [None] * len(inputs)
    whole = tuple(_like(result, each) for result, each in zip(results, cotangents, strict=True))
    for place, derivative in zip(places, pull(whole), strict=True):
        found[place] = derivative
    return found


def _like(result: Any, cotangent: Any) -> Any:
    """A cotangent of the kind that JAX wants: zeros where there is none, no number where the result is no real one."""
    if not jnp.issubdtype(result.dtype, np.inexact):
        return np.zeros(result.shape, jax.dtypes.float0)
    return jnp.zeros_like(result) if cotangent is None else jnp.asarray(cotangent, result.dtype)


Weight = Callable[[int, int, Any], Any]


def derivatives(
    graph: Graph, values: Sequence[Any], seeds: Mapping[int, Any], weight: Weight | None = None
) -> list[Any]:
    """Derivative with respect to every node, from those with respect to outputs.

    ``weight(number, place, contribution)`` may change what a node gives to the input at a place.
    """
    wanted = differentiable(graph)
    found: list[Any] = [None] * len(graph.nodes)
    for number, seed in seeds.items():
        found[number] = seed if found[number] is None else found[number] + seed
    for node in reversed(graph.nodes):
        if found[node.number] is None or not node.inputs or not any(wanted[number] for number in node.inputs):
            continue
        for place, contribution in enumerate(given_on(graph, node.number, values, found[node.number], wanted)):
            if contribution is not None:
                change = contribution if weight is None else weight(node.number, place, contribution)
                source = node.inputs[place]
                found[source] = _sum(found[source], change)
    return found


def given_on(graph: Graph, number: int, values: Sequence[Any], cotangent: Any, wanted: Sequence[bool]) -> list[Any]:
    """What a node gives to each of its inputs, None for nothing. A node of several results takes and gives tuples."""
    node = graph.nodes[number]
    if node.operation == "output" and graph.units[number] is None:
        whole = values[node.inputs[0]]
        return [tuple(cotangent if place == node.settings["place"] else None for place in range(len(whole)))]
    return pulled(graph, number, [values[each] for each in node.inputs], cotangent, wanted)


def _sum(before: Any, change: Any) -> Any:
    if before is None:
        return change
    if isinstance(change, tuple):
        return tuple(_sum(one, other) if other is not None else one for one, other in zip(before, change, strict=True))
    return before + change


def seeds_of(graph: Graph, cotangent: Any) -> dict[int, Any]:
    """Derivatives with respect to the outputs: those given, or 1 where the only output is one number."""
    outputs = graph.outputs
    if cotangent is None:
        if len(outputs) != 1 or graph.nodes[outputs[0]].shape != ():
            shapes = ", ".join(str(graph.nodes[number].shape) for number in outputs)
            raise ValueError(
                f"The graph gives {shapes}; give a derivative for it: cotangent=array, or a list of arrays."
            )
        cotangent = 1.0
    given = cotangent if isinstance(cotangent, (list, tuple)) and len(outputs) > 1 else [cotangent]
    if len(given) != len(outputs):
        raise ValueError(f"{len(given)} cotangents were given; the graph has {len(outputs)} outputs.")
    seeds: dict[int, Any] = {}
    for number, each in zip(outputs, given, strict=True):
        if not is_floating(graph.nodes[number].dtype):
            raise ValueError(f"{graph.labels[number]!r} is of type {graph.nodes[number].dtype} and has no derivative.")
        seeds[number] = seeds.get(number, 0) + jnp.asarray(_fitted(graph, number, each))
    return seeds


def forward(graph: Graph, at: Given | None) -> Values:
    """Value of every node."""
    with scope(graph.precision):
        return Values(graph, _settled(evaluated(graph, leaf_values(graph, at))))


def backward(graph: Graph, cotangent: Any, at: Given | None) -> Values:
    """Derivative with respect to every node."""
    with scope(graph.precision):
        seeds = seeds_of(graph, cotangent)
        found = derivatives(graph, evaluated(graph, leaf_values(graph, at)), seeds)
        whole = [
            _zeros(graph, number) if derivative is None and real else derivative
            for number, (derivative, real) in enumerate(zip(found, differentiable(graph), strict=True))
        ]
        return Values(graph, _settled(whole), "derivative")


def _zeros(graph: Graph, number: int) -> np.ndarray:
    return np.zeros(graph.nodes[number].shape, graph.nodes[number].dtype)


def _settled(values: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(
        tuple(map(np.asarray, value)) if isinstance(value, tuple) else None if value is None else _numpy(value)
        for value in values
    )


def _numpy(value: Any) -> Any:
    return np.asarray(value) if isinstance(value.dtype, np.dtype) else value
