"""What becomes of components that hold hardly any row, or have collapsed: removed, or put on rows explained worst."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, get_args

import numpy as np

from suffice import choices
from suffice.fit.restarts import restarts_at
from suffice.latent.begin import maximized_at
from suffice.latent.mixture import Mixture
from suffice.outcome import DegenerateComponentWarning, Outcome, Solution
from suffice.rows.survey import Survey
from suffice.runtime.precision import cast, scope

DEGENERATE = get_args(choices.Degenerate)
ROUNDS = 5
"""Most times that degenerate components are restarted."""
SPREAD = 0.1
"""Share of every row that all components have after a restart, so that each begins with some spread in every direction."""

Run = Callable[[Mixture], Solution]
Degenerate = Callable[[Mixture], np.ndarray]
"""Numbers of the components of a model without restarts that are degenerate."""
Restart = Callable[[Mixture, np.ndarray], Mixture]
"""Where a model with restarts, along one axis, goes on once the components of these numbers have been put elsewhere."""


def check_repairable(rule: str, given: dict[str, Any]) -> None:
    """Refuse a rule other than ``"keep"`` beside what needs components as they are: what is given, by name."""
    for name, value in given.items():
        if rule != "keep" and value is not None:
            raise ValueError(
                f"degenerate={rule!r} changes which components there are, and {name} needs them as they are; "
                f"set degenerate='keep', or leave out {name}."
            )


def warn_degenerate(found: dict[str, np.ndarray], stacklevel: int) -> None:
    """Warn of components that are degenerate, given by what is wrong with them."""
    for what, components in found.items():
        if len(components):
            named = ", ".join(str(k) for k in components[:20]) + (" and more" if len(components) > 20 else "")
            warnings.warn(f"Components {named} {what}; use fewer components or a stronger prior.",
                          DegenerateComponentWarning, stacklevel=stacklevel)  # fmt: skip


def repaired(rule: str, solution: Solution, run: Run, degenerate: Degenerate, restart: Restart) -> tuple[Solution, str]:
    """A solution after the rule for degenerate components, and what was done, a sentence or nothing."""
    if rule == "remove":
        return _removed(solution, run, degenerate)
    if rule == "restart":
        return _restarted(solution, run, degenerate, restart)
    return solution, ""


def _degenerate_in(solution: Solution, degenerate: Degenerate) -> np.ndarray:
    """Numbers of the degenerate components in the best restart; none where the fit was stopped."""
    if solution.outcome in (Outcome.INTERRUPTED, Outcome.STOPPED_BY_CALLBACK):
        return np.zeros(0, int)
    with scope("float64"):
        return degenerate(restarts_at(solution.model, traces_of(solution)[1]))


def _removed(solution: Solution, run: Run, degenerate: Degenerate) -> tuple[Solution, str]:
    asked = solution.model.weights.shape[-1]
    found = _degenerate_in(solution, degenerate)
    while len(found) and solution.model.weights.shape[-1] > 1:
        model = _best(solution)
        if len(found) == model.weights.shape[-1]:
            found = np.argmin(model.weights[0], keepdims=True)
        solution = run(model.among(np.setdiff1d(np.arange(model.weights.shape[-1]), found)))
        found = _degenerate_in(solution, degenerate)
    left = solution.model.weights.shape[-1]
    said = f"Degenerate components were removed: {asked - left} of {asked}, {left} are left."
    return solution, said if left < asked else ""


def _restarted(solution: Solution, run: Run, degenerate: Degenerate, restart: Restart) -> tuple[Solution, str]:
    now, count = solution, 0
    for _ in range(ROUNDS):
        found = _degenerate_in(now, degenerate)
        if not len(found):
            break
        count += len(found)
        now = run(restart(_best(now), found))
    if not count:
        return solution, ""
    if len(_degenerate_in(now, degenerate)):
        return solution, f"Restarting degenerate components {ROUNDS} times did not help; they are kept."
    return now, f"Degenerate components were restarted on the rows explained worst: {count} in all."


def put_on_worst(
    model: Mixture,
    components: np.ndarray,
    rows: np.ndarray,
    overview: Survey,
    origin: np.ndarray | None,
    generator: np.random.Generator,
) -> Mixture:
    """A model whose components of these numbers begin on rows (n, D) of the sample explained worst and the rows next to these."""
    weight = overview.sample_weight
    with scope("float64"):
        model = cast(model, "float64")
        rows, model = (rows, model) if origin is None else (rows - origin, model.translated(-origin))
        share = np.nan_to_num(np.array(model.responsibilities(rows)))
        order = np.argsort(np.asarray(model.log_density(rows))[0], kind="stable")
        worst = order[_first_share(weight[order], 1 / share.shape[-1])]
        seeds = [worst[0], *generator.choice(worst, len(components) - 1)]
        share[..., components] = 0.0
        whole = share.sum(-1, keepdims=True)
        share = np.divide(share, whole, out=np.full_like(share, 1 / share.shape[-1]), where=whole > 0)
        places = overview.filled / np.sqrt(np.where(overview.constant, 1.0, overview.variance))
        for component, seed in zip(components, seeds, strict=True):
            near = np.argsort(np.square(places - places[seed]).sum(1), kind="stable")
            near = near[_first_share(weight[near], 1 / share.shape[-1])]
            share[:, near] = np.eye(share.shape[-1])[component]
        moved = maximized_at(model, rows, weight, (1 - SPREAD) * share + SPREAD / share.shape[-1])
        return moved if origin is None else moved.translated(origin)


def traces_of(solution: Solution) -> tuple[list[np.ndarray], int]:
    """The objective of each restart, iteration by iteration, and the number of the restart where it ended highest."""
    traces = [column[np.isfinite(column)] for column in solution.trace.T]
    return traces, int(np.argmax([trace[-1] if len(trace) else -np.inf for trace in traces]))


def _best(solution: Solution) -> Mixture:
    """The best restart, with an axis of restarts of length 1."""
    return restarts_at(solution.model, np.array([traces_of(solution)[1]]))


def _first_share(weight: np.ndarray, share: float) -> np.ndarray:
    """Which rows, in this order, hold the first ``share`` of the weight; at least one."""
    return np.cumsum(weight) - weight < share * weight.sum()
