"""Missing units of rows given the others: exact sums over the hidden units' states where these are few, else annealed chains."""

from __future__ import annotations

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.nn import softmax
from jaxtyping import Float
from scipy.special import log_softmax

from suffice.energy.rbm.clamped import anneal_rows
from suffice.energy.rbm.enumeration import bits
from suffice.energy.rbm.machine import BoltzmannMachine
from suffice.rows.each import TILE, each_row
from suffice.runtime.arrays import Array
from suffice.runtime.forked import refuse_forked
from suffice.runtime.keys import as_key
from suffice.runtime.precision import cast, precision_of, scope, to_numpy
from suffice.runtime.types import KeyLike, Sparse

MOST_STATES = 2**12
"""Hidden states up to which conditional means are sums over all of them."""
N_STEPS = 200
DOUBTFUL = 0.1
"""Standard errors of means, in units, above which rows are named."""


class GivenCells(NamedTuple):
    """Of rows with missing units: means of visible (n, U) and hidden units (n, P), and their standard errors, 0 if exact."""

    visible: np.ndarray
    hidden: np.ndarray
    visible_error: np.ndarray
    hidden_error: np.ndarray
    exact: bool


class ByHiddenState(eqx.Module):
    """What rows with missing units need of the S states of the hidden units."""

    states: Float[Array, "S P"]
    log_prior: Float[Array, " S"]
    field: Float[Array, "S U"]
    log_normalisers: Float[Array, "S U"]
    mean: Float[Array, "S U"]

    def log_weights(self, rows: Float[Array, "n U"]) -> Float[Array, "n S"]:
        """log p(known units, hidden state), up to what all states of a row share."""
        missing = jnp.isnan(rows)
        known = jnp.where(missing, 0, rows) @ self.field.T
        return self.log_prior + known + missing.astype(self.field.dtype) @ self.log_normalisers.T

    def means(self, rows: Float[Array, "n U"]) -> Float[Array, "n units"]:
        """Means of the visible and, beside them, of the hidden units."""
        share = softmax(self.log_weights(rows), axis=-1)
        return jnp.concatenate([share @ self.mean, share @ self.states], axis=-1)


def conditional_means(
    model: BoltzmannMachine, units: np.ndarray, base: np.ndarray, n_steps: int, *, key: KeyLike
) -> GivenCells:
    """Means of the units of rows (n, U) given those that are known; a row's do not depend on the rows beside it.

    Annealing begins at independent units with biases ``base`` (U,), and takes ``n_steps`` steps where it is needed.
    """
    refuse_forked()
    if model.hidden_states <= MOST_STATES:
        found = each_row(_by_state(model).means, units, "float64")
        visible, hidden = np.split(found, [units.shape[1]], axis=1)
        return GivenCells(visible, hidden, np.zeros(visible.shape), np.zeros(hidden.shape), True)
    found = anneal_rows(model, units, base, n_steps, key, apart=False)
    return GivenCells(found.visible, found.hidden, found.visible_error, found.hidden_error, False)


def conditional_draws(
    model: BoltzmannMachine, units: np.ndarray, base: np.ndarray, n_steps: int, *, key: KeyLike
) -> np.ndarray:
    """Units of rows (n, U) drawn given those that are known, each row on its own."""
    refuse_forked()
    if model.hidden_states > MOST_STATES:
        return anneal_rows(model, units, base, n_steps, key, apart=True).drawn
    by_state, precision = _by_state(model), precision_of(model)
    with scope(precision):
        state_key, unit_key = jax.random.split(as_key(key))
        uniform = np.asarray(jax.random.uniform(state_key, (len(units), 1), jnp.float32), np.float64)
        starts = range(0, len(units), TILE)
        drawn = [_state_at(by_state, units[start : start + TILE], uniform[start : start + TILE]) for start in starts]
        field = np.asarray(by_state.field[np.concatenate(drawn)], precision)
        return np.where(np.isnan(units), model.draw_at(field, unit_key), units)


def hidden_features(model: BoltzmannMachine, units: np.ndarray | Sparse) -> np.ndarray:
    """p(h = 1 | row) of rows (n, U), (n, P); a missing unit counts as 0."""
    complete = np.nan_to_num(units) if isinstance(units, np.ndarray) else units
    return each_row(model.hidden_probability, complete, precision_of(model))


def doubtful_rows(found: GivenCells, unit: np.ndarray | float = 1.0) -> np.ndarray:
    """Rows in which the chains disagree, by number."""
    worst = np.maximum((found.visible_error / unit).max(axis=1, initial=0), found.hidden_error.max(axis=1, initial=0))
    return np.flatnonzero(worst > DOUBTFUL)


def _by_state(model: BoltzmannMachine) -> ByHiddenState:
    with scope("float64"):
        exact = cast(model, "float64")
        states = bits(jnp.arange(model.hidden_states, dtype=jnp.int32), model.weights.shape[1], exact.weights.dtype)
        field = states @ exact.weights.T + exact.visible_bias
        parts = states, states @ exact.hidden_bias, field, exact.log_normalisers(field), exact.mean_at(field)
        return ByHiddenState(*to_numpy(parts))


def _state_at(by_state: ByHiddenState, rows: np.ndarray, uniform: np.ndarray) -> np.ndarray:
    """The hidden state (n,) that each uniform number (n, 1) falls on."""
    share = np.exp(log_softmax(each_row(by_state.log_weights, rows, "float64"), axis=1)).cumsum(axis=1)
    return (share < uniform * share[:, -1:]).sum(axis=1)
