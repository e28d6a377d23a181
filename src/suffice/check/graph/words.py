"""How a value of a graph is written, in the notation of the point."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import jax
import numpy as np

from suffice.check.functions import QUICK
from suffice.check.graph.steps import Constant, Graph, Operand, Step
from suffice.runtime.precision import scope

LONGEST = 60
INFIX = {"add": "+", "sub": "-", "mul": "*", "div": "/", "add_any": "+"}
CALLS = {
    "logistic": "sigmoid",
    "reduce_sum": "sum",
    "reduce_max": "max",
    "_slogdet_lu": "logdet",
    "slogdet": "logdet",
    "log1p": "log1p",
    "reduce_prod": "prod",
}
PASSED = (
    "broadcast_in_dim",
    "reshape",
    "squeeze",
    "convert_element_type",
    "copy",
    "expand_dims",
    "stop_gradient",
    "select_n",
    "gather",
)


class Writer:
    """Writes values of a graph, with the names of inputs and of intermediates whose values they have."""

    def __init__(self, graph: Graph, point: Mapping[str, Any]):
        self.graph = graph
        self.inputs = {number: name for name, number in graph.inputs.items()}
        self.made = {result: step for step in graph.steps for result in step.results}
        self.names = {**_intermediates(graph, point), **self.inputs}

    def text(self, operand: Operand) -> str:
        """A value as a formula, cut where it is long."""
        written = self._text(operand, 6)
        return written if len(written) <= LONGEST else self._text(operand, 2)

    def described(self, operand: Operand) -> str:
        """A value as a formula; where that is cut, with the inputs that it is made of."""
        written = self.text(operand)
        held = self.inputs_of(operand)
        return f"{written} (of {', '.join(held)})" if "..." in written and held else written

    def inputs_of(self, operand: Operand) -> list[str]:
        """Names of the inputs that a value is made of."""
        waiting, found, seen = [operand], set(), set()
        while waiting:
            here = waiting.pop()
            if isinstance(here, Constant) or here in seen:
                continue
            seen.add(here)
            if here in self.inputs:
                found.add(self.inputs[here])
            else:
                waiting.extend(self.made[here].operands)
        return sorted(found)

    def step(self, index: int) -> str:
        """The result of a step as a formula."""
        return self.text(self.graph.steps[index].results[0])

    def _text(self, operand: Operand, depth: int) -> str:
        if isinstance(operand, Constant):
            return _constant(operand.value)
        if operand in self.names:
            return self.names[operand]
        if depth == 0:
            return "..."
        return self._made(self.made[operand], operand, depth)

    def _made(self, step: Step, operand: int, depth: int) -> str:
        if step.name in PASSED:
            places = {"select_n": -1}.get(step.name, 0)
            return self._text(step.operands[places], depth)
        parts = [self._text(part, depth - 1) for part in step.operands]
        if step.name == "sub" and self._is_shift(step.operands[1]):
            return parts[0]
        if step.name in ("add", "sub") and "0" in parts[:1]:
            return parts[1] if step.name == "add" else f"-{_bracketed(parts[1])}"
        if step.name in INFIX and len(parts) == 2:
            return _infix(step.name, parts)
        if step.name == "dot_general":
            return f"{_bracketed(parts[0], '+-')} @ {_bracketed(parts[1])}"
        return _called(step, parts)

    def _is_shift(self, operand: Operand) -> bool:
        """Whether a value is the largest of some that is taken off before exp, for safety."""
        while isinstance(operand, int) and operand in self.made:
            step = self.made[operand]
            if step.name == "stop_gradient":
                return True
            if step.name not in PASSED:
                return False
            operand = step.operands[0]
        return False


def _intermediates(graph: Graph, point: Mapping[str, Any]) -> dict[int, str]:
    """Numbers of values that are something else that the point names, such as responsibilities."""
    wanted = _named_values(graph, point)
    if not wanted or any(name not in point for name in graph.inputs):
        return {}
    found: dict[int, str] = {}
    for number, value in _values(graph, point).items():
        for name, known in wanted.items():
            if value.size == known.size and np.allclose(value.ravel(), known.ravel(), rtol=1e-9, atol=1e-12):
                found.setdefault(number, name)
    return found


def _named_values(graph: Graph, point: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """What the point names beside the inputs, and logarithms of what of it is positive."""
    others = {name: np.asarray(value, float) for name, value in point.items() if name not in graph.inputs}
    others = {name: value for name, value in others.items() if value.size > 1}
    positive = {name: value for name, value in others.items() if np.all(value > 0)}
    return {**others, **{f"log({name})": np.log(value) for name, value in positive.items()}}


def _values(graph: Graph, point: Mapping[str, Any]) -> dict[int, np.ndarray]:
    """All floating values of the graph at a point."""

    def program(arrays: dict[str, Any]) -> dict[int, Any]:
        kept: dict[int, Any] = {}

        def change(index: int, step: Step, operands: list[Any], _: list[Any]) -> list[Any]:
            results = step.apply(*operands)
            if step.floating and len(results) == 1:
                kept[step.results[0]] = results[0]
            return results

        graph.value(arrays, change)
        return kept

    with scope("float64"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = jax.jit(program, compiler_options=QUICK)({name: np.asarray(point[name]) for name in graph.inputs})
        return {number: np.asarray(value) for number, value in found.items()}


def _constant(value: Any) -> str:
    array = np.asarray(value)
    if array.size != 1:
        return "constants"
    number = array.item()
    many = number / np.log(2 * np.pi)
    if np.isfinite(many) and abs(many - round(many)) < 1e-12 and round(many) > 1:
        return f"{round(many)} * log(2 * pi)"
    return next((text for known, text in NAMED.items() if abs(number - known) < 1e-12), f"{number:.4g}")


NAMED = {
    np.pi: "pi",
    2 * np.pi: "2 * pi",
    np.log(2 * np.pi): "log(2 * pi)",
    0.5 * np.log(2 * np.pi): "log(2 * pi) / 2",
}
"""Constants as they are written."""


def _infix(name: str, parts: list[str]) -> str:
    if name in ("mul", "div"):
        return f"{_bracketed(parts[0], '+-')} {INFIX[name]} {_bracketed(parts[1])}"
    return f"{parts[0]} {INFIX[name]} {_bracketed(parts[1]) if name == 'sub' else parts[1]}"


def _bracketed(text: str, looser: str = "+-*/@<>") -> str:
    """Text in brackets where one of some operators stands outside all of its own."""
    depth = 0
    for place, character in enumerate(text):
        depth += (character in "([") - (character in ")]")
        if depth == 0 and character in looser and place and text[place - 1] == " ":
            return f"({text})"
    return text


def _called(step: Step, parts: list[str]) -> str:
    if step.name == "neg":
        return f"-{_bracketed(parts[0])}"
    if step.name in ("integer_pow", "square"):
        return f"{_bracketed(parts[0])}**{step.params.get('y', 2)}"
    if step.name == "transpose":
        return f"{_bracketed(parts[0])}.T"
    if step.name in ("max", "min") and len(parts) == 2:
        return (
            f"relu({parts[0]})"
            if parts[1] == "0" and step.name == "max"
            else f"{step.name}imum({parts[0]}, {parts[1]})"
        )
    shown = [part for part, operand in zip(parts, step.operands, strict=True) if not isinstance(operand, Constant)]
    return f"{CALLS.get(step.name, step.name)}({', '.join(shown)})"
