"""What a fitted estimator says of each row of a Dask collection, as another one: nothing is computed before it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

import numpy as np
from sklearn.utils import get_tags

from suffice.rows.streams import is_collection

Method = TypeVar("Method", bound=Callable[..., Any])


def lazily(name: str) -> Callable[[Method], Method]:
    """A method of rows that gives, for a Dask collection, one of what it gives for each partition; ``name`` its columns.

    Of a Dask array it is an array with the same chunks of rows, of a Dask DataFrame a Series or DataFrame with its index, of a
    list of delayed blocks such a list.
    """

    def decorate(method: Method) -> Method:
        @wraps(method)
        def run(self: Any, X: Any, *args: Any, **options: Any) -> Any:
            if not is_collection(X):
                return method(self, X, *args, **options)
            return _collection(_OfRows(method, self, args, options), X, name)

        return cast(Method, run)

    return decorate


class _OfRows:
    """A method of a fitted estimator as a function of rows, which may be none."""

    def __init__(
        self, method: Callable[..., Any], owner: Any, args: Any, options: dict[str, Any], part: int | None = None
    ):
        self.name, self.owner, self.args, self.options, self.part = method.__name__, owner, args, options, part

    def __call__(self, rows: Any) -> Any:
        found = getattr(self.owner, self.name)(rows, *self.args, **self.options)
        return found if self.part is None else found[self.part]

    def part_of(self, part: int) -> _OfRows:
        """One of several results of the method."""
        made = object.__new__(_OfRows)
        made.__dict__.update(self.__dict__, part=part)
        return made


def _collection(fn: _OfRows, X: Any, name: str) -> Any:
    if isinstance(X, list):
        from dask.delayed import delayed

        return [delayed(_of_block, pure=True)(fn, block) for block in X]
    if fn.options.get("draws") is not None:
        raise ValueError("draws of a Dask collection are not made; impute it by means, or draw partition by partition.")
    trial = fn(_trial_row(fn, X, name))
    if not isinstance(trial, tuple):
        return _lazy(fn, X, trial, name)
    return tuple(_lazy(fn.part_of(part), X, one, name) for part, one in enumerate(trial))


def _lazy(fn: _OfRows, X: Any, trial: Any, name: str) -> Any:
    if hasattr(X, "chunks"):
        return _array(fn, X, np.asarray(trial))
    if not hasattr(trial, "columns"):
        trial = _table(np.asarray(trial), None, _names(fn.owner, X, np.shape(trial), name))
    return X.map_partitions(_of_frame, fn, trial.iloc[:0], meta=trial.iloc[:0])


def _array(fn: _OfRows, X: Any, trial: np.ndarray) -> Any:
    from suffice.rows.cluster.collections import whole_rows

    X = whole_rows(X)
    chunks = (X.chunks[0], *((size,) for size in trial.shape[1:]))
    further = (
        {"drop_axis": 1} if trial.ndim == 1 else {"new_axis": list(range(2, trial.ndim))} if trial.ndim > 2 else {}
    )
    return X.map_blocks(_of_rows, fn, trial[:0], chunks=chunks, dtype=trial.dtype, meta=trial[:0], **further)


def _of_rows(rows: Any, fn: _OfRows, nothing: np.ndarray) -> np.ndarray:
    return np.asarray(fn(rows)) if len(rows) else nothing


def _of_frame(rows: Any, fn: _OfRows, nothing: Any) -> Any:
    if not len(rows):
        return nothing
    found = fn(rows)
    if hasattr(found, "columns"):
        return found.set_axis(rows.index, axis=0)
    return _table(np.asarray(found), rows.index, list(nothing.columns) if nothing.ndim == 2 else nothing.name)


def _of_block(fn: _OfRows, block: Any) -> Any:
    rows: Any = block[0] if isinstance(block, tuple) else block
    if len(rows):
        return fn(rows)
    tried = fn(_row_for(fn, rows))
    return tuple(part[:0] for part in tried) if isinstance(tried, tuple) else tried[:0]


def _table(values: np.ndarray, index: Any, names: Any) -> Any:
    import pandas as pd

    if values.ndim == 1:
        return pd.Series(values, index=index, name=names)
    return pd.DataFrame(values, index=index, columns=names)


def _names(owner: Any, X: Any, shape: Any, name: str) -> Any:
    if len(shape) == 1:
        return name
    if len(shape) > 2:
        raise ValueError("A matrix for each row does not fit into a DataFrame; give X.to_dask_array() in its place.")
    if name == "cells":
        return list(getattr(owner, "states_", X.columns))
    _, width = shape
    return [f"{name} {part}" for part in getattr(owner, "classes_", range(width))]


def _trial_row(fn: _OfRows, X: Any, name: str) -> Any:
    """A row on which a method is tried: cells are missing, but where a network of states would have to infer all of them."""
    row, states = _row_for(fn, X), getattr(fn.owner, "states_", None)
    if name != "cells" or states is None:
        return row
    first = {node: 0 if fn.options.get("coded") else labels[0] for node, labels in states.items()}
    if hasattr(row, "columns"):
        return row.assign(**{node: [label] for node, label in first.items() if node in row.columns})
    return np.array([list(first.values())], row.dtype)


def _row_for(fn: _OfRows, X: Any) -> Any:
    """A row of missing cells in the columns of a collection or block, of zeros for what takes none missing."""
    gaps = get_tags(fn.owner).input_tags.allow_nan
    if hasattr(X, "columns"):
        row = getattr(X, "_meta", X).reindex([0])
        return row if gaps else row.fillna(0.0)
    cell: Any = (0.0, float) if not gaps else (None, object) if X.dtype == object else (np.nan, float)
    return np.full((1, X.shape[1]), *cell)
