"""Answers that are right in a special case alone: a symmetric matrix, a variable that is 1."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from suffice.check.case import Case, difference
from suffice.check.claims import ClaimError
from suffice.check.problem import Point
from suffice.check.report import Finding


class Special(NamedTuple):
    """A change of a variable after which nothing depends on what it was, and what is said of it."""

    change: Callable[[np.ndarray], np.ndarray]
    said: str
    fix: str


SYMMETRIC = Special(
    lambda x: 0.5 * (x + np.swapaxes(x, -1, -2)), "symmetric", "do not take {0} as symmetric: {0} and {0}.T differ"
)
ONE = Special(np.ones_like, "1", "see to the powers of {0}: what multiplies or divides by it is missing or too much")


def if_symmetric(case: Case) -> Iterator[Finding]:
    """The answer is right wherever one matrix is symmetric, and only there."""
    yield from _special(case, SYMMETRIC, _is_asymmetric)


def if_one(case: Case) -> Iterator[Finding]:
    """The answer is right wherever one variable is 1, and only there."""
    yield from _special(case, ONE, lambda x: x.ndim <= 1)


def _special(case: Case, special: Special, fits: Callable[[np.ndarray], bool]) -> Iterator[Finding]:
    if not case.same_shape or case.claim.constant:
        return
    for name in case.subject.known:
        value = np.asarray(case.points[0].get(name, 0))
        is_real = value.dtype.kind == "f" and not np.all(value == np.round(value))
        if is_real and fits(value) and all(_agrees(case, i, name, special.change) for i in range(len(case.points))):
            what = f"Your {case.subject.name} is right only where {name} is {special.said}"
            yield Finding("special case", what, name, special.fix.format(name), case.evidence())
            return


def _is_asymmetric(value: np.ndarray) -> bool:
    square = value.ndim >= 2 and value.shape[-1] == value.shape[-2] > 1
    return square and not np.allclose(value, np.swapaxes(value, -1, -2))


def _agrees(case: Case, index: int, name: str, change: Callable[[np.ndarray], np.ndarray]) -> bool:
    """Whether claim and truth are the same at a point with a variable changed, and no zeros."""
    known: Point = {own: value for own, value in case.points[index].items() if own in case.subject.known}
    if name not in known:
        return False
    point = case.complete({**known, name: change(np.asarray(known[name]))})
    try:
        claimed, right = case.claim.array(point), np.asarray(case.truth(point))
    except (ClaimError, ValueError, KeyError, np.linalg.LinAlgError):
        return False
    scale = float(np.max(np.abs(right), initial=0.0))
    return bool(scale > 1e-6 * case.scales[index]) and difference(claimed, right) <= 1e-9 * scale
