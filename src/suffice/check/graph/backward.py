"""What each slip adds to a derivative: all of them from one compiled call."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from suffice.check.derivatives import Differentiable
from suffice.check.functions import QUICKEST, Model
from suffice.check.graph.slips import Slip, slipped, slips_of
from suffice.check.graph.steps import Graph, graph_of
from suffice.runtime.precision import scope

Program = Callable[[dict[str, Any]], Any]


@dataclass(frozen=True)
class Backward:
    """The derivative of a model as a sum over its graph: slips, and a program for what each adds."""

    graph: Graph
    slips: tuple[Slip, ...]
    program: Program

    def directions(self, arrays: Mapping[str, Any]) -> np.ndarray:
        """B (slips, *derivative): a slip of size a changes the derivative by a B."""
        with scope("float64"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return np.moveaxis(np.asarray(self.program(dict(arrays))), -1, 0)


def traced_graph(model: Model, point: Mapping[str, Any]) -> tuple[Graph, dict[str, Any]]:
    """The graph of a model at a point, with its arrays."""
    closed, arrays = model.traced(point)
    return graph_of(closed, sorted(arrays)), arrays


def backward(source: Differentiable, point: Mapping[str, Any]) -> tuple[Backward, dict[str, Any]]:
    """Slips of a derivative, at points of these shapes."""
    model, at = source.model, source.at(point)
    key = ("slips", source.key, model.kind_of(at))
    if key not in model.kept:
        model.kept[key] = _made(source, at)
    return model.kept[key], model.arrays(at)


def directions_elsewhere(source: Differentiable, point: Mapping[str, Any], numbers: tuple[int, ...]) -> np.ndarray:
    """B of a few slips, by their numbers, at a point of other shapes: a small program, where ``backward`` makes a large one."""
    model, at = source.model, source.at(point)
    key = ("slips", source.key, model.kind_of(at), numbers)
    if key not in model.kept:
        graph, _ = traced_graph(model, at)
        slips = slips_of(graph, source.wrt)
        model.kept[key] = _of_slips(source, graph, [slips[number] for number in numbers])
    return model.kept[key].directions(model.arrays(at))


def _made(source: Differentiable, point: Mapping[str, Any]) -> Backward:
    graph, _ = traced_graph(source.model, point)
    return _of_slips(source, graph, slips_of(graph, source.wrt))


def _of_slips(source: Differentiable, graph: Graph, slips: list[Slip]) -> Backward:
    def derived(sizes: Any, arrays: dict[str, Any]) -> Any:
        return source.question(lambda given: slipped(graph, slips, sizes, given), arrays)

    def program(arrays: dict[str, Any]) -> Any:
        return jax.jacfwd(derived)(jnp.zeros(len(slips)), arrays)

    return Backward(graph, tuple(slips), jax.jit(program, compiler_options=QUICKEST))
