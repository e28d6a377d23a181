"""Expectation-maximisation: sum expected statistics over rows, then maximise, until the log-likelihood settles."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from suffice.arrays import Array
from suffice.blocks import block_total
from suffice.fit.restarts import Restarts, restarts_where
from suffice.model import EStep, LatentModel
from suffice.outcome import Outcome, Solution
from suffice.precision import cast, dtype_of, scope, to_numpy
from suffice.rows import Blocks, Resident, Sharded, as_rows, gaps_in, ready

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

    Returns
    -------
    Solution
        ``trace`` holds the mean log-likelihood (plus log-prior) per row at each iteration's start, ``(iterations, ...)``, and
        NaN once a restart rests; ``details["converged"]`` says which restarts converged.

    Raises
    ------
    ValueError
        If the data hold no rows.

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
        placed = isinstance(data, (Resident, Blocks, Sharded))
        rows = (
            data if placed else as_rows(data, weight, precision=precision, tile=model.tile, gaps=gaps_in(model, data))
        )
        return _run(cast(model, precision), rows, precision, tol, max_iter, on_step, step_by_step)


def _run(
    model: Any, rows: Any, precision: str, tol: float, max_iter: int, on_step: Any, step_by_step: bool
) -> Solution:
    batch = Restarts(model)
    kind = dtype_of(precision)
    state = _State(model, np.full(model.restarts, -np.inf, kind), np.ones(model.restarts, bool))
    tolerance = np.asarray(tol, kind)
    advance = partial(_stretch, rows.block) if isinstance(rows, Resident) else _Passes(rows)
    outcome, done, stretch, traces = None, 0, 1, []
    try:
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
    except KeyboardInterrupt:
        outcome = Outcome.INTERRUPTED
    trace = np.concatenate([np.zeros((0, *model.restarts)), *traces])
    details = {"converged": batch.converged(state.active)}
    return Solution(to_numpy(batch.model), trace, outcome or Outcome.STOPPED_AT_LIMIT, details)


def _stretch(block: Any, state: _State, tol: np.ndarray, limit: int) -> tuple[_State, np.ndarray]:
    state, trace, steps = _resident_steps(state, block, state.model.execution(), tol, np.int32(limit))
    return state, np.asarray(trace)[: int(steps)]


class _Passes:
    """One iteration at a time over rows in many places; the E-step of the next is made ready together with the M-step.

    Which execution suits is asked again at iterations 1, 2, 4, 8, ..., and wherever the last one is no longer trusted.
    """

    def __init__(self, rows: Any):
        self.rows = rows
        self.state, self.execution, self.expectation, self.count = None, "", None, 0

    def __call__(self, state: _State, tol: np.ndarray, limit: int) -> tuple[_State, np.ndarray]:
        self.count += 1
        if self.expectation is None or state is not self.state or self.count.bit_count() == 1:
            self.execution = state.model.execution()
            self.expectation = ready(EStep(state.model, self.execution))
        statistics = self.rows.total(self.expectation)
        state, objective, expectation, trusted = _turn(state, statistics, tol, self.execution)
        again = isinstance(self.expectation, EStep) or not trusted
        self.state, self.expectation = state, None if again else expectation
        return state, np.asarray(objective)[None]


@eqx.filter_jit
def _turn(state: _State, statistics: Any, tol: Any, execution: str) -> tuple[_State, Array, Any, Array | bool]:
    state, objective = _step(state, statistics, tol)
    expectation = state.model.expectation(execution)
    return state, objective, expectation, _trusted(expectation)


@eqx.filter_jit
def _resident_steps(state: _State, block: Any, execution: str, tol: Any, limit: Any) -> tuple[_State, Array, Array]:
    """Up to ``limit`` iterations in one program; it stops early when all rest, or where the execution loses digits."""
    _, static = eqx.partition(state, eqx.is_array)

    def worthwhile(carry: Any) -> Array:
        dynamic, _, step, trusted = carry
        return (step < limit) & eqx.combine(dynamic, static).active.any() & trusted

    def iterate(carry: Any) -> Any:
        dynamic, trace, step, _ = carry
        now = eqx.combine(dynamic, static)
        expectation = now.model.expectation(execution)
        trusted = (step == 0) | _trusted(expectation)
        statistics = block_total(expectation, block._replace(used=jnp.where(trusted, block.used, 0)))
        new, objective = _step(now, statistics, tol)
        new = jax.tree.map(partial(jnp.where, trusted), eqx.filter(new, eqx.is_array), dynamic)
        return new, trace.at[step].set(jnp.where(trusted, objective, jnp.nan)), step + trusted, trusted

    trace = jnp.full((STRETCH, *state.previous.shape), jnp.nan, state.previous.dtype)
    start = (eqx.filter(state, eqx.is_array), trace, jnp.zeros((), jnp.int32), jnp.ones((), bool))
    dynamic, trace, steps, _ = lax.while_loop(worthwhile, iterate, start)
    return eqx.combine(dynamic, static), trace, steps


def _trusted(expectation: Any) -> Array | bool:
    return getattr(expectation, "trusted", True)


def _step(state: _State, statistics: Any, tol: Any) -> tuple[_State, Array]:
    objective = (statistics.log_likelihood + state.model.log_prior()) / statistics.weight
    model = restarts_where(state.active, state.model.maximize(statistics), state.model)
    active = state.active & ~(jnp.abs(objective - state.previous) < tol)
    return _State(model, objective, active), jnp.where(state.active, objective, jnp.nan)
