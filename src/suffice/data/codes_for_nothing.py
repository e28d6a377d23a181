"""Numbers that look as if they stood for nothing, such as -9 beside 1 to 5: a hint, since only people know."""

# pyright: reportAttributeAccessIssue=false
# (pyarrow.compute makes its functions when it is imported)

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from suffice.data.table import listing

LIKE_A_CODE = re.compile(r"-1|-?(7+|8+|9+|9*[78])")
"""Numbers that surveys write for no answer: -9, 99, 998, 777, -1 and the like."""
LEAST = 3
"""Cells that hold such a number."""
APART = 2.0
"""How far it lies from the others, in units of the largest gap between them."""
MOST_CELLS = 20_000_000
NAMED = 20


def hints(table: pa.Table) -> list[str]:
    """A sentence for each number at the edge of columns that is repeated, apart from all others, and looks like a code."""
    if table.num_rows * table.num_columns > MOST_CELLS:
        return []
    found: dict[str, list[str]] = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        for code in _codes(column):
            found.setdefault(code, []).append(name)
    return [_sentence(code, names) for code, names in found.items()]


def _sentence(code: str, names: list[str]) -> str:
    many = "columns" if len(names) > 1 else "column"
    option = ",".join(f"{name}={code}" for name in names[:NAMED])
    more = " and so on" if len(names) > NAMED else ""
    return (
        f"In {many} {listing(names)} {code} is repeated and far from all other cells: if it stands for nothing, say so with "
        f"missing_values ({{{names[0]!r}: [{code}]}}, --missing {option}{more})."
    )


def _codes(column: pa.ChunkedArray) -> list[str]:
    if not (pa.types.is_integer(column.type) or pa.types.is_floating(column.type)):
        return []
    edges = pc.min_max(column).as_py()
    ends = [edges["min"], edges["max"]]
    like = [end for end in ends if end is not None and LIKE_A_CODE.fullmatch(f"{end:.15g}")]
    if not like:
        return []
    values = column.drop_null().to_numpy()
    return [f"{end:.15g}" for end in like if _stands_apart(values, end)]


def _stands_apart(values: np.ndarray, end: float) -> bool:
    held = values == end
    others = np.unique(values[~held])
    others = others[np.isfinite(others)].astype(float)
    if held.sum() < LEAST or len(others) < 2:
        return False
    return bool(np.abs(others - end).min() >= APART * np.diff(others).max())
