"""What kind of variable each column is: given by the user, or detected from types and cells."""

# pyright: reportAttributeAccessIssue=false
# (pyarrow.compute makes its functions when it is imported)

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from numbers import Integral
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from suffice.data.frame import Column, Frame
from suffice.data.table import DataError, listing
from suffice.latent.families.kinds import KINDS

Kinds: TypeAlias = str | Sequence[str | None] | Mapping[str | int, str] | None
"""Kinds of columns: one for all, one for each, or by name or place; None detects them."""

DETECTED = {
    "gaussian": "other numbers",
    "bernoulli": "truth values, or 0 and 1 only",
    "categorical": "text or categories",
    "poisson": "counts, whole numbers from 0 up; give kinds= for those that count nothing",
}
"""The kinds that columns are detected as, and why; others have to be given."""


def given_kinds(kinds: Kinds, frame: Frame) -> list[str | None]:
    """The kind that is given for each column, None where it is to be detected."""
    width = len(frame.columns)
    if kinds is None or isinstance(kinds, str):
        return [_checked(kinds)] * width if kinds is not None else [None] * width
    if isinstance(kinds, Mapping):
        return _by_column(kinds, frame)
    if not isinstance(kinds, Sequence | np.ndarray):
        raise ValueError(f"kinds={kinds!r} was given; None, one kind, a list or a dictionary is expected.")
    if len(kinds) != width:
        raise ValueError(f"kinds= names {len(kinds)} kinds, and X has {width} columns; give one for each.")
    return [_checked(kind) for kind in kinds]


def detected_kind(column: Column) -> str:
    """The kind of a column, by the table in ``ColumnEncoder``."""
    cells = column.cells
    if column.declared or pa.types.is_large_string(cells.type):
        return "categorical"
    if pa.types.is_boolean(cells.type):
        return "bernoulli"
    values = pc.drop_null(cells).to_numpy(zero_copy_only=False)
    if np.isin(values, (0, 1)).all():
        return "bernoulli"
    may_count = pa.types.is_integer(cells.type) or (cells.null_count > 0 and bool(np.all(values == np.floor(values))))
    return "poisson" if may_count and values.min() >= 0 else "gaussian"


def sentences(frame: Frame, kinds: Sequence[str], detected: Sequence[bool], missing: Sequence[int]) -> list[str]:
    """What was detected, which columns have gaps and which are constant, for the user."""
    said = []
    for kind, reason in DETECTED.items():
        named = [
            column.name
            for column, own, by_itself in zip(frame.columns, kinds, detected, strict=True)
            if own == kind and by_itself
        ]
        said += [f"Detected as {kind} ({reason}): {listing(named)}."] if named else []
    return [*said, *_gaps(frame, missing), *_constants(frame)]


def _gaps(frame: Frame, missing: Sequence[int]) -> list[str]:
    gaps = [column.name for column, count in zip(frame.columns, missing, strict=True) if count]
    total = sum(missing)
    return [f"{total} missing cell{'s' * (total > 1)} in {listing(gaps)}."] if gaps else []


def _constants(frame: Frame) -> list[str]:
    alike = [column.name for column in frame.columns if pc.count_distinct(column.cells).as_py() == 1]
    return [f"One value only: {listing(alike)}."] if alike else []


def _by_column(kinds: Mapping[Any, Any], frame: Frame) -> list[str | None]:
    given: list[str | None] = [None] * len(frame.columns)
    for key, kind in kinds.items():
        place = _place(key, frame)
        if given[place] is not None:
            raise ValueError(
                f"kinds={kinds!r} names column {frame.columns[place].name!r} twice, by name and by position."
            )
        given[place] = _checked(kind)
    return given


def _place(key: str | int, frame: Frame) -> int:
    names = [column.name for column in frame.columns]
    if frame.labels is not None and key in frame.labels:
        return frame.labels.index(key)
    if key in names:
        return names.index(key)
    if isinstance(key, Integral) and not isinstance(key, bool) and 0 <= int(key) < len(names):
        return int(key)
    near = difflib.get_close_matches(str(key), names, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"the columns are {listing(names)}, or 0 to {len(names) - 1}."
    raise DataError(f"kinds= names a column {key!r}, which X does not have; {hint}")


def _checked(kind: str | None) -> str:
    if not isinstance(kind, str) or kind not in KINDS:
        raise ValueError(f"kinds= holds {kind!r}; each kind is one of {', '.join(map(repr, KINDS))}.")
    return str(kind)
