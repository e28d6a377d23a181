"""Answers that are a function of the right one, not normalised, normalised over another axis, hard for soft, centred."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from suffice.check.case import Case
from suffice.check.naming.factor import factors_of, name_of_factor
from suffice.check.report import Finding

Change = Callable[[np.ndarray], np.ndarray]


def function_of_right(case: Case) -> Iterator[Finding]:
    """The answer is one function of the right one, element by element or of the whole matrix."""
    if not case.same_shape:
        return
    for (what, fix), change in CHANGES.items():
        if _is(case, change):
            yield Finding("function", f"Your {case.subject.name} is {what}", fix=fix, evidence=case.evidence())
            return


def _is(case: Case, change: Change) -> bool:
    return case.explained_by(lambda point, right: change(right))


def _softmax(x: np.ndarray) -> np.ndarray:
    weights = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return weights / np.sum(weights, axis=-1, keepdims=True)


CHANGES: dict[tuple[str, str], Change] = {
    ("the square of the right one", "take the square root (a variance for a standard deviation?)"): lambda r: r**2,
    ("the square root of the right one", "square it (a standard deviation for a variance?)"): np.sqrt,
    ("the reciprocal of the right one", "take 1/x"): lambda r: 1 / r,
    ("the logarithm of the right one", "take exp"): np.log,
    ("the negative logarithm of the right one", "take exp(-x)"): lambda r: -np.log(r),
    ("the exponential of the right one", "take the logarithm"): np.exp,
    ("1 minus the right one: the complement", "take 1 - x"): lambda r: 1 - r,
    ("the right one without its sign", "leave out the absolute value"): np.abs,
    ("the odds p / (1 - p) of the right one", "apply x / (1 + x)"): lambda r: r / (1 - r),
    ("the log-odds of the right one: the sigmoid is not applied", "apply the sigmoid"): lambda r: np.log(r / (1 - r)),
    ("the log-odds of the right one with the wrong sign", "apply the sigmoid to its negative"): lambda r: (
        -np.log(r / (1 - r))
    ),
    (
        "the square root of the odds: the weight of +1 alone, not normalised",
        "divide by the sum of both weights",
    ): lambda r: np.sqrt(r / (1 - r)),
    ("a hard assignment: 1 where the probability is above 1/2", "use the probability itself"): lambda r: (
        (r > 0.5) * 1.0 if np.all((r > 0) & (r < 1)) else np.full_like(r, np.nan)
    ),
    ("the mean 2 p - 1 of a spin, not the probability p", "apply (1 + x) / 2"): lambda r: 2 * r - 1,
    ("the probability (1 + m) / 2, not the mean m of a spin", "apply 2 x - 1"): lambda r: (1 + r) / 2,
    ("the sigmoid of the right one: the sigmoid is applied once too often", "leave it out"): lambda r: (
        1 / (1 + np.exp(-r))
    ),
    ("the tanh of the right one", "leave out tanh"): np.tanh,
    ("the inverse matrix of the right one", "invert it"): lambda r: np.linalg.inv(r),
    ("the softmax of the right one: softmax is applied once too often", "leave it out"): _softmax,
    ("the right one plus 1", "subtract 1"): lambda r: r + 1,
    ("the right one minus 1", "add 1"): lambda r: r - 1,
}


def other_coordinates(case: Case) -> Iterator[Finding]:
    """The gradient by other coordinates than the variable itself: logits, standard deviations, precisions."""
    of = case.subject.of
    if case.subject.kind != "gradient" or not case.same_shape or of not in case.points[0]:
        return
    for said, fix, change in COORDINATES:
        if case.explained_by(lambda point, right, change=change: change(np.asarray(point[of], float), right)):
            what = f"Your {case.subject.name} is the gradient by {said.format(of)}, not by {of} itself"
            yield Finding("coordinates", what, fix=fix.format(of), evidence=case.evidence())
            return


def _by_logits(chances: np.ndarray, right: np.ndarray) -> np.ndarray | None:
    return chances * (right - np.sum(chances * right, axis=-1, keepdims=True)) if right.ndim else None


def _where_positive(value: np.ndarray, found: np.ndarray) -> np.ndarray | None:
    return found if np.all(value > 0) else None


COORDINATES: tuple[tuple[str, str, Callable[[np.ndarray, np.ndarray], np.ndarray | None]], ...] = (
    ("the logits of {0} (in softmax coordinates)", "undo the chain rule of the softmax of {0}", _by_logits),
    (
        "the square root of {0} (a standard deviation for a variance)",
        "divide by 2 * sqrt({0})",
        lambda value, right: _where_positive(value, 2 * np.sqrt(value) * right),
    ),
    (
        "the reciprocal of {0} (a precision for a variance)",
        "divide by -{0}**2",
        lambda value, right: _where_positive(value, -(value**2) * right),
    ),
)


def normalisation(case: Case) -> Iterator[Finding]:
    """Not normalised, normalised where it must not be, or over another axis."""
    if not case.same_shape or case.right[0].ndim == 0:
        return
    for axis in range(-case.right[0].ndim, 0):
        for rule in (_unnormalised, _normalised, _wrong_axis, _centred, _hard, _reversed):
            finding = rule(case, axis)
            if finding is not None:
                yield finding
                return


def product_of_marginals(case: Case) -> Iterator[Finding]:
    """The product of the two marginals of pairs, where their joint probabilities are right."""
    if not case.same_shape or case.right[0].ndim < 2 or min(case.right[0].shape[-2:]) < 2:
        return
    if all(case.explains_at(index, _independent(right)) for index, right in enumerate(case.right)):
        what = f"Your {case.subject.name} is the product of its two marginals, as if they were independent"
        fix = "keep what ties them to one another, such as the transition from one to the next"
        yield Finding("independence", what, fix=fix, evidence=case.evidence())


def _independent(joint: np.ndarray) -> np.ndarray:
    """The product of the marginals along the last two axes, with the same total."""
    total = np.sum(joint, axis=(-2, -1), keepdims=True)
    with np.errstate(all="ignore"):
        return np.sum(joint, -1, keepdims=True) * np.sum(joint, -2, keepdims=True) / total


def _over(case: Case, axis: int) -> str:
    axes = case.right[0].ndim
    return "" if axes == 1 else f" over axis {axis + axes}"


def _total(x: np.ndarray, axis: int) -> np.ndarray:
    return np.sum(x, axis=axis, keepdims=True)


def _all(case: Case, test: Callable[[np.ndarray, np.ndarray, float], bool]) -> bool:
    with np.errstate(all="ignore"):
        return all(test(c, r, 1e-8 + 100 * f) for c, r, f in zip(case.claimed, case.right, case.floors, strict=True))


def _close(a: np.ndarray, b: np.ndarray, tolerance: float) -> bool:
    scale = float(np.max(np.abs(b), initial=0.0)) or 1.0
    return a.shape == b.shape and bool(np.all(np.abs(a - b) <= tolerance * scale))


def _unnormalised(case: Case, axis: int) -> Finding | None:
    if not _all(case, lambda c, r, t: _close(_total(r, axis), np.ones_like(_total(r, axis)), t)):
        return None
    if not _all(case, lambda c, r, t: bool(np.all(_total(c, axis) > 0)) and _close(c / _total(c, axis), r, t)):
        return None
    factors = factors_of(case)
    named = name_of_factor(factors, case) if factors is not None else None
    said = f" but to {named[0]}" if named is not None else ""
    fix = (
        f"divide by {named[0]}, its sum{_over(case, axis)}"
        if named is not None
        else f"divide by its sum{_over(case, axis)}"
    )
    what = f"Your {case.subject.name} is not normalised: it does not sum to 1{_over(case, axis)}{said}"
    return Finding("normalisation", what, fix=fix, evidence=case.evidence(), factor=factors[0] if factors else None)


def _normalised(case: Case, axis: int) -> Finding | None:
    if not _all(case, lambda c, r, t: bool(np.all(_total(r, axis))) and _close(r / _total(r, axis), c, t)):
        return None
    return Finding(
        "normalisation",
        f"Your {case.subject.name} is the right one divided by its sum{_over(case, axis)}",
        fix="do not normalise it",
        evidence=case.evidence(),
    )


def _wrong_axis(case: Case, axis: int) -> Finding | None:
    """Sums to one over this axis, the right one over another, and they differ by factors of rows and columns alone."""
    if case.right[0].ndim != 2:
        return None
    other = -1 if axis == -2 else -2
    if not _all(case, lambda c, r, t: _close(_total(c, axis), np.ones_like(_total(c, axis)), t) and _rank_one(c, r, t)):
        return None
    if not _all(case, lambda c, r, t: _close(_total(r, other), np.ones_like(_total(r, other)), t)):
        return None
    return Finding(
        "axis",
        f"Your {case.subject.name} is normalised{_over(case, axis)} instead of{_over(case, other).removeprefix(' over')}",
        fix=f"normalise{_over(case, other)}",
        evidence=case.evidence(),
    )


def _rank_one(c: np.ndarray, r: np.ndarray, tolerance: float) -> bool:
    if not np.all(r > 0) or not np.all(c > 0):
        return False
    logs = np.log(c) - np.log(r)
    left = logs - logs.mean(0) - logs.mean(1)[:, None] + logs.mean()
    return bool(np.max(np.abs(left)) < 1e-6 + 10 * tolerance)


def _centred(case: Case, axis: int) -> Finding | None:
    if not _all(case, lambda c, r, t: _close(r - np.mean(r, axis=axis, keepdims=True), c, t)):
        return None
    return Finding(
        "centring",
        f"Your {case.subject.name} is the right one less its mean{_over(case, axis)}",
        fix="do not subtract the mean",
        evidence=case.evidence(),
    )


def _hard(case: Case, axis: int) -> Finding | None:
    def hard(c: np.ndarray, r: np.ndarray, t: float) -> bool:
        return (
            r.shape[axis] > 1
            and np.array_equal(c, (r == np.max(r, axis=axis, keepdims=True)).astype(float))
            and not _close(c, r, 1e-3)
        )

    if not _all(case, hard):
        return None
    return Finding(
        "hard assignment",
        f"Your {case.subject.name} is a hard assignment: 1 at the largest (argmax), 0 elsewhere",
        fix="use the probabilities themselves",
        evidence=case.evidence(),
    )


def _reversed(case: Case, axis: int) -> Finding | None:
    if case.right[0].shape[axis] < 2 or not _all(case, lambda c, r, t: _close(np.flip(r, axis), c, t)):
        return None
    what = f"Your {case.subject.name} has the right elements in reversed order{_over(case, axis)}: they are swapped"
    return Finding("order", what, fix="turn the order round", evidence=case.evidence())
