"""Terms that are variables, intermediates, sums or products of them, and are too many or missing."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import numpy as np

from suffice.check.case import Case
from suffice.check.naming.quantities import Quantity, aligned, functions_of_quantities, quantities
from suffice.check.report import Finding

MARKS = {1.0: "", 2.0: "2 * ", 0.5: "1/2 * "}
MULTIPLES = [sign * size for size in MARKS for sign in (1.0, -1.0)]


def extra_term(case: Case) -> Iterator[Finding]:
    """The answer is the right one plus or minus a quantity, once, twice or half."""
    if not case.same_shape:
        return
    gaps = [claimed - right for claimed, right in zip(case.claimed, case.right, strict=True)]
    for name, values in _terms(case):
        for size in _near(gaps[0], values[0], case.allowances[0]):
            if _is_gap(case, gaps, values, size):
                yield _wrong_sign(case, name) if abs(size) == 2 else _term(case, f"{MARKS[abs(size)]}{name}", size > 0)
                return


def _wrong_sign(case: Case, term: str) -> Finding:
    what = (
        f"In your {case.subject.name}, the term {term} has the wrong sign, or is there twice: it is off by 2 * {term}"
    )
    return Finding("sign", what, fix=f"flip the sign of {term}", evidence=case.evidence())


def _term(case: Case, term: str, extra: bool) -> Finding:
    what = f"the term {term} is too much" if extra else f"the term {term} is missing"
    kind = "extra term" if extra else "missing term"
    return Finding(
        kind,
        f"In your {case.subject.name}, {what}",
        fix=f"{'subtract' if extra else 'add'} {term}",
        evidence=case.evidence(),
    )


def _terms(case: Case) -> Iterator[tuple[str, tuple[np.ndarray, ...]]]:
    plain = functions_of_quantities(case)
    yield "1", tuple(np.ones(()) for _ in case.points)
    yield from ((quantity.name, quantity.values) for quantity in plain)
    for quantity in quantities(case):
        if all(value.ndim == 2 and value.shape[0] == value.shape[1] for value in quantity.values):
            yield f"{quantity.name}.T", tuple(value.T for value in quantity.values)
    yield from _on_diagonal(case, plain)
    scalars = [quantity for quantity in quantities(case) if all(value.ndim == 0 for value in quantity.values)]
    for scalar in scalars:
        for quantity in quantities(case):
            if quantity is not scalar:
                yield (
                    f"{scalar.name} * {quantity.name}",
                    tuple(a * b for a, b in zip(scalar.values, quantity.values, strict=True)),
                )
                if all(np.all(value) for value in scalar.values):
                    yield (
                        f"{quantity.name} / {scalar.name}",
                        tuple(b / a for a, b in zip(scalar.values, quantity.values, strict=True)),
                    )


def _on_diagonal(case: Case, plain: list[Quantity]) -> Iterator[tuple[str, tuple[np.ndarray, ...]]]:
    """Multiples of the identity, where the answer is a square matrix; and products with a simple function of a quantity."""
    shape = case.right[0].shape
    if len(shape) == 2 and shape[0] == shape[1]:
        for quantity in plain:
            if quantity.values[0].ndim == 0:
                yield (
                    f"{quantity.name} * eye",
                    tuple(v * np.eye(len(r)) for v, r in zip(quantity.values, case.right, strict=True)),
                )
    for first in plain if case.right[0].ndim else ():
        for second in plain:
            if first.cost <= 5 and second.cost == 3 and first.values[0].shape == second.values[0].shape == shape:
                yield (
                    f"{first.name} / {second.name}",
                    tuple(a / b for a, b in zip(first.values, second.values, strict=True)),
                )
                yield (
                    f"{first.name} * {second.name}",
                    tuple(a * b for a, b in zip(first.values, second.values, strict=True)),
                )


def _near(gap: np.ndarray, value: np.ndarray, allowed: float) -> list[float]:
    """Multiples of a term that fill a gap where it is largest: one element is looked at, since there are thousands of terms."""
    if not gap.size or not value.size or value.ndim > gap.ndim:
        return [] if gap.size else MULTIPLES
    place = np.unravel_index(np.argmax(np.abs(gap)), gap.shape)
    ways = (place[gap.ndim - value.ndim :], place[: value.ndim])
    largest, found = float(gap[place]), [float(value[tuple(map(_within, way, value.shape))]) for way in ways]
    return [size for size in MULTIPLES if any(abs(largest - size * one) <= 2 * allowed for one in found)]


def _within(index: np.intp, length: int) -> int:
    return min(int(index), length - 1)


def _is_gap(case: Case, gaps: list[np.ndarray], values: tuple[np.ndarray, ...], size: float) -> bool:
    terms = list(enumerate(zip(gaps, values, strict=True)))
    return any(all(_fills(case, index, gap, value * size, way) for index, (gap, value) in terms) for way in range(2))


def _fills(case: Case, index: int, gap: np.ndarray, value: np.ndarray, way: int) -> bool:
    found = next(islice(aligned(value, gap.shape), way, None), None)
    return found is not None and case.explains_at(index, case.right[index] + found)
