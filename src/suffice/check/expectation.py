"""Expectations and bounds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from suffice.check.asking import asked
from suffice.check.case import Case, Subject
from suffice.check.claims import Claim, ClaimError, claim_of
from suffice.check.derivatives import Differentiable
from suffice.check.gradient import name_of
from suffice.check.judging import Rules, judge
from suffice.check.points import At, shapes_of
from suffice.check.problem import Point
from suffice.check.report import CheckReport, Element, Finding, not_comparable
from suffice.check.summing import Space, log_sum, over_space, space_of


def check_expectation(
    f: Callable[..., Any] | str,
    claim: Any,
    *,
    latent: Mapping[str, Any],
    log_density: Callable[..., Any] | str,
    at: At | None = None,
    seed: int = 0,
    layout: str = "any",
) -> CheckReport:
    """Whether a claim is the expectation of a function under a density known up to a constant.

    It is held against the sum over all states, or a quadrature of at most three dimensions.

    Parameters
    ----------
    f
        A function of named arrays, the latent variables among them, of any shape; or a formula as a string.
    claim
        Numbers, a formula or a function of the other variables.
    latent
        Supports by name, as in :func:`check_posterior`; values in ``at`` give shapes.
    log_density
        Logarithm of the density up to a constant.
    at, seed, layout
        As in :func:`check_gradient`.

    Raises
    ------
    ValueError
        Where the model, the formula of ``f`` or the points cannot be used.

    Examples
    --------
    >>> def draw(generator):
    ...     return {"mean": generator.normal(), "scale": generator.uniform(0.5, 2)}
    >>> def log_density(z, mean, scale):
    ...     return -0.5 * ((z - mean) / scale) ** 2
    >>> bool(check_expectation(lambda z: z**2, "mean**2 + scale**2", latent={"z": "real"}, log_density=log_density, at=draw))
    True
    >>> report = check_expectation(lambda z: z**2, "mean**2", latent={"z": "real"}, log_density=log_density, at=draw)
    >>> report.findings[0].kind
    'function of the mean'
    """
    question = asked(log_density, at, seed, "log_joint")
    names = list(latent)
    averaged = _averaged_function(f, {*question.complete(question.points[0]), *names})

    def truth(point: Point) -> np.ndarray:
        space = space_of(names, latent, point)
        logs = over_space(question.function, space, point) + space.logs
        return _averaged(_values(averaged, space, point), np.exp(logs - log_sum(logs)))

    def of_the_mean(case: Case) -> list[Finding]:
        return _of_the_mean(case, averaged, question.function, names, latent)

    of = f if isinstance(f, str) else name_of(f)
    subject = Subject(f"expectation of {of}", "", "expectation", (*question.names, *names))
    return judge(
        claim,
        question.points,
        truth,
        subject,
        complete=question.complete,
        layout=layout,
        seed=seed,
        reference="the sum or integral",
        rules=Rules(rivals=(of_the_mean,)),
    )


def _averaged_function(f: Any, names: set[str]) -> Any:
    """What is averaged: a function, or a formula of what a point and the latent variables give."""
    if not isinstance(f, str):
        return f
    try:
        return claim_of(f, names)
    except ClaimError as error:
        raise ValueError(f"The function {f!r} cannot be used: {error}") from None


def _values(f: Any, space: Space, point: Point) -> np.ndarray:
    """Values (M, ...) of what is averaged at each configuration."""
    if not isinstance(f, Claim):
        return over_space(f, space, point)
    try:
        return np.stack([f.array({**point, **space.at(place)}) for place in range(len(space))])
    except ClaimError as error:
        raise ValueError(f"The function that is averaged cannot be used: {error}") from None


def _averaged(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    with np.errstate(all="ignore"):
        terms = np.where(weights.reshape(-1, *(1,) * (values.ndim - 1)) > 0, values, 0.0)
    return np.tensordot(weights, terms, 1)


def _of_the_mean(case: Case, f: Any, log_density: Any, names: list[str], latent: Any) -> list[Finding]:
    plain, uniform = [], []
    for point in case.points:
        space = space_of(names, latent, point)
        logs = over_space(log_density, space, point) + space.logs
        weights = np.exp(logs - log_sum(logs))
        means = {name: np.tensordot(weights, values, 1)[None] for name, values in space.values.items()}
        plain.append(_values(f, Space(means, np.zeros(1)), point)[0])
        uniform.append(_averaged(_values(f, space, point), np.exp(space.logs - log_sum(space.logs))))
    if case.explains(plain):
        return [
            Finding(
                "function of the mean",
                f"Your {case.subject.name} is the function of the mean, not the mean of the function",
                fix="average the function over the density (add the variance's part)",
                evidence=case.evidence(),
            )
        ]
    if case.explains(uniform):
        return [
            Finding(
                "weights",
                f"Your {case.subject.name} weighs all values alike: the density is missing",
                fix="weigh each value by its probability",
                evidence=case.evidence(),
            )
        ]
    return []


MORE = 40
"""Points at which a bound is tried, where they can be drawn."""


def check_bound(
    f: Callable[..., Any] | str,
    claim: Any,
    *,
    direction: str = "lower",
    at: At | None = None,
    seed: int = 0,
) -> CheckReport:
    """Whether a claim is a lower (or upper) bound of a function at every point tried; it may fail elsewhere.

    Parameters are those of :func:`check_gradient`, with ``direction`` ``"lower"`` or ``"upper"``.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> def draw(generator):
    ...     return {"p": generator.dirichlet([1, 1, 1]), "x": generator.normal(size=3)}
    >>> check_bound(lambda p, x: jnp.log(p @ jnp.exp(x)), "p @ x", at=draw).verdict
    'right'
    >>> check_bound(lambda p, x: jnp.log(p @ jnp.exp(x)), "p @ x", direction="upper", at=draw).verdict
    'wrong'
    """
    if direction not in ("lower", "upper"):
        raise ValueError(f"direction={direction!r} is not known; use 'lower' or 'upper'.")
    question = asked(f, at, seed)
    points = [*question.points, *_more(question.problem, at, seed, question.points[0])]
    full = [question.complete(point) for point in points]
    function = Differentiable(question.function, "", "value")
    sign = 1.0 if direction == "lower" else -1.0
    try:
        wanted = claim_of(claim, set(full[0]))
        claimed = [wanted.array(point) for point in full]
    except ClaimError as error:
        return not_comparable(str(error), seed=seed)
    values = [function.answer(point) for point in full]
    gaps = [float(np.min(sign * (value - c))) for value, c in zip(values, claimed, strict=True)]
    slack = [1e-9 * float(np.max(np.abs(value), initial=1e-300)) for value in values]
    wrong = [i for i, (gap, s) in enumerate(zip(gaps, slack, strict=True)) if not gap >= -s]
    fields: dict[str, Any] = {
        "seed": seed,
        "reference": "the function in float64",
        "points": tuple(shapes_of(point) for point in question.points),
    }
    if not wrong:
        side = "at most" if sign > 0 else "at least"
        said = f"Right at all {len(full)} points tried: it is {side} the function, the nearest by {min(gaps):.3g}."
        return CheckReport("right", said, **fields)
    worst = min(wrong, key=lambda i: gaps[i])
    side = "above" if sign > 0 else "below"
    what = f"Your {direction} bound lies {side} the function, by {-gaps[worst]:.3g} where it is worst"
    finding = Finding(
        "bound", what, fix=_turned(claimed, values, direction), evidence=f"at {len(wrong)} of {len(full)} points"
    )
    element = Element((), float(np.ravel(claimed[worst])[0]), float(np.ravel(values[worst])[0]))
    return CheckReport("wrong", str(finding), (finding,), worst=(element,), max_rel_err=-gaps[worst], **fields)


def _turned(claimed: list[np.ndarray], values: list[np.ndarray], direction: str) -> str:
    sign = 1.0 if direction == "lower" else -1.0
    if all(np.all(sign * (c - v) >= 0) for c, v in zip(claimed, values, strict=True)):
        return f"it is a bound from the other side: {'an upper' if direction == 'lower' else 'a lower'} bound"
    return "it is a bound from neither side: look for a missing term or a sign"


def _more(problem: Any, at: At | None, seed: int, like: Point) -> list[Point]:
    draw = at if callable(at) else problem.draw if problem is not None and at is None else None
    if draw is None:
        return []
    generator = np.random.default_rng([seed, 5])
    drawn = [{name: np.asarray(value) for name, value in draw(generator).items()} for _ in range(MORE)]
    return [point for point in drawn if shapes_of(point) == shapes_of(like)]
