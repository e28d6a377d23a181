"""Factors that are variables, intermediates, or sums of them; matrices before or after the answer."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import numpy as np

from suffice.check.case import Case
from suffice.check.naming.quantities import Quantity, aligned, functions_of_quantities, quantities
from suffice.check.report import Finding

POWERS = ((1.0, "{}"), (-1.0, "1/{}"), (2.0, "{}**2"), (-2.0, "1/{}**2"), (0.5, "sqrt({})"), (-0.5, "1/sqrt({})"))


def old_parameter(case: Case) -> Iterator[Finding]:
    """An update is the old value of its parameter."""
    of = case.subject.of
    updates = case.subject.kind in ("update", "estimate")
    if updates and of in case.points[0] and case.explained_by(lambda point, right: np.asarray(point[of], float)):
        yield Finding(
            "old parameter",
            f"Your {case.subject.name} is the old {of} itself",
            fix="compute the new one",
            evidence=case.evidence(),
        )


def same_as(case: Case) -> Iterator[Finding]:
    """The answer is a variable or an intermediate alone."""
    for quantity in quantities(case):
        if quantity.cost <= 5 and case.explains(quantity.values):
            if case.same_shape and _is_inverse_of(case, quantity):
                what = f"Your {case.subject.name} is {quantity.name} where its inverse is right"
                yield Finding("inverse", what, fix=f"invert {quantity.name}", evidence=case.evidence())
                return
            what = f"Your {case.subject.name} is {quantity.name} alone"
            yield Finding("other variable", what, fix="the rest of it is missing", evidence=case.evidence())
            return


def _is_inverse_of(case: Case, quantity: Quantity) -> bool:
    """Whether the right answer is the inverse of a matrix, as it is or transposed."""
    if any(value.ndim != 2 or value.shape[0] != value.shape[1] for value in quantity.values):
        return False
    pairs = [(_inverse(value), right) for value, right in zip(quantity.values, case.right, strict=True)]
    return all(np.allclose(found, right) for found, right in pairs) or all(np.allclose(f.T, r) for f, r in pairs)


def factor_by_element(case: Case) -> Iterator[Finding]:
    """The answer is the right one times something that varies from element to element."""
    if not case.same_shape or case.right[0].ndim == 0:
        return
    plain = [quantity for quantity in functions_of_quantities(case) if quantity.cost <= 5]
    yield from (
        _factor_among(case, plain) or [*_ratio_by_element(case)] or _factor_among(case, functions_of_quantities(case))
    )


def _factor_among(case: Case, among: list[Quantity]) -> list[Finding]:
    for quantity in among:
        if quantity.values[0].ndim == 0 or any(np.any(value == 0) for value in quantity.values):
            continue
        for power, form in POWERS:
            if _times(case, quantity, power):
                text = form.format(quantity.name)
                what = f"Your {case.subject.name} is too large by the factor {text}, element by element"
                fix = f"divide by {text}" if power > 0 else f"multiply by {text[2:]}"
                return [Finding("factor", what, fix=fix, evidence=case.evidence())]
    return []


def where_zero(case: Case) -> Iterator[Finding]:
    """The answer is the right one times something that is zero in places."""
    if not case.same_shape or case.right[0].ndim == 0:
        return
    for quantity in functions_of_quantities(case):
        zeros = quantity.values[0].ndim and all(np.any(value == 0) for value in quantity.values)
        if zeros and quantity.cost <= 5 and _times(case, quantity, 1.0):
            what = f"Your {case.subject.name} is multiplied by {quantity.name}, which is 0 in places where the right one is not"
            fix = f"leave the factor {quantity.name} out"
            yield Finding("factor", what, quantity.name, fix, case.evidence())
            return


def _ratio_by_element(case: Case) -> Iterator[Finding]:
    """One quantity where another is right, as a divisor or a factor."""
    plain = [quantity for quantity in quantities(case) if quantity.cost <= 5]
    for first in plain:
        for second in plain:
            if (
                (first.values[0].ndim or second.values[0].ndim)
                and first is not second
                and _exchanged(case, first, second)
            ):
                a, b = first.name, second.name
                what = f"Your {case.subject.name} is too large by the factor {a} / {b}, element by element"
                fix = f"divide by {a} where it divides by {b} (or multiply by {b} where it multiplies by {a})"
                yield Finding("factor", what, fix=fix, evidence=case.evidence())
                return


def _exchanged(case: Case, first: Quantity, second: Quantity) -> bool:
    if any(np.any(value == 0) for value in (*first.values, *second.values)):
        return False
    for way in range(2):
        if all(
            _ratio_holds(case, i, a, b, way) for i, (a, b) in enumerate(zip(first.values, second.values, strict=True))
        ):
            return True
    return False


def _ratio_holds(case: Case, index: int, a: np.ndarray, b: np.ndarray, way: int) -> bool:
    right = case.right[index]
    top, bottom = (next(islice(aligned(value, right.shape), way if value.ndim else 0, None), None) for value in (a, b))
    return top is not None and bottom is not None and case.explains_at(index, right * top / bottom)


def _times(case: Case, quantity: Quantity, power: float) -> bool:
    values = list(enumerate(quantity.values))
    return any(all(_holds(case, index, value, power, way) for index, value in values) for way in range(2))


def _holds(case: Case, index: int, value: np.ndarray, power: float, way: int) -> bool:
    right = case.right[index]
    found = next(islice(aligned(value, right.shape), way, None), None)
    if found is None:
        return False
    with np.errstate(all="ignore"):
        return case.explains_at(index, right * found**power)


def matrix_factor(case: Case) -> Iterator[Finding]:
    """The answer is the right one multiplied by a matrix of the model, or by its inverse, before or after."""
    if not case.same_shape or case.right[0].ndim == 0:
        return
    for quantity in quantities(case):
        if all(value.ndim >= 2 and value.shape[-1] == value.shape[-2] for value in quantity.values):
            for label, change in MATRICES.items():
                for side in ("before", "after"):
                    if all(_multiplies(case, i, change(v), side) for i, v in enumerate(quantity.values)):
                        what, fix = MATRIX_WORDS[label]
                        what = what.format(quantity.name, side)
                        yield Finding(
                            "matrix",
                            f"In your {case.subject.name}, {what}",
                            fix=fix.format(quantity.name, side),
                            evidence=case.evidence(),
                        )
                        return


def _inverse(matrix: np.ndarray) -> np.ndarray:
    try:
        return np.linalg.inv(matrix)
    except np.linalg.LinAlgError:
        return np.full_like(matrix, np.nan)


def _cholesky(matrix: np.ndarray) -> np.ndarray:
    try:
        return np.linalg.cholesky(matrix)
    except np.linalg.LinAlgError:
        return np.full_like(matrix, np.nan)


MATRICES = {
    "{}": lambda m: m,
    "inv({})": _inverse,
    "{}.T": lambda m: np.swapaxes(m, -1, -2),
    "{} @ {0}": lambda m: m @ m,
    "inv({}) @ inv({0})": lambda m: _inverse(m) @ _inverse(m),
    "cholesky({})": lambda m: _cholesky(m),
    "cholesky({}).T": lambda m: np.swapaxes(_cholesky(m), -1, -2),
    "inv(cholesky({}))": lambda m: _inverse(_cholesky(m)),
    "inv(cholesky({}).T)": lambda m: _inverse(np.swapaxes(_cholesky(m), -1, -2)),
}
MATRICES = {label.replace("{}", "{0}"): change for label, change in MATRICES.items()}


MATRIX_WORDS = {
    "{0}": ("the factor inv({0}) is missing (or {0} is too much) {1} it", "multiply by the inverse of {0} {1} it"),
    "inv({0})": ("the factor {0} is missing (or inv({0}) is too much) {1} it", "multiply by {0} {1} it"),
    "{0}.T": ("the factor {0}.T is too much {1} it", "take {0}.T away"),
    "{0} @ {0}": ("{0} stands where its inverse is right, {1} it", "invert {0}"),
    "inv({0}) @ inv({0})": ("the inverse of {0} stands where {0} itself is right, {1} it", "do not invert {0}"),
    **dict.fromkeys(
        ("cholesky({0})", "cholesky({0}).T", "inv(cholesky({0}))", "inv(cholesky({0}).T)"),
        ("the Cholesky factor of {0} stands where {0} itself is right, {1} it", "use {0}, not its factor alone"),
    ),
}


def _multiplies(case: Case, index: int, matrix: np.ndarray, side: str) -> bool:
    right = case.right[index]
    try:
        if right.ndim == matrix.ndim - 1 or (right.ndim == 1 and matrix.ndim == 2):
            found = (
                (matrix @ right[..., None])[..., 0] if side == "before" else (right[..., None, :] @ matrix)[..., 0, :]
            )
        else:
            found = matrix @ right if side == "before" else right @ matrix
    except ValueError:
        return False
    return case.explains_at(index, found)
