"""Derivatives: gradients, vector-Jacobian and Jacobian-vector products, Jacobians, Hessians."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from suffice.check.asking import asked
from suffice.check.case import Case, Subject
from suffice.check.derivatives import Differentiable
from suffice.check.judging import judge
from suffice.check.points import At
from suffice.check.report import CheckReport
from suffice.check.second_opinion import SecondOpinion
from suffice.check.tangents import multiplier_term


def check_gradient(
    f: Callable[..., Any] | str,
    wrt: str,
    claim: Any,
    *,
    at: At | None = None,
    constraints: Mapping[str, str] | None = None,
    seed: int = 0,
    layout: str = "any",
) -> CheckReport:
    """Whether a claim is the gradient ∂f/∂wrt of a function that gives one number.

    It is held against automatic differentiation in float64 at every point, which finite differences confirm.

    Parameters
    ----------
    f
        A function of named arrays in ``jax.numpy`` or NumPy, or a problem or its name.
    wrt
        The variable that the derivative is taken by.
    claim
        A function of the same names, a formula as a string, numbers at one point, or a SymPy expression; of the shape of ``wrt``.
    at
        A dictionary of arrays, a list of them, or a function of a NumPy generator that draws one; a problem draws its own.
    constraints
        Of ``wrt``, such as ``{"weights": "simplex"}``: a claim may then differ by what a multiplier takes up.
    seed
        Of the random points.
    layout
        ``"any"``, where a transposed answer is right up to convention, or ``"same"``.

    Raises
    ------
    ValueError
        Where the model or the points cannot be used; what is wrong with a claim is in the report.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> def loss(X, w, t, penalty):
    ...     return 0.5 * jnp.sum((X @ w - t) ** 2) + 0.5 * penalty * w @ w
    >>> def draw(generator):
    ...     return {"X": generator.normal(size=(5, 3)), "w": generator.normal(size=3), "t": generator.normal(size=5), "penalty": 0.7}
    >>> bool(check_gradient(loss, "w", "X.T @ (X @ w - t) + penalty * w", at=draw))
    True
    >>> print(check_gradient(loss, "w", "-X.T @ (X @ w - t) - penalty * w", at=draw).message)
    Your ∂loss/∂w has the wrong sign: it is -1 times the right one; flip the sign (exact at 5 of 5 points).
    """
    question = asked(f, at, seed)
    function = Differentiable(question.function, wrt)
    _refuse_arrays(function, question.points[0])
    opinion = SecondOpinion(function, seed)
    constraint = question.constraint(wrt, constraints)
    report = judge(
        claim,
        [function.at(point) for point in question.points],
        function.gradient,
        Subject(f"∂{_name(f)}/∂{wrt}", wrt, "gradient", question.names),
        complete=question.complete,
        layout=layout,
        seed=seed,
        constraint=constraint,
        reference="automatic differentiation in float64",
        equal=lambda case: multiplier_term(case, wrt, constraint),
        doubt=opinion.doubt,
        extra=function,
    )
    return opinion.confirmed(report, function.at(question.points[0]))


def _name(f: Any) -> str:
    name = getattr(f, "__name__", "f")
    return name if name.isidentifier() and not isinstance(f, str) else "f"


def _refuse_arrays(function: Differentiable, point: Mapping[str, Any]) -> None:
    shape = np.shape(function.value(point))
    if shape not in ((), (1,)):
        raise ValueError(f"The model gives an array of shape {shape}; a gradient is of one number: use check_jacobian or check_vjp.")


