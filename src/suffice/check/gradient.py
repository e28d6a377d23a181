"""Derivatives: gradients, vector-Jacobian and Jacobian-vector products, Jacobians, Hessians."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from suffice.check.asking import Asked, asked
from suffice.check.case import Case, Subject
from suffice.check.contracted import Beside, Contracted
from suffice.check.derivatives import Differentiable
from suffice.check.judging import Rules, judge
from suffice.check.points import At
from suffice.check.problem import Point
from suffice.check.report import CheckReport, Finding
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
    ...     X, w, t = generator.normal(size=(5, 3)), generator.normal(size=3), generator.normal(size=5)
    ...     return {"X": X, "w": w, "t": t, "penalty": 0.7}
    >>> bool(check_gradient(loss, "w", "X.T @ (X @ w - t) + penalty * w", at=draw))
    True
    >>> print(check_gradient(loss, "w", "-X.T @ (X @ w - t) - penalty * w", at=draw).message)
    Your ∂loss/∂w has the wrong sign: it is -1 times the right one; flip the sign (exact at 5 of 5 points).
    """
    question = asked(f, at, seed)
    function = Differentiable(question.function, wrt)
    _refuse_arrays(function, question.points[0])
    return held_against_derivative(question, function, claim, f"∂{name_of(f)}/∂{wrt}", constraints, seed, layout)


def check_vjp(
    f: Callable[..., Any] | str,
    wrt: str,
    claim: Any,
    *,
    cotangent: str = "cotangent",
    at: At | None = None,
    seed: int = 0,
    layout: str = "any",
) -> CheckReport:
    """Whether a claim is the vector-Jacobian product Σ_i ȳ_i ∂f_i/∂wrt, the backward pass of a function.

    Parameters
    ----------
    f
        As in :func:`check_gradient`, of any shape.
    wrt
        The variable whose cotangent is claimed.
    claim
        As in :func:`check_gradient`; it takes the cotangent of the output by its name.
    cotangent
        That name; where ``at`` does not give it, it is drawn at random.
    at, seed, layout
        As in :func:`check_gradient`.

    Examples
    --------
    >>> import jax
    >>> def y(z):
    ...     return jax.nn.softmax(z)
    >>> def draw(generator):
    ...     return {"z": generator.normal(size=5)}
    >>> bool(check_vjp(y, "z", "softmax(z) * (dy - sum(softmax(z) * dy))", cotangent="dy", at=draw))
    True
    """
    question = _beside(asked(f, at, seed), cotangent, _output_shape, seed)
    function = Differentiable(Contracted(question.function, cotangent), wrt)
    early = partial(_diagonal_alone, function=Differentiable(question.function, wrt, "jacobian"), cotangent=cotangent)
    return held_against_derivative(
        question, function, claim, f"vector-Jacobian product of {wrt}", None, seed, layout, (early,)
    )


def check_jvp(
    f: Callable[..., Any] | str,
    wrt: str,
    claim: Any,
    *,
    tangent: str = "tangent",
    at: At | None = None,
    seed: int = 0,
    layout: str = "any",
) -> CheckReport:
    """Whether a claim is the Jacobian-vector product Σ_j ∂f/∂wrt_j ẋ_j; it takes the tangent by its name.

    Parameters are those of :func:`check_vjp`, with ``tangent`` in place of ``cotangent``.

    Examples
    --------
    >>> bool(check_jvp(lambda x: x**3, "x", "3 * x**2 * dx", tangent="dx", at={"x": [0.5, 2.0], "dx": [1.0, -3.0]}))
    True
    """
    question = _beside(asked(f, at, seed), tangent, lambda question, point: np.shape(point[wrt]), seed)
    function = Differentiable(Beside(question.function, tangent), wrt, "jvp", tangent)
    return held_against_derivative(
        question, function, claim, f"Jacobian-vector product along {tangent}", None, seed, layout
    )


def check_jacobian(
    f: Callable[..., Any] | str, wrt: str, claim: Any, *, at: At | None = None, seed: int = 0, layout: str = "any"
) -> CheckReport:
    """Whether a claim is the Jacobian ∂f_i/∂wrt_j, axes of f first; parameters are those of :func:`check_gradient`.

    Examples
    --------
    >>> bool(check_jacobian(lambda x: x**2, "x", "diag(2 * x)", at={"x": [0.5, 2.0, 3.0]}))
    True
    """
    question = asked(f, at, seed)
    return held_against_derivative(
        question, Differentiable(question.function, wrt, "jacobian"), claim, f"∂{name_of(f)}/∂{wrt}", None, seed, layout
    )


def check_hessian(
    f: Callable[..., Any] | str,
    wrt: str | tuple[str, str],
    claim: Any,
    *,
    at: At | None = None,
    seed: int = 0,
    layout: str = "any",
) -> CheckReport:
    """Whether a claim is the matrix of second derivatives by one variable, or by a pair of them, axes of the first first.

    Parameters are those of :func:`check_gradient`.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> point = {"A": [[2.0, 1.0], [0.5, 3.0]], "x": [0.3, -0.7]}
    >>> bool(check_hessian(lambda A, x: x @ A @ x, "x", "A + A.T", at=point))
    True
    """
    question = asked(f, at, seed)
    first, second = (wrt, wrt) if isinstance(wrt, str) else wrt
    name = f"∂²{name_of(f)}/∂{first}²" if first == second else f"∂²{name_of(f)}/∂{first}∂{second}"
    function = Differentiable(question.function, first, "hessian", second)
    _refuse_arrays(function, question.points[0])
    return held_against_derivative(question, function, claim, name, None, seed, layout)


def held_against_derivative(
    question: Asked,
    function: Differentiable,
    claim: Any,
    name: str,
    constraints: Mapping[str, str] | None,
    seed: int,
    layout: str,
    early: tuple[Callable[[Case], Any], ...] = (),
) -> CheckReport:
    """The report on a claim that should be what ``function`` asks for."""
    constraint = question.constraint(function.wrt, constraints)
    scalar = function.kind == "gradient"
    opinion = SecondOpinion(function, seed)
    rules = Rules(early=early)
    if scalar:
        rules = replace(rules, equal=lambda case: multiplier_term(case, function.wrt, constraint), doubt=opinion.doubt)
    report = judge(
        claim,
        [function.at(point) for point in question.points],
        function.answer,
        Subject(name, function.wrt, function.kind, question.names),
        complete=question.complete,
        layout=layout,
        seed=seed,
        constraint=constraint,
        reference="automatic differentiation in float64",
        extra=function,
        rules=rules,
    )
    return opinion.confirmed(report, function.at(question.points[0])) if scalar else report


def _diagonal_alone(case: Case, function: Differentiable, cotangent: str) -> list[Finding]:
    """Whether a vector-Jacobian product was taken with the diagonal of the Jacobian alone."""
    found = []
    for point, right in zip(case.points, case.right, strict=True):
        if np.shape(point[cotangent]) != right.shape:
            return []
        jacobian = function.answer(function.at(point)).reshape(right.size, right.size)
        found.append(np.diag(jacobian).reshape(right.shape) * point[cotangent])
    if not case.explains(found):
        return []
    what = f"Your {case.subject.name} has the diagonal of the Jacobian alone: the elements off the diagonal are missing"
    return [Finding("diagonal", what, fix="sum over all outputs that an input moves", evidence=case.evidence())]


def _output_shape(question: Asked, point: Point) -> tuple[int, ...]:
    return np.shape(Differentiable(question.function, "", "value").value(point))


def _beside(question: Asked, name: str, shape: Callable[[Asked, Point], tuple[int, ...]], seed: int) -> Asked:
    """The question with a random array of a shape at every point that does not give it."""
    generator = np.random.default_rng([seed, 1])
    points = [p if name in p else {**p, name: generator.normal(size=shape(question, p))} for p in question.points]
    return replace(question, points=points)


def name_of(f: Any) -> str:
    """A function's name where it has one that can be read."""
    name = getattr(f, "__name__", "f")
    return name if name.isidentifier() and not isinstance(f, str) else "f"


def _refuse_arrays(function: Differentiable, point: Mapping[str, Any]) -> None:
    shape = np.shape(function.value(point))
    if shape:
        raise ValueError(
            f"The model gives an array of shape {shape}; a gradient is of one number: use check_jacobian or check_vjp."
        )
