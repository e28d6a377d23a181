"""Derivatives by the values on the way from a variable to the output, where a chain rule may have stopped."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from suffice.check.derivatives import Differentiable
from suffice.check.functions import QUICKEST, Model
from suffice.check.graph.backward import traced_graph
from suffice.check.graph.slips import STRUCTURE
from suffice.check.graph.steps import Graph, Step
from suffice.runtime.precision import scope


@dataclass(frozen=True)
class Stops:
    """Values of a graph by their numbers, and a program for the derivative by each."""

    graph: Graph
    values: tuple[int, ...]
    program: Any

    def derivatives(self, arrays: Mapping[str, Any]) -> list[np.ndarray]:
        """In the order of the values."""
        with scope("float64"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return [np.asarray(found) for found in self.program(dict(arrays))]


def stops(source: Differentiable, point: Mapping[str, Any]) -> tuple[Stops, dict[str, Any]]:
    """Where a gradient may have stopped at points of these shapes: at values of the shape of its variable."""
    model, at = source.model, source.at(point)
    key = ("stops", source.wrt, model.kind_of(at))
    if key not in model.kept:
        model.kept[key] = _made(model, source.wrt, at)
    return model.kept[key], model.arrays(at)


def _made(model: Model, wrt: str, point: Mapping[str, Any]) -> Stops:
    graph, _ = traced_graph(model, point)
    shape = np.shape(point[wrt])
    on_path = graph.after([wrt]) & graph.before_output()
    steps = [step for step in graph.steps if on_path.intersection(step.results) and step.name not in STRUCTURE]
    values = tuple(step.results[0] for step in steps if step.floating and step.shape == shape)

    def moved(shifts: list[Any], arrays: dict[str, Any]) -> Any:
        by_value = dict(zip(values, shifts, strict=True))

        def change(index: int, step: Step, operands: list[Any], _: list[Any]) -> list[Any]:
            first, *rest = step.apply(*operands)
            return [first + by_value[step.results[0]] if step.results[0] in by_value else first, *rest]

        return jnp.sum(graph.value(arrays, change))

    def program(arrays: dict[str, Any]) -> Any:
        return jax.grad(moved)([jnp.zeros(shape) for _ in values], arrays)

    return Stops(graph, values, jax.jit(program, compiler_options=QUICKEST))
