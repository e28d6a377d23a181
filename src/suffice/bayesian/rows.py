"""Rows of labels as positions of states, and back: frames go by the names of columns, arrays by the order of nodes."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, NamedTuple

import numpy as np

from suffice.bayesian.labels import Labelled, in_order, labelled, places_among
from suffice.bayesian.network import listed
from suffice.runtime.threads import in_threads
from suffice.runtime.types import TableLike, is_sparse

MANY_ROWS = 20_000
"""From so many rows on, columns are read by several threads."""
MOST_STATES = 1000
"""A column of more labels than this is taken for the name of the rows, unless its states are given."""


class Columns(NamedTuple):
    """Columns of rows, with their names where they have any, and the number of rows."""

    names: tuple[str, ...] | None
    cells: list[Any]
    rows: int


def columns_of(rows: TableLike) -> Columns:
    """The columns of an array (n, D), or of a frame of pandas, polars or Arrow."""
    columns = _of_frame(rows) if hasattr(rows, "columns") else _of_array(rows)
    if not columns.cells or not columns.rows:
        raise ValueError(
            f"X has {columns.rows} rows and {len(columns.cells)} columns; at least one row and one column are needed."
        )
    return columns


def named_columns(columns: Columns, names: Sequence[str]) -> dict[str, Any]:
    """Columns by name; those of an array have these ``names``, in their order."""
    if columns.names is not None:
        return dict(zip(columns.names, columns.cells, strict=True))
    if len(columns.cells) != len(names):
        raise ValueError(
            f"X has {len(columns.cells)} columns; {len(names)} are expected, in the order {listed(names)}. Give a frame where "
            "some are absent."
        )
    return dict(zip(names, columns.cells, strict=True))


def encode(
    rows: TableLike,
    nodes: Sequence[str],
    states: Sequence[Sequence[Hashable]],
    coded: bool = False,
    hidden: Sequence[str] = (),
) -> np.ndarray:
    """Positions of states (n, nodes), -1 where a cell is missing or its column is absent.

    Parameters
    ----------
    rows
        An array whose columns are the nodes in their order, with or without the hidden ones, or a frame whose columns have
        names of nodes. None, NaN and null are missing.
    nodes
        Names of the nodes.
    states
        Labels of the states of each node.
    coded
        Cells are positions of states, NaN or -1 where they are missing.
    hidden
        Nodes that an array may leave out.

    Raises
    ------
    ValueError
        Where a column or a cell is unknown, or the shape is another.
    """
    columns = columns_of(rows)
    observed = [node for node in nodes if node not in hidden]
    named = named_columns(columns, observed if len(columns.cells) == len(observed) else nodes)
    unknown = [name for name in named if name not in nodes]
    if unknown:
        raise ValueError(f"X has the column {unknown[0]!r}, which is no node; the nodes are {listed(nodes)}.")
    codes = np.full((columns.rows, len(nodes)), -1, _type_of(states), order="F")
    reader = checked_codes if coded else codes_of
    there = [place for place, node in enumerate(nodes) if node in named]

    def read(place: int) -> np.ndarray:
        return reader(named[nodes[place]], states[place], nodes[place])

    found = in_threads(read, there) if columns.rows >= MANY_ROWS else map(read, there)
    for place, column in zip(there, found, strict=True):
        codes[:, place] = column
    return codes


def codes_of(cells: Any, states: Sequence[Hashable], node: str) -> np.ndarray:
    """Positions of the labels of one column among its states, -1 where they are missing."""
    return codes_among(labelled(cells), states, node)


def codes_among(found: Labelled, states: Sequence[Hashable], node: str) -> np.ndarray:
    """The same of a column whose labels are found already."""
    known = np.append(places_among(found.labels, states), -1).astype(_type_of([states]))
    codes = known.take(found.places, mode="wrap")
    if (known[:-1] < 0).any() and (wrong := (codes < 0) & (found.places >= 0)).any():
        row = int(wrong.argmax())
        raise ValueError(
            f"Column {node!r} is {found.labels[found.places[row]]!r} in row {row} (counted from 0), which is no state; its "
            f"states are {listed(states)}. A missing cell is None or NaN."
        )
    return codes


def checked_codes(cells: Any, states: Sequence[Hashable], node: str) -> np.ndarray:
    """Positions of states as they are given, NaN or -1 where they are missing."""
    try:
        values = np.asarray(cells, float)
    except (TypeError, ValueError):
        raise ValueError(f"Column {node!r} holds labels; with coded=True it holds positions of states.") from None
    values = np.where(np.isnan(values), -1, values)
    wrong = (values < -1) | (values >= len(states)) | (values != np.trunc(values))
    if wrong.any():
        row = int(wrong.argmax())
        raise ValueError(
            f"Column {node!r} is {values[row]:g} in row {row} (counted from 0); with coded=True cells are whole numbers from 0 "
            f"to {len(states) - 1}, positions of its states, or NaN or -1 where they are missing."
        )
    return values.astype(np.int64)


def learned_states(found: Labelled, node: str, most: int = MOST_STATES) -> tuple[Hashable, ...]:
    """States of a column that nobody named: the order that its type declares, else sorted."""
    if not found.labels or (found.places < 0).all():
        raise ValueError(f"Column {node!r} holds no label: every cell is missing. Leave it out, or name its states.")
    if len(found.labels) > most:
        raise ValueError(
            f"Column {node!r} holds {len(found.labels)} different labels ({listed(found.labels, 3)}); more than {most} make no "
            "table. Leave it out if it names the rows, join rare labels, or name them in states."
        )
    return tuple(found.labels if found.declared else in_order(found.labels))


def decode(
    codes: np.ndarray, nodes: Sequence[str], states: Sequence[Sequence[Hashable]], like: TableLike | None = None
) -> Any:
    """Labels of positions (n, nodes), None where a position is -1.

    Parameters
    ----------
    codes
        Positions of states.
    nodes
        Names of the columns.
    states
        Labels of the states of each.
    like
        Rows of which the result takes the kind: a frame of pandas (with its index), of polars or of Arrow; else an array.
    """
    columns = [_labels_of(codes[:, place], own) for place, own in enumerate(states)]
    kind = type(like).__module__.partition(".")[0] if hasattr(like, "columns") else ""
    if kind == "pandas":
        return _pandas(columns, nodes, codes, states, like)
    if kind == "polars":
        return type(like)(dict(zip(nodes, _lists(columns), strict=True)))  # type: ignore[misc, operator]
    if kind:
        import pyarrow as pa

        return pa.table(dict(zip(nodes, _lists(columns), strict=True)))
    return _array(columns)


def _of_frame(rows: Any) -> Columns:
    if type(rows).__module__.startswith("pandas"):
        cells = [rows.iloc[:, place] for place in range(rows.shape[1])]
        return _checked([str(name) for name in rows.columns], cells, len(rows))
    if hasattr(rows, "__arrow_c_stream__"):
        import pyarrow as pa

        table = rows.to_arrow() if hasattr(rows, "to_arrow") else pa.table(rows)
        return _checked(list(table.column_names), list(table.columns), table.num_rows)
    raise ValueError(f"X is a {type(rows).__name__}; rows are an array (n, D) or a frame of pandas, polars or Arrow.")


def _checked(names: list[str], cells: list[Any], rows: int) -> Columns:
    twice = [name for place, name in enumerate(names) if name in names[:place]]
    if twice:
        raise ValueError(f"X has two columns {twice[0]!r}; every column needs its own name.")
    return Columns(tuple(names), cells, rows)


def _of_array(rows: Any) -> Columns:
    if is_sparse(rows):
        raise ValueError("X is sparse, and no label stands for the cells that it leaves out; give X.toarray().")
    array = np.array(rows, object) if isinstance(rows, list | tuple) else np.asarray(rows)
    if array.ndim != 2:
        raise ValueError(
            f"X has shape {array.shape}; rows (n, D) are expected. A single row is [[...]], a single column X.reshape(-1, 1)."
        )
    if array.dtype.kind not in "biufOUST":
        raise ValueError(f"X is an array of {array.dtype}; labels are text, numbers or truth values.")
    array = array.astype(str) if array.dtype.kind == "S" else array
    return Columns(None, [array[:, place] for place in range(array.shape[1])], len(array))


def _type_of(states: Sequence[Sequence[Hashable]]) -> np.dtype:
    return np.dtype(np.int16 if max(map(len, states)) < 2**15 else np.int32)


def _labels_of(codes: np.ndarray, states: Sequence[Hashable]) -> np.ndarray:
    """Labels of one column: numbers where all are and none is missing, else objects."""
    plain = {type(state) for state in states}
    if plain <= {int} or plain <= {float} or plain <= {bool}:
        labels = np.array(states)
        if (codes >= 0).all():
            return labels[codes]
    labels = np.empty(len(states) + 1, object)
    labels[:-1] = list(states)
    return labels[codes]


def _array(columns: list[np.ndarray]) -> np.ndarray:
    kinds = {column.dtype for column in columns}
    made = np.empty((len(columns[0]), len(columns)), kinds.pop() if len(kinds) == 1 else object, order="F")
    for place, column in enumerate(columns):
        made[:, place] = column
    return made


def _pandas(columns: list[np.ndarray], nodes: Any, codes: np.ndarray, states: Any, like: Any) -> Any:
    import pandas as pd

    made = {}
    for place, node in enumerate(nodes):
        categorical = node in like.columns and str(like[node].dtype) == "category"
        ordered = categorical and like[node].dtype.ordered
        made[node] = (
            pd.Categorical.from_codes(codes[:, place], list(states[place]), ordered=ordered)
            if categorical
            else columns[place]
        )
    index = like.index if len(like.index) == len(codes) else None
    return pd.DataFrame(made, index=index)


def _lists(columns: list[np.ndarray]) -> list[list[Any]]:
    return [column.tolist() for column in columns]
