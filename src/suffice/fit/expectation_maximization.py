"""Expectation-maximisation: sum expected statistics over rows, then maximise, until the log-likelihood settles."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from suffice.fit.checkpoint import Checkpoint, arrays_of, settings_of, with_arrays
from suffice.fit.restarts import Restarts, restarts_where
from suffice.model import EStep, LatentModel
from suffice.outcome import Outcome, Solution
from suffice.rows.blocks import block_total
from suffice.rows.places import Blocks, Resident, Sharded, as_rows, missing_layout, ready
from suffice.runtime.arrays import Array
from suffice.runtime.compiling import filter_jit
from suffice.runtime.precision import cast, dtype_of, scope, to_numpy

STRETCH = 64
"""Most iterations between two looks at the clock, the keyboard and the callback."""


class _State(NamedTuple):
    model: Any
    previous: Array
    active: Array


def em(
    model: LatentModel,
    data: Any,
    *,
    weight: Any = None,
    tol: float = 1e-3,
    max_iter: int = 100,
    precision: str = "float64",
    on_step: Callable[[int, np.ndarray, Any], object] | None = None,
    step_by_step: bool = False,
    checkpoint: str | os.PathLike[str] | None = None,
) -> Solution:
    r"""Fit a latent-variable model by expectation-maximisation.

    Each iteration sums the expected sufficient statistics over rows and sets the parameters that maximise the expected
    complete log-likelihood (Dempster, Laird and Rubin, 1977), which never lowers
    :math:`\sum_n w_n \log p(x_n) + \log p(\theta)`.

    Parameters
    ----------
    model
        Where to start. Restarts along a leading axis of the parameters run side by side; one that has converged rests.
    data
        What ``suffice.total`` takes: an array ``(n, D)``, a pair of rows and log-priors over components ``(n, K)``, a sharded
        array, or batches.
    weight
        Row weights ``(n,)``; None is 1 for every row.
    tol
        Stop when the mean log-likelihood of a row changes by less than this, in nats.
    max_iter
        Largest number of iterations.
    precision
        ``"float64"`` or ``"float32"``.
    on_step
        Called now and then with the number of iterations done, the mean log-likelihood of each restart and the model so far;
        a true answer stops the fit.
    step_by_step
        Call ``on_step`` after every iteration.
    checkpoint
        File to keep the state of the fit in, written every second or less often. If it is there, the fit goes on from it to
        what it would have given uninterrupted, bit for bit. It stays when the fit ends: remove it once the result is safe.

    Returns
    -------
    Solution
        ``trace`` holds the mean log-likelihood (plus log-prior) per row at each iteration's start, ``(iterations, ...)``, and
        NaN once a restart rests; ``details["converged"]`` says which restarts converged.

    Raises
    ------
    ValueError
        If the data hold no rows.
    FileError
        If ``checkpoint`` is damaged, or of another fit: other data, parameters or versions.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.fit import em
    >>> from suffice.latent import Bernoulli, Mixture
    >>> rows = np.array([[1.0, 1.0], [1.0, 1.0], [0.0, 0.0]])
    >>> start = Mixture(np.array([0.5, 0.5]), Bernoulli(np.array([[0.7, 0.7], [0.3, 0.3]])))
    >>> solution = em(start, rows)
    >>> print(solution.model.weights.round(3), solution.outcome.name)
    [0.667 0.333] CONVERGED
    """
    with scope(precision):
        start, rows = cast(model, precision), data
        if not isinstance(data, (Resident, Blocks, Sharded)):
            rows = as_rows(data, weight, precision=precision, tile=model.tile, gaps=missing_layout(model, data))
        kept = None
        if checkpoint is not None:
            options = {
                "tol": float(tol),
                "max_iter": int(max_iter),
                "precision": precision,
                "step_by_step": step_by_step,
            }
            kept = Checkpoint(checkpoint, settings_of(start, **options))
        return _run(start, rows, precision, tol, max_iter, on_step, step_by_step, kept)


def _run(
    model: Any, rows: Any, precision: str, tol: float, max_iter: int, on_step: Any, step_by_step: bool,
    checkpoint: Checkpoint | None,
) -> Solution:  # fmt: skip
    batch = Restarts(model)
    kind = dtype_of(precision)
    state = _State(model, np.full(model.restarts, -np.inf, kind), np.ones(model.restarts, bool))
    tolerance = np.asarray(tol, kind)
    advance, first = _advance(rows), state
    outcome, done, stretch, traces = None, 0, 1, []
    before = None if checkpoint is None else checkpoint.load()
    try:
        if checkpoint is not None and before is not None:
            state, done, stretch, traces = _resumed(before, batch, advance)
            _check_same_rows(checkpoint, rows, first, tolerance, before["trace"][0])
            outcome = None if state.active.any() else Outcome.CONVERGED
        while done < max_iter and outcome is None:
            state, trace = advance(state, tolerance, min(1 if step_by_step else stretch, max_iter - done))
            traces.append(batch.spread(trace))
            batch.update(state.model)
            done, stretch = done + len(trace), min(2 * stretch, STRETCH)
            if on_step is not None and on_step(done, traces[-1][-1], batch.model):
                outcome = Outcome.STOPPED_BY_CALLBACK
            if not np.asarray(state.active).any():
                outcome = Outcome.CONVERGED
            state = batch.without_resting(state)
            if checkpoint is not None:
                ended = outcome is not None or done >= max_iter
                checkpoint.keep(partial(_record, state, batch, advance, stretch, traces), last=ended)
    except KeyboardInterrupt:
        outcome = Outcome.INTERRUPTED
    trace = np.concatenate([np.zeros((0, *model.restarts)), *traces])
    details = {"converged": batch.converged(state.active)}
    return Solution(to_numpy(batch.model), trace, outcome or Outcome.STOPPED_AT_LIMIT, details)


def _record(state: _State, batch: Restarts, advance: Any, stretch: int, traces: list[np.ndarray]) -> dict[str, Any]:
    """All that the loop needs to go on after an iteration."""
    return {
        "model": arrays_of(batch.model),
        "places": batch.places,
        "previous": np.asarray(state.previous),
        "active": np.asarray(state.active),
        "stretch": stretch,
        "trace": np.concatenate(traces),
        "prepared": advance.prepared(state),
    }


def _resumed(before: dict[str, Any], batch: Restarts, advance: Any) -> tuple[_State, int, int, list[np.ndarray]]:
    running = batch.resume(with_arrays(batch.model, before["model"]), before["places"])
    state = _State(running, before["previous"], before["active"])
    advance.resume(state, before["prepared"])
    return state, len(before["trace"]), before["stretch"], [before["trace"]]


def _check_same_rows(checkpoint: Checkpoint, rows: Any, first: _State, tol: np.ndarray, before: np.ndarray) -> None:
    """The first iteration, done again, tells whether rows and weights are the same, to the last bit."""
    now = Restarts(first.model).spread(_advance(rows)(first, tol, 1)[1])[0]
    if not np.array_equal(now, before, equal_nan=True):
        checkpoint.refuse(
            f"its first iteration gave the log-likelihood {np.nanmax(before):.17g} per row, and gives {np.nanmax(now):.17g} with "
            "these rows and weights on this machine"
        )


def _advance(rows: Any) -> _Stretches | _Passes:
    """What takes the state some iterations further."""
    return _Stretches(rows.block) if isinstance(rows, Resident) else _Passes(rows)


class _Stretches:
    """Many iterations at a time over rows in one block."""

    def __init__(self, block: Any):
        self.block = block

    def __call__(self, state: _State, tol: np.ndarray, limit: int) -> tuple[_State, np.ndarray]:
        state, trace, steps = _resident_steps(state, self.block, state.model.execution(), tol, np.int32(limit))
        return state, np.asarray(trace)[: int(steps)]

    def prepared(self, state: _State) -> dict[str, Any]:
        """Nothing is kept between two stretches."""
        return {}

    def resume(self, state: _State, prepared: dict[str, Any]) -> None:
        """Nothing has to be put back."""


class _Passes:
    """One iteration at a time over rows in many places; the E-step of the next is made ready together with the M-step."""

    def __init__(self, rows: Any):
        self.rows = rows
        self.state, self.execution, self.expectation, self.count = None, "", None, 0

    def __call__(self, state: _State, tol: np.ndarray, limit: int) -> tuple[_State, np.ndarray]:
        self.count += 1
        if self.expectation is None or state is not self.state or self.count.bit_count() == 1:
            self.execution = state.model.execution()
            self.expectation = ready(EStep(state.model, self.execution))
        statistics = self.rows.total(self.expectation)
        state, objective, expectation, accurate = _turn(state, statistics, tol, self.execution)
        again = isinstance(self.expectation, EStep) or not accurate
        self.state, self.expectation = state, None if again else expectation
        return state, np.asarray(objective)[None]

    def prepared(self, state: _State) -> dict[str, Any]:
        """Which iteration this is, and the E-step of the next: made again by itself, it may differ in the last bit."""
        ready_made = self.expectation is not None and state is self.state
        arrays = arrays_of(self.expectation) if ready_made else None
        return {"count": self.count, "execution": self.execution, "arrays": arrays}

    def resume(self, state: _State, prepared: dict[str, Any]) -> None:
        """Go on after the iteration that was ``prepared``."""
        self.count, self.execution, arrays = prepared["count"], prepared["execution"], prepared["arrays"]
        made = None if arrays is None else ready(EStep(state.model, self.execution))
        self.state, self.expectation = state, None if arrays is None else with_arrays(made, arrays)


@filter_jit
def _turn(state: _State, statistics: Any, tol: Any, execution: str) -> tuple[_State, Array, Any, Array | bool]:
    state, objective = _step(state, statistics, tol)
    expectation = state.model.expectation(execution)
    return state, objective, expectation, _accurate(expectation)


@filter_jit
def _resident_steps(state: _State, block: Any, execution: str, tol: Any, limit: Any) -> tuple[_State, Array, Array]:
    """Up to ``limit`` iterations in one program; it stops early when all rest, or where the execution loses digits."""
    _, static = eqx.partition(state, eqx.is_array)

    def worthwhile(carry: Any) -> Array:
        dynamic, _, step, accurate = carry
        return (step < limit) & eqx.combine(dynamic, static).active.any() & accurate

    def iterate(carry: Any) -> Any:
        dynamic, trace, step, _ = carry
        now = eqx.combine(dynamic, static)
        expectation = now.model.expectation(execution)
        accurate = (step == 0) | _accurate(expectation)
        statistics = block_total(expectation, block._replace(used=jnp.where(accurate, block.used, 0)))
        new, objective = _step(now, statistics, tol)
        new = jax.tree.map(partial(jnp.where, accurate), eqx.filter(new, eqx.is_array), dynamic)
        return new, trace.at[step].set(jnp.where(accurate, objective, jnp.nan)), step + accurate, accurate

    trace = jnp.full((STRETCH, *state.previous.shape), jnp.nan, state.previous.dtype)
    start = (eqx.filter(state, eqx.is_array), trace, jnp.zeros((), jnp.int32), jnp.ones((), bool))
    dynamic, trace, steps, _ = lax.while_loop(worthwhile, iterate, start)
    return eqx.combine(dynamic, static), trace, steps


def _accurate(expectation: Any) -> Array | bool:
    return getattr(expectation, "trusted", True)


def _step(state: _State, statistics: Any, tol: Any) -> tuple[_State, Array]:
    objective = (statistics.log_likelihood + state.model.log_prior()) / statistics.weight
    model = restarts_where(state.active, state.model.maximize(statistics), state.model)
    active = state.active & ~(jnp.abs(objective - state.previous) < tol)
    return _State(model, objective, active), jnp.where(state.active, objective, jnp.nan)
