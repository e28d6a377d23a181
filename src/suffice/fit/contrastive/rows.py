"""Rows to learn an energy model from: checked, dense or sparse, with missing cells or without."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import jax.numpy as jnp
import numpy as np
from scipy.sparse import csr_array

from suffice.energy.rbm.machine import BoltzmannMachine
from suffice.fit.batches import check_rows, few, lengthened
from suffice.fit.spanning import Shared, shared_rows, spans_processes
from suffice.rows.stored import Stored
from suffice.rows.unit_interval import ROUNDING, clipped
from suffice.rows.windows import settled
from suffice.runtime.types import DType, Sparse, is_sparse

DENSE_CELLS = 1 << 23
"""Cells of a sparse matrix that are dense at a time."""


def check_visible(data: Any, model: BoltzmannMachine, name: str, dtype: DType, *, missing: bool = False) -> Any:
    """Rows that suit the visible units of a model: a NumPy array, or sparse or stored rows where ``data`` are."""
    if spans_processes(data):
        return _shared_visible(data, model, name, dtype)
    data = settled(Stored(data) if isinstance(data, np.memmap) and data.size else data)
    if isinstance(data, Stored):
        return _stored_visible(data, model, name, dtype)
    n_visible, shape = len(model.visible_bias), np.shape(data)
    values = data.data if is_sparse(data) else np.asarray(data)
    absent = np.isnan(values) if missing and values.dtype.kind == "f" else None
    if absent is not None and absent.any():
        check_rows((np.where(absent, 0.0, values),), name)
        _refuse_empty(absent, name)
    elif values.size or not is_sparse(data):
        check_rows((values,), name)
    _refuse_shape(shape, n_visible, name)
    low, high = (np.fmin.reduce(values, axis=None), np.fmax.reduce(values, axis=None)) if values.size else (0.0, 0.0)
    _refuse_range(low, high, model, name)
    rows = cast(Sparse, csr_array(data, dtype=dtype)) if is_sparse(data) else np.asarray(values, dtype)
    return clipped(rows) if np.isfinite(model.visible_range[1]) and not 0 <= low <= high <= 1 else rows


def _stored_visible(data: Stored, model: BoltzmannMachine, name: str, dtype: DType) -> Stored:
    """Rows in files that suit the visible units of a model, which all have to be known."""
    _refuse_shape(data.shape, len(model.visible_bias), name)
    (rows,) = check_rows((data,), name)
    _refuse_range(rows.min(), rows.max(), model, name)
    bounded = np.isfinite(model.visible_range[1])
    return rows.then(lambda part: clipped(np.asarray(part, dtype)) if bounded else np.asarray(part, dtype))


def _shared_visible(data: Any, model: BoltzmannMachine, name: str, dtype: DType) -> Shared:
    """Rows of several processes that suit the visible units of a model, which all have to be known."""
    _refuse_shape(data.shape, len(model.visible_bias), name)
    rows = shared_rows(data, None, np.dtype(dtype).name)
    (array,) = rows.arrays
    _refuse_range(rows.reduced(jnp.min, array), rows.reduced(jnp.max, array), model, name)
    return rows


def _refuse_shape(shape: tuple[int, ...], n_visible: int, name: str) -> None:
    if len(shape) != 2 or shape[1] != n_visible:
        raise ValueError(f"{name} has shape {shape}; this model needs (rows, {n_visible}), a column a visible unit.")
    if not shape[0]:
        raise ValueError(f"{name} holds no rows; at least one is needed.")


def _refuse_range(low: float, high: float, model: BoltzmannMachine, name: str) -> None:
    least, most = model.visible_range
    if low < least - ROUNDING or high > most + ROUNDING:
        raise ValueError(
            f"{name} runs from {low:g} to {high:g}; binary units need values from 0 to 1: scale or binarise."
        )


def _refuse_empty(absent: np.ndarray, name: str) -> None:
    empty = np.flatnonzero(absent.all(axis=0)) if absent.ndim == 2 else ()
    if len(empty):
        raise ValueError(
            f"Every cell of columns {', '.join(map(str, empty[:20]))} of {name} is missing; leave these columns out."
        )


def dense(rows: np.ndarray | Sparse, chosen: slice | np.ndarray) -> np.ndarray:
    """Some rows as an array."""
    return rows[chosen].toarray() if is_sparse(rows) else rows[chosen]


def tiles(rows: Sparse, weight: np.ndarray, index: np.ndarray) -> Iterator[tuple[slice, np.ndarray, np.ndarray]]:
    """Batches a stretch at a time: which, their rows made dense, and their weights, in the order of ``index``; then others."""
    across = max(1, DENSE_CELLS // (index.shape[1] * rows.shape[1]))
    for start in range(0, len(index), across):
        here = slice(start, start + across)
        own = index[here]
        order = lengthened(own, min(across, few(len(own)))).ravel()
        yield here, rows[order].toarray(), weight[order]
