"""Claims of several arrays: each part on its own, and one report for all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from suffice.check.claims import Claim, ClaimError, claim_of
from suffice.check.report import CheckReport, Verdict

ORDER: tuple[Verdict, ...] = (
    "not comparable",
    "wrong",
    "inconclusive",
    "approximate",
    "right up to convention",
    "right",
)


def part_of(claim: Any, place: int, names: set[str]) -> Claim:
    """One array of a claim that gives several."""
    if isinstance(claim, tuple | list) and any(isinstance(part, str) or callable(part) for part in claim):
        return claim_of(claim[place], names)
    whole = claim_of(claim, names)

    def value(point: Any) -> Any:
        found = whole(point)
        if not isinstance(found, tuple | list) or len(found) <= place:
            raise ClaimError(f"Your answer should have at least {place + 1} parts, as a tuple.")
        return found[place]

    formula = whole.formula
    inner = (
        formula.parts[place] if formula is not None and formula.head == "list" and len(formula.parts) > place else None
    )
    return Claim(value, inner, whole.constant, whole.taken)


def combined(reports: Sequence[CheckReport]) -> CheckReport:
    """The report of the worst part, of equals the earliest that is explained, with the findings of all."""
    worst = min(reports, key=lambda report: (ORDER.index(report.verdict), not report.findings))
    findings = [finding for report in (worst, *(r for r in reports if r is not worst)) for finding in report.findings]
    return replace(
        worst,
        findings=tuple(findings),
        max_rel_err=max(report.max_rel_err for report in reports),
        noise_floor=max(report.noise_floor for report in reports),
        smallest_detectable=max(report.smallest_detectable for report in reports),
    )
