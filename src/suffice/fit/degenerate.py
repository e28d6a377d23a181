"""What becomes of components that hold hardly any row, or have collapsed: removed, or put on rows explained worst."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, get_args

import numpy as np

from suffice import choices
from suffice.fit.ranking import Found, best_restart, degenerate_in, passed_over
from suffice.latent.begin import maximized_at
from suffice.latent.mixture import Mixture, of_components
from suffice.model import EStep
from suffice.outcome import DegenerateComponentWarning, Outcome, Solution
from suffice.rows.place import place
from suffice.rows.survey import Survey
from suffice.runtime.precision import cast, scope, to_numpy

DEGENERATE = get_args(choices.Degenerate)
ROUNDS = 5
"""Most times that degenerate components are restarted."""
SPREAD = 0.1
"""Share of every row that all components have after a restart, so that each begins with some spread in every direction."""

Run = Callable[[Mixture], Solution]
"""A fit from a model with restarts, along one axis, which says what is degenerate in each."""
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


def warn_degenerate(found: Found, stacklevel: int) -> None:
    """Warn of components that are degenerate, given by what is wrong with them."""
    if said := named(found):
        warnings.warn(f"{said} Use fewer components or a stronger prior.", DegenerateComponentWarning,
                      stacklevel=stacklevel)  # fmt: skip


def named(found: Found) -> str:
    """Sentences that name degenerate components, given by what is wrong with them; nothing where there are none."""
    return " ".join(f"{_numbers(components)} {what}." for what, components in found.items() if len(components))


def _numbers(components: np.ndarray) -> str:
    listed = ", ".join(str(k) for k in components[:20]) + (" and more" if len(components) > 20 else "")
    return f"Component{'' if len(components) == 1 else 's'} {listed}"


def maximized_once(
    model: Mixture, data: Any, weight: np.ndarray | None, *, origin: np.ndarray | None, missing: Any
) -> Mixture:
    """A model of rows, measured from ``origin`` meanwhile, after one more iteration, in double precision."""
    with scope("float64"):
        rows = place(data, weight, origin=origin, precision="float64", tile=model.tile, missing=missing,
                     width=model.width)  # fmt: skip
        now = cast(rows.centred(model), "float64")
        return to_numpy(rows.restored(now.maximize(rows.total(EStep(now, True)))))


def repaired(rule: str, solution: Solution, run: Run, restart: Restart) -> tuple[Solution, str]:
    """A solution after the rule for degenerate components, and what there was of them and was done, sentences or nothing."""
    stopped = solution.outcome in (Outcome.INTERRUPTED, Outcome.STOPPED_BY_CALLBACK)
    found = _components(solution)
    if stopped or rule == "keep" or not len(found):
        return solution, said_of(solution)
    after, done = _removed(solution, run) if rule == "remove" else _restarted(solution, run, restart)
    return after, f"{named(degenerate_in(solution))} {done}"


def said_of(solution: Solution) -> str:
    """What is degenerate in the best restart, and in those that ended higher and were passed over."""
    over, best = passed_over(solution), named(degenerate_in(solution))
    if not over:
        return best
    count = f"{len(over)} of {solution.trace.shape[1]} starts"
    example = named(over[0]).removesuffix(".")
    return f"{best} {count} ended higher with degenerate components and were passed over ({example}).".strip()


def _components(solution: Solution) -> np.ndarray:
    """Numbers of the degenerate components in the best restart."""
    return np.unique(np.concatenate([np.zeros(0, int), *degenerate_in(solution).values()]))


def _removed(solution: Solution, run: Run) -> tuple[Solution, str]:
    asked = solution.model.clusters
    found = _components(solution)
    while len(found) and solution.model.clusters > 1:
        model = best_restart(solution)
        if len(found) == model.clusters:
            found = np.argmin(model.weights[0, : model.clusters], keepdims=True)
        solution = run(of_components(model, np.setdiff1d(np.arange(model.weights.shape[-1]), found)))
        found = _components(solution)
    left = solution.model.clusters
    if left == asked:
        return solution, "The only component cannot be removed."
    return solution, f"Degenerate components were removed: {asked - left} of {asked}, {left} are left."


def _restarted(solution: Solution, run: Run, restart: Restart) -> tuple[Solution, str]:
    now, count = solution, 0
    for _ in range(ROUNDS):
        found = _components(now)
        if not len(found):
            break
        count += len(found)
        now = run(restart(best_restart(now), found))
    if len(_components(now)):
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


def _first_share(weight: np.ndarray, share: float) -> np.ndarray:
    """Which rows, in this order, hold the first ``share`` of the weight; at least one."""
    return np.cumsum(weight) - weight < share * weight.sum()
