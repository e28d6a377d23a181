"""The rules in their order: the simplest explanation first."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from suffice.check.case import Case
from suffice.check.naming.edges import factor_on_one_edge
from suffice.check.naming.elementwise import (
    factor_by_element,
    matrix_factor,
    old_parameter,
    same_as,
    where_zero,
)
from suffice.check.naming.extra_term import extra_term
from suffice.check.naming.factor import any_factor, one_factor
from suffice.check.naming.models import other_model
from suffice.check.naming.moments import moment_of_rows
from suffice.check.naming.optima import hard_assignment, infeasible, optimum_of_another
from suffice.check.naming.pattern import element_pattern, element_place, indicator_missing
from suffice.check.naming.products import factor_before_normalising
from suffice.check.naming.shape import not_finite, other_shape
from suffice.check.naming.slips import one_slip, two_slips
from suffice.check.naming.special import if_constant, if_left_out, if_simple_matrix, if_symmetric
from suffice.check.naming.stops import stopped_early
from suffice.check.naming.terms import terms_of_posterior
from suffice.check.naming.transforms import (
    function_of_right,
    normalisation,
    other_coordinates,
    product_of_marginals,
)
from suffice.check.repair.search import finding_of, paired_repairs_of, repairs_of
from suffice.check.report import MOST_FINDINGS, Finding

Rule = Callable[[Case], Iterator[Finding]]
PLAIN: tuple[Rule, ...] = (
    normalisation, one_factor, element_pattern, function_of_right, any_factor, other_coordinates, product_of_marginals,
)  # fmt: skip
OF_THE_POINT: tuple[Rule, ...] = (
    old_parameter, moment_of_rows, factor_by_element, where_zero, matrix_factor, extra_term,
)  # fmt: skip
OF_THE_MODEL: tuple[Rule, ...] = (
    terms_of_posterior, factor_before_normalising, hard_assignment, optimum_of_another, one_slip, if_symmetric, stopped_early,
    factor_on_one_edge, two_slips, other_model, indicator_missing,
)  # fmt: skip
SPECIAL: tuple[Rule, ...] = (if_left_out, if_simple_matrix, if_constant, infeasible)
PLAIN_EDIT = 1.27
"""Cost of an edit up to which it is believed without asking the model, which has to be compiled for that."""


def findings_of(case: Case) -> list[Finding]:
    """What explains a wrong answer, the best first: a plain relation to the right one, an edit of the formula, the model."""
    found = _first((not_finite, other_shape, *case.rivals), case) or _first(PLAIN, case)
    edits = repairs_of(case)
    repair = [finding_of(edit, case) for edit in edits]
    if found:
        return [*found, *repair][:MOST_FINDINGS]
    if edits and edits[0].cost <= PLAIN_EDIT:
        return [*repair, *_first(OF_THE_POINT, case)][:MOST_FINDINGS]
    found = _first((*OF_THE_POINT, *case.early, *OF_THE_MODEL, element_place), case)
    if not found and not repair:
        found = _first((same_as,), case)
    if not found and not repair:
        found = [finding_of(edit, case) for edit in paired_repairs_of(case)] or _first(SPECIAL, case)
    return [*found, *repair][:MOST_FINDINGS]


def _first(rules: tuple[Rule, ...], case: Case) -> list[Finding]:
    for rule in rules:
        found = list(rule(case))
        if found:
            return found
    return []
