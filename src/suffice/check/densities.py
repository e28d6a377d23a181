"""Densities: whether they are normalised, and whether they factorise."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from suffice.check.asking import Asked, asked
from suffice.check.case import Case, Subject
from suffice.check.claims import Claim, ClaimError, as_array, claim_of
from suffice.check.judging import Rules, judge
from suffice.check.points import At
from suffice.check.problem import Point
from suffice.check.report import CheckReport, Finding, not_comparable
from suffice.check.summing import Space, log_sum, over_space, space_of

MOST_CALLS = 4096
"""Configurations at which a claim is called, at most: nodes of a quadrature are thinned to them."""
SUMMED = 1e-6
SHOWN = 9


def check_normalised(
    log_density: Callable[..., Any] | str | None,
    claim: Any,
    *,
    over: str | Sequence[str],
    support: Any,
    at: At | None = None,
    seed: int = 0,
) -> CheckReport:
    """Whether a claim is a normalised density over some variables, or the logarithm of a normaliser.

    Parameters
    ----------
    log_density
        Logarithm of a density up to a constant, as a function of named arrays; ``None`` where the claim alone is to sum to 1.
    claim
        A function of ``over`` and the other variables: the density or its logarithm; one that does not take ``over`` is log Z.
    over
        What is summed or integrated over, by name.
    support
        Its support, as in :func:`check_posterior`, or a dictionary of them.
    at, seed
        As in :func:`check_gradient`; a value of ``over`` in ``at`` gives its shape.

    Examples
    --------
    >>> def claim(x, q):
    ...     return (q**x * (1 - q) ** (1 - x)).prod()
    >>> bool(check_normalised(None, claim, over="x", support="binary", at={"x": [0, 1, 0], "q": [0.2, 0.6, 0.7]}))
    True
    >>> density = "exp(-0.5 * x**2)"
    >>> print(check_normalised(None, density, over="x", support="real", at={"x": 0.0}).message)
    Your claim sums to 2.50663 over x, not to 1: it is not normalised; divide by 2.50663 (at 1 of 1 points).
    """
    names = [over] if isinstance(over, str) else list(over)
    question = asked(log_density if log_density is not None else _nothing, at, seed, "log_joint")
    full = [question.complete(point) for point in question.points]
    try:
        wanted = claim_of(claim, {*set().union(*full), *names})
        if not _takes(wanted, names):
            return _normaliser(question, wanted, names, support, seed)
        if log_density is None:
            return _summed(wanted, names, support, full, seed)
        return _density(question, wanted, names, support, seed)
    except ClaimError as error:
        return not_comparable(str(error), seed=seed)


def _nothing() -> float:
    return 0.0


def _takes(wanted: Claim, names: list[str]) -> bool:
    return not wanted.constant and (wanted.taken is None or bool(wanted.taken & set(names)))


def _normaliser(question: Asked, wanted: Claim, names: list[str], support: Any, seed: int) -> CheckReport:
    def truth(point: Point) -> np.ndarray:
        space = space_of(names, support, point)
        return np.asarray(log_sum(over_space(question.function, space, point) + space.logs))

    subject = Subject("log-normaliser", "", "normaliser", question.names)
    return judge(
        wanted,
        question.points,
        truth,
        subject,
        complete=question.complete,
        seed=seed,
        reference="the sum or integral",
        rules=Rules(equal=_not_logarithm),
    )


def _not_logarithm(case: Case) -> str:
    with np.errstate(all="ignore"):
        other = case.with_claimed([np.log(claimed) for claimed in case.claimed])
    return "as the normaliser itself, not its logarithm" if case.same_shape and other.agrees else ""


def _summed(wanted: Claim, names: list[str], support: Any, full: list[Point], seed: int) -> CheckReport:
    totals = [_total(wanted, space_of(names, support, point), point) for point in full]
    plain, logs = [total[0] for total in totals], [total[1] for total in totals]
    for sums in (plain, logs):
        if all(abs(total - 1) < SUMMED for total in sums):
            return CheckReport(
                "right",
                f"Right: it sums to 1 over {', '.join(names)}, at {len(full)} of {len(full)} points.",
                seed=seed,
                reference="the sum or integral",
            )
    wrong = [total for total in plain if not abs(total - 1) < SUMMED]
    said = f"Your claim sums to {wrong[0]:.6g} over {', '.join(names)}, not to 1: it is not normalised"
    finding = Finding(
        "normalisation",
        said,
        fix=f"divide by {wrong[0]:.6g}" if wrong[0] > 0 else "it must be positive",
        evidence=f"at {len(wrong)} of {len(full)} points",
    )
    return CheckReport(
        "wrong",
        str(finding),
        (finding,),
        seed=seed,
        reference="the sum or integral",
        max_rel_err=float(abs(wrong[0] - 1)),
    )


def _total(wanted: Claim, space: Space, point: Point) -> tuple[float, float]:
    """Sums of the claim, and of its exponential."""
    space = _thinned(space)
    values = np.array(
        [float(as_array(wanted({**point, **space.at(place)})).reshape(())) for place in range(len(space))]
    )
    weights = np.exp(space.logs)
    with np.errstate(all="ignore"):
        return float(np.sum(values * weights)), float(np.sum(np.exp(values) * weights))


def _thinned(space: Space) -> Space:
    """Every n-th node of a quadrature, which at this fineness is still exact to many digits."""
    if len(space) <= MOST_CALLS:
        return space
    if np.ptp(space.logs) == 0:
        return space
    step = -(-len(space) // MOST_CALLS)
    return Space({name: values[::step] for name, values in space.values.items()}, space.logs[::step] + np.log(step))


def _density(question: Asked, wanted: Claim, names: list[str], support: Any, seed: int) -> CheckReport:
    generator = np.random.default_rng([seed, 3])
    points = [
        configuration
        for point in question.points
        for configuration in _drawn(space_of(names, support, point), point, generator)
    ]

    def truth(point: Point) -> np.ndarray:
        space = space_of(names, support, point)
        total = log_sum(over_space(question.function, space, point) + space.logs)
        here = Space({name: np.asarray(point[name])[None] for name in names}, np.zeros(1))
        return np.exp(over_space(question.function, here, point)[0] - total)

    subject = Subject(f"density over {', '.join(names)}", "", "density", (*question.names, *names))
    return judge(
        wanted,
        points,
        truth,
        subject,
        complete=question.complete,
        seed=seed,
        reference="the density, normalised by summing",
        rules=Rules(equal=as_logarithm),
    )


def _drawn(space: Space, point: Point, generator: np.random.Generator) -> list[Point]:
    inside = np.flatnonzero([all(np.all(np.abs(v[i]) < 3) for v in space.values.values()) for i in range(len(space))])
    chosen = generator.choice(inside if len(inside) else len(space), size=min(SHOWN, len(space)), replace=False)
    return [{**point, **space.at(int(place))} for place in sorted(chosen)]


def as_logarithm(case: Case) -> str:
    """The convention of a claim that gives log-probabilities."""
    with np.errstate(all="ignore"):
        other = case.with_claimed([np.exp(claimed) for claimed in case.claimed])
    return "as its logarithm" if case.same_shape and other.agrees else ""


def check_factorised(
    log_joint: Callable[..., Any] | str,
    claim: Any,
    *,
    of: str | Sequence[str],
    given: str | Sequence[str] = (),
    variables: Mapping[str, Any],
    at: At | None = None,
    seed: int = 0,
) -> CheckReport:
    """Whether a product of factors is the conditional p(of | given) of a joint, all other variables summed out.

    Parameters
    ----------
    log_joint
        log p up to a constant, as a function of named arrays; or a problem.
    claim
        A function of the variables that gives p(of | given) or its logarithm, or a list of factors that are multiplied.
    of, given
        Names of variables.
    variables
        Support of each variable by name, as in :func:`check_posterior`.
    at, seed
        As in :func:`check_gradient`; values of the variables in ``at`` give their shapes.

    Examples
    --------
    >>> def log_joint(v, h, W):
    ...     return v @ W @ h
    >>> def draw(generator):
    ...     return {"v": generator.integers(0, 2, 3), "h": generator.integers(0, 2, 2), "W": generator.normal(size=(3, 2))}
    >>> claim = "prod(where(h == 1, sigmoid(v @ W), 1 - sigmoid(v @ W)))"
    >>> bool(check_factorised(log_joint, claim, of="h", given="v", variables={"h": "binary", "v": "binary"}, at=draw))
    True
    """
    question = asked(log_joint, at, seed, "log_joint")
    children, parents = _list(of), _list(given)
    if not children or not set(children + parents) <= set(variables):
        raise ValueError("variables= has to give the support of each variable in of= and given=.")
    rest = [name for name in variables if name not in children + parents]
    generator = np.random.default_rng([seed, 4])
    points = [
        p for point in question.points for p in _drawn(space_of(children + parents, variables, point), point, generator)
    ]

    def truth(point: Point) -> np.ndarray:
        space = space_of(children + rest, variables, point)
        logs = over_space(question.function, space, point)
        same = np.all([_equals(space.values[name], point[name]) for name in children], axis=0)
        return np.exp(log_sum(logs[same]) - log_sum(logs))

    subject = Subject(
        f"p({', '.join(children)} | {', '.join(parents)})" if parents else f"p({', '.join(children)})",
        "",
        "density",
        (*question.names, *variables),
    )
    product = _product(claim, {*question.complete(points[0])}) if isinstance(claim, list | tuple) else claim
    report = judge(
        product,
        points,
        truth,
        subject,
        complete=question.complete,
        seed=seed,
        reference="enumeration of the joint",
        rules=Rules(equal=as_logarithm),
    )
    return (
        replace(report, verdict="right")
        if report.verdict == "right up to convention" and "logarithm" in report.message
        else report
    )


def _list(names: str | Sequence[str]) -> list[str]:
    return [names] if isinstance(names, str) else list(names)


def _equals(values: np.ndarray, value: Any) -> np.ndarray:
    return np.all((values == np.asarray(value)).reshape(len(values), -1), axis=1)


def _product(factors: Sequence[Any], names: set[str]) -> Any:
    claims = [claim_of(factor, names) for factor in factors]
    return Claim(lambda point: np.prod([np.prod(claim.array(point)) for claim in claims]))
