"""Answers that are wrong in some elements alone: one of them, a row, a column, the diagonal, a triangle, a block."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from suffice.check.case import Case
from suffice.check.report import Finding

Mask = np.ndarray


def element_pattern(case: Case) -> Iterator[Finding]:
    """Where an answer is wrong, if that is a plain part of it that is too large by one factor."""
    yield from (finding for finding in element_place(case) if finding.factor is not None)


def element_place(case: Case) -> Iterator[Finding]:
    """Where an answer is wrong, if that is a plain part of it."""
    if not case.same_shape or case.right[0].ndim == 0:
        return
    masks = [_wrong(case, index) for index in range(len(case.points))]
    if any(not mask.any() or mask.all() for mask in masks):
        return
    where = _place(masks)
    if where is None:
        return
    what = f"Your {case.subject.name} is right but for {where}, which {_what_is_wrong(case, masks)}"
    yield Finding("element pattern", what, where, f"correct {where}", case.evidence(), _factor(case, masks))


def indicator_missing(case: Case) -> Iterator[Finding]:
    """The answer is right wherever the right one is not zero."""
    if not case.same_shape or case.right[0].ndim == 0:
        return
    zero = [right == 0 for right in case.right]
    wrong = [_wrong(case, index) for index in range(len(case.points))]
    if all(np.any(w) and not np.any(w & ~z) for w, z in zip(wrong, zero, strict=True)):
        what = f"Your {case.subject.name} is right but for elements that are zero: an indicator is missing"
        fix = "multiply by 1 where the element is in the sum (observed, chosen, of the class) and by 0 elsewhere"
        yield Finding("indicator", what, fix=fix, evidence=case.evidence())


def _wrong(case: Case, index: int) -> Mask:
    right = case.right[index]
    allowed = 50 * case.floors[index] + 1e-9 * case.scales[index] + case.rough[index]
    return np.abs(case.claimed[index] - right) > allowed


def _what_is_wrong(case: Case, masks: list[Mask]) -> str:
    factor = _factor(case, masks)
    if factor is None:
        return "differs"
    words = {
        0.0: "is missing (zero)",
        -1.0: "has the wrong sign (factor -1)",
        2.0: "is doubled (factor 2)",
        0.5: "is halved (factor 1/2)",
    }
    return words.get(factor, f"is too large by the factor {factor:.6g}")


def _factor(case: Case, masks: list[Mask]) -> float | None:
    with np.errstate(all="ignore"):
        ratios = np.concatenate([(c[m] / r[m]) for c, r, m in zip(case.claimed, case.right, masks, strict=True)])
    if not np.all(np.isfinite(ratios)) or np.ptp(ratios) > 1e-6 * max(1.0, float(np.max(np.abs(ratios)))):
        return None
    value = float(np.mean(ratios))
    return next((nice for nice in (0.0, -1.0, 2.0, 0.5) if abs(value - nice) < 1e-6), value)


def _place(masks: list[Mask]) -> str | None:
    for name, shape in PATTERNS.items():
        if masks[0].ndim >= 2 and all(np.array_equal(mask, _filled(shape, mask)) for mask in masks):
            return name
    return _line(masks) or _single(masks)


def _filled(pattern: Callable[[Any, Any], Any], mask: Mask) -> Mask:
    rows, columns = np.indices(mask.shape[-2:])
    return np.broadcast_to(pattern(rows, columns), mask.shape)


PATTERNS: dict[str, Callable[[Any, Any], Any]] = {
    "the diagonal": lambda i, j: i == j,
    "the elements off the diagonal": lambda i, j: i != j,
    "the upper triangle": lambda i, j: i < j,
    "the lower triangle": lambda i, j: i > j,
    "the upper triangle and the diagonal": lambda i, j: i <= j,
    "the lower triangle and the diagonal": lambda i, j: i >= j,
}


def _line(masks: list[Mask]) -> str | None:
    """One place along an axis, in all points the same, counted from either end."""
    for axis in range(masks[0].ndim):
        for name, end in (("first", 0), ("last", -1)):
            if all(_is_line(mask, axis, end) for mask in masks):
                return _line_name(name, axis, masks[0].ndim)
        places = [np.flatnonzero(np.any(mask, axis=tuple(a for a in range(mask.ndim) if a != axis))) for mask in masks]
        if all(len(place) == 1 and place[0] == places[0][0] for place in places) and all(
            _is_line(m, axis, int(places[0][0])) for m in masks
        ):
            return f"{_line_kind(axis, masks[0].ndim)} {int(places[0][0])}"
    return None


def _is_line(mask: Mask, axis: int, place: int) -> bool:
    if not -mask.shape[axis] <= place < mask.shape[axis]:
        return False
    full = np.zeros_like(mask)
    full[(slice(None),) * axis + (place,)] = True
    return np.array_equal(mask, full)


def _line_kind(axis: int, axes: int) -> str:
    return "element" if axes == 1 else ("row", "column")[axis] if axes == 2 else f"axis {axis} at"


def _line_name(name: str, axis: int, axes: int) -> str:
    return f"the {name} {_line_kind(axis, axes)}" if axes < 3 else f"the {name} place along axis {axis}"


def _single(masks: list[Mask]) -> str | None:
    first = np.argwhere(masks[0])
    same = all(mask.shape == masks[0].shape and np.array_equal(mask, masks[0]) for mask in masks)
    if len(first) == 1 and (same or len(masks) == 1):
        return f"element [{', '.join(map(str, first[0]))}]"
    return _block(masks) if same else None


def _block(masks: list[Mask]) -> str | None:
    mask = masks[0]
    inside = [
        np.flatnonzero(np.any(mask, axis=tuple(a for a in range(mask.ndim) if a != axis))) for axis in range(mask.ndim)
    ]
    if any(len(place) != place[-1] - place[0] + 1 for place in inside) or not mask[np.ix_(*inside)].all():
        return None
    return f"the block [{', '.join(f'{p[0]}:{p[-1] + 1}' if len(p) > 1 else str(p[0]) for p in inside)}]"
