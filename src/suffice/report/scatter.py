"""Rows of a page for a picture whose two columns its reader chooses."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np

from suffice.plot.canvas import component_colours

MOST_ROWS, MOST_COLUMNS, MOST_GROUPS = 500, 30, 25


def scatter(rows: np.ndarray, columns: Sequence[str], groups: np.ndarray, names: Sequence[str]) -> str:
    """Rows (n, D) evenly taken, and the group of each, (n,), as JSON inside HTML; empty where there is nothing to choose."""
    values = np.asarray(rows, float)[:: -(-len(rows) // MOST_ROWS) or 1, :MOST_COLUMNS]
    own = np.asarray(groups)[:: -(-len(rows) // MOST_ROWS) or 1]
    if values.shape[1] < 3 or len(names) > MOST_GROUPS:
        return ""
    told = [[float(f"{cell:.5g}") if np.isfinite(cell) else None for cell in row] for row in values]
    found = {
        "columns": list(columns)[:MOST_COLUMNS], "rows": told, "groups": own.tolist(), "names": [str(n) for n in names],
        "colours": component_colours(max(len(names), 1)),
    }  # fmt: skip
    return json.dumps(found, separators=(",", ":")).replace("<", "\\u003c")
