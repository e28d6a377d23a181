"""Updates and estimates: the parameters at which an objective is largest, on their constraints."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from suffice.check.asking import Asked, asked
from suffice.check.case import Case, Subject
from suffice.check.claims import Claim, ClaimError, claim_of
from suffice.check.coordinates import is_feasible
from suffice.check.judging import Rules, judge
from suffice.check.naming.optima import mean_for_mode
from suffice.check.naming.special import if_left_out
from suffice.check.optimum import Objective, Slope
from suffice.check.parts import combined, part_of
from suffice.check.points import At
from suffice.check.problem import Point
from suffice.check.report import CheckReport, Finding, not_comparable


def check_m_step(
    objective: Callable[..., Any] | str,
    params: Sequence[str] | str,
    claim: Any,
    *,
    sense: str = "max",
    constraints: Mapping[str, str] | None = None,
    at: At | None = None,
    seed: int = 0,
    layout: str = "any",
) -> CheckReport:
    """Whether a claim is where an objective is largest (or smallest) in some parameters, the others held.

    It is held against the optimum that Newton's steps reach on the constraints, from the claim and from the values in ``at``.

    Parameters
    ----------
    objective
        A function of named arrays that gives one number, the parameters among them; or a problem, whose expected complete
        log-likelihood it then is.
    params
        Names of the parameters.
    claim
        Function of the other variables (and old parameters), or a formula; an array, or a tuple in the order of ``params``.
    sense
        ``"max"`` or ``"min"``.
    constraints
        By parameter: ``"simplex"`` (along the last axis), ``"positive"``, ``"unit"`` (in (0, 1)), ``"spin mean"`` (in (-1, 1)),
        ``"unit norm"``, ``"spd"``, ``"orthonormal"``.
    at, seed, layout
        As in :func:`check_gradient`; ``at`` gives old values of the parameters too, for their shapes.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> def expected(r, weights):
    ...     return jnp.sum(r * jnp.log(weights))
    >>> def draw(generator):
    ...     return {"r": generator.dirichlet([2, 2, 2], 7), "weights": generator.dirichlet([3, 3, 3])}
    >>> on = {"weights": "simplex"}
    >>> bool(check_m_step(expected, ["weights"], "mean(r, axis=0)", constraints=on, at=draw))
    True
    >>> print(check_m_step(expected, ["weights"], "sum(r, axis=0)", constraints=on, at=draw).findings[0].kind)
    normalisation
    """
    return _checked(objective, params, claim, sense, constraints, at, seed, layout, "expected", "update")


def check_mle(
    log_likelihood: Callable[..., Any] | str,
    params: Sequence[str] | str,
    claim: Any,
    *,
    sense: str = "max",
    constraints: Mapping[str, str] | None = None,
    at: At | None = None,
    seed: int = 0,
    layout: str = "any",
) -> CheckReport:
    """Whether a claim is the maximum-likelihood estimate; parameters are those of :func:`check_m_step`.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> def log_likelihood(x, mean, variance):
    ...     return jnp.sum(-0.5 * jnp.log(variance) - (x - mean) ** 2 / (2 * variance))
    >>> def draw(generator):
    ...     return {"x": generator.normal(size=7), "mean": 0.1, "variance": 1.3}
    >>> on, claim = {"variance": "positive"}, ("mean(x)", "var(x, ddof=1)")
    >>> report = check_mle(log_likelihood, ["mean", "variance"], claim, constraints=on, at=draw)
    >>> print(report.verdict)
    wrong
    """
    return _checked(log_likelihood, params, claim, sense, constraints, at, seed, layout, "objective", "estimate")


def check_map(
    log_posterior: Callable[..., Any] | str,
    params: Sequence[str] | str,
    claim: Any,
    *,
    sense: str = "max",
    constraints: Mapping[str, str] | None = None,
    at: At | None = None,
    seed: int = 0,
    layout: str = "any",
) -> CheckReport:
    """Whether a claim is the mode of a posterior density; parameters are those of :func:`check_m_step`.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> def log_posterior(n, alpha, theta):
    ...     return jnp.sum((n + alpha - 1) * jnp.log(theta))
    >>> def draw(generator):
    ...     n, alpha = generator.poisson(5.0, 4) + 1.0, generator.uniform(1.5, 3, 4)
    ...     return {"n": n, "alpha": alpha, "theta": generator.dirichlet([3] * 4)}
    >>> on, claim = {"theta": "simplex"}, "(n + alpha - 1) / sum(n + alpha - 1)"
    >>> bool(check_map(log_posterior, ["theta"], claim, constraints=on, at=draw))
    True
    """
    return _checked(log_posterior, params, claim, sense, constraints, at, seed, layout, "objective", "estimate")


def _checked(
    model: Any,
    params: Any,
    claim: Any,
    sense: str,
    constraints: Any,
    at: At | None,
    seed: int,
    layout: str,
    part: str,
    word: str,
) -> CheckReport:
    names = [params] if isinstance(params, str) else list(params)
    if sense not in ("max", "min"):
        raise ValueError(f"sense={sense!r} is not known; use 'max' or 'min'.")
    question = _with_objective(model, at, seed, part)
    _refuse_missing(question, names)
    objective = Objective(
        question.function, {n: question.constraint(n, constraints) for n in names}, 1.0 if sense == "max" else -1.0
    )
    try:
        parts = _parts(claim, names, question)
    except ClaimError as error:
        return not_comparable(str(error), seed=seed)
    update = _Update(question, objective, parts)
    reports = [update.judged(name, word, seed, layout) for name in names]
    return combined(reports) if len(reports) > 1 else reports[0]


def _with_objective(model: Any, at: At | None, seed: int, part: str) -> Asked:
    question = asked(model, at, seed)
    expected = getattr(question.problem, part, None) if question.problem else None
    return replace(question, function=expected) if expected is not None else question


def _refuse_missing(question: Asked, names: list[str]) -> None:
    for name in names:
        if name not in question.points[0]:
            raise ValueError(f"at= does not give {name!r}; give any feasible value of it, for its shape.")


def _parts(claim: Any, names: list[str], question: Asked) -> dict[str, Claim]:
    known = set(question.complete(question.points[0]))
    if len(names) > 1:
        return {name: part_of(claim, place, known) for place, name in enumerate(names)}
    return {
        names[0]: part_of(claim, 0, known) if isinstance(claim, tuple) and len(claim) == 1 else claim_of(claim, known)
    }


OF_ESTIMATES = (mean_for_mode, if_left_out)
"""Rules that are tried first of estimates: nothing plainer says as much."""


class _Update:
    """The optimum at each point, and claims of its parts held against it."""

    def __init__(self, question: Asked, objective: Objective, parts: dict[str, Claim]):
        self.question, self.objective, self.parts = question, objective, parts
        self.found: dict[Any, dict[str, np.ndarray]] = {}

    def judged(self, name: str, word: str, seed: int, layout: str) -> CheckReport:
        """The report on one parameter."""
        constraint = self.objective.constraints[name]
        return judge(
            self.parts[name],
            self.question.points,
            lambda point: self.optimum(point)[name],
            Subject(f"{word} of {name}", name, word, self.question.names),
            complete=self.question.complete,
            layout=layout,
            seed=seed,
            constraint=constraint,
            reference="the optimum by Newton's method on the constraints",
            extra=Slopes(Slope(self.objective, name), self.parts),
            rules=Rules(rivals=self.rivals_of(name, word), steady=True),
        )

    def rivals_of(self, name: str, word: str) -> tuple[Callable[[Case], Any], ...]:
        """Rules of optima, tried before others."""
        of_estimates = OF_ESTIMATES if word == "estimate" else ()
        return partial(self.about_the_old, name=name), self.about_the_sense, *of_estimates

    def about_the_old(self, case: Case, name: str) -> list[Finding]:
        """Whether one of several parameters is right for the old values of the others."""
        others = [other for other in self.parts if other != name]
        if not others or not case.same_shape:
            return []
        alone = Objective(self.question.function, {name: self.objective.constraints[name]}, self.objective.sign)
        found = []
        for point, claimed in zip(case.points, case.claimed, strict=True):
            found.append(alone.optimum(point, [{name: claimed}, {name: np.asarray(point[name], float)}])[name])
        if not case.explains(found):
            return []
        said = ", ".join(others)
        what = f"Your {case.subject.name} is right for the old {said}, but the new ones are updated with it"
        return [Finding("old parameter", what, fix=f"use the new {said}", evidence=case.evidence())]

    def about_the_sense(self, case: Case) -> list[Finding]:
        """Whether a stationary point is the smallest value where the largest is asked for, or the other way round."""
        of = case.subject.of
        other = Objective(self.question.function, {of: self.objective.constraints[of]}, -self.objective.sign)
        slopes = case.extra.case(case) if case.same_shape else None
        if slopes is None or not all(
            np.max(np.abs(here)) <= 1e-7 * np.max(np.abs(slopes.extra.answer({**point, of: given[of]})))
            for here, point, given in zip(slopes.right, slopes.points, case.points, strict=True)
        ):
            return []
        found = [
            other.optimum(point, [{of: claimed}])[of]
            for point, claimed in zip(slopes.points, case.claimed, strict=True)
        ]
        if not case.explains(found):
            return []
        does, asked_for = ("minimises", "maximises") if self.objective.sign > 0 else ("maximises", "minimises")
        what = f"Your {case.subject.name} {does} the objective, and what {asked_for} it is asked for"
        return [Finding("sense", what, fix="change the sense, or the sign of the objective", evidence=case.evidence())]

    def optimum(self, point: Point) -> dict[str, np.ndarray]:
        """The parameters at which the objective is best."""
        key = tuple([np.asarray(point[name]).tobytes() for name in self.question.names])
        if key not in self.found:
            self.found[key] = self._optimum(point)
        return self.found[key]

    def _optimum(self, point: Point) -> dict[str, np.ndarray]:
        full = self.question.complete(point)
        old = {name: np.asarray(point[name], float) for name in self.parts}
        claimed = {name: _as_shape(part, full, old[name]) for name, part in self.parts.items()}
        return self.objective.optimum(full, [claimed, old])


def _as_shape(part: Claim, full: Point, old: np.ndarray) -> np.ndarray:
    """What is claimed, where it has the shape of the parameter; else the old value."""
    try:
        found = np.asarray(part.array(full), float)
    except ClaimError:
        return old
    return found if found.shape == old.shape else old


class Slopes:
    """What names the objective that a claim is the optimum of."""

    def __init__(self, slope: Slope, parts: dict[str, Claim]):
        self.slope, self.parts = slope, parts

    def case(self, case: Case) -> Case | None:
        """The case in slopes: zero is claimed where the claim is, and the objective's slope is right."""
        slope = self.slope
        points = []
        for point, claimed in zip(case.points, case.claimed, strict=True):
            if claimed.shape != np.shape(point[slope.wrt]) or not is_feasible(slope.constraint, claimed):
                return None
            others = {name: part.array(point) for name, part in self.parts.items() if name != slope.wrt}
            points.append({**point, **others, slope.wrt: claimed})
        right = tuple([slope.answer(point) for point in points])
        if not all(np.all(np.isfinite(values)) for values in right):
            return None
        zeros = tuple([np.zeros_like(values) for values in right])
        elsewhere = {**points[0], slope.wrt: case.points[0][slope.wrt]}
        return replace(
            case,
            points=tuple(points),
            claimed=zeros,
            right=right,
            floors=(0.0,) * len(right),
            extra=slope,
            memory={"elsewhere": elsewhere},
        )
