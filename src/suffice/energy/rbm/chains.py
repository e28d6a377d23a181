"""Markov chains of an RBM: samples, and visible units drawn given hidden ones."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Float, Int, Key

from suffice.energy.rbm.machine import BoltzmannMachine
from suffice.runtime.arrays import Array
from suffice.runtime.compiling import compiled
from suffice.runtime.keys import as_key
from suffice.runtime.precision import precision_of, scope
from suffice.runtime.types import KeyLike


def sample_chains(
    model: BoltzmannMachine, start: np.ndarray, n_steps: int, *, key: KeyLike
) -> tuple[np.ndarray, Float[Array, "n_steps n"]]:
    """Where chains stand after steps of Gibbs sampling (n, U), and their free energy after each step (n_steps, n)."""
    with scope(precision_of(model)):
        visible, trace = _traced(model, start, as_key(key), n_steps)
    return np.asarray(visible), trace


def draw_visible(model: BoltzmannMachine, hidden: np.ndarray, *, key: KeyLike) -> np.ndarray:
    """Visible units (n, U) drawn given hidden ones (n, P)."""
    with scope(precision_of(model)):
        field = jnp.asarray(hidden) @ model.weights.T + model.visible_bias
        return np.asarray(model.draw_at(field, as_key(key)))


def rows_with_missing(units: Any) -> np.ndarray:
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
