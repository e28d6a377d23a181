"""Answers of another shape: not summed, summed too far, an outer product that is missing; and numbers that are not finite."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from suffice.check.case import Case
from suffice.check.report import Finding


def not_finite(case: Case) -> Iterator[Finding]:
    """Elements that are NaN or infinite where the right ones are numbers."""
    for claimed, right in zip(case.claimed, case.right, strict=True):
        if not np.all(np.isfinite(claimed)) and np.all(np.isfinite(right)):
            many = int(np.sum(~np.isfinite(claimed)))
            yield Finding(
                "not finite",
                f"Your {case.subject.name} has {many} elements that are NaN or infinite",
                fix="look for a division by zero, a logarithm of a negative number or an overflow",
            )
            return


def other_shape(case: Case) -> Iterator[Finding]:
    """The shape is not that of the right answer."""
    if case.same_shape:
        return
    claimed, right = case.claimed[0], case.right[0]
    if claimed.shape == right.shape:
        yield Finding(
            "shape",
            f"Your {case.subject.name} has the right shape at some sizes only",
            fix="let it follow the sizes of the variables",
        )
        return
    reason, fix = _reason(case)
    because = f": {reason}" if reason else ""
    yield Finding(
        "shape",
        f"Your {case.subject.name} has shape {_written(claimed.shape)}, but {_written(right.shape)} is right{because}",
        fix=fix or _of_the_shape(case),
        evidence=case.evidence() if reason else "",
    )


def _written(shape: tuple[int, ...]) -> str:
    return str(shape) if shape else "() (one number)"


def _of_the_shape(case: Case) -> str:
    of = case.subject.of
    return (
        f"a gradient has the shape of its variable, here {of}"
        if of and case.subject.kind == "gradient"
        else "check which axes are summed"
    )


def _reason(case: Case) -> tuple[str, str]:
    for name, value in REDUCED.items():
        for axis in range(max(case.claimed[0].ndim, case.right[0].ndim)):
            if _explains(case, lambda c, r, v=value, a=axis: (v(c, a), r)):
                return f"the {name} over its axis {axis} is the right answer", f"take the {name} over axis {axis}"
            if _explains(case, lambda c, r, v=value, a=axis: (c, v(r, a))):
                return (
                    f"it is the {name} of the right answer over axis {axis}",
                    f"do not take the {name} over axis {axis}",
                )
    for axes in ((0, 1), (0, 2), (1, 2)):
        if _explains(case, lambda c, r, a=axes: (np.sum(c, axis=a), r)):
            return f"the sum over its axes {axes} is the right answer", f"sum over axes {axes}"
    return _of_all(case)


def _of_all(case: Case) -> tuple[str, str]:
    if _explains(case, lambda c, r: (np.sum(c), r)):
        return "the sum of its elements is the right answer", "sum over all elements"
    if _explains(case, lambda c, r: (c, np.sum(r))):
        return "it is the sum of the right elements", "do not sum over the elements"
    if _explains(case, lambda c, r: (c, np.diag(r))):
        return (
            "it is the diagonal of the right answer alone",
            "an outer product (or a matrix) is missing: keep all pairs of indices",
        )
    if _explains(case, lambda c, r: (np.diag(c) if c.ndim == 2 else c, r)):
        return "its diagonal is the right answer", "keep the diagonal alone"
    return "", ""


REDUCED = {"sum": lambda x, axis: np.sum(x, axis=axis), "mean": lambda x, axis: np.mean(x, axis=axis)}


def _explains(case: Case, pair: object) -> bool:
    for index, (claimed, right) in enumerate(zip(case.claimed, case.right, strict=True)):
        try:
            a, b = pair(claimed, right)  # type: ignore[operator]
        except (ValueError, IndexError):
            return False
        a, b = np.asarray(a), np.asarray(b)
        scale = max(float(np.max(np.abs(b), initial=0.0)), 1e-300)
        if a.shape != b.shape or not np.all(np.abs(a - b) <= 1e-8 * scale + 50 * case.floors[index]):
            return False
    return True
