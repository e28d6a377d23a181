"""The different labels of a column, in order, and which of them stands in each cell."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from suffice.runtime.types import Cell

WIDEST = 1_000_000
"""Largest span of whole numbers that is looked up in a list."""

COLLECTIONS = "Cells hold lists or other collections; labels are text, numbers or truth values."


class Labelled(NamedTuple):
    """Places (n,) of cells among ``labels``, -1 where a cell is missing; whether the column itself declares these labels."""

    places: np.ndarray
    labels: list[Any]
    declared: bool = False


def labelled(cells: Any) -> Labelled:
    """Labels of a column: of NumPy, pandas, polars or Arrow."""
    if hasattr(cells, "dtype") and str(cells.dtype) == "category":
        return Labelled(np.asarray(cells.cat.codes), _plain(cells.cat.categories.tolist()), declared=True)
    if isinstance(cells, np.ndarray) and cells.dtype.kind in "biuf":
        return _of_numbers(cells)
    if hasattr(cells, "dtype") and getattr(cells.dtype, "kind", "O") in "biuf" and hasattr(cells, "to_numpy"):
        return _of_numbers(np.asarray(cells, _number_type(cells)))
    return _of_any(cells)


def in_order(labels: Sequence[Any]) -> list[Any]:
    """Labels sorted: by value, also of numbers that are text, and where they are of several types, those of each together."""
    try:
        return sorted(labels, key=float) if all(map(_is_number, labels)) else sorted(labels)
    except TypeError:
        return sorted(labels, key=lambda label: (type(label).__name__, str(label)))


def places_among(labels: Sequence[Any], states: Sequence[Any]) -> np.ndarray:
    """Place of each label among known states, -1 where it is none of them.

    A number is a state written in digits, and the other way round; a truth value is ``true``, ``True`` or ``TRUE``.
    """
    exact = {state: place for place, state in enumerate(states)}
    written = {str(state): place for place, state in enumerate(states)}
    return np.array([exact.get(label, _written(label, written)) for label in labels], np.int64)


def is_missing(cell: Cell) -> bool:
    """Whether a cell holds nothing: None, NaN, or what pandas has for them."""
    return cell is None or type(cell).__name__ in ("NAType", "NaTType") or (isinstance(cell, float) and cell != cell)


def _is_number(label: Any) -> bool:
    try:
        return math.isfinite(float(label))
    except (TypeError, ValueError):
        return False


def _written(label: Any, written: dict[str, int]) -> int:
    if isinstance(label, bool | np.bool_):
        return next((written[text] for text in _texts(bool(label)) if text in written), -1)
    whole = isinstance(label, float) and label.is_integer()
    return written.get(str(int(label)) if whole else str(label), -1)


def _texts(value: bool) -> tuple[str, str, str]:
    return str(value), str(value).lower(), str(value).upper()


def _number_type(cells: Any) -> type:
    return float if cells.dtype.kind == "f" or bool(cells.isna().any()) else cells.to_numpy().dtype.type


def _of_numbers(cells: np.ndarray) -> Labelled:
    if cells.dtype.kind == "b":
        found, places = np.unique(cells, return_inverse=True)
        return Labelled(places, found.tolist())
    known = ~np.isnan(cells) if cells.dtype.kind == "f" else np.ones(len(cells), bool)
    values = cells[known]
    places = np.full(len(cells), -1, np.int64)
    if cells.dtype.kind == "f" and not np.array_equal(values, np.trunc(values)):
        found, places[known] = np.unique(values, return_inverse=True)
        return Labelled(places, found.tolist())
    labels, places[known] = _of_whole_numbers(values)
    return Labelled(places, labels)


def _of_whole_numbers(values: np.ndarray) -> tuple[list[Any], np.ndarray]:
    if not len(values):
        return [], np.zeros(0, np.int64)
    low, high = values.min(), values.max()
    if not np.isfinite(float(high) - float(low)) or float(high) - float(low) > WIDEST:
        found, places = np.unique(values, return_inverse=True)
        return [int(value) if np.isfinite(value) else float(value) for value in found.tolist()], places
    offset = (values - low).astype(np.int64)
    seen = np.zeros(int(high - low) + 1, bool)
    seen[offset] = True
    return (np.flatnonzero(seen) + int(low)).tolist(), (np.cumsum(seen) - 1)[offset]


def _of_any(cells: Any) -> Labelled:
    import pyarrow as pa

    try:
        column = cells if isinstance(cells, pa.Array | pa.ChunkedArray) else pa.array(cells, from_pandas=True)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        return _one_by_one(cells)
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
        column = column if isinstance(column, pa.Array) else pa.concat_arrays(column.chunks)
    if pa.types.is_null(column.type):
        return Labelled(np.full(len(column), -1), [])
    if pa.types.is_boolean(column.type) or pa.types.is_floating(column.type) or pa.types.is_integer(column.type):
        return _of_numbers(_numbers_of(column))
    declared = pa.types.is_dictionary(column.type)
    if pa.types.is_nested(column.type):
        raise ValueError(COLLECTIONS)
    column = column if declared else column.dictionary_encode()
    places = column.indices.cast(pa.int32()).fill_null(-1).to_numpy(zero_copy_only=False)
    return Labelled(places, _plain(column.dictionary.to_pylist()), declared)


def _numbers_of(column: Any) -> np.ndarray:
    import pyarrow as pa

    kept = column if not column.null_count else column.cast(pa.float64(), safe=False)
    return kept.to_numpy(zero_copy_only=False)


def _one_by_one(cells: Any) -> Labelled:
    found: dict[Any, int] = {}
    try:
        places = [-1 if is_missing(cell) else found.setdefault(cell, len(found)) for cell in list(cells)]
    except TypeError:
        raise ValueError(COLLECTIONS) from None
    return Labelled(np.array(places, np.int64), _plain(list(found)))


def _plain(labels: list[Any]) -> list[Any]:
    plain = [label.item() if isinstance(label, np.generic) else label for label in labels]
    wrong = [label for label in plain if not isinstance(label, str | int | float | bool)]
    if wrong:
        raise ValueError(
            f"Cells hold {wrong[0]!r}, a {type(wrong[0]).__name__}; labels are text, numbers or truth values."
        )
    return plain
