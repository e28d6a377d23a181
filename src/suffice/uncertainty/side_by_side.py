"""Refits of a mixture to many samples of the same rows, side by side: samples are weights, and refits are restarts."""

from __future__ import annotations

from typing import Any

import numpy as np

from suffice.fit.accelerated import NATS, started, tick
from suffice.fit.restarts import one_restart, restarts_at, restarts_put
from suffice.latent.readers import placed
from suffice.model import EStep
from suffice.runtime.blas import one_blas_thread
from suffice.runtime.precision import scope, to_numpy

LONGEST = 1000
"""Iterations after which a refit is taken as it is."""
FEW = 4
"""As many times fewer refits as still run, before those that have ended are left out."""


def refitted_to_counts(model: Any, origin: np.ndarray | None, data: np.ndarray, counts: np.ndarray) -> list[Any]:
    """A mixture, of rows measured from an origin, refitted to the rows as often as ``counts`` (n, R) has them, R times."""
    with one_blas_thread(), scope("float64"), np.errstate(all="ignore"):
        found = restarts_at(one_restart(model), np.zeros(counts.shape[1], int))
        state, running = started(found, np.float64), np.arange(counts.shape[1])
        rows, done = placed((data, counts), None, found, origin, "float64"), 0
        while state.active.any() and done < LONGEST:
            sums = to_numpy(rows.total(EStep(state.model, True)))
            state, done = to_numpy(tick(state, sums, NATS)[0]), done + 1
            if state.active.any() and FEW * state.active.sum() <= len(running):
                found = restarts_put(found, running, state.result)
                kept = np.flatnonzero(state.active)
                state, running = restarts_at(state, kept), running[kept]
                rows = placed((data, counts[:, running]), None, state.model, origin, "float64")
        found = restarts_put(found, running, state.result)
        return [restarts_at(found, place) for place in range(counts.shape[1])]
