"""A claim against the truth: values, layout, noise, and the verdict."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from suffice.check.case import Case, Subject
from suffice.check.claims import Claim, ClaimError, claim_of
from suffice.check.conventions import ONE_NUMBER, readings
from suffice.check.noise import neighbours_of, noise_of
from suffice.check.points import shapes_of
from suffice.check.problem import Point
from suffice.check.repair.search import finding_of, repairs_of
from suffice.check.report import CheckReport, not_comparable
from suffice.check.verdict import Doubt, verdict_of
from suffice.runtime.blas import one_blas_thread

TOO_LARGE = ("makes arrays of more than", "where an array of shape")
"""What refusals of arrays that are too large say."""
MOST_NUMBERS = 100_000
"""Of an answer, beside a hundred times those of the right one."""
Truth = Callable[[Any], np.ndarray]


@dataclass(frozen=True)
class Rules:
    """What is asked of claims of one kind of question alone.

    ``equal(case)`` names a convention under which claims are right though they differ; ``doubt(case, index)`` says why the
    reference is in doubt at a point, or ``"right"`` where a claim is right though it differs there. ``rivals`` and ``early`` are
    the rules of ``Case``. The truth is ``steady`` where it is worked out from the claim itself, so that its rounding is not
    measured.
    """

    equal: Callable[[Case], str] = lambda case: ""
    doubt: Doubt = lambda case, index: ""
    rivals: tuple[Callable[[Case], Any], ...] = ()
    early: tuple[Callable[[Case], Any], ...] = ()
    steady: bool = False


@one_blas_thread()
def judge(
    claim: Any,
    points: Sequence[Point],
    truth: Truth,
    subject: Subject,
    *,
    complete: Callable[[Point], Point] = dict,
    layout: str = "any",
    seed: int = 0,
    constraint: str = "",
    reference: str = "",
    extra: Any = None,
    rules: Rules = Rules(),
) -> CheckReport:
    """The report on a claim that should equal ``truth`` at every point."""
    _refuse_layout(layout)
    full = [complete(point) for point in points]
    try:
        wanted = claim_of(claim, set().union(*full))
    except ClaimError as error:
        return not_comparable(str(error), seed=seed, reference=reference)
    full = full[:1] if wanted.constant else full
    right = [np.asarray(truth(point)) for point in full]
    claimed, refusal = _claimed(wanted, full, right)
    case = replace(
        _case(wanted, subject, full, claimed, right, truth, complete),
        constraint=constraint, layout=layout, extra=extra, rivals=rules.rivals, early=rules.early,
    )  # fmt: skip
    if refusal:
        return replace(_refused(case, refusal), seed=seed, reference=reference)
    case, convention = _laid_out(case)
    case = _with_noise(case, seed, rules.steady)
    report = verdict_of(case, convention or (rules.equal(case) if not case.agrees else ""), rules.doubt)
    return replace(report, seed=seed, reference=reference, points=tuple(_shapes(subject, point) for point in full))


def _shapes(subject: Subject, point: Point) -> dict[str, tuple[int, ...]]:
    return shapes_of({name: value for name, value in point.items() if name in subject.known})


def _claimed(wanted: Claim, full: Sequence[Point], right: Sequence[np.ndarray]) -> tuple[list[np.ndarray], str]:
    """The claim at each point, or why it has no value."""
    found = []
    try:
        for point, expected in zip(full, right, strict=True):
            found.append(wanted.array(point))
            _refuse_huge(found[-1], expected)
    except ClaimError as error:
        return [np.array(np.nan) for _ in full], str(error)
    return found, ""


def _refuse_huge(claimed: np.ndarray, right: np.ndarray) -> None:
    if claimed.size > MOST_NUMBERS + 100 * right.size:
        raise ClaimError(f"Your answer has {claimed.size:,} numbers, where an array of shape {right.shape} is right.")


def _refused(case: Case, refusal: str) -> CheckReport:
    """The report on a claim without a value: wrong where one edit of its formula gives it the right one."""
    edits = [] if any(said in refusal for said in TOO_LARGE) else repairs_of(case, computed=False)
    found = tuple(finding_of(edit, case) for edit in edits)
    if not found:
        return not_comparable(refusal)
    return CheckReport(
        "wrong", f"{refusal.rstrip('.')}; {found[0].what[0].lower()}{found[0].what[1:]}; {found[0].fix}.", found
    )


def _refuse_layout(layout: str) -> None:
    if layout not in ("any", "same"):
        raise ValueError(
            f"layout={layout!r} is not known; use 'any' (a transposed answer is right up to convention) or 'same'."
        )


def _case(
    wanted: Claim, subject: Subject, full: list[Point], claimed: list[np.ndarray], right: list[np.ndarray], truth: Truth,
    complete: Callable[[Point], Point],
) -> Case:  # fmt: skip
    """The case before its noise is known."""
    roughness = tuple(_rough(c, r) for c, r in zip(claimed, right, strict=True))
    doubled = tuple(np.asarray(c, float) for c in claimed)
    return Case(subject, wanted, tuple(full), doubled, tuple(right), (0.0,) * len(full), roughness, truth, complete)


def _rough(claimed: np.ndarray, right: np.ndarray) -> float:
    """What a claim of single (or half) precision may be off by."""
    if claimed.dtype.itemsize >= 8:
        return 0.0
    return 100 * float(np.finfo(claimed.dtype).eps) * float(np.max(np.abs(right), initial=0.0))


def _laid_out(case: Case) -> tuple[Case, str]:
    """The case in the first layout in which it agrees, else in the first that has the right shapes, with the layout's name."""
    found: dict[str, list[np.ndarray]] = {}
    for claimed, right in zip(case.claimed, case.right, strict=True):
        for name, array in readings(claimed, right.shape, case.layout):
            found.setdefault(name, []).append(array)
    whole = [(name, case.with_claimed(arrays)) for name, arrays in found.items() if len(arrays) == len(case.points)]
    for name, other in whole:
        if all(error <= 1e-7 * scale for error, scale in zip(other.errors, other.scales, strict=True)):
            return other, name
    kept = [other for name, other in whole if name != ONE_NUMBER]
    return (kept[0], "") if kept else (case, "")


def _with_noise(case: Case, seed: int, steady: bool) -> Case:
    """The case with its noise, measured at the first point and wherever it may decide."""
    floor = _floor(case, 0, seed, steady)
    first = floor / (case.scales[0] or 1.0)
    settled = case.errors[0] > 50 * floor + 1e-2 * case.scales[0]
    floors = [
        floor,
        *(
            _floor(case, i, seed, steady) if _worth(case, i, settled) else first * case.scales[i]
            for i in range(1, len(case.points))
        ),
    ]
    rough = [part * max(1.0, _conditioning(case, index, floors[index])) for index, part in enumerate(case.rough)]
    return replace(case, floors=tuple(floors), rough=tuple(rough))


def _worth(case: Case, index: int, settled: bool) -> bool:
    """Whether claim and truth differ, and not by so much where the first point has ``settled`` that the claim is wrong."""
    return 1e-10 * case.scales[index] < case.errors[index] < (1e-2 if settled else np.inf) * case.scales[index]


def _floor(case: Case, index: int, seed: int, steady: bool) -> float:
    if not np.isfinite(case.errors[index]):
        return 0.0
    taken = {name: value for name, value in case.points[index].items() if name in case.subject.known} or case.points[
        index
    ]
    near = [case.complete(point) for point in neighbours_of(taken, seed + index)]
    floor = 1e-11 * case.scales[index] if steady else noise_of(case.truth, near, case.right[index])
    return floor + (0.0 if case.rough[index] else _claim_noise(case, near, index))


def _claim_noise(case: Case, near: list[Point], index: int) -> float:
    try:
        return noise_of(case.claim.array, near, case.claim.array(case.points[index]))
    except ClaimError:
        return 0.0


def _conditioning(case: Case, index: int, floor: float) -> float:
    return floor / (1e-14 * case.scales[index]) if case.scales[index] else 1.0
