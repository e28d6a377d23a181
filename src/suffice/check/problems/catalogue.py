"""Every named problem."""

from __future__ import annotations

from difflib import get_close_matches

import numpy as np

from suffice.check.problem import Problem
from suffice.check.problems import (
    chains,
    conjugate,
    convolutions,
    directed,
    discrete_mixtures,
    divergences,
    energies,
    factors,
    gaussian_mixtures,
    gaussians,
    layers,
    matrices,
    networks,
    regressions,
)

FAMILIES = (
    chains, conjugate, convolutions, directed, discrete_mixtures, divergences, energies, factors, gaussian_mixtures,
    gaussians, layers, matrices, networks, regressions,
)  # fmt: skip
ALL = {held.name: held for family in FAMILIES for held in vars(family).values() if isinstance(held, Problem)}


def names() -> tuple[str, ...]:
    """Names of the problems, in alphabetical order.

    Examples
    --------
    >>> from suffice.check import problems
    >>> "gaussian-mixture" in problems.names()
    True
    """
    return tuple(sorted(ALL))


def problem(name: str) -> Problem:
    """The problem of a name.

    Parameters
    ----------
    name
        One of ``names()``.

    Raises
    ------
    ValueError
        Where there is none; the nearest names are said.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.check import problems
    >>> form = problems.problem("quadratic-form")
    >>> form.draw(np.random.default_rng(0))["A"].shape
    (5, 5)
    """
    if name in ALL:
        return ALL[name]
    near = get_close_matches(str(name), ALL, n=3, cutoff=0.4)
    meant = f"did you mean {' or '.join(near)}?" if near else "suffice.check.problems.names() lists them."
    raise ValueError(f"There is no problem named {name!r}; {meant}")


def describe(name: str) -> str:
    """Notation of a problem, what a claim about it may name, and an example.

    Parameters
    ----------
    name
        One of ``names()``.

    Raises
    ------
    ValueError
        Where there is none; the nearest names are said.

    Examples
    --------
    >>> from suffice.check import problems
    >>> print(problems.describe("quadratic-form"))
    quadratic-form: f = xᵀAx + bᵀx, A not symmetric
    <BLANKLINE>
      x  vector (D,)
      A  matrix (D, D)
      b  vector (D,)
      D  dimension, here 5
    <BLANKLINE>
      check_gradient("quadratic-form", wrt="x", claim="(A + A.T) @ x + b")
    """
    found = problem(name)
    drawn = found.complete(found.draw(np.random.default_rng(0)))
    wide = max(map(len, found.notation))
    symbols = [f"  {symbol:<{wide}}  {_meaning(found, symbol)}{_size(drawn.get(symbol))}" for symbol in found.notation]
    return "\n".join([f"{found.name}: {found.title}", "", *symbols, "", f"  {found.example}"])


def _meaning(found: Problem, symbol: str) -> str:
    limit = f" [{found.constraints[symbol]}]" if symbol in found.constraints else ""
    latent = " [latent]" if symbol in found.latents else ""
    return f"{found.notation[symbol]}{limit}{latent}"


def _size(value: object) -> str:
    """What a size is at points drawn."""
    return f", here {value}" if isinstance(value, int) else ""
