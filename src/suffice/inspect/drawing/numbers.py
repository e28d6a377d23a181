"""Numbers and arrays in few letters."""

from __future__ import annotations

import numpy as np

from suffice.runtime.types import ArrayLike

COLUMNS, DIGITS = 6, 4


def number(value: float) -> str:
    """A number with four significant digits: 0.6296, −1.3, 2.1e−05."""
    text = f"{value + 0.0:.{DIGITS}g}".replace("e-0", "e-").replace("e+0", "e+")
    return text.replace("-", "−")


def shape_text(shape: tuple[int, ...]) -> str:
    """A shape as it is read: '96 × 55 × 55'; 'scalar' of no axes."""
    return " × ".join(map(str, shape)) or "scalar"


def array_lines(values: ArrayLike, rows: int = 4) -> list[str]:
    """A matrix of at most so many rows line by line; of a larger array where its values lie."""
    found = np.asarray(values)
    if found.dtype.kind == "V":  # bfloat16 and its kin
        found = found.astype(np.float32)
    if found.ndim == 0:
        return [_entry(found.reshape(1)[0])]
    if found.size == 0:
        return ["no values"]
    if found.ndim > 2 or found.shape[-1] > COLUMNS or len(np.atleast_2d(found)) > rows:
        return [_range(found)]
    cells = [[_entry(value) for value in row] for row in np.atleast_2d(found)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return [f"[{' '.join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))}]" for row in cells]


def _entry(value: np.generic) -> str:
    return str(value) if value.dtype.kind not in "fiuc" or np.iscomplexobj(value) else number(float(value))


def _range(values: np.ndarray) -> str:
    if values.dtype.kind not in "fiu":
        return f"{values.size:,} values"
    finite = values[np.isfinite(values)]
    if not finite.size:
        return f"{values.size:,} values, none finite"
    lost = values.size - finite.size
    low, high = float(finite.min()), float(finite.max())
    said = f"{number(low)} to {number(high)}" if low < high else f"all {number(low)}"
    return f"{said}, {lost:,} not finite" if lost else said
