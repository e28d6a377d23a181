"""Densities of a latent variable, compared at drawn values of it."""

from __future__ import annotations

import numpy as np

from suffice.check.asking import Asked
from suffice.check.case import Case, Subject
from suffice.check.claims import Claim
from suffice.check.continuous import DensityAt
from suffice.check.judging import Rules, judge
from suffice.check.report import CheckReport
from suffice.check.supports import Support

DRAWN = 7
"""Values of a latent variable at which a density is compared."""


def density_at_values(question: Asked, name: str, support: Support, wanted: Claim, seed: int, kind: str) -> CheckReport:
    """The report on a claim that gives the density of a latent variable at a value of it."""
    generator = np.random.default_rng([seed, 2])
    source = DensityAt(question.function, name, support)
    points = [{**point, name: _drawn(support, generator)} for point in question.points for _ in range(DRAWN)]
    return judge(
        wanted,
        points,
        source.answer,
        Subject(f"density of {name}", "", kind, (*question.names, name)),
        complete=question.complete,
        seed=seed,
        reference="the joint, normalised by quadrature",
        rules=Rules(equal=_log_density),
        extra=source,
    )


def _log_density(case: Case) -> str:
    other = case.with_claimed([np.exp(claimed) for claimed in case.claimed])
    return "as its logarithm" if case.same_shape and other.agrees else ""


def _drawn(support: Support, generator: np.random.Generator) -> np.ndarray:
    shape = () if support.size is None else (support.size,)
    if support.discrete:
        return generator.choice(np.asarray(support.states[:12]), size=shape)
    if support.kind == "simplex":
        return generator.dirichlet(np.full(support.size or 1, 3.0))
    if support.kind == "positive":
        return generator.uniform(0.4, 2.2, size=shape)
    return (
        generator.uniform(0.15, 0.85, size=shape)
        if support.kind == "unit"
        else np.asarray(generator.normal(size=shape))
    )
