"""Columns of float64 back to labels, whole numbers and the types that they had."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from suffice.data.labels import refuse_others
from suffice.data.table import DataError
from suffice.latent.families.kinds import LEFT_OUT

if TYPE_CHECKING:
    from pandas.api.extensions import ExtensionDtype


def decoded(values: np.ndarray, kind: str, labels: np.ndarray | None, dtype: str, name: str) -> np.ndarray:
    """Labels for codes, and whole numbers where the column was of them and none is missing or fractional."""
    if kind == LEFT_OUT:
        return np.full(len(values), np.nan)
    if labels is None:
        refuse_others(values, kind, name)
        return values.astype(np.int64) if _is_integer(dtype) and _all_whole(values) else values
    known = ~np.isnan(values)
    _refuse_no_codes(values, known, len(labels), name)
    cells = labels[np.where(known, values, 0).astype(int)]
    if known.all():
        return cells
    if cells.dtype.kind in "Ob":
        cells = cells.astype(object)
        cells[~known] = None
        return cells
    return np.where(known, cells.astype(np.float64), np.nan)


def joined(columns: list[np.ndarray]) -> np.ndarray:
    """Columns as one array ``(n, D)``: of numbers, or of objects where one holds text or gaps among truth values."""
    return np.stack(columns, axis=1)


def data_frame(
    columns: list[np.ndarray], labels: list[Any], dtypes: list[str], categories: list[np.ndarray | None]
) -> Any:
    """A pandas data frame with the labels and, where the cells allow it, the types that the columns had."""
    import pandas as pd

    parts = [_series(*column) for column in zip(columns, dtypes, categories, strict=True)]
    return pd.DataFrame(dict(enumerate(parts))).set_axis(pd.Index(labels), axis=1)


def _series(cells: np.ndarray, dtype: str, categories: np.ndarray | None) -> Any:
    import pandas as pd

    if dtype.endswith("category") and categories is not None:
        return pd.Series(pd.Categorical(cells, pd.Index(categories), ordered=dtype.startswith("ordered")))
    try:
        kind = pd.api.types.pandas_dtype(dtype)
    except TypeError:
        return pd.Series(cells)
    return pd.Series(cells, dtype=kind) if _fits(cells, kind, pd.notna(cells)) else pd.Series(cells)


def _fits(cells: np.ndarray, kind: np.dtype | ExtensionDtype, known: np.ndarray) -> bool:
    """Whether a pandas type keeps the cells as they are."""
    if isinstance(kind, np.dtype) and kind.kind in "biu" and not known.all():
        return False
    if _is_integer(str(kind)):
        return _all_whole(cells[known])
    return str(kind) != "category" and not (str(kind).startswith("bool") and cells.dtype.kind == "f")


def _is_integer(dtype: str) -> bool:
    return dtype.lower().startswith(("int", "uint"))


def _all_whole(values: np.ndarray) -> bool:
    return bool(np.all(values == np.floor(values)))


def _refuse_no_codes(values: np.ndarray, known: np.ndarray, count: int, name: str) -> None:
    bad = known & ~((values >= 0) & (values < count) & (values == np.floor(values)))
    if bad.any():
        row = int(bad.argmax())
        raise DataError(
            f"Column {name!r} is {values[row]:g} in row {row} (counted from 0), which is no code: 0 to {count - 1} or NaN is "
            "expected."
        )
