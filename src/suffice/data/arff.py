"""ARFF files, as Weka writes them."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from suffice.data.layout import blocks
from suffice.data.table import DataError


def is_arff(start: bytes) -> bool:
    """Whether a text begins as ARFF files do, after comments."""
    lines = (line.strip() for line in start.splitlines())
    first = next((line for line in lines if line and not line.startswith(b"%")), b"")
    return first.lower().startswith(b"@relation")


def read_arff(path: Path) -> pa.Table:
    """Columns of numbers and of categories, in the order in which they are declared."""
    from scipy.io import arff

    text = b"".join(blocks(path)).decode("utf-8", errors="replace")
    try:
        rows, meta = arff.loadarff(io.StringIO(text))
        columns = {name: _column(rows[name], *meta[name]) for name in meta.names()}
    except (arff.ArffError, csv.Error, NotImplementedError, ValueError, IndexError, StopIteration, KeyError) as error:
        raise DataError(
            f"{path.name} cannot be read as ARFF of numbers and categories ({str(error) or type(error).__name__}); write it as "
            "CSV."
        ) from None
    if not columns or len(rows) == 0:
        raise DataError(f"{path.name} has no rows; at least one is needed.")
    return pa.table(columns)


def _column(cells: np.ndarray, kind: str, declared: Any) -> pa.Array:
    if kind != "nominal":
        return pa.array(cells, from_pandas=True) if cells.dtype.kind == "f" else pa.array(cells)
    words = [cell.decode("utf-8") for cell in cells]
    places = [None if word == "?" else declared.index(word) for word in words]
    return pa.DictionaryArray.from_arrays(pa.array(places, pa.int32()), pa.array(list(declared)))
