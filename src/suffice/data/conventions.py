"""How the cells of a table are written: marks of decimals and of what is missing, and what becomes of dates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from suffice.data.table import DataError

Dates: TypeAlias = Literal["aside", "parts", "keep"]
EVERY_PART = "every part"
"""What becomes of dates where other tables will be joined: every part of them, in which these may differ."""
Missing: TypeAlias = Sequence[str | float] | Mapping[str, Sequence[str | float]]


@dataclass(frozen=True)
class Conventions:
    """How cells are written.

    ``decimal`` is the mark asked for; ``delimiter`` is what separates the cells of a text, which is no decimal mark of its
    plain cells; ``missing`` are cells that stand for nothing, of all columns ("") or of some.
    """

    decimal: str | None = None
    delimiter: str | None = None
    missing: Mapping[str, tuple[str, ...]] | None = None
    dates: str = "aside"

    @property
    def parts(self) -> bool:
        """Whether columns are made of the parts of dates."""
        return self.dates in ("parts", EVERY_PART)

    def marks(self, column: str) -> tuple[str, ...]:
        """Cells of a column that stand for nothing."""
        given = self.missing or {}
        return (*given.get("", ()), *given.get(column, ()))


PLAIN = Conventions()


def conventions(decimal: str | None, missing: Missing | None, dates: str) -> Conventions:
    """The same, checked."""
    if decimal not in (None, ".", ","):
        raise DataError(f"decimal={decimal!r}: give '.' or ',', or leave it out to have it detected.")
    if dates not in ("aside", "parts", "keep", EVERY_PART):
        raise DataError(f"dates={dates!r}: give 'aside', 'parts' or 'keep'.")
    return Conventions(decimal, missing=_by_column(missing), dates=dates)


def _by_column(missing: Missing | None) -> dict[str, tuple[str, ...]]:
    if missing is None:
        return {}
    if isinstance(missing, Mapping):
        return {str(name): _as_marks(marks) for name, marks in missing.items()}
    return {"": _as_marks(missing)}


def _as_marks(marks: Sequence[str | float]) -> tuple[str, ...]:
    if isinstance(marks, str):
        raise DataError(f"missing_values={marks!r}: give a list of cells that stand for nothing, such as [-9, 99].")
    return tuple(str(mark).strip() for mark in marks)
