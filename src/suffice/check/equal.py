"""Equal formulas: a claim against a function, and the lines of a derivation one after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from suffice.check.asking import Asked, asked
from suffice.check.case import Subject
from suffice.check.claims import Claim, ClaimError, claim_of
from suffice.check.derivatives import Differentiable
from suffice.check.gradient import name_of
from suffice.check.judging import judge
from suffice.check.points import At
from suffice.check.problem import Point
from suffice.check.report import CheckReport, not_comparable


def check_equal(
    f: Callable[..., Any] | str, claim: Any, *, at: At | None = None, seed: int = 0, layout: str = "any"
) -> CheckReport:
    """Whether a claim has the values of a function, or of a problem's objective.

    Parameters are those of :func:`check_gradient`.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> def distance(x, y):
    ...     return jnp.sum((x - y) ** 2)
    >>> point = {"x": [0.3, 1.2, 2.0], "y": [1.5, 0.7, -1.0]}
    >>> bool(check_equal(distance, "x @ x - 2 * x @ y + y @ y", at=point))
    True
    >>> print(check_equal(distance, "x @ x - x @ y + y @ y", at=point).verdict)
    wrong
    """
    if isinstance(f, str) and at is not None:
        return check_derivation([f, claim], at=at, seed=seed, layout=layout)
    question = asked(f, at, seed)
    function = Differentiable(question.function, "", "value")
    subject = Subject(f"value of {name_of(f)}" if name_of(f) != "<lambda>" else "value", "", "value", question.names)
    return judge(
        claim,
        question.points,
        function.answer,
        subject,
        complete=question.complete,
        layout=layout,
        seed=seed,
        reference="the function in float64",
        extra=function,
    )


def check_derivation(
    lines: Sequence[Any], *, at: At | None = None, problem: str | None = None, seed: int = 0, layout: str = "any"
) -> CheckReport:
    """The first line of a derivation that does not equal the one before it, and why.

    Parameters
    ----------
    lines
        Formulas as strings, or functions of named arrays, each equal to the one before.
    problem
        A named problem, whose points and intermediates the lines may use, in place of ``at``.
    at, seed, layout
        As in :func:`check_gradient`.

    Examples
    --------
    >>> lines = ["sum((x - mean(x))**2)", "sum(x**2) - 2 * sum(x) * mean(x) + len(x) * mean(x)**2", "sum(x**2) - mean(x)**2"]
    >>> print(check_derivation(lines, at={"x": [0.3, 1.2, 2.5, 0.7]}).message)  # doctest: +ELLIPSIS
    Line 3 does not follow from line 2: ...
    """
    if isinstance(lines, str) or len(lines) < 2:
        raise ValueError("A derivation is a list of at least two lines.")
    question = _of_lines(problem, at, seed)
    for number in range(1, len(lines)):
        report = _step(lines[number - 1], lines[number], number, question, seed, layout)
        if report.verdict not in ("right", "right up to convention"):
            return report
    return replace(
        report,
        verdict="right",
        message=f"Right: each of the {len(lines)} lines equals the one before.",
        findings=(),
        worst=(),
    )


def _of_lines(problem: str | None, at: At | None, seed: int) -> Asked:
    return asked(problem, at, seed) if problem is not None else asked(_nothing, at, seed)


def _nothing() -> float:
    return 0.0


def _step(before: Any, line: Any, number: int, question: Asked, seed: int, layout: str) -> CheckReport:
    full = [question.complete(point) for point in question.points]
    try:
        truth = claim_of(before, set().union(*full))
        for point in full:
            truth.array(point)
    except ClaimError as error:
        return not_comparable(f"Line {number}: {error}", seed=seed)
    report = judge(
        line,
        question.points,
        lambda point: _values(truth, point),
        Subject(f"line {number + 1}", "", "value", question.names),
        complete=question.complete,
        layout=layout,
        seed=seed,
        reference=f"line {number}",
        extra=Differentiable(before, "", "value") if callable(before) else None,
    )
    return replace(report, message=f"Line {number + 1} does not follow from line {number}: {report.message}")


def _values(truth: Claim, point: Point) -> np.ndarray:
    return np.asarray(truth.array(point), float)
