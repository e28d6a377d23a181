"""Probabilities that are proportional to the right ones times a quantity: a factor missing, too much, or of another time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from suffice.check.case import Case
from suffice.check.naming.quantities import aligned
from suffice.check.report import Finding

Named = dict[str, np.ndarray]
POWERS = (
    (1.0, "is too much"),
    (-1.0, "is missing"),
    (-2.0, "divides where it multiplies"),
    (-0.5, "has only its square root"),
)


def factor_before_normalising(case: Case) -> Iterator[Finding]:
    """claim = constant * right * q along the states, for a quantity q or a ratio of two, at every point."""
    if case.subject.kind not in ("posterior", "conditional") or not case.same_shape or case.right[0].ndim < 2:
        return
    if any(np.any(c <= 0) or np.any(r <= 0) for c, r in zip(case.claimed, case.right, strict=True)):
        return
    axes = (-2, -1) if case.right[0].ndim == 3 else (-1,)
    gaps = [_centred(np.log(c) - np.log(r), axes) for c, r in zip(case.claimed, case.right, strict=True)]
    terms = [_terms(case, index, axes) for index in range(len(case.points))]
    names = [name for name in terms[0] if all(name in other for other in terms[1:])]
    found = _single(gaps, terms, names) or _exchanged(gaps, terms, names)
    if found:
        what, fix = found
        yield Finding("factor", f"In your {case.subject.name}, {what}", fix=fix, evidence=case.evidence())


def _single(gaps: Sequence[np.ndarray], terms: list[Named], names: list[str]) -> tuple[str, str] | None:
    for name in names:
        for power, said in POWERS:
            if all(_same(gap, power * term[name]) for gap, term in zip(gaps, terms, strict=True)):
                fix = f"leave {name} out" if power > 0 else f"multiply by {name} once, before normalising"
                return f"the factor {name} {said}", fix
    return None


def _exchanged(gaps: Sequence[np.ndarray], terms: list[Named], names: list[str]) -> tuple[str, str] | None:
    for used in names:
        for right in names:
            if used != right and all(
                _same(gap, term[used] - term[right]) for gap, term in zip(gaps, terms, strict=True)
            ):
                return f"the factor {used} stands where {right} is right", f"use {right}"
    return None


def _same(gap: np.ndarray, other: np.ndarray) -> bool:
    return bool(
        np.max(np.abs(gap)) > 1e-9 and np.max(np.abs(gap - other)) <= 1e-7 * max(1.0, float(np.max(np.abs(gap))))
    )


def _centred(logs: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
    return logs - np.mean(logs, axis=axes, keepdims=True)


def _terms(case: Case, index: int, axes: tuple[int, ...]) -> Named:
    """Centred logarithms of positive quantities in each way in which they may multiply the probabilities."""
    shape = case.right[index].shape
    found: Named = {}
    for name, value in _quantities(case.points[index]).items():
        for label, laid in _laid_out(name, value, shape):
            logs = _centred(np.log(np.broadcast_to(laid, shape)), axes)
            if np.max(np.abs(logs)) > 1e-9:
                found[label] = logs
    return found


def _quantities(point: dict[str, np.ndarray]) -> Named:
    """Positive arrays of a point, and those with two axes at what is observed of one of them."""
    arrays = {name: np.asarray(value) for name, value in point.items()}
    positive = {n: v.astype(float) for n, v in arrays.items() if v.ndim and v.dtype.kind == "f" and np.all(v > 0)}
    seen = {n: v for n, v in arrays.items() if v.ndim == 1 and v.dtype.kind in "iu"}
    at_seen = {
        f"{name}[:, {index}].T": value[:, places].T
        for name, value in positive.items()
        if value.ndim == 2
        for index, places in seen.items()
        if len(places) and places.min() >= 0 and places.max() < value.shape[1]
    }
    return {**positive, **at_seen}


def _laid_out(name: str, value: np.ndarray, shape: tuple[int, ...]) -> Iterator[tuple[str, np.ndarray]]:
    if len(shape) < 3:
        yield from ((name, laid) for laid in list(aligned(value, shape))[:1])
        return
    if value.shape == shape[1:]:
        yield name, value
        yield f"{name}.T", value.T
    if value.ndim == 2 and value.shape[0] == shape[0] + 1:
        for label, part in ((f"{name} at t", value[:-1]), (f"{name} at t + 1", value[1:])):
            if part.shape == (shape[0], shape[1]):
                yield f"{label} of the first state", part[:, :, None]
                yield f"{label} of the second state", part[:, None, :]
