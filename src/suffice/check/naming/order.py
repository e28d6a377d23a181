"""The rules in their order: the simplest explanation first."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from suffice.check.case import Case
from suffice.check.naming.elementwise import extra_term, factor_by_element, matrix_factor, same_as
from suffice.check.naming.factor import one_factor
from suffice.check.naming.optima import optimum_of_another
from suffice.check.naming.models import other_model
from suffice.check.naming.pattern import element_pattern
from suffice.check.naming.shape import not_finite, other_shape
from suffice.check.naming.slips import one_slip
from suffice.check.naming.terms import terms_of_posterior
from suffice.check.naming.transforms import function_of_right, normalisation
from suffice.check.repair.search import repaired
from suffice.check.report import MOST_FINDINGS, Finding

Rule = Callable[[Case], Iterator[Finding]]
PLAIN: tuple[Rule, ...] = (normalisation, one_factor, element_pattern, function_of_right)
OF_THE_MODEL: tuple[Rule, ...] = (same_as, terms_of_posterior, optimum_of_another, factor_by_element, one_slip, matrix_factor, other_model, extra_term)


def findings_of(case: Case) -> list[Finding]:
    """What explains a wrong answer, the best first: a plain relation to the right one, the one edit of the formula, the model."""
    found = _first((not_finite, other_shape, *case.rivals), case) or _first(PLAIN, case)
    repair = list(repaired(case))
    if not found:
        found = _first(OF_THE_MODEL, case)
    return [*found, *repair][:MOST_FINDINGS]


def _first(rules: tuple[Rule, ...], case: Case) -> list[Finding]:
    for rule in rules:
        found = list(rule(case))
        if found:
            return found
    return []
