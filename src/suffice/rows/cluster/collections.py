"""Dask arrays, data frames and lists of delayed blocks as partitions of rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from suffice.rows.cluster.labelled import Labelled
from suffice.rows.cluster.partitions import Partitions
from suffice.rows.cluster.tasks import Header, kinds_of, names_of
from suffice.rows.cluster.waiting import current_client, result_of
from suffice.rows.streams import is_collection


def partitioned(X: Any, sample_weight: Any = None) -> tuple[Any, Any]:
    """A Dask collection, with its weights, as partitions that bring them; any other rows and weights as they are."""
    return (_partitions(X, sample_weight), None) if is_collection(X) else (X, sample_weight)


def labelled_partitions(X: Any, y: Any, sample_weight: Any) -> Partitions:
    """A Dask collection with a label of each row, and its weights, as partitions of ``Labelled`` rows and weights."""
    plain = _partitions(X, None)
    if plain.weighted:
        raise ValueError("Delayed blocks with labels bring no weights: give sample_weight, a delayed block for each.")
    sides = [_beside(X, side, name) for side, name in [(y, "y"), (sample_weight, "sample_weight")] if side is not None]
    join = _delayed(_labelled)
    parts = [join(*own) for own in zip(plain.parts, *sides, strict=True)]
    return Partitions(parts, plain.header, weighted=len(sides) > 1, size=plain.size)


def _partitions(X: Any, sample_weight: Any) -> Partitions:
    if isinstance(X, list):
        return _of_delayed(X, sample_weight)
    if hasattr(X, "chunks"):
        X = whole_rows(X)
        parts, header = X.to_delayed().ravel().tolist(), Header(None, kinds_of(X))
        size = 0.0 if np.isnan(X.shape[0]) else float(X.nbytes)
    elif hasattr(X, "npartitions") and hasattr(X, "columns") and getattr(X, "ndim", 2) == 2:
        parts, header, size = X.to_delayed(), Header(list(X.columns), kinds_of(X)), 0.0
    else:
        raise ValueError(
            f"A Dask {type(X).__name__} was given; a Dask array (n, D), a Dask DataFrame or a list of delayed blocks is expected."
        )
    if sample_weight is None:
        return Partitions(parts, header, weighted=False, size=size)
    weight, pair = _beside(X, sample_weight, "sample_weight"), _delayed(_pair)
    paired = [pair(rows, own) for rows, own in zip(parts, weight, strict=True)]
    return Partitions(paired, header, weighted=True, size=size)


def whole_rows(X: Any) -> Any:
    """A Dask array (n, D) whose chunks hold whole rows."""
    if X.ndim != 2 or np.isnan(X.shape[1]):
        shown = ", ".join("unknown" if np.isnan(size) else str(size) for size in X.shape)
        raise ValueError(f"A Dask array of shape ({shown}) was given; (rows, D) with D known is expected.")
    return X if len(X.chunks[1]) == 1 else X.rechunk({1: -1})


def _of_delayed(blocks: list[Any], sample_weight: Any) -> Partitions:
    if sample_weight is not None:
        raise ValueError("Delayed blocks bring their own weights: give pairs (rows, weight), without sample_weight.")
    first = result_of(client := current_client(), client.compute(_delayed(_look)(blocks[0]), retries=2))
    return Partitions(blocks, first[0], weighted=first[1])


def _beside(X: Any, side: Any, name: str) -> list[Any]:
    """A number or label for each row of a collection, in partitions like its own."""
    if hasattr(X, "chunks"):
        return _in_chunks(side, X.chunks[0], name)
    if not is_collection(side) or isinstance(side, list) != isinstance(X, list):
        raise ValueError(
            f"{name} of a Dask DataFrame is a column of Dask's too, of the same partitions, such as frame[{name!r}]; of delayed "
            "blocks it is a list of as many."
        )
    parts = side if isinstance(side, list) else np.ravel(side.to_delayed()).tolist()
    count = len(X) if isinstance(X, list) else X.npartitions
    if len(parts) != count:
        raise ValueError(f"{name} has {len(parts)} partitions; {count}, as the rows have, are expected.")
    return parts


def _in_chunks(side: Any, chunks: tuple[Any, ...], name: str) -> list[Any]:
    if not is_collection(side):
        from dask import array

        side = np.asarray(side)
        side = array.from_array(side, chunks=side.shape)
    elif hasattr(side, "npartitions") and not hasattr(side, "chunks"):
        side = side.to_dask_array()
    if side.chunks != (chunks,):
        if side.ndim != 1 or np.isnan(sum(chunks)) or sum(chunks) != side.shape[0]:
            raise ValueError(
                f"{name} has shape {side.shape}; one for each row, in the chunks {chunks[:5]} of X, is expected."
            )
        side = side.rechunk((chunks,))
    return side.to_delayed().ravel().tolist()


def _pair(rows: Any, weight: Any) -> tuple[Any, np.ndarray]:
    return rows, np.asarray(weight)


def _labelled(rows: Any, labels: Any, weight: Any = None) -> Any:
    labelled = Labelled(rows, np.asarray(labels))
    return labelled if weight is None else (labelled, np.asarray(weight))


def _look(block: Any) -> tuple[Header, bool]:
    """The names of the columns of a block, and whether it brings weights."""
    rows = block[0] if isinstance(block, tuple) else block
    return Header(names_of(rows), kinds_of(rows)), isinstance(block, tuple)


def _delayed(fn: Any) -> Any:
    from dask.delayed import delayed

    return delayed(fn, pure=False)
