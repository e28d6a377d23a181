"""What a worker does with a partition: read it, check it and keep it, work at it, and add results."""

from __future__ import annotations

import pickle
from copy import copy
from functools import cache, lru_cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import issparse

from suffice.rows.base import Place
from suffice.rows.cluster.labelled import Labelled
from suffice.rows.cluster.waiting import ClusterError
from suffice.rows.streams import parted
from suffice.runtime.blas import one_blas_thread
from suffice.runtime.threads import alone

PLACES = 2
"""Layouts of a partition's rows that are kept: those of a fit, and those of its last look."""
PACKAGES = ("suffice", "jax", "numpy")


class Header(NamedTuple):
    """Names of columns, and the kind of numbers or text in each, that every partition should have."""

    columns: list[Any] | None
    kinds: list[str]

    @property
    def width(self) -> int:
        """Number of columns."""
        return len(self.kinds)


class Kept:
    """The rows of a partition, checked, and their weights, (n,); laid out for sums by the worker that has them."""

    def __init__(self, rows: Any, weight: np.ndarray):
        self.rows, self.weight = rows, weight
        self.places: dict[Any, Place] = {}

    @property
    def count(self) -> int:
        """Number of rows."""
        return len(self.weight)

    def place(self, origin: np.ndarray | None, options: dict[str, Any]) -> Place:
        """The rows laid out for sums."""
        from suffice.rows.place import place

        key = (None if origin is None else origin.tobytes(), *options.items())
        if key not in self.places:
            for old in list(self.places)[: 1 - PLACES]:
                del self.places[old]
            labelled = isinstance(self.rows, Labelled)
            rows = (self.rows.rows, self.rows.labels + 1) if labelled else self.rows
            self.places[key] = place(rows, self.weight, origin=origin, **options)
        return self.places[key]

    def __reduce__(self) -> Any:
        return Kept, (self.rows, self.weight)

    def __sizeof__(self) -> int:
        rows = getattr(self.rows, "nbytes", None)
        rows = int(self.rows.memory_usage(deep=True).sum()) if rows is None else rows
        return self.weight.nbytes + (1 + len(self.places)) * rows


def same(value: Any) -> Any:
    """The value: a task that gives it, which is done again where the worker that had it is lost."""
    return value


def keep(part: Any, number: int, shared: tuple[bytes, Header, dict[str, str | None]]) -> Kept:
    """A partition as the estimator's stream gives it, so that it can be summed again and again."""
    recipe, header, there = shared
    _refuse_other_versions(there)
    try:
        _refuse_other_columns(_rows_in(part), header)
        with one_blas_thread():
            rows = [pair for pair in parted(filled(_loads(recipe), [part])) if len(pair[1])]
    except (ValueError, TypeError) as error:
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(f"Partition {number} (counted from 0): {error}") from None
    return Kept(*rows[0]) if rows else Kept(np.zeros((0, 0)), np.zeros(0))


def _rows_in(part: Any) -> Any:
    rows = part[0] if isinstance(part, tuple) else part
    return rows.rows if isinstance(rows, Labelled) else rows


def work(kept: Kept, number: int, task: bytes) -> Any:
    """What a task's function makes of the rows of a partition; None where it has none."""
    if not kept.count:
        return None
    with one_blas_thread(), alone():
        return _loads(task)[0](kept, number)


def join(task: bytes, *results: Any) -> Any:
    """Results of partitions, added in their order."""
    add, sums = _loads(task)[1], None
    for result in results:
        if result is not None:
            sums = result if sums is None else add(sums, result)
    return sums


def filled(around: Any, batches: list[Any]) -> Any:
    """A stream's wrappers around these batches."""
    if not hasattr(around, "source"):
        return batches
    made = copy(around)
    made.source = filled(around.source, batches)
    return made


@cache
def versions() -> dict[str, str | None]:
    """Versions of what computes, by name."""
    return {name: _version(name) for name in PACKAGES}


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


@lru_cache(maxsize=8)
def _loads(data: bytes) -> Any:
    """The value of these bytes, one for all partitions of a worker: what is compiled for it then serves them all."""
    return pickle.loads(data)


def _refuse_other_versions(there: dict[str, str | None]) -> None:
    for name, here in versions().items():
        if there[name] != here:
            raise ClusterError(
                f"A worker has {name} {here}, and the client has {there[name]}: install the same versions on all of them."
            )


def _refuse_other_columns(rows: Any, header: Header) -> None:
    names = names_of(rows)
    if None not in (header.columns, names) and names != header.columns:
        raise ValueError(f"it has the columns {names[:20]}; {header.columns} are expected, as in the first.")
    kinds, named = kinds_of(rows), header.columns or range(len(header.kinds))
    if len(kinds) != len(header.kinds):
        raise ValueError(f"it has {len(kinds)} columns; {len(header.kinds)} are expected, as in the first partition.")
    for name, kind, expected in zip(named, kinds, header.kinds, strict=True):
        if kind != expected:
            raise ValueError(
                f"its column {name!r} holds {kind}, and {expected} is expected, as in the first partition."
            )


def names_of(rows: Any) -> Any:
    """Names of the columns of a table, of pandas or Arrow; None of an array."""
    if hasattr(rows, "column_names"):
        return list(rows.column_names)
    return list(rows.columns) if hasattr(rows, "columns") else None


def kinds_of(rows: Any) -> list[str]:
    """What each column of a table, or of an array, holds: numbers, or the name of its type."""
    if hasattr(rows, "schema"):
        return [_kind(str(kind), np.dtype(kind.to_pandas_dtype())) for kind in rows.schema.types]
    if issparse(rows) or not (hasattr(rows, "dtypes") or np.ndim(rows) == 2):
        raise ValueError(
            "A block is a table, an array (rows, D), or a pair of one and weights; sparse ones are not taken."
        )
    rows = rows if hasattr(rows, "dtype") or hasattr(rows, "dtypes") else np.asarray(rows)
    types = list(rows.dtypes) if hasattr(rows, "dtypes") else [rows.dtype] * rows.shape[1]
    return [_kind(str(kind), kind) for kind in types]


def _kind(name: str, kind: Any) -> str:
    return "number" if getattr(kind, "kind", "O") in "iufb" else name
