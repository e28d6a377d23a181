"""Every named problem."""

from __future__ import annotations

from suffice.check.problem import Problem
from suffice.check.problems import mixtures

ALL = {problem.name: problem for problem in (mixtures.GAUSSIAN,)}


def names() -> tuple[str, ...]:
    """Names of the problems, in alphabetical order."""
    return tuple(sorted(ALL))


def problem(name: str) -> Problem:
    """The problem of a name; raises ``ValueError`` with the nearest names where there is none."""
    if name in ALL:
        return ALL[name]
    from difflib import get_close_matches

    near = get_close_matches(str(name), ALL, n=3, cutoff=0.4)
    meant = f"did you mean {' or '.join(near)}?" if near else "suffice.check.problems.names() lists them."
    raise ValueError(f"There is no problem named {name!r}; {meant}")


def describe(name: str) -> str:
    """Notation of a problem, what a claim about it may name, and an example.

    Examples
    --------
    >>> from suffice.check import problems
    >>> print(problems.describe("gaussian-mixture"))  # doctest: +ELLIPSIS
    gaussian-mixture: mixture of Gaussians: ...
    """
    found = problem(name)
    parts = [f"{found.name}: {found.title}", ""]
    wide = max(map(len, found.notation))
    parts += [f"  {symbol:<{wide}}  {_meaning(found, symbol)}" for symbol in found.notation]
    return "\n".join([*parts, "", f"  {found.example}"])


def _meaning(found: Problem, symbol: str) -> str:
    kind = "latent, " if symbol in found.latents else ""
    limit = f" [{found.constraints[symbol]}]" if symbol in found.constraints else ""
    return f"{kind}{found.notation[symbol]}{limit}"
