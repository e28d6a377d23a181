"""Updates that are the optimum of another objective: a prior or a term left out, doubled, or of the wrong sign."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from suffice.check.case import Case
from suffice.check.naming.models import other_model
from suffice.check.naming.slips import one_slip, two_slips
from suffice.check.report import Finding


def optimum_of_another(case: Case) -> Iterator[Finding]:
    """The claim is where the slope of an objective vanishes that differs in one part."""
    if not hasattr(case.extra, "case") or not case.same_shape:
        return
    slopes = case.extra.case(case)
    if slopes is None:
        return
    for finding in [*one_slip(slopes)][:1] or [*two_slips(slopes)][:1] or [*other_model(slopes)][:1]:
        what = finding.what.replace("it was treated as constant", "the objective is taken without it").replace(
            "is right for a different model", "is the optimum of a different objective"
        )
        yield replace(finding, what=what)


def hard_assignment(case: Case) -> Iterator[Finding]:
    """The claim is the optimum where probabilities that the objective takes are 1 at the largest and 0 elsewhere."""
    slopes = case.extra.case(case) if hasattr(case.extra, "case") and case.same_shape else None
    if slopes is None:
        return
    source = slopes.extra
    for name in source.model.taken:
        values = [np.asarray(point.get(name, 0.0)) for point in slopes.points]
        if not all(_are_probabilities(value) for value in values):
            continue
        points = [{**point, name: _hard(value)} for point, value in zip(slopes.points, values, strict=True)]
        left = [np.max(np.abs(source.answer(point)), initial=0.0) for point in points]
        scales = [np.max(np.abs(right), initial=1e-300) for right in slopes.right]
        if all(size <= 1e-7 * scale for size, scale in zip(left, scales, strict=True)):
            what = (
                f"Your {case.subject.name} takes {name} for a hard assignment: 1 at the largest (argmax), 0 elsewhere"
            )
            yield Finding("hard assignment", what, name, f"use the probabilities {name} themselves", case.evidence())
            return


def _are_probabilities(value: np.ndarray) -> bool:
    return value.ndim >= 2 and value.shape[-1] > 1 and bool(np.all(value >= 0)) and np.allclose(value.sum(-1), 1)


def _hard(value: np.ndarray) -> np.ndarray:
    return np.eye(value.shape[-1])[np.argmax(value, axis=-1)]


def infeasible(case: Case) -> Iterator[Finding]:
    """An update or estimate that breaks the constraint of its parameter."""
    outside = OUTSIDE.get(case.constraint)
    if case.subject.kind not in ("update", "estimate") or outside is None or not case.same_shape:
        return
    said, broken = outside
    if any(np.any(broken(claimed)) for claimed in case.claimed):
        what = f"Your {case.subject.name} is {said}, which {case.subject.of} never is"
        yield Finding("infeasible", what, case.subject.of, "look for a term that outweighs another")


OUTSIDE: dict[str, tuple[str, Callable[[np.ndarray], np.ndarray]]] = {
    "positive": ("not positive at a point", lambda value: value <= 0),
    "unit": ("not between 0 and 1 at a point", lambda value: (value <= 0) | (value >= 1)),
    "spd": (
        "not positive definite at a point",
        lambda value: np.linalg.eigvalsh(0.5 * (value + np.swapaxes(value, -1, -2))) <= 0,
    ),
}
"""What is said of a broken constraint, and where it is broken."""

SLOPES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "positive": np.ones_like,
    "unit": lambda p: 1 - 2 * p,
    "simplex": lambda p: 1 - p.shape[-1] * p,
}
"""Slopes, in free coordinates, of the logarithm of the volume by which these change a density."""


def mean_for_mode(case: Case) -> Iterator[Finding]:
    """The claim is the mode of the density of the free coordinates, which of a Beta, Gamma or Dirichlet is the mean."""
    volume = SLOPES.get(case.constraint)
    if case.subject.kind != "estimate" or volume is None or not hasattr(case.extra, "case") or not case.same_shape:
        return
    slopes = case.extra.case(case)
    if slopes is None:
        return
    signs = [_sign(right, volume(claimed)) for right, claimed in zip(slopes.right, case.claimed, strict=True)]
    if not (all(sign == 1 for sign in signs) or all(sign == -1 for sign in signs)):
        return
    yield Finding(
        "mean for mode",
        f"Your {case.subject.name} is the mean of a Beta, Gamma or Dirichlet density in place of its mode: its exponents lack "
        "their - 1",
        fix="take the value of highest density (of a uniform prior nothing is added)",
        evidence=case.evidence(),
    )


def _sign(slope: np.ndarray, volume: np.ndarray) -> int:
    """1 or -1 where a slope is that of the volume turned round or not (an objective may be minimised); else 0."""
    scale = 1e-8 * max(float(np.max(np.abs(volume), initial=0.0)), 1e-300)
    return next((sign for sign in (1, -1) if np.max(np.abs(slope + sign * volume), initial=0.0) <= scale), 0)
