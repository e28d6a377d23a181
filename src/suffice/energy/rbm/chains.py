"""Markov chains of an RBM: samples, missing units filled in, hidden features of rows."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Bool, Float, Int, Key

from suffice.energy.random_words import bernoulli
from suffice.energy.rbm.machine import BoltzmannMachine
from suffice.rows.each import each_row
from suffice.runtime.arrays import Array
from suffice.runtime.compiling import compiled
from suffice.runtime.keys import as_key, seed_of
from suffice.runtime.precision import precision_of, scope
from suffice.runtime.types import KeyLike, RandomState, Sparse

FILLING_STEPS = 200


class Filled(NamedTuple):
    """Of rows with missing units: a draw (n, U), and means of the visible (n, U) and of the hidden units (n, P)."""

    drawn: np.ndarray
    visible: np.ndarray
    hidden: np.ndarray


def sample_chains(
    model: BoltzmannMachine, start: np.ndarray, n_steps: int, *, key: KeyLike
) -> tuple[np.ndarray, Float[Array, "n_steps n"]]:
    """Where chains stand after steps of Gibbs sampling (n, U), and their free energy after each step (n_steps, n)."""
    with scope(precision_of(model)):
        visible, trace = _traced(model, start, as_key(key), n_steps)
    return np.asarray(visible), trace


def fill_missing(model: BoltzmannMachine, units: np.ndarray, n_steps: int, *, key: KeyLike) -> Filled:
    """Missing units of rows (n, U) given the others, by Gibbs sampling; the second half of the steps counts for the means."""
    precision = precision_of(model)
    units = np.asarray(units, precision)
    with scope(precision):
        found = _clamped(model, units, ~np.isnan(units), as_key(key), n_steps)
    return Filled(*(np.asarray(part) for part in found))


def draw_visible(model: BoltzmannMachine, hidden: np.ndarray, *, key: KeyLike) -> np.ndarray:
    """Visible units (n, U) drawn given hidden ones (n, P)."""
    with scope(precision_of(model)):
        field = jnp.asarray(hidden) @ model.weights.T + model.visible_bias
        return np.asarray(model.draw_at(field, as_key(key)))


def hidden_features(model: BoltzmannMachine, units: np.ndarray | Sparse, random_state: RandomState) -> np.ndarray:
    """p(h = 1 | row) of rows (n, U) that may have missing units, (n, P): then the mean over what Gibbs sampling puts there."""
    complete = np.nan_to_num(units) if isinstance(units, np.ndarray) else units
    features = each_row(model.hidden_probability, complete, precision_of(model))
    missing = rows_with_missing(units)
    if isinstance(units, np.ndarray) and missing.any():
        features[missing] = fill_missing(model, units[missing], FILLING_STEPS, key=seed_of(random_state)).hidden
    return features


def rows_with_missing(units: np.ndarray | Sparse) -> np.ndarray:
    """Which rows have missing units, (n,)."""
    if not isinstance(units, np.ndarray):
        return np.zeros(units.shape[0], bool)
    return np.any(np.isnan(units), axis=1)


@compiled
def _traced(
    model: BoltzmannMachine, visible: Float[Array, "n U"], key: Key[Array, ""], steps: int
) -> tuple[Float[Array, "n U"], Float[Array, "steps n"]]:
    def step(visible: Float[Array, "n U"], number: Int[Array, ""]) -> tuple[Float[Array, "n U"], Float[Array, " n"]]:
        moved = model.gibbs(visible, key=jax.random.fold_in(key, number))
        return moved, model.free_energy(moved)

    return lax.scan(step, visible, jnp.arange(steps, dtype=jnp.int32))


@compiled
def _clamped(
    model: BoltzmannMachine, visible: Float[Array, "n U"], known: Bool[Array, "n U"], key: Key[Array, ""], steps: int
) -> tuple[Float[Array, "n U"], Float[Array, "n U"], Float[Array, "n P"]]:
    first, rest = jax.random.split(key)
    field = jnp.broadcast_to(jnp.asarray(model.visible_bias), visible.shape)
    visible = jnp.where(known, visible, model.draw_at(field, first))

    def step(
        number: Int[Array, ""], carry: tuple[Float[Array, "n U"], Float[Array, "n U"], Float[Array, "n P"]]
    ) -> tuple[Float[Array, "n U"], Float[Array, "n U"], Float[Array, "n P"]]:
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
