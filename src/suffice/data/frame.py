"""The one path from arrays and data frames to Arrow columns of few types, with missing cells null."""

# pyright: reportAttributeAccessIssue=false
# (pyarrow.compute makes its functions when it is imported)

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from sklearn.utils import check_array

from suffice.data.conventions import Missing, conventions
from suffice.data.gaps import with_marks_missing
from suffice.data.table import DataError, position_names, refuse_duplicates
from suffice.data.text_cells import describe_type, is_text
from suffice.runtime.types import ArrayLike, TableLike
from suffice.validation import unmasked

if TYPE_CHECKING:
    from pandas import DataFrame
    from sklearn.base import BaseEstimator


class Column(NamedTuple):
    """Cells of one column: large_string, bool, int64, uint64, float64 or, where all are missing, null.

    Where the cells are the different ones of more rows, ``times`` says in how many each stands.
    """

    name: str
    cells: pa.Array
    dtype: str
    declared: bool = False
    order: np.ndarray | None = None
    times: np.ndarray | None = None

    def tally(self) -> tuple[pa.Array, np.ndarray]:
        """The different cells, missing ones apart, in the order in which they first stand, and in how many rows each does."""
        times = np.ones(len(self.cells), int) if self.times is None else self.times
        found = self.cells.dictionary_encode()
        known = found.indices.is_valid().to_numpy(zero_copy_only=False)
        place = found.indices.drop_null().to_numpy(zero_copy_only=False)
        return found.dictionary, np.bincount(place, times[known], len(found.dictionary)).astype(int)


class Frame(NamedTuple):
    """Columns of equal length, with the labels that they had where they had any."""

    columns: list[Column]
    labels: list[Any] | None
    is_pandas: bool = False


def frame_from(X: TableLike | Frame, estimator: BaseEstimator) -> Frame:
    """Columns of an array, a pandas or polars data frame, an Arrow table or anything that Arrow takes as a table."""
    if isinstance(X, Frame):
        return X
    frame, marks = _as_frame(X, estimator), getattr(estimator, "missing_values", None)
    return frame if marks is None else _without_marks(frame, marks)


def _without_marks(frame: Frame, missing_values: Missing) -> Frame:
    """Columns with nulls in place of the cells that stand for nothing."""
    written = conventions(None, missing_values, "aside")
    names = [column.name for column in frame.columns]
    unknown = [name for name in written.missing or {} if name and name not in names]
    if unknown:
        raise ValueError(
            f"missing_values names {unknown[0]!r}, which is no column; the columns are {', '.join(names[:20])}."
        )
    cells = [with_marks_missing(column.cells, written.marks(column.name)) for column in frame.columns]
    return frame._replace(
        columns=[column._replace(cells=own) for column, own in zip(frame.columns, cells, strict=True)]
    )


def _as_frame(X: TableLike, estimator: BaseEstimator) -> Frame:
    refuse_lazy(X)
    if type(X).__module__.startswith("pandas") and hasattr(X, "columns"):
        return _from_pandas(cast("DataFrame", X))
    if isinstance(X, pa.Table | pa.RecordBatch) or (hasattr(X, "__arrow_c_stream__") and hasattr(X, "columns")):
        return _from_arrow(arrow_table(X))
    return _from_array(X, estimator)


def release_unused() -> None:
    """Give back the memory that Arrow keeps of tables that are gone."""
    pa.default_memory_pool().release_unused()


def is_frame(source: Any) -> bool:
    """Whether a source is a table with named columns."""
    refuse_lazy(source)
    return isinstance(source, pa.Table) or hasattr(source, "__arrow_c_stream__")


def refuse_lazy(source: Any) -> None:
    """Refuse a query of polars that has not been run."""
    if type(source).__name__ == "LazyFrame":
        raise DataError("A LazyFrame of polars was given, which holds no rows yet; give frame.collect().")


def arrow_table(frame: TableLike) -> pa.Table:
    """Anything that Arrow takes as a table, in types that it can work with."""
    is_polars = type(frame).__module__.startswith("polars")  # whose stream has views, which Arrow cannot cast
    return frame.to_arrow() if is_polars else pa.table(frame)


def _from_pandas(X: DataFrame) -> Frame:
    labels = X.columns.tolist()
    names = _checked([str(label) for label in labels], len(X))
    columns = []
    for j, name in enumerate(names):
        series = X.iloc[:, j]
        category = series.dtype == "category"
        dtype = "ordered category" if category and series.dtype.ordered else str(series.dtype)
        columns.append(_column(name, _as_cells(series, name), dtype, keep_order=category))
    return Frame(columns, labels, is_pandas=True)


def _from_arrow(table: pa.Table) -> Frame:
    names = _checked(table.column_names, table.num_rows)
    columns = [
        _column(name, column, str(column.type), keep_order=_is_polars_enum(field))
        for name, column, field in zip(names, table.columns, table.schema, strict=True)
    ]
    return Frame(columns, names)


def _is_polars_enum(field: pa.Field) -> bool:  # whose categories older polars does not declare to be in order
    return any(key.startswith(b"_PL_ENUM_VALUES") for key in field.metadata or {})


def _from_array(X: TableLike, estimator: BaseEstimator) -> Frame:
    given: Any = np.array(X, dtype=object) if isinstance(X, list | tuple) else unmasked(X)
    array: Any = check_array(given, dtype=None, ensure_all_finite=False, estimator=estimator, input_name="X")  # type: ignore
    if array.dtype.kind == "f" and array.dtype.itemsize not in (4, 8):
        array = array.astype(np.float64)
    cells = [(name, _as_cells(array[:, j], name)) for j, name in enumerate(position_names(array.shape[1]))]
    return Frame([_column(name, column, str(column.type)) for name, column in cells], None)


def _checked(names: list[str], n_rows: int) -> list[str]:
    if not names or n_rows == 0:
        raise DataError(f"X has {n_rows} rows and {len(names)} columns; at least one row and one column are needed.")
    refuse_duplicates(names, "X")
    return names


def _as_cells(values: ArrayLike, name: str) -> pa.Array | pa.ChunkedArray:
    try:
        return pa.array(values, from_pandas=True)
    except (pa.ArrowException, OverflowError, TypeError, ValueError) as error:
        said = str(error).split("\n")[0].rstrip(".")
        raise DataError(
            f"Column {name!r} (dtype {values.dtype}) holds cells that do not belong together, or neither numbers nor truth "
            f"values nor text ({said}); make them all numbers or all text, or leave the column out."
        ) from None


def _column(name: str, cells: pa.Array | pa.ChunkedArray, dtype: str, *, keep_order: bool = False) -> Column:
    declared, order = pa.types.is_dictionary(cells.type), None
    if declared:
        if keep_order or cells.type.ordered:
            order = as_labels(_plain(name, _dictionary(cells)))
        cells = cells.cast(cells.type.value_type)
    if isinstance(cells, pa.ChunkedArray):
        cells = pa.concat_arrays(cells.chunks) if cells.num_chunks != 1 else cells.chunk(0)
    cells = _plain(name, cells)
    return Column(name, cells, dtype, declared, order)


def _dictionary(cells: pa.Array | pa.ChunkedArray) -> pa.Array:
    return cells.unify_dictionaries().chunk(0).dictionary if isinstance(cells, pa.ChunkedArray) else cells.dictionary


def _plain(name: str, cells: pa.Array) -> pa.Array:
    kind = cells.type
    if pa.types.is_boolean(kind) or pa.types.is_null(kind):
        return cells
    if pa.types.is_integer(kind):
        return cells if pa.types.is_uint64(kind) else cells.cast(pa.int64())
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return _finite(name, cells.cast(pa.float64()))
    if is_text(kind) or pa.types.is_fixed_size_binary(kind):
        return _as_text(name, cells)
    raise DataError(
        f"Column {name!r} holds {describe_type(kind)}; numbers, truth values and text are read: turn its cells into one of "
        "them (dates into days since the first, intervals into text, for instance), or leave the column out."
    )


def _finite(name: str, cells: pa.Array) -> pa.Array:
    values = cells.to_numpy(zero_copy_only=False)
    if np.isinf(values).any():
        row = int(np.isinf(values).argmax())
        raise DataError(
            f"Column {name!r} is infinite ({values[row]}) in row {row} (counted from 0); give a finite number, or NaN if it "
            "is missing."
        )
    return pa.array(values, from_pandas=True)


def _as_text(name: str, cells: pa.Array) -> pa.Array:
    try:
        return cells.cast(pa.large_string())
    except pa.ArrowInvalid:
        raise DataError(
            f"Column {name!r} holds bytes that are no text in UTF-8; decode them, or leave it out."
        ) from None


def as_labels(cells: pa.Array) -> np.ndarray:
    """Cells without a missing one as an array: objects for text, else numbers or truth values."""
    return pc.drop_null(cells).to_numpy(zero_copy_only=False)
