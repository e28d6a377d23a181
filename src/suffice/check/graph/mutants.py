"""Models that differ from the right one in one step: a term or factor left out, a function not applied, a sign, an axis."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from suffice.check.functions import QUICKEST, Model
from suffice.check.graph.backward import traced_graph
from suffice.check.graph.slips import STRUCTURE
from suffice.check.graph.softmaxes import axes_of, exponents_of, makers
from suffice.check.graph.steps import Constant, Graph, Operand, Step
from suffice.runtime.precision import scope

Change = Callable[[list[Any], Any, Any], Any]
"""Operands, the right result, and whether the mutant is on, to the mutant's result."""
MOST = 200


@dataclass(frozen=True)
class Mutant:
    """One changed step; ``kind`` and ``operand`` say what is changed.

    ``leaves`` are values that the change takes after the operands, such as the one term of a sum that is kept; ``together`` are
    numbers of mutants that this one is all of.
    """

    step: int
    kind: str
    operand: int
    change: Change
    leaves: tuple[Operand, ...] = ()
    together: tuple[int, ...] = ()


UNARY = frozenset(
    (
        "tanh",
        "logistic",
        "exp",
        "log",
        "sqrt",
        "rsqrt",
        "log1p",
        "expm1",
        "abs",
        "square",
        "integer_pow",
        "sin",
        "cos",
        "neg",
        "cosh",
        "sinh",
        "inv",
    )
)
Questioned = Callable[[Callable[[dict[str, Any]], Any], dict[str, Any]], Any]
"""What is asked of a model: a function and arrays to an answer, in JAX."""


def mutants_of(graph: Graph) -> list[Mutant]:
    """Every model that differs in one step."""
    used = graph.before_output()
    found: list[Mutant] = []
    for index, step in enumerate(graph.steps):
        if step.floating and used.intersection(step.results) and step.name not in STRUCTURE and len(step.results) == 1:
            found += list(_of_step(graph, index, step))
    found = found[:MOST]
    return [*found, *_alike(graph, found)]


def _alike(graph: Graph, found: list[Mutant]) -> Iterator[Mutant]:
    """The same change wherever it can be made: every 1 left out, the first term alone in every sum."""
    groups: dict[Any, list[int]] = {}
    for number, mutant in enumerate(found):
        operand = graph.steps[mutant.step].operands[mutant.operand]
        if mutant.kind == "only":
            groups.setdefault(("only", mutant.operand), []).append(number)
        elif isinstance(operand, Constant) and np.size(operand.value) == 1:
            groups.setdefault((mutant.kind, float(np.asarray(operand.value))), []).append(number)
    for members in groups.values():
        if len(members) > 1:
            yield replace(found[members[0]], together=tuple(members))


def _leaves(graph: Graph, step: Step) -> Iterator[Operand]:
    """Terms of the sum that is the first operand of a sum."""
    inner = next((other for other in graph.steps if step.operands[0] in other.results), None)
    if inner is not None and inner.name in ("add", "sub") and inner.shape == step.shape:
        yield from inner.operands


def _of_step(graph: Graph, index: int, step: Step) -> Iterator[Mutant]:
    if step.name in ("add", "sub", "add_any"):
        yield Mutant(index, "without", 1, lambda given, result, on: _like(given[0], result))
        yield Mutant(
            index, "without", 0, lambda given, result, on: _like(given[1] if step.name != "sub" else -given[1], result)
        )
        yield Mutant(
            index,
            "sign",
            1,
            lambda given, result, on: given[0] - given[1] if step.name != "sub" else given[0] + given[1],
        )
        for place, leaf in enumerate(_leaves(graph, step)):
            yield Mutant(index, "only", place, lambda given, result, on: _like(given[-1], result), (leaf,))
    if step.name in ("mul", "div"):
        yield Mutant(index, "without factor", 1, lambda given, result, on: _like(given[0], result))
        yield Mutant(
            index,
            "without factor",
            0,
            lambda given, result, on: _like(given[1], result) if step.name == "mul" else 1 / given[1],
        )
        yield Mutant(index, "inverted factor", 1, lambda given, result, on: _exchanged(step, given, on))
    yield from _of_log_sums(graph, index, step)
    if step.name in UNARY:
        yield Mutant(index, "not applied", 0, lambda given, result, on: _like(given[0], result))
    if step.name == "max" and any(isinstance(operand, Constant) for operand in step.operands):
        place = 1 if isinstance(step.operands[0], Constant) else 0
        yield Mutant(index, "not applied", place, lambda given, result, on: _like(given[place], result))
    if step.name == "reduce_sum":
        yield Mutant(index, "mean", 0, lambda given, result, on: result * (jnp.size(result) / jnp.size(given[0])))
    if step.name == "dot_general" and _square(step):
        for place in (0, 1):
            yield Mutant(
                index, "transposed", place, lambda given, result, on, place=place: _turned(step, given, result, place)
            )
    if step.name == "div" and len(step.shape) >= 2:
        for axis in range(len(step.shape)):
            yield Mutant(index, f"axis {axis}", 0, lambda given, result, on, axis=axis: _normalised(given[0], axis, on))


def _of_log_sums(graph: Graph, index: int, step: Step) -> Iterator[Mutant]:
    """The sum of the exponents, or the largest, in place of the logarithm of the sum of their exponentials."""
    made = makers(graph)
    leaves = exponents_of(step, made)
    axes = axes_of(step, made)
    if leaves:
        yield Mutant(index, "each", 0, lambda given, result, on: _shifted(given, result, jnp.sum, axes), leaves)
        yield Mutant(index, "largest", 0, lambda given, result, on: _shifted(given, result, jnp.max, axes), leaves)


def _shifted(given: list[Any], result: Any, reduced: Callable[..., Any], axes: tuple[int, ...]) -> Any:
    """A reduction of a, less the shift s: given are the step's operand, a, and s where there is one."""
    shift = (
        jnp.reshape(given[2], jnp.shape(result)) if len(given) > 2 and jnp.size(given[2]) == jnp.size(result) else 0.0
    )
    return jnp.reshape(reduced(given[1], axis=axes), jnp.shape(result)) - shift


def _like(value: Any, result: Any) -> Any:
    return jnp.broadcast_to(value, jnp.shape(result))


def _exchanged(step: Step, given: list[Any], on: Any) -> Any:
    return given[0] / jnp.where(on, given[1], 1.0) if step.name == "mul" else given[0] * given[1]


def _square(step: Step) -> bool:
    (left, right), (batch, _) = step.params["dimension_numbers"]
    return not batch and len(left) == len(right) == 1


def _turned(step: Step, given: list[Any], result: Any, place: int) -> Any:
    if given[place].ndim != 2 or given[place].shape[0] != given[place].shape[1]:
        return result
    pair = list(given)
    pair[place] = given[place].T
    return step.apply(*pair)[0]


def _normalised(value: Any, axis: int, on: Any) -> Any:
    return value / jnp.where(on, jnp.sum(value, axis=axis, keepdims=True), 1.0)


def mutated(graph: Graph, mutants: list[Mutant], chosen: Any, arrays: Mapping[str, Any]) -> Any:
    """The output of the mutant with a number; the model itself where the number is none of theirs."""
    by_step: dict[int, list[tuple[list[int], Mutant]]] = {}
    for number, mutant in enumerate(mutants):
        if not mutant.together:
            joined = [place for place, other in enumerate(mutants) if number in other.together]
            by_step.setdefault(mutant.step, []).append(([number, *joined], mutant))
    known: dict[Any, Any] = {number: arrays[name] for name, number in graph.inputs.items()}

    def change(index: int, step: Step, operands: list[Any], _: list[Any]) -> list[Any]:
        results = step.apply(*operands)
        for numbers, mutant in by_step.get(index, []):
            on = jnp.any(jnp.asarray(numbers) == chosen)
            kept = [leaf.value if isinstance(leaf, Constant) else known[leaf] for leaf in mutant.leaves]
            other = mutant.change([*operands, *kept], results[0], on)
            results = [jnp.where(on, other, results[0])]
        known.update(zip(step.results, results, strict=True))
        return results

    return graph.value(arrays, change)


@dataclass(frozen=True)
class Mutants:
    """The mutants of a model, and a program for the answers of all to one question."""

    graph: Graph
    mutants: tuple[Mutant, ...]
    program: Callable[[dict[str, Any]], Any]

    def answers(self, arrays: Mapping[str, Any]) -> np.ndarray:
        """Answers (mutants, *answer)."""
        with scope("float64"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return np.asarray(self.program(dict(arrays)))


def mutants(model: Model, key: Any, question: Questioned, point: Mapping[str, Any]) -> Mutants:
    """The mutants of a model at points of these shapes, and their answers to a question; kept under a key."""
    kind = model.kind_of(point)
    if ("mutants", key, kind) not in model.kept:
        model.kept["mutants", key, kind] = _made(model, question, point)
    return model.kept["mutants", key, kind]


def answer_elsewhere(model: Model, key: Any, question: Questioned, point: Mapping[str, Any], number: int) -> np.ndarray:
    """The answer of one mutant, by its number, at a point of other shapes: a small program."""
    kind = model.kind_of(point)
    if ("mutant", key, kind, number) not in model.kept:
        graph, _ = traced_graph(model, point)
        found = mutants_of(graph)
        chosen = [found[place] for place in (found[number].together or (number,))]
        model.kept["mutant", key, kind, number] = _all_at_once(graph, chosen, question)
    return model.kept["mutant", key, kind, number].answers(model.arrays(point))


def _all_at_once(graph: Graph, chosen: list[Mutant], question: Questioned) -> Mutants:
    joined = replace(chosen[0], together=tuple(range(len(chosen))))
    found = [*chosen, joined]

    def program(arrays: dict[str, Any]) -> Any:
        return question(lambda given: mutated(graph, found, len(chosen), given), arrays)

    return Mutants(graph, tuple(found), jax.jit(program, compiler_options=QUICKEST))


def _made(model: Model, question: Questioned, point: Mapping[str, Any]) -> Mutants:
    graph, _ = traced_graph(model, point)
    found = mutants_of(graph)

    def program(arrays: dict[str, Any]) -> Any:
        def answer(chosen: Any) -> Any:
            return question(lambda given: mutated(graph, found, chosen, given), arrays)

        return jax.vmap(answer)(jnp.arange(len(found)))

    return Mutants(graph, tuple(found), jax.jit(program, compiler_options=QUICKEST))
