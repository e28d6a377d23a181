"""Markov chains of an RBM: samples, missing units filled in, hidden features of rows."""

from __future__ import annotations

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from scipy.sparse import issparse

from suffice.energy.random_words import bernoulli
from suffice.rows.each import each_row
from suffice.runtime.keys import as_key, seed_of
from suffice.runtime.precision import precision_of, scope

FILLING_STEPS = 200


class Filled(NamedTuple):
    """Of rows with missing units: a draw (n, U), and means of the visible (n, U) and of the hidden units (n, P)."""

    drawn: np.ndarray
    visible: np.ndarray
    hidden: np.ndarray


def sample_chains(model: Any, start: np.ndarray, n_steps: int, *, key: Any) -> tuple[Any, Any]:
    """Where chains stand after steps of Gibbs sampling (n, U), and their free energy after each step (n_steps, n)."""
    with scope(precision_of(model)):
        visible, trace = _traced(model, start, as_key(key), n_steps)
    return np.asarray(visible), trace


def fill_missing(model: Any, units: np.ndarray, n_steps: int, *, key: Any) -> Filled:
    """Missing units of rows (n, U) given the others, by Gibbs sampling; the second half of the steps counts for the means."""
    precision = precision_of(model)
    units = np.asarray(units, precision)
    with scope(precision):
        found = _clamped(model, units, ~np.isnan(units), as_key(key), n_steps)
    return Filled(*(np.asarray(part) for part in found))


def draw_visible(model: Any, hidden: np.ndarray, *, key: Any) -> np.ndarray:
    """Visible units (n, U) drawn given hidden ones (n, P)."""
    with scope(precision_of(model)):
        field = jnp.asarray(hidden) @ model.weights.T + model.visible_bias
        return np.asarray(model.draw_at(field, as_key(key)))


def hidden_features(model: Any, units: Any, random_state: Any) -> np.ndarray:
    """p(h = 1 | row) of rows (n, U) that may have missing units, (n, P): then the mean over what Gibbs sampling puts there."""
    complete = units if issparse(units) else np.nan_to_num(units)
    features = each_row(model.hidden_probability, complete, precision_of(model))
    missing = rows_with_missing(units)
    if missing.any():
        features[missing] = fill_missing(model, units[missing], FILLING_STEPS, key=seed_of(random_state)).hidden
    return features


def rows_with_missing(units: Any) -> np.ndarray:
    """Which rows have missing units, (n,)."""
    return np.zeros(units.shape[0], bool) if issparse(units) else np.isnan(units).any(axis=1)


@eqx.filter_jit
def _traced(model: Any, visible: Any, key: Any, steps: int) -> tuple[Any, Any]:
    def step(visible: Any, number: Any) -> tuple[Any, Any]:
        moved = model.gibbs(visible, key=jax.random.fold_in(key, number))
        return moved, model.free_energy(moved)

    return lax.scan(step, visible, jnp.arange(steps, dtype=jnp.int32))


@eqx.filter_jit
def _clamped(model: Any, visible: Any, known: Any, key: Any, steps: int) -> tuple[Any, Any, Any]:
    first, rest = jax.random.split(key)
    field = jnp.broadcast_to(jnp.asarray(model.visible_bias), visible.shape)
    visible = jnp.where(known, visible, model.draw_at(field, first))

    def step(number: Any, carry: Any) -> Any:
        visible, mean, hidden_mean = carry
        hidden_key, visible_key = jax.random.split(jax.random.fold_in(rest, number))
        chance = model.hidden_probability(visible)
        hidden = bernoulli(hidden_key, chance)
        field = hidden @ model.weights.T + model.visible_bias
        counted = (number >= steps // 2) / (steps - steps // 2)
        mean = mean + (counted * model.mean_at(field)).astype(visible.dtype)
        hidden_mean = hidden_mean + (counted * chance).astype(visible.dtype)
        return jnp.where(known, visible, model.draw_at(field, visible_key)), mean, hidden_mean

    begin = visible, jnp.zeros_like(visible), jnp.zeros((len(visible), model.weights.shape[1]), visible.dtype)
    return lax.fori_loop(0, steps, step, begin)
