"""The one door for data: what they are decides where their rows are summed."""

from __future__ import annotations

import operator
from functools import partial
from typing import Any

import numpy as np
from jaxtyping import Float
from scipy.sparse import issparse

from suffice.rows.base import Place
from suffice.rows.block import kind_on_device, row_count, row_weight
from suffice.rows.host import on_host, sparse_batches, sparse_on_host
from suffice.rows.missing import MaskedRows, MissingLayout, any_missing
from suffice.rows.sparse import DenseBlocks, SparseRows
from suffice.rows.sparse_stream import SparseBatches
from suffice.rows.streams import (
    WEIGHTS_OF_STREAMS,
    devices_of,
    is_collection,
    is_stream,
    pairs,
    partitions_of,
    repeatable,
)
from suffice.runtime import tree
from suffice.runtime.arrays import Array
from suffice.runtime.precision import dtype_of
from suffice.runtime.road import passes_by_numpy


def place(
    data: Any,
    weight: Any = None,
    *,
    origin: Float[Array, " D"] | None = None,
    precision: str,
    tile: int,
    missing: MissingLayout | None = None,
    width: int | None = None,
) -> Place:
    """Where the rows of data can be summed, measured from ``origin`` (D,); to be called inside the scope of ``precision``.

    Data are an array (n, D), a table, a list of rows or a sparse matrix (``SparseRows`` where a model works at what is stored,
    dense a block at a time elsewhere); a pytree of arrays with one first axis; arrays sharded
    over devices; batches; or a place, which stays as it is. ``missing`` says how rows lie where cells are missing. ``width``
    says how often each cell is worked at, once for every component and restart: little work is NumPy's, see
    ``suffice.runtime.road``; without it all is JAX's.
    """
    if isinstance(data, Place):
        return data
    if is_collection(data) or partitions_of(data) is not None:
        from suffice.rows.cluster.collections import partitioned
        from suffice.rows.cluster.place import OnWorkers

        data, weight = partitioned(data, weight)
        if weight is not None:
            raise ValueError(WEIGHTS_OF_STREAMS)
        options = {"precision": precision, "tile": tile, "missing": missing, "width": width}
        return OnWorkers(data, origin, options)
    dtype = dtype_of(precision)
    if isinstance(_rows(data), SparseRows):
        return sparse_on_host(data, weight, dtype, missing is not None)
    if isinstance(data, SparseBatches):
        return sparse_batches(data, dtype, missing is not None)
    if issparse(data):
        data, weight = DenseBlocks(data, weight), None
    if _come_in_batches(data):
        from suffice.rows.blocks import batches

        return batches(data, weight, origin, dtype, tile, missing)
    arrays = data if devices_of(data) else _arrays(data)
    if width is not None and not devices_of(arrays):
        rows = arrays[0] if isinstance(arrays, tuple) else arrays
        if passes := passes_by_numpy(_work(rows, width, missing), wide=len(rows) <= rows[:1].size):
            further = partial(place, arrays, weight, origin=origin, precision=precision, tile=tile, missing=missing)
            return on_host(arrays, weight, origin, dtype, tile, missing, passes, further)
    return _of_jax(arrays, weight, origin, precision, tile, missing)


def _work(rows: Any, width: int, missing: MissingLayout | None) -> float:
    """Work of a pass over rows (n, D), each cell of which is worked at so often: with all others where cells are regressed."""
    return float(rows.size) * width * (rows[:1].size if missing == "patterns" else 1)


def _of_jax(
    arrays: Any,
    weight: Any,
    origin: Float[Array, " D"] | None,
    precision: str,
    tile: int,
    missing: MissingLayout | None,
) -> Place:
    import jax  # noqa: F401

    if missing == "patterns":
        from suffice.rows.blocks import by_pattern

        return by_pattern(tree.map_leaves(np.asarray, arrays), weight, origin, dtype_of(precision), tile)
    if missing == "mask":
        arrays = (MaskedRows(arrays[0]), *arrays[1:]) if isinstance(arrays, tuple) else MaskedRows(arrays)
    return _of_arrays(arrays, weight, origin, precision, tile)


def _of_arrays(arrays: Any, weight: Any, origin: Float[Array, " D"] | None, precision: str, tile: int) -> Place:
    import jax

    from suffice.rows.blocks import THREADED_BYTES, shared_out
    from suffice.rows.memory import Memory, one_block
    from suffice.rows.mesh import spread

    dtype = dtype_of(precision)
    if devices_of(arrays):
        return spread(arrays, weight, origin, dtype, tile)
    size = sum(leaf.size * kind_on_device(leaf, dtype).itemsize for leaf in tree.leaves(arrays))
    if size < THREADED_BYTES or jax.default_backend() != "cpu":
        return Memory(one_block(arrays, weight, origin=origin, precision=precision, tile=tile), origin)
    return shared_out(arrays, row_weight(row_count(arrays), weight, dtype), origin, dtype, size, tile)


def missing_layout(layout: MissingLayout | None, data: Any) -> MissingLayout | None:
    """The layout that a function of rows asks for, where some cells of the data are missing; else None."""
    if layout is None or isinstance(data, Place):
        return None
    if is_collection(data):
        from suffice.rows.cluster.collections import partitioned

        data, _ = partitioned(data)
    if isinstance(_rows(data), SparseRows):
        parts = [_rows(data).matrix.data]
    elif issparse(data):
        parts = [data.data]
    elif partitions_of(data) is not None:
        from suffice.rows.cluster.partitions import reduced
        from suffice.rows.cluster.place import has_missing

        return layout if reduced(data, has_missing, operator.or_) else None
    elif isinstance(data, SparseBatches):
        parts = (rows.matrix.data for rows, _ in data)
    elif _come_in_batches(data):
        parts = (rows for rows, _ in pairs(repeatable(data)))
    else:
        parts = [_arrays(data[0] if isinstance(data, tuple) else data)]
    return layout if any(map(any_missing, parts)) else None


def _come_in_batches(data: Any) -> bool:
    return is_stream(data) or isinstance(data, DenseBlocks)


def _rows(data: Any) -> Any:
    """The rows of a pair of them and codes, or all."""
    return data[0] if isinstance(data, tuple) and data else data


def _arrays(data: Any) -> Any:
    """Arrays, tables and lists of rows as NumPy arrays of numbers."""
    arrays = tree.map_leaves(np.asarray, data, is_leaf=lambda part: isinstance(part, list))
    for leaf in tree.leaves(arrays):
        if leaf.dtype.kind in "OUSMm":
            raise ValueError(
                f"Rows of type {leaf.dtype} were given; numbers are expected: encode texts, make rows of one length."
            )
    return arrays
