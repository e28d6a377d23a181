"""What the first lines of a delimited text are: titles, names of the columns, their units, or rows already."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from suffice.data.table import DataError, position_names
from suffice.data.text_cells import MISSING

_NUMBER = re.compile(
    r"[+\-−]?(\d{1,3}([,. '’\u00a0\u202f]\d{3})+([.,]\d+)?|\d+(\.\d*|,\d+)?|[.,]\d+)([eE][+-]?\d+)?\s*%?|[+-]?(inf|infinity)",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(18|19|20)\d\d")
_LONGEST_UNIT = 12
DASHES = ("-", "--", "---", "–", "—", "−")

Rows = list[tuple[int, list[str]]]
"""Rows that are not empty, each with the number of its last line."""


@dataclass(frozen=True)
class Beginning:
    """Whether a text has names, how many of its lines come before the first row, the names, and what was left out."""

    header: bool
    lines: int
    names: list[str]
    notes: list[str] = field(default_factory=list)


def beginning(rows: Rows, header: bool | None, name: str) -> Beginning:
    """Read names, titles and units off the first rows."""
    rows, before, notes = _without_titles(rows, header)
    cells = [row for _, row in rows]
    header = has_header(cells) if header is None else header
    names = _names(rows, header, name)
    if not header:
        return Beginning(header, before, names, notes)
    if _are_units(cells):
        units = ", ".join(f"{label} in {unit}" for label, unit in zip(names, cells[1], strict=False) if unit)
        return Beginning(header, rows[1][0], names, [*notes, f"The line below the names holds units: {units}."])
    return Beginning(header, rows[0][0], names, notes)


def is_number(cell: str) -> bool:
    """Whether a cell is a number, as people write one too."""
    return _NUMBER.fullmatch(cell) is not None


def has_header(rows: list[list[str]]) -> bool:
    """Words above numbers are names; so is a first line in which nothing is a number, and one of words and years."""
    first, below = rows[0], rows[1:]
    words = [j for j, cell in enumerate(first) if cell not in MISSING and cell not in DASHES and not is_number(cell)]
    if words and below and all(len(row) == len(first) + 1 for row in below):
        return True
    if any(j < len(row) and is_number(row[j]) for j in words for row in below):
        return True
    return bool(words) and (not any(map(is_number, first)) or _years_above_others(first, below))


def _years_above_others(first: list[str], below: list[list[str]]) -> bool:
    """Whether all numbers of a line are years in order, and those below them are not."""
    places = [j for j, cell in enumerate(first) if is_number(cell)]
    years = [int(first[j]) for j in places if _YEAR.fullmatch(first[j])]
    if len(years) < max(2, len(places)) or years != sorted(set(years)):
        return False
    return not any(_YEAR.fullmatch(row[j]) for row in below for j in places if j < len(row))


def _without_titles(rows: Rows, header: bool | None) -> tuple[Rows, int, list[str]]:
    """The rows from the names on, the lines before these, and what stood there."""
    usual = _usual_length(rows)
    kept, before, titles = rows, 0, []
    while len(kept) > 2 and _is_title(kept[0][1], kept[1][1], usual, header):
        titles.append(" ".join(cell for cell in kept[0][1] if cell))
        before, kept = kept[0][0], kept[1:]
    if not titles or any(len(row) != usual for _, row in kept[:2]):
        return rows, 0, []
    said = ", ".join(repr(title) for title in titles[:3])
    return kept, before, [f"Above the table stands {said}, which is left out."]


def _usual_length(rows: Rows) -> int:
    return Counter(len(row) for _, row in rows).most_common(1)[0][0]


def _is_title(row: list[str], following: list[str], usual: int, header: bool | None) -> bool:
    filled = [cell for cell in row if cell]
    if len(row) < usual and (not filled or not all(map(is_number, filled))):
        short_names = len(row) == usual - 1 and header is not False and _holds_number(following)
        return not short_names
    return len(row) == usual > 2 and len(filled) < 2 and row[0] == "".join(filled) and len([c for c in following if c]) > 1 and (
        not filled or not is_number(filled[0])
    ) and not _holds_number(following)  # fmt: skip


def _holds_number(row: list[str]) -> bool:
    return any(map(is_number, row))


def _are_units(rows: list[list[str]]) -> bool:
    """Whether a second line has words above numbers only, in two columns or more, or in brackets."""
    if len(rows) < 3 or len(rows[1]) != len(rows[0]):
        return False
    units, below = rows[1], rows[2:]
    numbers = [j for j in range(len(units)) if _all_numbers([row[j] for row in below if j < len(row)])]
    given = [units[j] for j in numbers if units[j]]
    if not given or any(is_number(cell) or cell in MISSING or len(cell) > _LONGEST_UNIT for cell in given):
        return False
    if any(cell and j not in numbers for j, cell in enumerate(units)):
        return False
    return len(given) > 1 or given[0][0] + given[0][-1] in ("()", "[]")


def _all_numbers(cells: list[str]) -> bool:
    filled = [cell for cell in cells if cell not in MISSING]
    return bool(filled) and all(map(is_number, filled))


def _names(rows: Rows, header: bool, name: str) -> list[str]:
    first, below = rows[0][1], [row for _, row in rows[1:]]
    if not header:
        return position_names(len(first))
    if below and len(below[0]) == len(first) + 1:
        _refuse_unnamed([row[0] for row in below], len(first), rows[0][0], name)
        first = ["rownames", *first]
    return [cell or (f"x{j}" if j else "") for j, cell in enumerate(first)]


def _refuse_unnamed(cells: list[str], count: int, line: int, name: str) -> None:
    """Refuse a first column without a name that does not name the rows."""
    if len(set(cells)) == len(cells) and not any(is_number(cell) and not cell.isdecimal() for cell in cells):
        return
    raise DataError(
        f"{name}: line {line} has {count} names where the rows have {count + 1} cells, and the first cells, such as "
        f"{cells[0]!r}, do not name the rows: give every column a name, or --no-header (header=False) if there are none."
    )
