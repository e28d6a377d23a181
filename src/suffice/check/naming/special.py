"""Answers that are right in a special case alone: a symmetric matrix, a variable that is 1."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from suffice.check.case import Case, difference
from suffice.check.claims import ClaimError
from suffice.check.problem import Point
from suffice.check.report import Finding

Change = Callable[[np.ndarray], np.ndarray]


class Special(NamedTuple):
    """A change of a variable, and what is said where a claim is right after it alone."""

    change: Change
    said: str
    fix: str


SYMMETRIC = Special(
    lambda x: 0.5 * (x + np.swapaxes(x, -1, -2)),
    "{0} is symmetric",
    "do not take {0} as symmetric: {0} and {0}.T differ",
)
DIAGONAL = Special(lambda x: x * np.eye(x.shape[-1]), "{0} is diagonal", "see to the elements of {0} off the diagonal")
IDENTITY = Special(
    lambda x: np.zeros_like(x) + np.eye(x.shape[-1]),
    "{0} is the identity matrix",
    "see to the products with {0} or its inverse",
)
EQUAL = Special(
    lambda x: np.full_like(x, np.mean(x)),
    "all elements of {0} are equal",
    "see to how the answer depends on each element of {0}",
)
NUMBERS = tuple(
    Special(
        lambda x, value=value: np.full_like(x, value),
        f"{{0}} is {value}",
        "see to what depends on {0}",
    )
    for value in (1, 0, 2)
)


def if_symmetric(case: Case) -> Iterator[Finding]:
    """The answer is right wherever one matrix is symmetric, and only there."""
    yield from _first(case, [([name], SYMMETRIC) for name in _names(case, _is_asymmetric)])


def if_simple_matrix(case: Case) -> Iterator[Finding]:
    """The answer is right wherever square matrices, or one of them, are diagonal, or the identity."""
    names = _names(case, _is_square)
    sets = [[name] for name in names] + ([names] if len(names) > 1 else [])
    yield from _first(case, [(chosen, special) for chosen in sets for special in (DIAGONAL, IDENTITY)])


def if_constant(case: Case) -> Iterator[Finding]:
    """The answer is right wherever a vector's elements are equal, or a number is 1, 0 or 2, and only there."""
    vectors = _names(case, lambda x: x.ndim == 1)
    numbers = _names(case, lambda x: x.ndim == 0)
    yield from _first(
        case,
        [([name], EQUAL) for name in vectors]
        + [([name], special) for name in (*numbers, *vectors) for special in NUMBERS],
    )


def if_left_out(case: Case) -> Iterator[Finding]:
    """The answer is right wherever what it does not name, of numbers and vectors, is 1, 0 or 2."""
    taken = case.claim.taken
    if taken is None or not case.same_shape:
        return
    used = _with_sources(case, taken)
    names = [name for name in _names(case, lambda x: x.ndim <= 1) if name not in used and name != case.subject.of]
    for finding in _first(case, [(names, special) for special in NUMBERS] if names else []):
        said = f"Your {case.subject.name} leaves out {finding.where}: it"
        prior = ", such as a prior," if case.subject.kind == "estimate" else ""
        what = finding.what.replace(f"Your {case.subject.name}", said, 1)
        yield replace(finding, what=what, fix=f"put in what depends on {finding.where}{prior} as the model has it")


def _with_sources(case: Case, taken: frozenset[str]) -> set[str]:
    """Names, with the variables that intermediates among them move with."""
    known = {name: case.points[0][name] for name in case.subject.known if name in case.points[0]}
    found = set(taken)
    inner = [name for name in taken if name not in known and name in case.points[0]]
    for name, value in known.items() if inner else ():
        array = np.asarray(value)
        if array.dtype.kind == "f":
            moved = case.complete({**known, name: array * 1.01})
            found |= (
                {name}
                if any(difference(np.asarray(moved[i], float), np.asarray(case.points[0][i], float)) for i in inner)
                else set()
            )
    return found


def _names(case: Case, fits: Callable[[np.ndarray], bool]) -> list[str]:
    """Real variables of a kind."""
    found = []
    for name in case.subject.known:
        value = np.asarray(case.points[0].get(name, 0))
        if value.dtype.kind == "f" and not np.all(value == np.round(value)) and fits(value):
            found.append(name)
    return found


def _first(case: Case, tried: list[tuple[list[str], Special]]) -> Iterator[Finding]:
    if not case.same_shape or case.claim.constant:
        return
    for names, special in tried:
        if _holds(case, names, special):
            names = _needed(case, names, special)
            said = " and ".join(names)
            where = special.said.format(said).replace(" is ", " are ") if len(names) > 1 else special.said.format(said)
            what = f"Your {case.subject.name} is right only where {where}"
            yield Finding("special case", what, said, special.fix.format(said), case.evidence())
            return


def _holds(case: Case, names: list[str], special: Special) -> bool:
    return all(_agrees(case, index, names, special.change) for index in range(len(case.points)))


def _needed(case: Case, names: list[str], special: Special) -> list[str]:
    """Those of some variables without which the case is none."""
    for name in names:
        fewer = [other for other in names if other != name]
        if fewer and _holds(case, fewer, special):
            names = fewer
    return names


def _is_square(value: np.ndarray) -> bool:
    return value.ndim >= 2 and value.shape[-1] == value.shape[-2] > 1


def _is_asymmetric(value: np.ndarray) -> bool:
    return _is_square(value) and not np.allclose(value, np.swapaxes(value, -1, -2))


def _agrees(case: Case, index: int, names: list[str], change: Change) -> bool:
    """Whether claim and truth are the same at a point with variables changed, and no zeros."""
    known: Point = {own: value for own, value in case.points[index].items() if own in case.subject.known}
    moved = {name: change(np.asarray(known[name])) for name in names if name in known}
    try:
        point = case.complete({**known, **moved})
        claimed, right = case.claim.array(point), np.asarray(case.truth(point))
    except (ClaimError, ValueError, KeyError, IndexError, ZeroDivisionError, np.linalg.LinAlgError):
        return False
    scale = float(np.max(np.abs(right), initial=0.0))
    return bool(1e-6 * case.scales[index] < scale < np.inf) and difference(claimed, right) <= 1e-9 * scale
