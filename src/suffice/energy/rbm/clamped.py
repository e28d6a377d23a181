"""Chains of missing units given the known ones, which begin by annealing, so that each carries a weight."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.nn import softmax
from jaxtyping import Float, Int, Key

from suffice.energy.random_words import bernoulli
from suffice.energy.rbm.machine import BoltzmannMachine
from suffice.energy.rbm.tempering import Path, base_of
from suffice.rows.each import TILE, tiles
from suffice.runtime.arrays import Array
from suffice.runtime.compiling import compiled
from suffice.runtime.keys import as_key
from suffice.runtime.precision import precision_of, scope, to_numpy
from suffice.runtime.types import KeyLike

N_CHAINS = 8
NUMBERS = np.arange(TILE, dtype=np.int32)


class Annealed(NamedTuple):
    """Of rows: a draw (n, U), weighted means over chains of visible (n, U) and hidden units (n, P), and their standard errors."""

    drawn: Any
    visible: Any
    hidden: Any
    visible_error: Any
    hidden_error: Any


def anneal_rows(
    model: BoltzmannMachine, units: np.ndarray, base: np.ndarray, n_steps: int, key: KeyLike, *, apart: bool
) -> Annealed:
    """Missing units of rows (n, U) by ``N_CHAINS`` chains a row: half of the steps raise the couplings, half count.

    Annealing begins at independent units of biases ``base`` (Neal, 2001). Rows draw the same random numbers, so that none depends
    on its place, or where they are ``apart`` numbers of their own.
    """
    precision = precision_of(model)
    with scope(precision):
        path = to_numpy(Path(model, base_of(model, base)))
        rising, counted = np.int32(n_steps - n_steps // 2), np.int32(n_steps // 2)
        parts = [
            to_numpy(_tile(path, rows, as_key(key), place * TILE + NUMBERS, rising, counted, apart))
            for place, (rows, _) in enumerate(tiles(units, precision))
        ]
    return Annealed(*(np.concatenate(arrays)[: len(units)] for arrays in zip(*parts, strict=True)))


@compiled
def _tile(
    path: Path, rows: Float[Array, "n U"], key: Key[Array, ""], number: Int[Array, " n"], rising: Int[Array, ""],
    counted: Int[Array, ""], apart: bool,
) -> Annealed:  # fmt: skip
    of_row = jax.vmap(lambda row, own: _row(path, row, own, rising, counted), in_axes=(0, 0 if apart else None))
    return of_row(rows, jax.vmap(lambda place: jax.random.fold_in(key, place))(number) if apart else key)


def _row(
    path: Path, row: Float[Array, " U"], key: Key[Array, ""], rising: Int[Array, ""], counted: Int[Array, ""]
) -> Annealed:
    """The chains of one row."""
    known, given = ~jnp.isnan(row), jnp.nan_to_num(row)
    begin, rise_key, count_key, choice = jax.random.split(key, 4)
    bias = jnp.broadcast_to(path.base.visible_bias, (N_CHAINS, len(row)))
    visible = jnp.where(known, given, path.base.draw_at(bias, begin))

    def rise(step: Int[Array, ""], carry: Any) -> Any:
        visible, log_weight = carry
        field, here, there = path.hidden_field(visible), step / rising, (step + 1) / rising
        here, there = here.astype(row.dtype), there.astype(row.dtype)
        log_weight = log_weight + path.log_ratio(visible, field, here, there)
        moved = path.step(field, there, jax.random.fold_in(rise_key, step))
        return jnp.where(known, given, moved), log_weight

    def count(step: Int[Array, ""], carry: Any) -> Any:
        visible, mean, hidden_mean = carry
        hidden_key, visible_key = jax.random.split(jax.random.fold_in(count_key, step))
        chance = path.model.hidden_probability(visible)
        field = bernoulli(hidden_key, chance) @ path.model.weights.T + path.model.visible_bias
        moved = jnp.where(known, given, path.model.draw_at(field, visible_key))
        return moved, mean + path.model.mean_at(field) / counted, hidden_mean + chance / counted

    visible, log_weight = lax.fori_loop(0, rising, rise, (visible, jnp.zeros(N_CHAINS, row.dtype)))
    empty = jnp.zeros_like(visible), jnp.zeros((N_CHAINS, path.model.weights.shape[1]), row.dtype)
    visible, mean, hidden_mean = lax.fori_loop(0, counted, count, (visible, *empty))
    share = softmax(log_weight)
    drawn = visible[jax.random.categorical(choice, log_weight)]
    (mean, error), (hidden, hidden_error) = (_weighted(part, share) for part in (mean, hidden_mean))
    return Annealed(drawn, mean, hidden, jnp.where(known, 0, error), hidden_error)


def _weighted(
    means: Float[Array, "chains units"], share: Float[Array, " chains"]
) -> tuple[Float[Array, " units"], Float[Array, " units"]]:
    """Mean over chains and its standard error, three times which is at least 1 / (n + 2) of n chains of equal weight.

    In a mode of that probability it is no wonder if none of them ended; it moves the mean of a unit of 0 and 1 by no more.
    """
    mean, squares = share @ means, (share**2).sum()
    unseen = squares / (1 + 2 * squares) / 3
    return mean, jnp.maximum(jnp.sqrt(share**2 @ (means - mean) ** 2), unseen)
