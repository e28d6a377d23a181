"""A posterior read as a sum of the model's own terms: which are missing, doubled, halved or of the wrong sign."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from suffice.check.case import Case
from suffice.check.discrete import Discrete
from suffice.check.functions import NOT_TRACEABLE, QUICKEST
from suffice.check.graph.backward import traced_graph
from suffice.check.graph.steps import Constant, Graph, Operand, Step
from suffice.check.graph.words import Writer
from suffice.check.points import shapes_of
from suffice.check.problem import Point
from suffice.check.report import Finding
from suffice.runtime.precision import scope

MOST_TERMS = 14


def terms_of_posterior(case: Case) -> Iterator[Finding]:
    """log claim = Σ a_t term_t + constant, with a_t = 1 where it is right."""
    source = case.extra
    if (
        not isinstance(source, Discrete)
        or not source.by_element
        or not case.same_shape
        or source.form not in ("table", "marginals", "prob_one")
    ):
        return
    try:
        graph, operands, _ = _in_terms(source, case.points[0])
        if len(operands) < 2:
            return
        tables = _tables(case, source)
    except (*NOT_TRACEABLE, NotImplementedError, TypeError, ValueError, KeyError):
        return
    logs = [_log_table(claimed, source) for claimed in case.claimed[: len(tables)]]
    if any(log is None for log in logs):
        return
    yield from _read(case, graph, operands, tables, logs)


def _read(
    case: Case, graph: Graph, operands: list[Operand], tables: list[np.ndarray], logs: list[Any]
) -> Iterator[Finding]:
    design = np.concatenate([_centred(table).reshape(-1, table.shape[-1]) for table in tables])
    wanted = np.concatenate([_centred(log[..., None]).reshape(-1) for log in logs])
    moving = [column for column in range(design.shape[1]) if np.max(np.abs(design[:, column])) > 1e-9]
    if not moving or len(wanted) <= len(moving):
        return
    found, _, rank, _ = np.linalg.lstsq(design[:, moving], wanted, rcond=None)
    gap = float(np.max(np.abs(design[:, moving] @ found - wanted)))
    if rank < len(moving) or gap > 1e-7 * max(1.0, float(np.max(np.abs(wanted)))):
        return
    writer = Writer(graph, case.points[0])
    odd = [(writer.described(operands[c]), float(a)) for c, a in zip(moving, found, strict=True) if abs(a - 1) > 1e-6]
    if 0 < len(odd) <= 3:
        yield _finding(case, odd)


def _finding(case: Case, odd: list[tuple[str, float]]) -> Finding:
    said = [_said(term, size) for term, size in odd]
    kind = "missing term" if abs(odd[0][1]) < 1e-6 else "sign" if abs(odd[0][1] + 1) < 1e-6 else "factor"
    fixes = {"missing term": "add it to the exponent", "sign": "flip its sign", "factor": "give it the coefficient 1"}
    return Finding(
        kind,
        f"In the logarithm of your {case.subject.name}, {' and '.join(said)}",
        odd[0][0],
        fixes[kind],
        case.evidence(),
        odd[0][1],
    )


def _said(term: str, size: float) -> str:
    words = {
        0.0: "is missing",
        -1.0: "has the wrong sign",
        2.0: "is counted twice (factor 2)",
        0.5: "is halved (factor 1/2)",
    }
    near = next((value for value in words if abs(size - value) < 1e-6), None)
    return f"the term {term} {words[near]}" if near is not None else f"the term {term} has the factor {size:.6g}"


def _centred(table: np.ndarray) -> np.ndarray:
    return table - np.mean(table, axis=1, keepdims=True)


def _log_table(claimed: np.ndarray, source: Discrete) -> np.ndarray | None:
    """(elements, states) of log-probabilities, up to a constant for each element."""
    many = len(source.states)
    table = np.stack([1 - claimed, claimed], -1) if source.form == "prob_one" else claimed
    table = table.reshape(-1, many)
    if np.all(table > 0):
        return np.log(table)
    return table if np.all(np.isfinite(table)) and np.all(table <= 0) else None


def _in_terms(source: Discrete, point: Point) -> tuple[Graph, list[Operand], Any]:
    """The graph at points of these shapes, its terms, and a program for what each adds at every state."""
    model, at = source.model, source.at(point)
    key = ("terms", source.key, tuple(sorted(shapes_of(model.arguments(at)).items())))
    if key not in model.kept:
        graph, _ = traced_graph(model, at)
        operands = _terms(graph)

        def program(arrays: dict[str, Any]) -> Any:
            return source.logs(lambda given: _valued(graph, operands, given), arrays)

        model.kept[key] = graph, operands, jax.jit(program, compiler_options=QUICKEST)
    return model.kept[key]


def _tables(case: Case, source: Discrete) -> list[np.ndarray]:
    """(elements, states, terms) at every point of the first shapes."""
    _, _, run = _in_terms(source, case.points[0])
    shapes = [shapes_of(point) for point in case.points]
    found = []
    with scope("float64"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for point, shape in zip(case.points, shapes, strict=True):
            if shape == shapes[0]:
                found.append(np.asarray(run(source.model.arrays(source.at(point)))))
    return found


def _valued(graph: Graph, operands: list[Operand], arrays: dict[str, Any]) -> Any:
    """The sum of each term, with the factor that it has in the output."""
    factors = _factors(graph)
    kept: dict[int, Any] = {number: arrays[name] for name, number in graph.inputs.items()}

    def change(index: int, step: Step, given: list[Any], _: list[Any]) -> list[Any]:
        results = step.apply(*given)
        kept.update(zip(step.results, results, strict=True))
        return results

    graph.value(arrays, change)
    return jnp.stack([factors[operand] * jnp.sum(kept[operand]) for operand in operands if isinstance(operand, int)])


def _terms(graph: Graph) -> list[Operand]:
    found = list(_factors(graph))
    return found if len(found) <= MOST_TERMS else []


def _factors(graph: Graph) -> dict[Operand, float]:
    """Terms that the output is a sum of, with their numerical factors."""
    made = {step.results[0]: step for step in graph.steps}
    found: dict[Operand, float] = {}
    waiting: list[tuple[Operand, float]] = [(graph.output, 1.0)]
    while waiting:
        operand, factor = waiting.pop()
        if isinstance(operand, Constant):
            continue
        step = made.get(operand)
        inner = _opened(step, factor) if step is not None else None
        if inner is None:
            found[operand] = found.get(operand, 0.0) + factor
        else:
            waiting.extend(inner)
    return dict(sorted(found.items(), key=lambda item: str(item[0])))


def _opened(step: Step, factor: float) -> list[tuple[Operand, float]] | None:
    """What a step is a sum of; nothing where it is a term itself."""
    if step.name in ("add", "sub", "add_any") and _alike(step):
        second = -factor if step.name == "sub" else factor
        return [(step.operands[0], factor), (step.operands[1], second)]
    if step.name == "neg":
        return [(step.operands[0], -factor)]
    if step.name in ("reduce_sum", "squeeze", "reshape", "copy", "convert_element_type"):
        return [(step.operands[0], factor)]
    if step.name == "mul":
        for constant, other in (step.operands, step.operands[::-1]):
            if isinstance(constant, Constant) and np.size(constant.value) == 1:
                return [(other, factor * float(np.asarray(constant.value)))]
    return None


def _alike(step: Step) -> bool:
    """Whether both sides are arrays of the sum's shape, so that sums of each add up to the sum."""
    return not any(
        isinstance(operand, Constant) and np.shape(operand.value) != step.shape and step.shape
        for operand in step.operands
    )
