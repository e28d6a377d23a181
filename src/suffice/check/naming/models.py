"""Right for a different model: a term left out, a function not applied, a sum over another axis."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from suffice.check.case import Case
from suffice.check.functions import NOT_TRACEABLE
from suffice.check.graph.mutants import Mutant, Mutants, answer_elsewhere, mutants
from suffice.check.graph.words import Writer
from suffice.check.problem import Point
from suffice.check.report import Finding

MOST_NUMBERS = 4_000_000
MOST_TRIED = 4


def other_model(case: Case) -> Iterator[Finding]:
    """The answer is the right one for a model that differs in one step."""
    source = case.extra
    if not hasattr(source, "question") or not case.same_shape or case.right[0].size * 100 > MOST_NUMBERS:
        return
    shapes = [{n: np.shape(v) for n, v in point.items()} for point in case.points]
    tables, made = [], None
    try:
        for point, shape in zip(case.points, shapes, strict=True):
            if shape == shapes[0]:
                made = mutants(source.model, source.key, source.question, source.at(point))
                tables.append(made.answers(source.model.arrays(source.at(point))))
    except (*NOT_TRACEABLE, NotImplementedError, TypeError, ValueError, KeyError):
        return
    if made is not None:
        yield from named_mutants(case, made, _without_empty(case, made, tables))


def _without_empty(case: Case, made: Mutants, tables: list[np.ndarray]) -> list[np.ndarray]:
    """The answers, NaN for mutants of which nothing is left: their slope is zero elsewhere too."""
    elsewhere = case.memory.get("elsewhere")
    if elsewhere is None:
        return tables
    source = case.extra
    there = made.answers(source.model.arrays(source.at(elsewhere)))
    empty = np.max(np.abs(there.reshape(len(there), -1)), axis=1) < 1e-9
    return [np.where(empty.reshape(-1, *(1,) * (table.ndim - 1)), np.nan, table) for table in tables]


def named_mutants(case: Case, made: Mutants, tables: list[np.ndarray]) -> Iterator[Finding]:
    """The findings of mutants whose answers are claimed at all points of the first shapes, the plainest one."""
    holding = [
        number
        for number in range(len(made.mutants))
        if all(case.explains_at(i, table[number]) for i, table in enumerate(tables))
    ]
    best = sorted(holding, key=lambda n: (PREFERRED.get(made.mutants[n].kind, 3), n))[:MOST_TRIED]
    for number in [number for number in best if _holds_elsewhere(case, len(tables), number)][:1]:
        yield _finding(case, made, made.mutants[number])


def _source_at(case: Case, point: Point) -> Any:
    remade = getattr(case.extra, "remade", None)
    return case.extra if remade is None else remade(point)


def _holds_elsewhere(case: Case, start: int, number: int) -> bool:
    """Whether a mutant's answers are claimed at points of other shapes too."""
    for index in range(start, len(case.points)):
        try:
            source = _source_at(case, case.points[index])
            at = source.at(case.points[index])
            found = answer_elsewhere(source.model, source.key, source.question, at, number)
        except (*NOT_TRACEABLE, NotImplementedError, TypeError, ValueError, KeyError, IndexError):
            return False
        if not case.explains_at(index, found):
            return False
    return True


LOG_SUMS = {
    "each": (
        "one with the sum of {0} in place of the logarithm of a sum, {1}: no term is weighed by its share (responsibility)",
        "keep the logarithm outside of the sum; its derivative weighs each term by its share",
    ),
    "largest": (
        "one with the largest of {0} in place of {1}: a hard assignment",
        "weigh all terms by their shares (a softmax), not the largest alone",
    ),
}
PREFERRED = {"without": 0, "not applied": 1, "without factor": 1, "sign": 2}


def _finding(case: Case, made: Mutants, mutant: Mutant) -> Finding:
    writer = Writer(made.graph, case.points[0])
    step = made.graph.steps[mutant.step]
    operand = writer.described(mutant.leaves[0] if mutant.leaves else step.operands[mutant.operand])
    whole = writer.step(mutant.step)
    said, fix = _words(mutant, operand, whole, step.name)
    return Finding(
        "other model", f"Your {case.subject.name} is right for a different model, {said}", whole, fix, case.evidence()
    )


def _words(mutant: Mutant, operand: str, whole: str, step: str) -> tuple[str, str]:
    if mutant.kind == "without":
        return f"one without the term {operand} in {whole}", f"put {operand} back"
    if mutant.kind == "only":
        return f"one with {operand} in place of {whole}, its other terms left out", "put the other terms back"
    if mutant.kind in LOG_SUMS:
        said, fix = LOG_SUMS[mutant.kind]
        return said.format(operand, whole), fix
    if mutant.kind == "without factor":
        return (
            f"one without the {'division by' if step == 'div' and mutant.operand else 'factor'} {operand} in {whole}",
            f"put {operand} back",
        )
    if mutant.kind == "inverted factor":
        return (
            f"one that {'divides' if step == 'mul' else 'multiplies'} by {operand} in {whole}",
            f"{'multiply' if step == 'mul' else 'divide'} by {operand}",
        )
    if mutant.kind == "sign":
        return f"one with the sign of {operand} flipped in {whole}", f"flip the sign of {operand}"
    if mutant.kind == "not applied":
        name = whole.split("(", 1)[0] if "(" in whole and not whole.startswith("(") else step
        return f"one in which {name} is not applied ({operand} in place of {whole})", f"apply {name}"
    if mutant.kind == "mean":
        return f"one with a mean in place of {whole}", "take the sum"
    if mutant.kind == "transposed":
        return f"one with {operand} transposed in {whole}", f"take {operand} as it is"
    return f"one normalised over {mutant.kind} in {whole}", "normalise over the other axis"
