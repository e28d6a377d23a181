"""Dask arrays, data frames and lists of delayed blocks as partitions of rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from suffice.rows.cluster.partitions import Partitions
from suffice.rows.cluster.tasks import Header, kinds_of
from suffice.rows.cluster.waiting import current_client, result_of
from suffice.rows.streams import is_collection


def partitioned(X: Any, sample_weight: Any = None) -> tuple[Any, Any]:
    """A Dask collection, with its weights, as partitions that bring them; any other rows and weights as they are."""
    if not is_collection(X):
        return X, sample_weight
    if isinstance(X, list):
        return _of_delayed(X, sample_weight), None
    if hasattr(X, "chunks"):
        return _of_array(X, sample_weight), None
    if hasattr(X, "npartitions") and hasattr(X, "columns") and getattr(X, "ndim", 2) == 2:
        return _of_frame(X, sample_weight), None
    raise ValueError(
        f"A Dask {type(X).__name__} was given; a Dask array (n, D), a Dask DataFrame or a list of delayed blocks is expected."
    )


def whole_rows(X: Any) -> Any:
    """A Dask array (n, D) whose chunks hold whole rows."""
    if X.ndim != 2 or np.isnan(X.shape[1]):
        shown = ", ".join("unknown" if np.isnan(size) else str(size) for size in X.shape)
        raise ValueError(f"A Dask array of shape ({shown}) was given; (rows, D) with D known is expected.")
    return X if len(X.chunks[1]) == 1 else X.rechunk({1: -1})


def _of_array(X: Any, sample_weight: Any) -> Partitions:
    X = whole_rows(X)
    parts = X.to_delayed().ravel().tolist()
    header = Header(None, kinds_of(X))
    size = 0.0 if np.isnan(X.shape[0]) else float(X.nbytes)
    if sample_weight is None:
        return Partitions(parts, header, weighted=False, size=size)
    weight = _weights_in_chunks(sample_weight, X.chunks[0])
    return Partitions(_paired(parts, weight), header, weighted=True, size=size)


def _of_frame(X: Any, sample_weight: Any) -> Partitions:
    parts, header = X.to_delayed(), Header(list(X.columns), kinds_of(X))
    if sample_weight is None:
        return Partitions(parts, header, weighted=False)
    if not is_collection(sample_weight) or isinstance(sample_weight, list):
        raise ValueError(
            "sample_weight of a Dask DataFrame is a column of Dask's too, of the same partitions, such as frame['weight']."
        )
    return Partitions(_paired(parts, sample_weight.to_delayed()), header, weighted=True)


def _of_delayed(blocks: list[Any], sample_weight: Any) -> Partitions:
    if sample_weight is not None:
        raise ValueError("Delayed blocks bring their own weights: give pairs (rows, weight), without sample_weight.")
    first = result_of(client := current_client(), client.compute(_delayed(_look)(blocks[0]), retries=2))
    return Partitions(blocks, first[0], weighted=first[1])


def _weights_in_chunks(weight: Any, chunks: tuple[Any, ...]) -> list[Any]:
    if not is_collection(weight):
        from dask import array

        weight = np.asarray(weight)
        weight = array.from_array(weight, chunks=weight.shape)
    elif hasattr(weight, "npartitions") and not hasattr(weight, "chunks"):
        weight = weight.to_dask_array()
    if weight.chunks != (chunks,):
        if weight.ndim != 1 or np.isnan(sum(chunks)) or sum(chunks) != weight.shape[0]:
            raise ValueError(
                f"sample_weight has shape {weight.shape}; one for each row, in the chunks {chunks[:5]} of X, is expected."
            )
        weight = weight.rechunk((chunks,))
    return weight.to_delayed().ravel().tolist()


def _paired(parts: list[Any], weight: list[Any]) -> list[Any]:
    if len(parts) != len(weight):
        raise ValueError(f"sample_weight has {len(weight)} partitions; {len(parts)}, as the rows have, are expected.")
    pair = _delayed(_pair)
    return [pair(rows, own) for rows, own in zip(parts, weight, strict=True)]


def _pair(rows: Any, weight: Any) -> tuple[Any, np.ndarray]:
    return rows, np.asarray(weight)


def _look(block: Any) -> tuple[Header, bool]:
    """The names of the columns of a block, and whether it brings weights."""
    rows = block[0] if isinstance(block, tuple) else block
    columns = list(rows.columns) if hasattr(rows, "columns") else None
    return Header(columns, kinds_of(rows)), isinstance(block, tuple)


def _delayed(fn: Any) -> Any:
    from dask.delayed import delayed

    return delayed(fn, pure=False)
