"""What becomes of components that hold hardly any row, or have collapsed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args

import numpy as np

from suffice.choices import Degenerate
from suffice.fit.restarts import restarts_at
from suffice.latent.mixture import Mixture, maximize_given_responsibilities
from suffice.outcome import Outcome, Solution
from suffice.rows.memory import one_block
from suffice.rows.survey import Survey
from suffice.runtime.precision import cast, scope, to_numpy

DEGENERATE = get_args(Degenerate)
ROUNDS = 5
"""Most times that degenerate components are restarted."""
SPREAD = 0.1
"""Share of every row that all components have after a restart, so that each begins with some spread in every direction."""


class Collapsing:
    """The parameter ``degenerate`` of mixture estimators."""

    degenerate: str = "keep"
    frozen: Any
    tied: Any
    _with_model: Callable[..., Any]
    _start_rows: Callable[[Survey], np.ndarray]

    def _check_repairable(self, component_labels: Any, checkpoint: Any) -> None:
        if self.degenerate == "keep":
            return
        given = {
            "frozen": self.frozen,
            "tied": self.tied,
            "component_labels": component_labels,
            "checkpoint": checkpoint,
        }
        for name, value in given.items():
            if value is not None:
                raise ValueError(
                    f"degenerate={self.degenerate!r} changes which components there are, and {name} needs them as they are; "
                    f"set degenerate='keep', or leave out {name}."
                )

    def _repaired(
        self, solution: Solution, run: Callable[[Mixture], Solution], overview: Survey, origin: Any, generator: Any
    ) -> tuple[Solution, str]:
        """A solution after the rule for degenerate components, and what was done, a sentence or nothing."""
        if self.degenerate == "remove":
            return self._removed(solution, run, overview)
        if self.degenerate == "restart":
            return self._restarted(solution, run, overview, origin, generator)
        return solution, ""

    def _degenerate_in(self, solution: Solution, overview: Survey) -> np.ndarray:
        """Numbers of the degenerate components in the best restart; none where the fit was stopped."""
        if solution.outcome in (Outcome.INTERRUPTED, Outcome.STOPPED_BY_CALLBACK):
            return np.zeros(0, int)
        with scope("float64"):
            fitted = self._with_model(solution.model, traces_of(solution)[1])
        return np.unique(np.concatenate(list(fitted._degenerate_components(overview).values())))

    def _removed(
        self, solution: Solution, run: Callable[[Mixture], Solution], overview: Survey
    ) -> tuple[Solution, str]:
        asked = solution.model.weights.shape[-1]
        found = self._degenerate_in(solution, overview)
        while len(found) and solution.model.weights.shape[-1] > 1:
            model = _best(solution)
            if len(found) == model.weights.shape[-1]:
                found = np.argmin(model.weights[0], keepdims=True)
            solution = run(model.among(np.setdiff1d(np.arange(model.weights.shape[-1]), found)))
            found = self._degenerate_in(solution, overview)
        left = solution.model.weights.shape[-1]
        said = f"Degenerate components were removed: {asked - left} of {asked}, {left} are left."
        return solution, said if left < asked else ""

    def _restarted(
        self, solution: Solution, run: Callable[[Mixture], Solution], overview: Survey, origin: Any, generator: Any
    ) -> tuple[Solution, str]:
        now, count = solution, 0
        for _ in range(ROUNDS):
            found = self._degenerate_in(now, overview)
            if not len(found):
                break
            count += len(found)
            now = run(self._put_on_worst(_best(now), found, overview, origin, generator))
        if not count:
            return solution, ""
        if len(self._degenerate_in(now, overview)):
            return solution, f"Restarting degenerate components {ROUNDS} times did not help; they are kept."
        return now, f"Degenerate components were restarted on the rows explained worst: {count} in all."

    def _put_on_worst(
        self, model: Mixture, components: np.ndarray, overview: Survey, origin: Any, generator: Any
    ) -> Mixture:
        """A model whose components of these numbers begin on rows explained worst and the rows next to these."""
        rows, weight = self._start_rows(overview), overview.sample_weight
        with scope("float64"):
            model = cast(model, "float64")
            centred, model = (rows, model) if origin is None else (rows - origin, model.translated(-origin))
            share = np.nan_to_num(np.array(model.responsibilities(centred)))
            order = np.argsort(np.asarray(model.log_density(centred))[0], kind="stable")
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
            share = (1 - SPREAD) * share + SPREAD / share.shape[-1]
            block = one_block((centred, np.moveaxis(share, 0, 1)), weight, precision="float64", tile=model.tile)
            moved = to_numpy(maximize_given_responsibilities(model, block))
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
