"""Which of several fits is the best: finite before NaN, sound before those with degenerate components, then the highest."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from suffice.fit.restarts import restarts_at
from suffice.model import Hyperparameters
from suffice.outcome import Solution
from suffice.runtime import tree

Found = dict[str, np.ndarray]
"""Numbers of the components that are degenerate, by what is wrong with them."""

ALIKE = 1e-9
"""Share of an objective by which the same end is reached from several starts."""


def ranking(values: np.ndarray, sound: np.ndarray) -> list[int]:
    """Numbers of the fits, best first, given by the values (F,), of which higher is better, and whether they are sound (F,)."""
    finite = np.isfinite(values)
    height = np.where(finite, values, 0.0)
    return np.lexsort((-height, ~np.asarray(sound, bool), ~finite)).tolist()


def judged(solution: Solution, found: list[Found], unbounded: list[bool] | None = None) -> Solution:
    """A solution whose ``details`` say of each restart what was found ``"degenerate"``, and whether it is ``"unbounded"``."""
    return replace(
        solution, details=solution.details | {"degenerate": found, "unbounded": unbounded or [False] * len(found)}
    )


def is_unbounded(solution: Solution) -> bool:
    """Whether components collapsed in the best restart where nothing bounds their likelihood."""
    return solution.details.get("unbounded", [False] * solution.trace.shape[1])[best_of(solution)]


def degenerate_in(solution: Solution) -> Found:
    """What was found degenerate in the best restart."""
    found = solution.details.get("degenerate")
    return {} if found is None else found[best_of(solution)]


def is_sound(solution: Solution) -> bool:
    """Whether no component is degenerate in the best restart."""
    return not any(map(len, degenerate_in(solution).values()))


def traces_of(solution: Solution) -> list[np.ndarray]:
    """The objective of each restart, iteration by iteration."""
    return [column[np.isfinite(column)] for column in solution.trace.T]


def best_of(solution: Solution) -> int:
    """The number of the restart that is ranked first."""
    return ranking(_ends(solution), _sound(solution))[0]


def best_restart(solution: Solution) -> Any:
    """The model of the best restart, with an axis of restarts of length 1."""
    return restarts_at(solution.model, np.array([best_of(solution)]))


def first_of_the_best(solution: Solution) -> Any:
    """The same of the first of those restarts that differ from the best by rounding alone."""
    ends, sound = _ends(solution), _sound(solution)
    best = best_of(solution)
    alike = (ends >= ends[best] - ALIKE * np.abs(ends[best])) & (sound == sound[best])
    return restarts_at(solution.model, np.array([np.argmax(alike) if alike.any() else best]))


def passed_over(solution: Solution) -> list[Found]:
    """What was found degenerate in the restarts that ended higher than the best one."""
    ends, best = _ends(solution), best_of(solution)
    higher = [restart for restart, end in enumerate(ends) if end > ends[best]]
    return [solution.details["degenerate"][restart] for restart in higher]


def _sound(solution: Solution) -> np.ndarray:
    found = solution.details.get("degenerate", [{}] * solution.trace.shape[1])
    return np.array([not any(map(len, one.values())) for one in found])


def _ends(solution: Solution) -> np.ndarray:
    """The objective at which each restart ended, NaN where its parameters are no numbers."""
    ends = np.array([trace[-1] if len(trace) else -np.inf for trace in traces_of(solution)])
    return np.where(_are_numbers(solution.model, len(ends)), ends, np.nan)


def _are_numbers(model: Any, restarts: int) -> np.ndarray:
    parameters = [
        np.asarray(leaf)
        for leaf in tree.leaves(model, is_leaf=lambda leaf: isinstance(leaf, Hyperparameters))
        if not isinstance(leaf, Hyperparameters)
    ]
    return ~np.any([np.isnan(leaf).reshape(restarts, -1).any(1) for leaf in parameters], axis=0)
