"""Which edits of a formula make it right."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from suffice.check.case import Case, difference
from suffice.check.grammar.evaluating import evaluate
from suffice.check.grammar.expression import Expression, names_in, places
from suffice.check.repair.edits import Edit, edits_of, everywhere
from suffice.check.report import Finding

MOST_EDITS = 9000
MOST_NODES = 60
MOST_WORK = 10**6
MOST_ELEMENTS = 20_000
"""Formulas and arrays beyond these are not searched: each edit costs a pass over both."""


def repairs_of(case: Case, computed: bool = True) -> list[Edit]:
    """The best single edit that makes the formula right at all points; ``computed`` is false where it gave no value."""
    formula = case.claim.formula
    if formula is None or not _worth_searching(formula, case) or (computed and not _is_read_rightly(formula, case)):
        return []
    return _right_edits(formula, case)


def finding_of(edit: Edit, case: Case) -> Finding:
    """An edit as a finding."""
    return Finding(
        edit.kind, f"In your formula, {edit.what}", _where(edit), f"it is right as {edit.formula}", case.evidence()
    )


def _where(edit: Edit) -> str:
    return str(edit.formula)


def _worth_searching(formula: Expression, case: Case) -> bool:
    sizes = [np.size(case.points[0][name]) for name in names_in(formula) if name in case.points[0]]
    small = max([*sizes, case.right[0].size]) <= MOST_ELEMENTS
    return small and sum(1 for _ in places(formula)) <= MOST_NODES


def _is_read_rightly(formula: Expression, case: Case) -> bool:
    """Whether the formula gives what the claim gave: the source of a function may say something else here."""
    try:
        return all(
            case.explains_at(i, _shaped(evaluate(formula, p), case.claimed[i])) for i, p in enumerate(case.points[:1])
        )
    except ValueError:
        return False


def _shaped(value: Any, like: np.ndarray) -> np.ndarray:
    array = np.asarray(value, float)
    return array.reshape(like.shape) if array.size == like.size and array.shape != like.T.shape else array


def _right_edits(formula: Expression, case: Case) -> list[Edit]:
    named = [(name, np.ndim(value)) for name, value in case.points[0].items()]
    edits = sorted([*edits_of(formula, named), *everywhere(formula, named)], key=lambda edit: edit.cost)[:MOST_EDITS]
    found: list[Edit] = []
    for edit in edits:
        if all(_is_right(edit, case, index) for index in range(len(case.points))):
            found.append(edit)
            break
    return found


def _is_right(edit: Edit, case: Case, index: int) -> bool:
    return equals(lambda point: evaluate(edit.formula, point, MOST_WORK), case, index)


def equals(value: Callable[[Mapping[str, Any]], Any], case: Case, index: int) -> bool:
    """Whether a function of a point gives the right answer there."""
    try:
        found = np.asarray(value(case.points[index]), float)
    except (ValueError, TypeError):
        return False
    right = case.right[index]
    allowed = min(1e-8 * case.scales[index], 1e-3 * case.errors[index]) + 50 * case.floors[index] + case.rough[index]
    return found.shape == right.shape and difference(found, right) <= allowed
