"""Which edits of a formula make it right."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from suffice.check.case import Case, difference
from suffice.check.grammar.evaluating import evaluate, values_of_parts
from suffice.check.grammar.expression import Expression, at, call, changed_at, name, names_in, number, places, put
from suffice.check.repair.edits import edits_of
from suffice.check.repair.everywhere import everywhere
from suffice.check.repair.insertions import Edit
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
    if not computed and _is_right_already(formula, case):
        return []
    return _right_edits(formula, case)


def _is_right_already(formula: Expression, case: Case) -> bool:
    """Whether what kept the claim from a value is not in its formula."""
    return all(equals(lambda point: evaluate(formula, point, MOST_WORK), case, i) for i in range(len(case.points)))


def _named(case: Case) -> list[tuple[str, int]]:
    """What an edit may bring in, but for what is the right answer itself."""
    names = [name for name in case.points[0] if not _is_the_answer(name, case)]
    return [(name, np.ndim(case.points[0][name])) for name in names]


def _sizes(case: Case) -> tuple[Expression, ...]:
    """Lengths of the variables that none of them holds as a number, each once."""
    seen = {
        tuple(float(point[name]) for point in case.points)
        for name, value in case.points[0].items()
        if np.ndim(value) == 0
    }
    found = []
    for symbol in case.points[0]:
        for axis in range(np.ndim(case.points[0][symbol])):
            lengths = tuple(float(np.shape(point[symbol])[axis]) for point in case.points)
            if lengths not in seen and lengths[0] > 1:
                seen.add(lengths)
                shape = Expression("index", (Expression("shape", (name(symbol),)), number(axis)))
                found.append(shape if axis else call("len", name(symbol)))
    return tuple(found)


def _is_the_answer(name: str, case: Case) -> bool:
    """Whether a variable holds the right answer, as it is or as its first or last element."""
    pairs = [(np.asarray(point[name]), right) for point, right in zip(case.points, case.right, strict=True)]
    if any(right.ndim == 0 for _, right in pairs):
        return False
    views = (lambda x: x, lambda x: x[0] if x.ndim else x, lambda x: x[-1] if x.ndim else x)
    return any(all(difference(view(value), right) <= 1e-9 for value, right in pairs) for view in views)


PAIRED = (
    "index",
    "sign",
    "axis",
    "inverse",
    "missing function",
    "function",
    "number",
    "transpose",
    "extra factor",
    "extra term",
    "variable",
)
MOST_OF_A_KIND = 40


def paired_repairs_of(case: Case) -> list[Edit]:
    """Two edits of one kind that make the formula right together."""
    formula = case.claim.formula
    if formula is None or not _worth_searching(formula, case) or not _is_read_rightly(formula, case):
        return []
    edits = sorted(edits_of(formula, _named(case)), key=lambda edit: edit.cost)
    known = _known(formula, case)
    for kind in PAIRED:
        for alike in _groups([edit for edit in edits if edit.kind == kind]):
            found = next((pair for pair in _pairs(formula, alike) if _is_right_everywhere(pair, case, known)), None)
            if found is not None:
                return [found]
    mixed = [edit for edit in edits if edit.kind in MIXED][:MOST_OF_A_KIND]
    found = next((pair for pair in _pairs(formula, mixed) if _is_right_everywhere(pair, case, known)), None)
    return [] if found is None else [found]


MIXED = ("sign", "axis", "transpose", "order", "number")
"""Kinds of which two may come together."""


def _groups(edits: list[Edit]) -> list[list[Edit]]:
    """Edits of one kind, of which two may come together: all of them, and those that bring in the same function."""
    if not edits or edits[0].kind != "missing function":
        return [edits[:MOST_OF_A_KIND]]
    functions = sorted({edit.what.split()[0] for edit in edits})
    return [[edit for edit in edits if edit.what.split()[0] == one][:MOST_OF_A_KIND] for one in functions]


def _pairs(formula: Expression, edits: list[Edit]) -> Iterator[Edit]:
    """Two edits at different places, neither inside the other."""
    placed = [(edit, changed_at(formula, edit.formula)) for edit in edits]
    for place, (first, one) in enumerate(placed):
        for second, other in placed[place + 1 :]:
            if one[: len(other)] != other and other[: len(one)] != one:
                both = put(first.formula, other, at(second.formula, other))
                yield Edit(both, first.kind, f"{first.what}, and {second.what}", first.cost + second.cost)


Known = list[dict[int, Any]]


def _known(formula: Expression, case: Case) -> Known:
    """Values of the parts of a formula at each point, which its edits share."""
    return [values_of_parts(formula, point) for point in case.points]


def _is_right_everywhere(edit: Edit, case: Case, known: Known) -> bool:
    return all(_is_right(edit, case, index, known[index]) for index in range(len(case.points)))


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
    named = _named(case)
    edits = sorted([*edits_of(formula, named, _sizes(case)), *everywhere(formula, named)], key=lambda edit: edit.cost)[
        :MOST_EDITS
    ]
    known = _known(formula, case)
    best = next((edit for edit in edits if _is_right_everywhere(edit, case, known)), None)
    return [] if best is None else [best]


def _is_right(edit: Edit, case: Case, index: int, known: dict[int, Any]) -> bool:
    return equals(lambda point: evaluate(edit.formula, point, MOST_WORK, known), case, index)


def equals(value: Callable[[Mapping[str, Any]], Any], case: Case, index: int) -> bool:
    """Whether a function of a point gives the right answer there."""
    try:
        found = np.asarray(value(case.points[index]), float)
    except (ValueError, TypeError):
        return False
    right = case.right[index]
    allowed = min(1e-8 * case.scales[index], 1e-3 * case.errors[index]) + 50 * case.floors[index] + case.rough[index]
    return found.shape == right.shape and difference(found, right) <= allowed
