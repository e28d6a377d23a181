"""One column as float64: numbers as they are, labels as their place among the categories."""

# pyright: reportAttributeAccessIssue=false
# (pyarrow.compute makes its functions when it is imported)

from __future__ import annotations

import warnings

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from suffice.data.frame import Column, as_labels
from suffice.data.table import DataError, listing
from suffice.latent.families.kinds import KINDS


class UnknownCategoryWarning(UserWarning):
    """Cells hold categories that did not occur in the fit, or numbers that their column cannot, and are taken as missing.

    Examples
    --------
    >>> import warnings
    >>> import pyarrow as pa
    >>> from suffice.data import ColumnEncoder
    >>> encoder = ColumnEncoder(handle_unknown="missing").fit(pa.table({"colour": ["red", "blue", "red", "blue"]}))
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     cells = encoder.transform(pa.table({"colour": ["red", "green"]}))
    >>> cells.ravel(), caught[0].category.__name__
    (array([ 1., nan]), 'UnknownCategoryWarning')
    """


class LeftOutWarning(UserWarning):
    """No cell of a column stands twice, as where cells name the rows, and the model says nothing of it.

    Examples
    --------
    >>> import warnings
    >>> import pyarrow as pa
    >>> from suffice.data import ColumnEncoder
    >>> table = pa.table({"name": [f"row {number}" for number in range(40)], "size": [1.5, 2.0] * 20})
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     encoder = ColumnEncoder().fit(table)
    >>> encoder.kinds_, caught[0].category.__name__
    (['left-out', 'gaussian'], 'LeftOutWarning')
    """


def distinct_labels(column: Column, kind: str, most: int) -> np.ndarray:
    """The labels of a column: the order that its type declares, else sorted."""
    if column.order is not None:
        return _not_too_many(column, column.order, kind, most)
    if pa.types.is_boolean(column.cells.type):
        return np.array([False, True])
    found = np.sort(_not_too_many(column, as_labels(pc.unique(column.cells)), kind, most))
    is_binary = found.dtype != object and set(found.tolist()) <= {0, 1}
    return np.array([0, 1], found.dtype) if KINDS[kind].labels == 2 and is_binary else found


def codes(column: Column, labels: np.ndarray, handle_unknown: str = "error") -> np.ndarray:
    """Place of each cell among the labels, ``(n,)``, NaN where it is missing."""
    cells = column.cells
    if pa.types.is_null(cells.type):
        return np.full(len(cells), np.nan)
    known = pa.array(labels, pa.large_string() if labels.dtype == object else None)
    if pa.types.is_large_string(known.type) != _holds_text(cells):
        raise _unseen(column, labels, 0)
    if known.type != cells.type and not _holds_text(cells):
        known, cells = known.cast(pa.float64(), safe=False), cells.cast(pa.float64(), safe=False)
    found = pc.index_in(cells, value_set=known, skip_nulls=True)
    unseen = pc.and_(pc.is_null(found), pc.is_valid(cells))
    first = pc.index(unseen, True).as_py()
    if first >= 0 and handle_unknown == "error":
        raise _unseen(column, labels, first)
    if first >= 0:
        _warn_missing(pc.sum(unseen).as_py(), column, first, "did not occur in the fit")
    return found.cast(pa.float64()).to_numpy(zero_copy_only=False)


def _warn_missing(count: int, column: Column, row: int, why: str) -> None:
    warnings.warn(
        f"{count} cells of column {column.name!r}, such as {column.cells[row].as_py()!r} in row {row} (counted from 0), {why}; "
        "they are taken as missing.",
        UnknownCategoryWarning, stacklevel=3,
    )  # fmt: skip


def numbers(column: Column, kind: str, handle_unknown: str = "error") -> np.ndarray:
    """Cells as float64, ``(n,)``, NaN where they are missing, or are no numbers of this kind and these are taken as missing."""
    cells = column.cells
    if _holds_text(cells):
        row = _first_valid(cells)
        raise DataError(
            f"Column {column.name!r} holds text, such as {cells[row].as_py()!r} in row {row} (counted from 0), and its kind "
            f"{kind!r} needs numbers; turn the cells into numbers, or fit with kinds={{{column.name!r}: 'categorical'}}."
        )
    values = cells.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    bad = KINDS[kind].refused_cells(values)
    if handle_unknown == "missing" and bad.any():
        _warn_missing(
            int(bad.sum()), column, int(bad.argmax()), f"are no {KINDS[kind].cells[1]}, as those of the fit were"
        )
        return np.where(bad, np.nan, values)
    refuse_others(values, kind, column.name)
    return values


def refuse_others(values: np.ndarray, kind: str, name: str) -> None:
    """Raise a ``DataError`` if a number is none that columns of the kind hold; NaN passes."""
    bad = KINDS[kind].refused_cells(values)
    if not bad.any():
        return
    row = int(bad.argmax())
    raise DataError(
        f"Column {name!r} is {values[row]:g} in row {row} (counted from 0), and its kind {kind!r} needs "
        f"{KINDS[kind].cells[1]}; correct the cell, or fit with kinds={{{name!r}: 'gaussian'}}."
    )


def _holds_text(cells: pa.Array) -> bool:
    return pa.types.is_large_string(cells.type) or pa.types.is_string(cells.type)


def _first_valid(cells: pa.Array) -> int:
    return pc.index(pc.is_valid(cells), True).as_py()


def _not_too_many(column: Column, found: np.ndarray, kind: str, most: int) -> np.ndarray:
    binary = KINDS[kind].labels == 2
    allowed = 2 if binary else most
    if len(found) <= allowed:
        return found
    if binary:
        said = f"and its kind {kind!r} has two; fit with kinds={{{column.name!r}: 'categorical'}}."
    else:
        said = f"more than max_categories={most}; leave it out if it names the rows, or join rare categories."
    raise DataError(
        f"Column {column.name!r} holds {len(found)} different labels ({listing(found.tolist(), 3)}), {said}"
    )


def _unseen(column: Column, labels: np.ndarray, start: int) -> DataError:
    row = start + _first_valid(column.cells[start:])
    return DataError(
        f"Column {column.name!r} is {column.cells[row].as_py()!r} in row {row} (counted from 0), which did not occur when the "
        f"encoder was fitted; known are {_known(labels)}. Give it as missing (None or NaN), or fit with rows that hold it."
    )


def _known(labels: np.ndarray, limit: int = 20) -> str:
    shown = ", ".join(repr(label) for label in labels[:limit].tolist())
    return shown if len(labels) <= limit else f"{shown} and {len(labels) - limit} more"
