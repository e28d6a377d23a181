"""A table of numbers read from somewhere, and the error that says why it could not be read."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
import pyarrow as pa


class DataError(ValueError):
    """Data that cannot be read; the message says where, what was expected and what to do.

    Examples
    --------
    >>> from suffice.data import DataError, read_table
    >>> try:
    ...     read_table([[1.0, 2.0], [3.0]])
    ... except DataError as error:
    ...     print(error)
    The array: its rows have different lengths; every row needs the same number of values.
    """


@dataclass(frozen=True, eq=False)
class Table:
    """Rows of numbers, with the names of their columns and what was noticed while reading them.

    Parameters
    ----------
    values
        The numbers, ``(n, D)``; missing cells are NaN.
    columns
        Name of each column, D of them.
    name
        What reports call the data.
    notes
        Sentences about what was detected and left out.
    image_shape
        Shape of one row where rows are images, such as ``(28, 28)``; else None.
    target
        Label of each row, ``(n,)``, where there is one; else None.

    Examples
    --------
    >>> from suffice.data import read_table
    >>> table = read_table([[1.0, 2.0], [3.0, 4.0]])
    >>> table.values.shape, table.columns
    ((2, 2), ['x0', 'x1'])
    """

    values: np.ndarray
    columns: list[str]
    name: str
    notes: list[str] = field(default_factory=list)
    image_shape: tuple[int, ...] | None = None
    target: np.ndarray | None = None

    def only(self, columns: Sequence[str]) -> Self:
        """The same rows in some of the columns."""
        return replace(
            self, columns=list(columns), values=self.values[:, [self.columns.index(name) for name in columns]]
        )


@dataclass(frozen=True, eq=False)
class MixedTable:
    """Columns of numbers and text, with what was noticed while reading them; Arrow, pandas and polars take it as a table.

    Parameters
    ----------
    values
        The columns, with their names; missing cells are null.
    name
        What reports call the data.
    notes
        Sentences about what was detected and left out.
    target
        Label of each row, ``(n,)``, where there is one; else None.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from suffice.data import read_columns
    >>> table = read_columns(pa.table({"size": [1.5, 2.0], "colour": ["red", None]}))
    >>> table.columns, table.notes
    (['size', 'colour'], ['1 missing cell (null).'])
    """

    values: pa.Table
    name: str
    notes: list[str] = field(default_factory=list)
    target: np.ndarray | None = None

    @property
    def columns(self) -> list[str]:
        """Name of each column, D of them."""
        return self.values.column_names

    def only(self, columns: Sequence[str]) -> Self:
        """The same rows in some of the columns."""
        return replace(self, values=self.values.select(list(columns)))

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        return self.values.__arrow_c_stream__(requested_schema)


def position_names(count: int) -> list[str]:
    """Names of columns that have none: ``x0``, ``x1`` and so on, as in scikit-learn."""
    return [f"x{j}" for j in range(count)]


def select_columns(
    names: Sequence[str],
    *,
    columns: Sequence[str] | None,
    drop: Sequence[str] | None,
    target: str | None,
    where: str,
) -> list[str]:
    """Names of the columns to read, in the order asked for."""
    refuse_duplicates(names, where)
    kept, dropped = _as_names(columns, "columns"), _as_names(drop, "drop")
    for option, wanted in (("columns", kept), ("drop", dropped), ("target", [] if target is None else [target])):
        _refuse_unknown(names, wanted or [], option, where)
    refuse_duplicates(kept or [], f"{where}: columns=")
    leave_out = {*(dropped or []), target}
    chosen = [name for name in (names if kept is None else kept) if name not in leave_out]
    if not chosen:
        raise DataError(f"{where}: no column is left to read; its columns are {listing(names)}.")
    return chosen


def refuse_duplicates(names: Sequence[str], where: str) -> None:
    """Raise a ``DataError`` if a column name occurs twice."""
    if len(set(names)) == len(names):
        return
    twice = next(name for j, name in enumerate(names) if name in names[:j])
    places = [str(j + 1) for j, name in enumerate(names) if name == twice]
    raise DataError(
        f"{where}: the column name {twice!r} occurs {len(places)} times (columns {', '.join(places)}); "
        "every column needs its own name: rename one."
    )


def listing(names: Sequence[str], limit: int = 20) -> str:
    """Names for a message, quoted, the first ``limit`` of them."""
    shown = ", ".join(repr(str(name)) for name in names[:limit])
    return shown if len(names) <= limit else f"{shown} and {len(names) - limit} more"


def _as_names(names: Sequence[str] | None, option: str) -> list[str] | None:
    if names is None:
        return None
    if isinstance(names, str) or not all(isinstance(name, str) for name in names):
        raise DataError(f"{option}={names!r}: give a list of column names, such as {option}=['x0'].")
    return list(names)


def _refuse_unknown(names: Sequence[str], wanted: Sequence[str], option: str, where: str) -> None:
    unknown = [name for name in wanted if name not in set(names)]
    if not unknown:
        return
    near = difflib.get_close_matches(str(unknown[0]), list(names), n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"its columns are {listing(names)}."
    raise DataError(f"{where} has no column {unknown[0]!r} (given in {option}=); {hint}")
