"""Columns of tables brought to one scale before a network sees them."""

from __future__ import annotations

from typing import Any

import numpy as np

from suffice.estimators.shared.visible_units import VisibleUnits
from suffice.rows.stored import mapped
from suffice.rows.unit_interval import in_unit_interval


def check_standardize(standardize: bool | str) -> None:
    """Refuse what is neither a truth value nor "auto"."""
    if not (isinstance(standardize, bool | np.bool_) or standardize == "auto"):
        raise ValueError(f"standardize={standardize!r} was given; True, False or 'auto' is expected.")


def learned_scale(
    standardize: bool | str, table: bool, rows: Any, weight: np.ndarray
) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Means and deviations of columns (D,) of rows (n, D), or None twice where they stay as they are.

    ``"auto"`` takes tables whose values are not all between 0 and 1.
    """
    if not standardizes(standardize, table, rows):
        return None, None
    units = VisibleUnits.learn("gaussian", rows, weight)
    return units.mean, units.scale


def standardizes(standardize: bool | str, table: bool, rows: Any) -> bool:
    """Whether columns of rows (n, D) are brought to one scale."""
    if standardize != "auto":
        return bool(standardize)
    return table and bool(rows.size) and not in_unit_interval(rows.min(), rows.max())


def units_of(estimator: Any) -> VisibleUnits | None:
    """What brings rows to the scale that the estimator has learned; None where they stay as they are."""
    mean = getattr(estimator, "mean_", None)
    return None if mean is None else VisibleUnits("gaussian", mean=mean, scale=estimator.scale_)


def in_units(units: VisibleUnits | None, rows: Any) -> Any:
    """Rows (n, D) in these units, in their precision."""
    return rows if units is None else mapped(lambda part: np.asarray(units.encode(part), part.dtype), rows)
