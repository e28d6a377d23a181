"""Check: a derivation against the model, the mistake named."""

from typing import TYPE_CHECKING

from suffice.runtime.lazy import export_lazily

if TYPE_CHECKING:
    from suffice.check.densities import check_factorised, check_normalised
    from suffice.check.equal import check_derivation, check_equal
    from suffice.check.expectation import check_bound, check_expectation
    from suffice.check.gradient import check_gradient, check_hessian, check_jacobian, check_jvp, check_vjp
    from suffice.check.grading.marking import Mark, Marked, Marks, grade
    from suffice.check.m_step import check_m_step, check_map, check_mle
    from suffice.check.posterior import check_conditional, check_posterior
    from suffice.check.problem import Problem
    from suffice.check.report import CheckReport, Element, Finding
    from suffice.check.sampler import check_sampler
    from suffice.check.table import check_table

export_lazily(__name__)
