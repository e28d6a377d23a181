"""Rows checked, and cut into shuffled batches."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Bool, Int, Key

from suffice.rows.block import rounded
from suffice.rows.finite import sum_of
from suffice.rows.stored import Stored, any_stored, is_mapped, mapped, pieces
from suffice.rows.windows import settled
from suffice.runtime.arrays import Array
from suffice.runtime.types import ArrayLike, DType

INT32 = np.iinfo(np.int32)


def check_rows(data: ArrayLike | Stored | tuple[ArrayLike | Stored, ...], name: str = "data") -> tuple[Any, ...]:
    """Arrays that share their rows, as a tuple of NumPy arrays or stored ones, without NaN or infinity."""
    parts = data if isinstance(data, (tuple, list)) else (data,)
    arrays = tuple(_numbers(part, name if len(parts) == 1 else f"{name}[{i}]") for i, part in enumerate(parts))
    counts = [len(array) for array in arrays]
    if not counts or min(counts) == 0:
        raise ValueError(f"{name} holds no rows; at least one is needed.")
    if len(set(counts)) > 1:
        raise ValueError(f"{name} holds arrays of {counts} rows; all need the same number.")
    return arrays


def check_weight(weight: ArrayLike | None, count: int) -> np.ndarray:
    """Row weights as float64, one for each of ``count`` rows; None is 1 for every row."""
    if weight is None:
        return np.ones(count)
    weight = np.asarray(weight, np.float64)
    if weight.shape != (count,):
        raise ValueError(f"weight has shape {weight.shape}; {count} rows need shape ({count},).")
    if not (np.isfinite(weight).all() and weight.min() >= 0 and weight.max() > 0):
        raise ValueError("Weights must be finite, at least 0 and not all 0; these are not.")
    return weight


def relative(weight: np.ndarray) -> np.ndarray:
    """Row weights (n,) over the mean of those that are not 0."""
    largest = weight.max()
    share = weight / largest
    return share / share[weight > 0].mean()


def typed(arrays: tuple[Any, ...], weight: np.ndarray, dtype: DType) -> tuple[tuple[Any, ...], np.ndarray]:
    """Rows and weights as JAX takes them, in memory without the rows of weight 0; whole numbers stay whole, as int32."""
    if not weight.all() and not any_stored(arrays):
        arrays, weight = tuple(array[weight > 0] for array in arrays), weight[weight > 0]
    kinds = [_device_type(array, dtype) for array in arrays]
    rows = (mapped(partial(np.asarray, dtype=kind), array) for array, kind in zip(arrays, kinds, strict=True))
    return tuple(rows), np.asarray(weight, dtype)


def lengthened(array: np.ndarray, length: int) -> np.ndarray:
    """An array with zeros for further rows, so that it has ``length`` of them."""
    if len(array) == length:
        return array
    longer = np.zeros((length, *array.shape[1:]), array.dtype)
    longer[: len(array)] = array
    return longer


def few(number: int) -> int:
    """A number of batches rounded up, so that few programs are compiled: to a power of two, beyond 16 to 3 significant bits."""
    return 1 << (number - 1).bit_length() if number <= 16 else rounded(number)


class Plan(NamedTuple):
    """Where each batch begins among shuffled rows and how many it has, (batches,); how many batches there are, and rows.

    Batches that are not there fill up their number, and rows that are not there each batch, whose ``places`` are numbered: so
    few programs serve any number of rows.
    """

    start: Int[Array, " batches"]
    size: Int[Array, " batches"]
    places: Int[Array, " rows"]
    used: np.int32
    count: np.int32

    @property
    def length(self) -> int:
        """Rows that there are room for."""
        return len(self.start) * len(self.places)


def plan_of(count: int, batch_size: int, alike: bool = False) -> Plan:
    """Batches of ``batch_size`` rows, the last with fewer; where they are ``alike``, they differ by a row at most."""
    used = -(-count // batch_size)
    number = np.arange(used)
    short, balanced = count - batch_size * number, count // used + (number < count % used)
    sizes = balanced if alike else np.minimum(batch_size, short)
    most = rounded(int(sizes[0])) if used > 1 else room(count, batch_size)
    return Plan(
        lengthened((np.cumsum(sizes) - sizes).astype(np.int32), few(used)),
        lengthened(sizes.astype(np.int32), few(used)),
        np.arange(min(batch_size, most), dtype=np.int32),
        np.int32(used),
        np.int32(count),
    )


def room(rows: int, batch_size: int, least: int = 32) -> int:
    """Rows that a batch of so few is filled up to, ``batch_size`` at most: a power of two, beyond 256 to 3 significant bits."""
    return min(batch_size, max(least, 1 << (rows - 1).bit_length() if rows <= 256 else rounded(rows)))


def shuffled_batches(
    key: Key[Array, ""], plan: Plan, rounds: int
) -> tuple[Int[Array, "batches rows"], Bool[Array, "batches rows"]]:
    """Row numbers in random order, cut into batches, and what is true of them: 1 a row, 0 filling up a batch."""
    true = plan.places < jnp.asarray(plan.size)[:, None]
    order = permuted(key, plan.count, plan.length, rounds)
    return order[jnp.where(true, jnp.asarray(plan.start)[:, None] + plan.places, 0)], true


def rounds_of(count: int) -> int:
    """How often so many rows are sorted by random words: often enough that words alike do not matter."""
    return int(np.ceil(3 * np.log(max(1, count)) / np.log(np.iinfo(np.uint32).max)))


def permuted(key: Key[Array, ""], count: Int[Array, ""] | np.int32, length: int, rounds: int) -> Int[Array, " length"]:
    """``jax.random.permutation`` of the first ``count`` numbers, whatever the length that they are filled up to."""
    place = order = jnp.arange(length, dtype=jnp.int32)
    for _ in range(rounds):
        key, own = jax.random.split(key)
        words = jnp.where(place < count, jax.random.bits(own, (length,), jnp.uint32), np.uint32(0xFFFFFFFF))
        order = lax.sort_key_val(words, order)[1]
    return order


def _numbers(values: Any, name: str) -> Any:
    stored = values if isinstance(values, Stored) else Stored(values) if is_mapped(values) and values.size else None
    array = np.asarray(values) if stored is None else settled(stored)
    if array.dtype.kind not in "fiub":
        raise ValueError(
            f"{name} is of type {array.dtype}, not numbers in an array in memory; read files into an array first, "
            "and encode texts as numbers."
        )
    if not array.shape:
        raise ValueError(f"{name} is a single number; its first axis must be the rows.")
    first = 0
    for part in pieces(array):
        if array.dtype.kind == "f" and not np.isfinite(sum_of(part)):
            _refuse_not_finite(part, name, first)
        first += len(part)
    return array


def _refuse_not_finite(array: np.ndarray, name: str, first: int) -> None:
    bad = ~np.isfinite(array)
    if bad.any():
        row, *others = (int(i) for i in np.argwhere(bad)[0])
        place = (first + row, *others)
        raise ValueError(
            f"{name} holds {bad.sum()} values that are NaN or infinite, the first at {place}; "
            "fill in or drop these rows."
        )


def _device_type(array: Any, dtype: DType) -> DType:
    if array.dtype.kind == "f":
        return dtype
    if array.dtype.kind == "b" or not array.size or (array.min() >= INT32.min and array.max() <= INT32.max):
        return np.int32
    raise ValueError(
        f"Whole numbers must lie between {INT32.min} and {INT32.max}; found {array.min()} to {array.max()}."
    )
