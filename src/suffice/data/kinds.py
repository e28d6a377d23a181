"""What kind of variable each column is: given by the user, or detected from types and cells."""

# pyright: reportAttributeAccessIssue=false
# (pyarrow.compute makes its functions when it is imported)

from __future__ import annotations

import difflib
import warnings
from collections.abc import Mapping, Sequence
from numbers import Integral
from typing import Any, TypeAlias

import numpy as np
import pyarrow.compute as pc

from suffice.data.frame import Frame
from suffice.data.labels import LeftOutWarning
from suffice.data.table import DataError, listing
from suffice.latent.families.kinds import KINDS, LEFT_OUT

Kinds: TypeAlias = str | Sequence[str | None] | Mapping[str | int, str] | None
"""Kinds of columns: one for all, one for each, or by name or place; None detects them."""

DETECTED = {
    "gaussian": "other numbers",
    "bernoulli": "truth values, or two whole numbers only",
    "categorical": "text, categories, or few whole numbers that are no counts",
    "poisson": "counts",
    "negative-binomial": "counts that vary more than those of Poisson",
    LEFT_OUT: "no cell stands twice, as where cells name the rows; give kinds= to use them",
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


def warn_left_out(frame: Frame, kinds: Sequence[str], detected: Sequence[bool]) -> None:
    """Name the columns that were found to be left out."""
    names = [
        column.name
        for column, kind, by_itself in zip(frame.columns, kinds, detected, strict=True)
        if by_itself and kind == LEFT_OUT
    ]
    if names:
        warnings.warn(
            f"Left out, since no cell stands twice, as where cells name the rows: {listing(names)}. Give "
            f"kinds={{{names[0]!r}: 'gaussian'}}, or another kind, to use such a column, or drop it.",
            LeftOutWarning, stacklevel=4,
        )  # fmt: skip


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
