"""Rows as users give them, handed to scikit-learn's checks; what these would say in the words of another library, in ours."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
from sklearn.utils.validation import validate_data

from suffice.validation import unmasked


def validate(estimator: Any, X: Any, *target: Any, skip_check_array: bool = False, **checks: Any) -> Any:
    """scikit-learn's checks of rows; masked cells are missing, and frames are refused by the names of their columns."""
    if skip_check_array:
        return validate_data(estimator, X, *target, skip_check_array=True, **checks)
    _refuse_frame(X)
    try:
        return validate_data(estimator, unmasked(X), *target, **checks)
    except ValueError as error:
        if "could not convert string" not in str(error) or not hasattr(X, "columns"):
            raise
        raise ValueError(_of_text(X)) from None


def _refuse_frame(X: Any) -> None:
    if type(X).__name__ == "LazyFrame":
        raise ValueError("A LazyFrame of polars was given, which holds no rows yet; give frame.collect().")
    columns = getattr(X, "columns", None)
    if columns is None or not hasattr(X, "dtypes"):
        return
    names = [str(name) for name in columns]
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise ValueError(
            f"X: the column name {twice[0]!r} occurs {names.count(twice[0])} times; every column needs its own name: "
            "rename one."
        )
    dates = [name for name, kind in zip(names, list(X.dtypes), strict=True) if _is_date(kind)]
    if dates:
        raise ValueError(
            f"X: column {dates[0]!r} holds dates or times, and numbers are needed: turn it into numbers, such as hours or days "
            "since the first, or leave it out."
        )


def _is_date(kind: Any) -> bool:
    """Whether a type of pandas or polars is of dates, times or durations."""
    if hasattr(kind, "is_temporal"):
        return bool(kind.is_temporal())
    return getattr(kind, "kind", "") in ("M", "m") or str(kind).startswith(
        ("datetime", "timedelta", "period", "timestamp[")
    )


def _of_text(X: Any) -> str:
    for name in X.columns:
        try:
            np.asarray(X[name], dtype=float)
        except (ValueError, TypeError):
            example = next((cell for cell in X[name] if isinstance(cell, str)), "")
            return (
                f"X: column {str(name)!r} holds text, such as {example!r}, and numbers are needed: leave it out, or fit a "
                "MixedMixture, CategoricalMixture or NaiveBayes, which read labels."
            )
    return "X holds text, and numbers are needed."
