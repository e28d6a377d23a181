"""A person's table of counts, read from whatever it was written in."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

COLUMNS = {
    "units": ("units", "unit", "neurons", "outputs"),
    "weights": ("weights", "weight"),
    "biases": ("biases", "bias"),
    "parameters": ("parameters", "params", "parameter"),
    "connections": ("connections", "connection", "conn"),
    "operations": ("operations", "multiply-accumulates", "macs", "mac", "flops", "mult-adds"),
}
LAYER = ("layer", "name", "layers", "")
TOTAL = ("total", "totals", "sum", "all")
EXPECTED = (
    "a table with a column of layers and columns such as units, weights, connections is expected: a DataFrame, a dictionary of "
    "columns, a list of rows, Markdown or comma-separated text"
)


@dataclass(frozen=True)
class Line:
    """One line of a table: what its author calls the layer, and the numbers by column; no number where a cell is empty."""

    label: str
    cells: Mapping[str, int]

    @property
    def is_total(self) -> bool:
        """Whether it holds sums."""
        return self.label.strip().strip("*").lower() in TOTAL


def read_lines(table: Any) -> list[Line]:
    """Lines of a table."""
    records = _records(table)
    known = {name: column for column, names in COLUMNS.items() for name in names}
    lines = []
    for record in records:
        plain = {_plain(name): value for name, value in record.items()}
        label = next((str(plain[name]) for name in LAYER if name in plain), "")
        cells = {known[name]: _number(value, label, name) for name, value in plain.items() if name in known}
        lines.append(Line(label.strip(), {column: value for column, value in cells.items() if value is not None}))
    if not any(line.cells for line in lines):
        raise ValueError(f"The table has no column of counts; {EXPECTED}.")
    return lines


def _records(table: Any) -> list[Mapping[str, Any]]:
    if isinstance(table, str):
        return _of_text(table)
    if hasattr(table, "to_dict") and hasattr(table, "columns"):
        return list(table.reset_index().to_dict("records"))
    if isinstance(table, Mapping):
        return _of_columns(table)
    if isinstance(table, Sequence) and table and all(isinstance(line, Mapping) for line in table):
        return list(table)
    raise ValueError(f"{type(table).__name__} was given; {EXPECTED}.")


def _of_columns(table: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    lengths = {len(column) for column in table.values()}
    if len(lengths) != 1:
        raise ValueError(
            f"Columns of {', '.join(map(str, sorted(lengths)))} cells were given; as many in each are expected."
        )
    return [dict(zip(table, line, strict=True)) for line in zip(*table.values(), strict=True)]


def _of_text(text: str) -> list[Mapping[str, Any]]:
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    if any(line.startswith("|") for line in lines):
        cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
        cells = [line for line in cells if not all(re.fullmatch(r":?-+:?", cell) for cell in line)]
    else:
        cells = list(csv.reader(lines, skipinitialspace=True))
    if len(cells) < 2 or any(len(line) != len(cells[0]) for line in cells):
        raise ValueError(f"The text is no table of equally long lines under a header; {EXPECTED}.")
    return [dict(zip(cells[0], line, strict=True)) for line in cells[1:]]


def _plain(name: Any) -> str:
    return str(name).strip().strip("*").lower()


def _number(value: Any, label: str, column: str) -> int | None:
    if (
        value is None
        or (isinstance(value, float) and math.isnan(value))
        or str(value).strip() in ("", "-", "–", "<NA>")
    ):
        return None
    text = re.sub(r"[\s,_'*]", "", str(value))
    try:
        number = float(text)
        whole = int(text) if re.fullmatch(r"[+-]?\d+", text) else round(number)
    except (ValueError, OverflowError):
        raise ValueError(
            f"{value!r} stands in line {label!r}, column {column!r}; a whole number is expected."
        ) from None
    return whole
