"""The rules in their order: the simplest explanation first."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from suffice.check.case import Case
from suffice.check.naming.factor import one_factor
from suffice.check.naming.pattern import element_pattern
from suffice.check.naming.shape import not_finite, other_shape
from suffice.check.report import MOST_FINDINGS, Finding

Rule = Callable[[Case], Iterator[Finding]]
PLAIN: tuple[Rule, ...] = (not_finite, other_shape, one_factor, element_pattern)


def findings_of(case: Case) -> list[Finding]:
    """What explains a wrong answer, the best first."""
    found: list[Finding] = []
    for rule in PLAIN:
        found += list(rule(case))
        if found:
            break
    return found[:MOST_FINDINGS]
