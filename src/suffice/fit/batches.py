"""Rows in memory, checked, and cut into shuffled batches."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool, Int, Key

from suffice.rows.finite import sum_of
from suffice.runtime.arrays import Array
from suffice.runtime.types import ArrayLike, DType

INT32 = np.iinfo(np.int32)


def check_rows(data: ArrayLike | tuple[ArrayLike, ...], name: str = "data") -> tuple[np.ndarray, ...]:
    """Arrays that share their rows, as a tuple of NumPy arrays without NaN or infinity."""
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


def on_device(
    arrays: tuple[np.ndarray, ...], weight: np.ndarray, dtype: DType
) -> tuple[tuple[jax.Array, ...], jax.Array]:
    """Rows and weights as JAX arrays, without the rows of weight 0; whole numbers stay whole, as int32."""
    if not weight.all():
        arrays, weight = tuple(array[weight > 0] for array in arrays), weight[weight > 0]
    return tuple(jnp.asarray(array, _device_type(array, dtype)) for array in arrays), jnp.asarray(weight, dtype)


def shuffled_batches(
    key: Key[Array, ""], count: int, batch_size: int, alike: bool = False
) -> tuple[Int[Array, "batches rows"], Bool[Array, "batches rows"]]:
    """Row numbers in random order, cut into batches, and what is true of them: 1 a row, 0 filling up a batch."""
    n_batches = -(-count // batch_size)
    number = np.arange(n_batches, dtype=np.int32)
    short, balanced = count - batch_size * number, count // n_batches + (number < count % n_batches)
    sizes = balanced if alike else np.minimum(batch_size, short)
    start, place = (np.cumsum(sizes) - sizes)[:, None], jnp.arange(sizes[0], dtype=jnp.int32)
    true = place < jnp.asarray(sizes[:, None], jnp.int32)
    order = jax.random.permutation(key, jnp.arange(count, dtype=jnp.int32))
    return order[jnp.where(true, jnp.asarray(start, jnp.int32) + place, 0)], true


def _numbers(values: ArrayLike, name: str) -> np.ndarray:
    array = np.asarray(values)
    if array.dtype.kind not in "fiub":
        raise ValueError(
            f"{name} is of type {array.dtype}, not numbers in an array in memory; read files into an array first, "
            "and encode texts as numbers."
        )
    if array.ndim == 0:
        raise ValueError(f"{name} is a single number; its first axis must be the rows.")
    if array.dtype.kind == "f" and not np.isfinite(sum_of(array)):
        _refuse_not_finite(array, name)
    return array


def _refuse_not_finite(array: np.ndarray, name: str) -> None:
    bad = ~np.isfinite(array)
    if bad.any():
        place = tuple(int(i) for i in np.argwhere(bad)[0])
        raise ValueError(
            f"{name} holds {bad.sum()} values that are NaN or infinite, the first at {place}; "
            "fill in or drop these rows."
        )


def _device_type(array: np.ndarray, dtype: DType) -> DType:
    if array.dtype.kind == "f":
        return dtype
    if array.dtype.kind == "b" or not array.size or (array.min() >= INT32.min and array.max() <= INT32.max):
        return np.int32
    raise ValueError(
        f"Whole numbers must lie between {INT32.min} and {INT32.max}; found {array.min()} to {array.max()}."
    )
