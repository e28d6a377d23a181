"""Iterations of expectation-maximisation: what one does, and many of NumPy's, from which programs of JAX's go on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol, TypeAlias

import numpy as np

from suffice.fit.restarts import restarts_where
from suffice.model import EStep
from suffice.rows.base import Place
from suffice.rows.host import Host
from suffice.runtime.arrays import Array
from suffice.runtime.either import jnp
from suffice.runtime.precision import cast, precision_of, scope, to_numpy

STRETCH = 64
"""Most iterations between two looks at the clock, the keyboard and the callback."""


class State(NamedTuple):
    """The model, the objective before, (...,), and which restarts are still active, (...,)."""

    model: Any
    previous: Array
    active: Array

    @property
    def reached(self) -> tuple[Any, Array, Array]:
        """The model so far; what is still to be gained is not known."""
        return self.model, np.full(np.shape(self.active), np.nan), np.zeros(np.shape(self.active), bool)


Step: TypeAlias = Callable[[Any, Any, Any], tuple[Any, Array]]
"""``(state, statistics, tol)`` to the next state and the objective (...,), NaN of restarts at rest: what an iteration does."""


def em_step(state: State, statistics: Any, tol: Any) -> tuple[State, Array]:
    """One maximisation; a restart rests once its objective has changed by less than ``tol``."""
    objective = (statistics.log_likelihood + state.model.log_prior()) / statistics.weight
    model = restarts_where(state.active, state.model.maximize(statistics), state.model)
    active = state.active & ~(jnp.abs(objective - state.previous) < tol)
    return State(model, objective, active), jnp.where(state.active, objective, jnp.nan)


class Iterations(Protocol):
    """What takes a state some iterations further."""

    def __call__(self, state: Any, tol: np.ndarray, limit: int) -> tuple[Any, np.ndarray]:
        """The state after up to ``limit`` iterations, and the objective before each of them."""
        ...

    def prepared(self, state: Any) -> dict[str, Any]:
        """What there is besides the state, to go on from a checkpoint."""
        ...

    def resume(self, state: Any, prepared: dict[str, Any], /) -> None:
        """Go on after the iteration that was ``prepared``."""
        ...


def iterations_over(rows: Place, step: Step) -> Iterations:
    """What takes a state some iterations further over rows, wherever they are."""
    if rows.passes:
        return HostIterations(rows, step, STRETCH if isinstance(rows, Host) else 1)
    from suffice.fit.stretches import compiled_iterations

    return compiled_iterations(rows, step)


class HostIterations:
    """NumPy's iterations, up to ``most`` at a time, as many as are little work; then those of the place that comes after."""

    def __init__(self, rows: Any, step: Step, most: int):
        self.rows, self.step, self.most, self.count = rows, step, most, 0
        self.later: Iterations | None = None

    def __call__(self, state: Any, tol: np.ndarray, limit: int) -> tuple[Any, np.ndarray]:
        if self.count >= self.rows.passes:
            with scope(precision_of(state.model)):
                return self._later()(state, tol, limit)
        precision, trace, limit = precision_of(state.model), [], min(limit, self.most)
        with np.errstate(all="ignore"):
            while len(trace) < limit and self.count < self.rows.passes and (not trace or np.any(state.active)):
                statistics = self.rows.total(EStep(state.model, state.model.needs_centring()))
                state, objective = self.step(state, statistics, tol)
                trace.append(np.asarray(objective))
                self.count += 1
            return to_numpy(cast(state, precision)), np.stack(trace)

    def prepared(self, state: Any) -> dict[str, Any]:
        """How many iterations are done, and what those after NumPy's keep."""
        return {"count": self.count, "later": None if self.later is None else self.later.prepared(state)}

    def resume(self, state: Any, prepared: dict[str, Any]) -> None:
        """Go on after the iteration that was ``prepared``."""
        self.count = prepared["count"]
        if prepared["later"] is not None:
            self._later().resume(state, prepared["later"])

    def _later(self) -> Iterations:
        if self.later is None:
            self.later = iterations_over(self.rows.further(), self.step)
        return self.later
