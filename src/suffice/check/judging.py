"""A claim against the truth: values, layout, noise, and the verdict."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from suffice.check.case import Case, Subject, difference
from suffice.check.claims import Claim, ClaimError, claim_of
from suffice.check.conventions import ONE_NUMBER, readings
from suffice.check.naming.order import findings_of
from suffice.check.noise import neighbours_of, noise_of
from suffice.check.points import shapes_of
from suffice.check.problem import Point
from suffice.check.repair.search import finding_of, repairs_of
from suffice.check.report import CheckReport, Element, Finding, Verdict, not_comparable
from suffice.runtime.blas import one_blas_thread

TOO_NOISY = 1e-6
TOO_LARGE = ("makes arrays of more than", "where an array of shape")
"""What refusals of arrays that are too large say."""
MOST_NUMBERS = 100_000
"""Of an answer, beside a hundred times those of the right one."""
NEARLY = 1e-4
Truth = Callable[[Any], np.ndarray]
Doubt = Callable[[Case, int], str]


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
    rivals: tuple[Callable[[Case], Any], ...] = (),
    late: tuple[Callable[[Case], Any], ...] = (),
    equal: Callable[[Case], str] = lambda case: "",
    doubt: Doubt = lambda case, index: "",
    extra: Any = None,
    steady: bool = False,
) -> CheckReport:
    """The report on a claim that should equal ``truth`` at every point.

    ``equal(case)`` names a convention under which claims are right though they differ; ``doubt(case, index)`` says why the
    reference is in doubt at a point, or ``"right"`` where a claim is right though it differs there. The truth is ``steady`` where
    it is worked out from the claim itself, so that its rounding is not measured.
    """
    _refuse_layout(layout)
    full = [complete(point) for point in points]
    try:
        wanted = claim_of(claim, set().union(*full))
    except ClaimError as error:
        return not_comparable(str(error), seed=seed, reference=reference)
    full = full[:1] if wanted.constant else full
    right = [np.asarray(truth(point)) for point in full]
    claimed, refusal = _claimed(wanted, full, right)
    case = _case(wanted, subject, full, claimed, right, truth, complete, constraint, layout, rivals, extra)
    case = replace(case, late=late)
    if refusal:
        return replace(_refused(case, refusal), seed=seed, reference=reference)
    case, convention = _laid_out(case)
    case = _with_noise(case, seed, steady)
    report = _verdict(case, convention or (equal(case) if not case.agrees else ""), doubt)
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
    wanted: Claim, subject: Subject, full: list[Point], claimed: list[np.ndarray], right: list[np.ndarray], *rest: Any
) -> Case:
    truth, complete, constraint, layout, rivals, extra = rest
    roughness = [_rough(c, r) for c, r in zip(claimed, right, strict=True)]
    doubled = [np.asarray(c, float) for c in claimed]
    many = len(full)
    return Case(
        subject=subject,
        claim=wanted,
        points=tuple(full),
        claimed=tuple(doubled),
        right=tuple(right),
        floors=(0.0,) * many,
        rough=tuple(roughness),
        truth=truth,
        complete=complete,
        constraint=constraint,
        layout=layout,
        rivals=rivals,
        extra=extra,
    )


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
    """The case with its noise, measured at the first point and wherever claim and truth differ."""
    first = _floor(case, 0, seed, steady) / (case.scales[0] or 1.0)
    floors = [
        first * case.scales[0],
        *(
            _floor(case, i, seed, steady) if _worth(case, i) else first * case.scales[i]
            for i in range(1, len(case.points))
        ),
    ]
    rough = [part * max(1.0, _conditioning(case, index, floors[index])) for index, part in enumerate(case.rough)]
    return replace(case, floors=tuple(floors), rough=tuple(rough))


def _worth(case: Case, index: int) -> bool:
    return 1e-10 * case.scales[index] < case.errors[index] < 1e-2 * case.scales[index]


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


def _verdict(case: Case, convention: str, doubt: Doubt) -> CheckReport:
    if not all(np.all(np.isfinite(right)) for right in case.right):
        return _report(
            case,
            "inconclusive",
            f"Nothing can be said: the right {case.subject.name} is not finite at a point; choose other points.",
        )
    noisy = [50 * floor > TOO_NOISY * scale > 0 for floor, scale in zip(case.floors, case.scales, strict=True)]
    wrong = [
        i for i, (e, t) in enumerate(zip(case.errors, case.tolerances, strict=True)) if not e <= t and not noisy[i]
    ]
    doubts = {index: doubt(case, index) for index in wrong} if not convention else {}
    wrong = [index for index in wrong if doubts.get(index) != "right"]
    if convention and (wrong or case.agrees):
        return _report(case, "right up to convention", _convention_sentence(case, convention))
    reasons = [doubts[index] for index in wrong if doubts.get(index)]
    if reasons:
        return _report(case, "inconclusive", reasons[0])
    if wrong:
        return _explained(case, wrong[0])
    clean = [e <= 1e-9 * s + r for e, s, r in zip(case.errors, case.scales, case.rough, strict=True)]
    if any(noise and not ok for noise, ok in zip(noisy, clean, strict=True)):
        return _report(case, "inconclusive", _noisy_sentence(case))
    kink = " (any slope between the two sides of a kink is right)" if "right" in doubts.values() else ""
    return _report(
        case,
        "right",
        f"Right: your {case.subject.name} equals the reference{kink}, {case.evidence().replace('exact ', '')}.",
    )


def _convention_sentence(case: Case, convention: str) -> str:
    return (
        f"Right up to convention: your {case.subject.name} is right {convention}."
        if " " in convention
        else (f"Right up to convention: your {case.subject.name} is right, but {convention}.")
    )


def _noisy_sentence(case: Case) -> str:
    return (
        f"Nothing can be said of {case.subject.name} here: rounding alone moves it by {_relative(case):.1g} of its size; "
        "check it at points that are better conditioned."
    )


def _relative(case: Case) -> float:
    return max((floor / scale for floor, scale in zip(case.floors, case.scales, strict=True) if scale), default=0.0)


def _explained(case: Case, index: int) -> CheckReport:
    with np.errstate(all="ignore"):
        findings = tuple(findings_of(case))
    if not findings and all(e <= NEARLY * s for e, s in zip(case.errors, case.scales, strict=True)):
        return _report(case, "approximate", _approximate_sentence(case))
    message = str(findings[0]) if findings else _unexplained_sentence(case, index)
    return _report(case, "wrong", message, findings)


def _approximate_sentence(case: Case) -> str:
    return (
        f"Your {case.subject.name} is close but not exact (largest difference {_largest(case):.1g} of its size): "
        "is it computed in single precision, by finite differences, or with a small constant added?"
    )


def _unexplained_sentence(case: Case, index: int) -> str:
    said = f"Your {case.subject.name} is wrong and no single slip explains it"
    worst = _worst(case, index)[:1]
    if not worst:
        return f"{said}."
    place, claimed, right = list(worst[0].index), worst[0].claimed, worst[0].right
    where = f"the largest difference is at {place}, where yours" if place else "yours"
    return f"{said}; {where} is {claimed:.6g} and {right:.6g} is right."


def _largest(case: Case) -> float:
    ratios = [e / s if s else e for e, s in zip(case.errors, case.scales, strict=True)]
    return max(ratios, default=0.0)


def _report(case: Case, verdict: Verdict, message: str, findings: tuple[Finding, ...] = ()) -> CheckReport:
    index = (
        int(np.argmax([e / s if s else e for e, s in zip(case.errors, case.scales, strict=True)])) if case.points else 0
    )
    detectable = max((t / s for t, s in zip(case.tolerances, case.scales, strict=True) if s), default=0.0)
    return CheckReport(
        verdict=verdict,
        message=message,
        findings=findings,
        worst=tuple(_worst(case, index)),
        max_rel_err=_largest(case),
        noise_floor=_relative(case),
        smallest_detectable=detectable,
    )


def _worst(case: Case, index: int) -> list[Element]:
    claimed, right = case.claimed[index], case.right[index]
    if claimed.shape != right.shape or difference(claimed, right) == 0:
        return []
    with np.errstate(all="ignore"):
        gaps = np.nan_to_num(np.abs(claimed - right), nan=np.inf).ravel()
    order = np.argsort(-gaps, kind="stable")[:8]
    places = [np.unravel_index(place, right.shape) for place in order if gaps[place] > 0]
    return [Element(tuple(map(int, place)), float(claimed[place]), float(right[place])) for place in places]
