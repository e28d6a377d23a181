"""Expectation-maximisation: sum expected statistics over rows, then maximise, until the log-likelihood settles."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from suffice.fit.accelerated import NATS, started, tick
from suffice.fit.iterations import STRETCH, State, Step, em_step, iterations_over
from suffice.fit.restarts import Restarts
from suffice.model import LatentModel
from suffice.outcome import Outcome, Solution
from suffice.rows.base import Place
from suffice.rows.place import missing_layout, place
from suffice.runtime.precision import cast, dtype_of, scope, to_numpy

if TYPE_CHECKING:
    from suffice.fit.checkpoint import Checkpoint


def em(
    model: LatentModel,
    data: Any,
    *,
    weight: Any = None,
    tol: float | None = None,
    max_iter: int = 1000,
    precision: str = "float64",
    on_step: Callable[[int, np.ndarray, Any], object] | None = None,
    step_by_step: bool = False,
    checkpoint: str | os.PathLike[str] | None = None,
    previous: float = -np.inf,
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
        array, or batches; or a place of rows, about whose origin all is computed, while models are of the data as they are.
    weight
        Row weights ``(n,)``; None is 1 for every row.
    tol
        None accelerates the iterations by the slope of the log-likelihood and stops where a stationary point is less than about
        1e-6 nats away, over all rows. A number means plain iterations, which stop when the mean log-likelihood of a row changes
        by less than this, in nats.
    max_iter
        Largest number of iterations, E-steps each; 0 gives the start.
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
    previous
        Mean log-likelihood of a row, plus log-prior, that the first iteration is compared with where a fit goes on.

    Returns
    -------
    Solution
        ``trace`` holds the mean log-likelihood (plus log-prior) per row at each iteration's start, ``(iterations, ...)``, minus
        infinity where an accelerated step was taken back, and NaN once a restart rests; ``details["converged"]`` says which
        restarts converged, ``details["left"]`` how many nats are still to be gained as far as slope and curvature tell, or the
        rate of plain steps where ``details["by_rate"]``.

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
    [0.667 0.333] STATIONARY
    """
    with scope(precision):
        layout = missing_layout(model.missing, data)
        rows = place(data, weight, precision=precision, tile=model.tile, missing=layout, width=model.width)
        start = cast(rows.centred(model), precision)
        kept = None
        if checkpoint is not None:
            from suffice.fit.checkpoint import Checkpoint, settings_of

            options = {
                "tol": None if tol is None else float(tol),
                "max_iter": int(max_iter),
                "precision": precision,
                "step_by_step": step_by_step,
            }
            passes = float(rows.passes)
            kept = Checkpoint(checkpoint, settings_of(start, **options) | {"passes_by_numpy": passes})
        return _run(start, rows, precision, tol, max_iter, on_step, step_by_step, kept, previous=previous)


def _run(
    model: Any, rows: Place, precision: str, tol: float | None, max_iter: int, on_step: Any, step_by_step: bool,
    checkpoint: Checkpoint | None, previous: float = -np.inf,
) -> Solution:  # fmt: skip
    first, step, tolerance = _begun(model, dtype_of(precision), tol, previous)
    batch, advance, state = Restarts(first.reached, model.restarts), iterations_over(rows, step), first
    outcome, done, stretch, traces = None, 0, 1, []
    before = None if checkpoint is None else checkpoint.load()
    try:
        if checkpoint is not None and before is not None:
            state, done, stretch, traces = _resumed(before, batch, advance, first)
            _check_same_rows(checkpoint, iterations_over(rows, step), first, tolerance, before["trace"][0])
            outcome = None if state.active.any() else _settled(tol)
        while done < max_iter and outcome is None:
            state, trace = advance(state, tolerance, min(1 if step_by_step else stretch, max_iter - done))
            traces.append(batch.spread(trace))
            batch.update(state.reached)
            done, stretch = done + len(trace), min(2 * stretch, STRETCH)
            if on_step is not None and on_step(done, traces[-1][-1], rows.restored(batch.reached[0])):
                outcome = Outcome.STOPPED_BY_CALLBACK
            if not np.asarray(state.active).any():
                outcome = _settled(tol)
            elif _lost(state, trace):
                outcome = _settled(tol) if batch.converged(state.active).any() else Outcome.NOT_FINITE
            state = batch.without_resting(state)
            if checkpoint is not None:
                ended = outcome is not None or done >= max_iter
                checkpoint.keep(partial(_record, state, batch, advance, stretch, traces), last=ended)
    except KeyboardInterrupt:
        outcome = Outcome.INTERRUPTED
    trace = np.concatenate([np.zeros((0, *model.restarts)), *traces])
    found, left, by_rate = batch.reached
    details = {"converged": batch.converged(state.active), "left": np.asarray(left), "by_rate": np.asarray(by_rate)}
    if outcome is Outcome.STATIONARY and np.any(by_rate):
        outcome = Outcome.RESTING
    unfinished = Outcome.STOPPED_AT_LIMIT if max_iter else Outcome.AT_START
    return Solution(to_numpy(rows.restored(found)), trace, outcome or unfinished, details)


def _begun(model: Any, kind: Any, tol: float | None, previous: float) -> tuple[Any, Step, np.ndarray]:
    """The state before the first iteration, what an iteration does, and when a restart rests."""
    if tol is None:
        return started(model, kind, previous), tick, np.asarray(NATS, kind)
    state = State(model, np.full(model.restarts, previous, kind), np.ones(model.restarts, bool))
    return state, em_step, np.asarray(tol, kind)


def _settled(tol: float | None) -> Outcome:
    return Outcome.STATIONARY if tol is None else Outcome.CONVERGED


def _lost(state: Any, trace: np.ndarray) -> bool:
    """Whether the objective is no number in any restart that still runs."""
    return bool(np.isnan(trace[-1][np.asarray(state.active)]).all())


def _record(state: Any, batch: Restarts, advance: Any, stretch: int, traces: list[np.ndarray]) -> dict[str, Any]:
    """All that the loop needs to go on after an iteration."""
    from suffice.fit.checkpoint import arrays_of

    return {
        "reached": arrays_of(batch.reached),
        "state": arrays_of(state),
        "places": batch.places,
        "stretch": stretch,
        "trace": np.concatenate(traces),
        "prepared": advance.prepared(state),
    }


def _resumed(
    before: dict[str, Any], batch: Restarts, advance: Any, first: Any
) -> tuple[Any, int, int, list[np.ndarray]]:
    from suffice.fit.checkpoint import with_arrays

    running = batch.resume(with_arrays(batch.reached, before["reached"]), before["places"], first)
    state = with_arrays(running, before["state"])
    advance.resume(state, before["prepared"])
    return state, len(before["trace"]), before["stretch"], [before["trace"]]


def _check_same_rows(checkpoint: Checkpoint, advance: Any, first: Any, tol: np.ndarray, before: np.ndarray) -> None:
    """The first iteration, done again, tells whether rows and weights are the same, to the last bit."""
    now = Restarts(first.reached, first.model.restarts).spread(advance(first, tol, 1)[1])[0]
    if not np.array_equal(now, before, equal_nan=True):
        checkpoint.refuse(
            f"its first iteration gave the log-likelihood {np.nanmax(before):.17g} per row, and gives {np.nanmax(now):.17g} with "
            "these rows and weights on this machine"
        )
