"""What checks share: a problem by its name or a function, and the points to ask at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from suffice.check.points import At, intermediates_of, points_of
from suffice.check.problem import Point, Problem


@dataclass(frozen=True)
class Asked:
    """A model as a function, the points, and how a point is completed."""

    function: Callable[..., Any]
    points: Sequence[Point]
    problem: Problem | None

    def complete(self, point: Point) -> Point:
        """A point with the intermediates of the problem."""
        return intermediates_of(self.problem, point)

    @property
    def names(self) -> tuple[str, ...]:
        """Variables of the points."""
        return tuple(self.points[0])

    def constraint(self, name: str, given: Any = None) -> str:
        """The constraint of a variable, as given or as the problem has it."""
        found = dict(given or {}).get(name) or (self.problem.constraints.get(name, "") if self.problem else "")
        return str(found)


def asked(model: Any, at: At | None, seed: int, part: str = "objective") -> Asked:
    """The model of a check: a problem (or its name), whose ``part`` is asked about, or a function."""
    problem = _problem(model)
    function = model if problem is None else getattr(problem, part)
    if function is None:
        raise ValueError(
            f"The problem {problem.name!r} has no {part.replace('_', ' ')}." if problem else "There is no model."
        )
    if not callable(function):
        raise ValueError(f"A model is a function of named arrays or a problem's name, not {type(function).__name__}.")
    return Asked(function, points_of(at, problem, seed), problem)


def _problem(model: Any) -> Problem | None:
    if isinstance(model, Problem):
        return model
    if isinstance(model, str):
        from suffice.check.problems.catalogue import problem

        return problem(model)
    return None
