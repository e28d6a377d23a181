"""Sweeps over the spins of an Ising field, one colour of the checkerboard after the other."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Bool, Int, Key, Num, UInt

from suffice.energy.grid.checkerboard import Layout, inner, neighbour_sum, odd_rows, replaced, split
from suffice.energy.grid.reductions import row_totals
from suffice.energy.grid.relaxation import Relaxed, relax
from suffice.energy.random_words import random_words
from suffice.runtime.arrays import Array
from suffice.runtime.compiling import compiled

LARGEST_WORD = 2**32 - 1

Colours: TypeAlias = tuple[Int[Array, "B padded"], Int[Array, "B padded"]]
"""The black and the white spins, with margins."""


class Observed(NamedTuple):
    """Noisy pixels of both colours, -1 or +1 and 0 where there is no pixel (B, H * stride), which rows are odd, and the number
    of the first image, so that each image of a batch has random numbers of its own."""

    black: Int[Array, "B cells"]
    white: Int[Array, "B cells"]
    odd: Bool[Array, "1 cells"]
    first: np.integer | UInt[Array, ""]


def observed(images: np.ndarray, first: int = 0) -> Observed:
    """Noisy images (B, H, W) of -1 and +1 as sweeps take them, and the number of the first one."""
    layout = Layout(*images.shape)
    black, white = (inner(colour, layout) for colour in split(images))
    return Observed(black, white, odd_rows(layout), np.uint32(first))


def thresholds(fields: np.ndarray) -> np.ndarray:
    """Words below which a random word makes a spin +1, with probability 1 / (1 + exp(-2 field))."""
    with np.errstate(over="ignore"):
        probability = 1 / (1 + np.exp(-2 * fields))
    return np.minimum(np.floor(probability * 2.0**32), LARGEST_WORD).astype(np.uint32)


def looked_up(
    table: UInt[Array, "2 9"], total: Int[Array, "B cells"], seen: Int[Array, "B cells"]
) -> UInt[Array, "B cells"]:
    """``table[(seen + 1) / 2, total + 4]`` of every cell, without a gather."""
    rows = [_by_total(table[row], total, 0, 8) for row in (0, 1)]
    return jnp.where(seen > 0, rows[1], rows[0])


def _by_total(
    row: UInt[Array, " 9"], total: Int[Array, "B cells"], low: int, high: int
) -> UInt[Array, "B cells"] | UInt[Array, ""]:
    if low == high:
        return row[low]
    middle = (low + high + 1) // 2
    return jnp.where(total >= middle - 4, _by_total(row, total, middle, high), _by_total(row, total, low, middle - 1))


def likelier(
    table: Int[Array, "2 9"], total: Int[Array, "B cells"], seen: Int[Array, "B cells"], own: Int[Array, "B cells"]
) -> Int[Array, "B cells"]:
    """The likelier value of every cell, its ``own`` where both are alike: two comparisons in place of the whole table."""
    down, up = ((table < 0).sum(1) - 4).astype(jnp.int8), (5 - (table > 0).sum(1)).astype(jnp.int8)
    below, above = (jnp.where(seen > 0, bound[1], bound[0]) for bound in (down, up))
    return jnp.where(total >= above, jnp.int8(1), jnp.where(total < below, jnp.int8(-1), own))


def gibbs_sweep(
    spins: Colours, key: Key[Array, ""], table: UInt[Array, "2 9"], seen: Observed, layout: Layout
) -> Colours:
    """Both colours drawn once from their conditionals."""
    words = lax.optimization_barrier(random_words(key, (layout.count, layout.cells), seen.first))
    black, white = spins

    def drawn(
        other: Int[Array, "B padded"],
        to_the_right: Bool[Array, "1 cells"],
        pixels: Int[Array, "B cells"],
        word: UInt[Array, "B cells"],
    ) -> Int[Array, "B cells"]:
        up = word < looked_up(table, neighbour_sum(other, to_the_right, layout), pixels)
        return jnp.where(up, jnp.int8(1), jnp.int8(-1)) * jnp.abs(pixels)

    black = replaced(black, drawn(white, seen.odd, seen.black, words[0]), layout)
    black = lax.optimization_barrier(black)
    return black, replaced(white, drawn(black, ~seen.odd, seen.white, words[1]), layout)


def descent_sweep(spins: Colours, table: Int[Array, "2 9"], seen: Observed, layout: Layout) -> Colours:
    """Both colours set to the likelier value once; a spin with equal energies stays."""
    black, white = spins

    def better(
        own: Int[Array, "B padded"],
        other: Int[Array, "B padded"],
        to_the_right: Bool[Array, "1 cells"],
        pixels: Int[Array, "B cells"],
    ) -> Int[Array, "B cells"]:
        total = neighbour_sum(other, to_the_right, layout)
        return likelier(table, total, pixels, inner(own, layout)) * jnp.abs(pixels)

    black = replaced(black, better(black, white, seen.odd, seen.black), layout)
    black = lax.optimization_barrier(black)
    return black, replaced(white, better(white, black, ~seen.odd, seen.white), layout)


def sums(
    spins: tuple[Num[Array, "B padded"], Num[Array, "B padded"]], seen: Observed, layout: Layout
) -> Num[Array, "B 3"]:
    """Sums over each image of x_i, of x_i x_j over neighbours, and of x_i y_i, (B, 3)."""
    black, white = (inner(colour, layout) for colour in spins)
    beside = neighbour_sum(spins[1], seen.odd, layout)
    terms = (black + white, black * beside, black * seen.black + white * seen.white)
    return jnp.stack([row_totals(term) for term in terms], 1)


@compiled
def annealed(
    spins: Colours, key: Key[Array, ""], tables: UInt[Array, "sweeps 2 9"], seen: Observed, layout: Layout
) -> tuple[Colours, Int[Array, "sweeps B 3"]]:
    """Gibbs sweeps by a table each: the spins at the end, and the ``sums`` after every sweep (sweeps, B, 3)."""

    def sweep(spins: Colours, now: tuple[Key[Array, ""], UInt[Array, "2 9"]]) -> tuple[Colours, Int[Array, "B 3"]]:
        key, table = now
        spins = gibbs_sweep(spins, key, table, seen, layout)
        return spins, sums(spins, seen, layout)

    return lax.scan(sweep, spins, (_keys(key, len(tables)), tables))


@compiled
def descent(spins: Colours, table: Int[Array, "2 9"], seen: Observed, layout: Layout, max_iter: int) -> Relaxed:
    """Iterated conditional modes until no spin changes; traced are the ``sums``."""
    sweep = partial(descent_sweep, table=table, seen=seen, layout=layout)
    measure = partial(sums, seen=seen, layout=layout)
    return relax(spins, sweep, measure, max_iter=max_iter, tol=0.0, watched=lambda spins: spins[1])


@compiled
def counted(
    spins: Colours,
    key: Key[Array, ""],
    table: UInt[Array, "2 9"],
    seen: Observed,
    layout: Layout,
    sweeps: int,
    burn_in: int,
) -> tuple[list[Int[jax.Array, "B padded"]], Int[Array, "sweeps B 3"]]:
    """How often each spin was +1 in Gibbs sweeps after others that do not count, colours with margins, and their ``sums``."""

    def sweep(spins: Colours, key: Key[Array, ""]) -> Colours:
        return gibbs_sweep(spins, key, table, seen, layout)

    def counting(carry: Any, key: Key[Array, ""]) -> tuple[Any, Int[Array, "B 3"]]:
        now = sweep(carry[0], key)
        counts = [count + (colour > 0) for count, colour in zip(carry[1], now, strict=True)]
        return (now, counts), sums(now, seen, layout)

    keys = _keys(key, burn_in + sweeps)
    spins, _ = lax.scan(lambda spins, key: (sweep(spins, key), None), spins, keys[:burn_in])
    counts = [jnp.zeros(colour.shape, jnp.int32) for colour in spins]
    (_, counts), totals = lax.scan(counting, (spins, counts), keys[burn_in:])
    return counts, totals


def _keys(key: Key[Array, ""], sweeps: int) -> Key[Array, " sweeps"]:
    """A key for each sweep."""
    return jax.vmap(lambda number: jax.random.fold_in(key, number))(jnp.arange(sweeps, dtype=jnp.uint32))
