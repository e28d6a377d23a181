"""A problem to derive something of: a function of named variables, and what a claim about it may name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from inspect import signature
from typing import Any

import numpy as np

Point = dict[str, Any]
"""Values of variables by name."""


@dataclass(frozen=True)
class Problem:
    """A model with its notation, so that a person writes only the claim.

    Functions are written for arrays of NumPy and of JAX alike, and take by name the variables, intermediates and latents that
    they need.

    Attributes
    ----------
    name
        By which checks know it.
    title
        One line that says what it is, with the formula of the objective.
    objective
        What gradients are of: a scalar, or an array where vector-Jacobian products are asked.
    draw
        Values of all variables at a random point that satisfies the constraints: sizes are odd where they can be and differ
        from one another, nothing is 0, 1 or symmetric that need not be.
    notation
        What each variable, latent and intermediate is, with its shape.
    draw_other
        As ``draw``, of other sizes: a formula that is right for one number of rows alone is told there.
    intermediates
        What a claim may name beside the variables, as functions of the variables.
    constraints
        Of variables: ``"simplex"`` (along the last axis), ``"positive"``, ``"unit"`` (between 0 and 1), ``"spd"``,
        ``"orthonormal"``, ``"unit norm"``, ``"spin mean"``.
    latents
        What is summed or integrated over, with its support.
    log_joint
        Log-density, or log-weight without its normaliser, of latents and observed together: one number.
    expected
        What an M-step maximises, given ``intermediates`` at the old parameters: one number.
    example
        A call of a check on it.

    Examples
    --------
    >>> from suffice.check import problems
    >>> problem = problems.problem("quadratic-form")
    >>> problem.name, problem.title
    ('quadratic-form', 'f = xᵀAx + bᵀx, A not symmetric')
    """

    name: str
    title: str
    objective: Callable[..., Any]
    draw: Callable[[np.random.Generator], Point]
    notation: Mapping[str, str]
    draw_other: Callable[[np.random.Generator], Point] | None = None
    intermediates: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    constraints: Mapping[str, str] = field(default_factory=dict)
    latents: Mapping[str, Any] = field(default_factory=dict)
    log_joint: Callable[..., Any] | None = None
    expected: Callable[..., Any] | None = None
    example: str = ""

    def complete(self, point: Mapping[str, Any]) -> Point:
        """A point with the intermediates of its variables."""
        return {**point, **{name: call(function, point) for name, function in self.intermediates.items()}}


def call(function: Callable[..., Any], point: Mapping[str, Any]) -> Any:
    """Value of a function given, by name, what it takes of a point; what has a default may be missing there."""
    taken = signature(function).parameters.values()
    return function(**{wanted.name: point[wanted.name] for wanted in taken if wanted.name in point})
