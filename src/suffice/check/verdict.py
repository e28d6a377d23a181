"""From a case to its verdict: what is right, what nothing can be said of, what is wrong and why."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from suffice.check.case import Case, difference
from suffice.check.naming.order import findings_of
from suffice.check.report import CheckReport, Element, Finding, Verdict

TOO_NOISY = 1e-6
NEARLY = 1e-4
Doubt = Callable[[Case, int], str]


def verdict_of(case: Case, convention: str, doubt: Doubt) -> CheckReport:
    """The report on a case, right up to a convention where one is named."""
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
    unsure = [noise and not _is_clean(case, index) for index, noise in enumerate(noisy)]
    if all(unsure):
        return _report(case, "inconclusive", _noisy_sentence(case))
    kink = " (any slope between the two sides of a kink is right)" if "right" in doubts.values() else ""
    return _report(
        case, "right", f"Right: your {case.subject.name} equals the reference{kink}, {_right_where(case, unsure)}."
    )


def _is_clean(case: Case, index: int) -> bool:
    """Whether a claim agrees though rounding could have kept it from that."""
    return case.errors[index] <= 1e-9 * case.scales[index] + case.rough[index]


def _right_where(case: Case, unsure: list[bool]) -> str:
    if not any(unsure):
        return case.evidence().replace("exact ", "")
    many = len(unsure)
    said = f"at {many - sum(unsure)} of {many} points"
    return f"{said} (the others are too ill-conditioned to tell: rounding alone moves it there)"


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
