"""What kind of variable the cells of a column are: for whole numbers, the kind under which they are most probable."""

# pyright: reportAttributeAccessIssue=false
# (pyarrow.compute makes its functions when it is imported)

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from scipy.special import gammaln, xlogy

from suffice.data.frame import Column
from suffice.latent.families.kinds import LEFT_OUT

ENOUGH = 20
"""Rows from which on cells that all differ are names of the rows, and counts may be seen to vary more than those of Poisson."""
FEW = 11
"""Different whole numbers, at most, that may be codes of categories."""
ROWS_EACH = 5
"""Rows, at least, in which each code stands on average."""
FAR = 2.0
"""Standard deviations from zero, of the mean, from which on whole numbers may be measurements rather than counts."""


def detected_kinds(columns: Sequence[Column]) -> list[str]:
    """The kind of each column, by the table in ``ColumnEncoder``; where all would be left out, none is."""
    kinds = [_kind(column) for column in columns]
    if any(kind != LEFT_OUT for kind in kinds):
        return kinds
    return [_kind(column, names=False) for column in columns]


def _kind(column: Column, names: bool = True) -> str:
    if column.declared:
        return "categorical"
    if pa.types.is_boolean(column.cells.type):
        return "bernoulli"
    cells, times = column.tally()
    distinct = names and len(cells) >= ENOUGH and times.max() == 1
    if pa.types.is_large_string(cells.type):
        return LEFT_OUT if distinct else "categorical"
    values = cells.to_numpy(zero_copy_only=False).astype(float)
    if not np.all(values == np.floor(values)):
        return "gaussian"
    return LEFT_OUT if distinct else _of_whole_numbers(values, times)


def _of_whole_numbers(values: np.ndarray, times: np.ndarray) -> str:
    """The kind of lowest BIC for different values (V,), each of which stands so many ``times``."""
    count = times.sum()
    if set(values) <= {0.0, 1.0} or (len(values) == 2 and count >= 2 * ROWS_EACH):
        return "bernoulli"
    mean = float(times @ values / count)
    variance = float(times @ np.square(values - mean) / count)
    fits: dict[str, tuple[float, int]] = {}
    if len(values) <= FEW and count >= ROWS_EACH * len(values):
        fits["categorical"] = xlogy(times, times / count).sum(), len(values) - 1
    if values.min() >= 0 and mean > 0:
        fits["poisson"] = float(times @ (values * np.log(mean) - mean - gammaln(values + 1))), 1
        if variance > mean and count >= ENOUGH:
            fits["negative-binomial"] = _negative_binomial(values, times, mean, variance), 2
    if variance > 0 and (values.min() < 0 or (len(values) > FEW and mean >= FAR * np.sqrt(variance))):
        fits["gaussian"] = -count / 2 * float(np.log(2 * np.pi * variance) + 1), 2
    return "gaussian" if not fits else min(fits, key=lambda kind: fits[kind][1] * np.log(count) - 2 * fits[kind][0])


def _negative_binomial(values: np.ndarray, times: np.ndarray, mean: float, variance: float) -> float:
    """Log-likelihood of counts by the negative binomial of their mean and variance."""
    size = mean**2 / (variance - mean)
    parts = gammaln(values + size) - gammaln(size) - gammaln(values + 1)
    parts += size * np.log(size / (size + mean)) + values * np.log(mean / (size + mean))
    return float(times @ parts)
