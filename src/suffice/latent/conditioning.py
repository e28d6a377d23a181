"""Which columns a marginal or conditional distribution is asked for, and which values it is given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from numbers import Integral
from typing import Any

import numpy as np

from suffice.latent.families.family import Family


def positions(columns: Iterable[Any], features: int, names: Any = None) -> list[int]:
    """Positions of columns that are named, or given as positions."""
    if isinstance(columns, (str, bytes)) or not isinstance(columns, Iterable):
        raise ValueError(f"{columns!r} was given as columns; a list of names or positions is expected.")
    known = [] if names is None else list(names)
    found = [_position(column, features, known) for column in columns]
    if not found:
        raise ValueError("No column was given; name at least one.")
    twice = sorted({column for column in found if found.count(column) > 1})
    if twice:
        raise ValueError(f"Columns {[known[c] if known else c for c in twice]} were given twice; name each once.")
    return found


def _position(column: Any, features: int, known: list[Any]) -> int:
    if column in known:
        return known.index(column)
    if isinstance(column, Integral) and not isinstance(column, bool) and 0 <= int(column) < features:
        return int(column)
    named = f", or one of the names {', '.join(map(str, known[:20]))}" if known else ""
    raise ValueError(f"Column {column!r} is not known; a position from 0 to {features - 1}{named} is expected.")


def check_given(given: Any, features: int) -> None:
    """Refuse anything but a dict of some, not all, columns."""
    if not isinstance(given, Mapping):
        raise ValueError(f"given={given!r} was given; a dict from column to value is expected, such as {{0: 1.5}}.")
    if len(given) >= features:
        raise ValueError(f"All {features} columns are given, so none is left; give fewer, or use score_samples.")


def check_value(components: Family, column: int, value: Any, label: Any) -> float:
    """A value that a row can have, as a number."""
    number = np.ndim(value) == 0 and np.asarray(value).dtype.kind in "biuf"
    expected = components.refused(column, float(value)) if number else "a number"
    if expected is not None:
        raise ValueError(f"Column {label!r} was given the value {value!r}; {expected} is expected.")
    return float(value)
