"""Tables of counts as text, Markdown, LaTeX, HTML, CSV, JSON and pandas."""

from __future__ import annotations

import csv
import html
import io
import json
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import pandas

Cell: TypeAlias = str | int | float | None
"""What stands in a table; None is a count that is not known."""
LATEX = {
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
    "\\": r"\textbackslash{}",
    "≥": r"$\geq$",
    "≤": r"$\leq$",
    "×": r"$\times$",
    "·": r"$\cdot$",
    "→": r"$\to$",
    "−": r"$-$",
    "–": "--",
}


class AtLeast(int):
    """A count of which a part is not known."""

    def __str__(self) -> str:
        return f"≥ {int(self):,}"


@dataclass(frozen=True)
class Table:
    """Rows under a header, a line of totals where there is one, and sentences under the table."""

    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    total: tuple[Cell, ...] = ()
    notes: tuple[str, ...] = ()


class Tabular(ABC):
    """What can be shown as a table."""

    @abstractmethod
    def table(self) -> Table:
        """The table."""

    def __str__(self) -> str:
        return _text(self.table())

    def _repr_html_(self) -> str:
        return _html(self.table())

    def to_markdown(self) -> str:
        """Markdown: the table, the sentences under it, and the totals in the last line."""
        return _markdown(self.table())

    def to_latex(self) -> str:
        """LaTeX: a ``tabular`` that needs no package, and the sentences under it."""
        return _latex(self.table())

    def to_html(self) -> str:
        """HTML: a ``table`` with the sentences under it, as a notebook shows it."""
        return _html(self.table())

    def to_csv(self) -> str:
        """Comma-separated values: header and rows, numbers without separators, no totals."""
        return _csv(self.table())

    def to_json(self) -> str:
        """JSON: an object with ``rows``, ``total`` and ``notes``; a count that is not known is null."""
        return _json(self.table())

    def to_dataframe(self) -> pandas.DataFrame:
        """pandas: one row a row, without totals; the sentences under the table are in ``attrs["notes"]``.

        Raises
        ------
        ImportError
            When pandas is not installed.
        """
        return _dataframe(self.table())


def cell_text(cell: Cell) -> str:
    """A cell as it is read: numbers with separators, what is not known as a word."""
    if cell is None:
        return "unknown"
    if isinstance(cell, AtLeast | str):
        return str(cell)
    return f"{cell:,}" if isinstance(cell, int) else f"{cell:,.4g}"


def _text(table: Table) -> str:
    lines = [[cell_text(cell) for cell in line] for line in (table.header, *table.rows, *_totals(table))]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    numbers = _numeric(table)
    drawn = ["  ".join(_justify(*cell) for cell in zip(line, widths, numbers, strict=True)).rstrip() for line in lines]
    rule = "-" * (sum(widths) + 2 * (len(widths) - 1))
    body = drawn[1 : 1 + len(table.rows)]
    return "\n".join([drawn[0], rule, *body, *([rule, drawn[-1]] if table.total else []), *table.notes])


def _justify(text: str, width: int, number: bool) -> str:
    return text.rjust(width) if number else text.ljust(width)


def _numeric(table: Table) -> list[bool]:
    """Which columns hold numbers."""
    columns = zip(*table.rows, strict=True) if table.rows else [()] * len(table.header)
    return [
        any(not isinstance(cell, str) for cell in column)
        and all(not isinstance(cell, str) or not any(map(str.isalpha, cell)) for cell in column)
        for column in columns
    ]


def _totals(table: Table) -> list[tuple[Cell, ...]]:
    return [table.total] if table.total else []


def _markdown(table: Table) -> str:
    marks = ["---:" if number else "---" for number in _numeric(table)]
    lines = [table.header, marks, *table.rows]
    drawn = [f"| {' | '.join(cell_text(cell).replace('|', chr(92) + '|') for cell in line)} |" for line in lines]
    notes = [part for note in table.notes for part in ("", note)]
    return "\n".join([*drawn, *notes, *(["", _total_sentence(table)] if table.total else [])])


def _total_sentence(table: Table) -> str:
    named = zip(table.header[1:], table.total[1:], strict=True)
    return f"**Total:** {', '.join(f'{cell_text(cell)} {name}' for name, cell in named if cell != '')}"


def _latex(table: Table) -> str:
    columns = "".join("r" if number else "l" for number in _numeric(table))
    lines = [_latex_line(line) for line in (table.header, *table.rows, *_totals(table))]
    body = [lines[0], r"\hline", *lines[1 : 1 + len(table.rows)], *([r"\hline", lines[-1]] if table.total else [])]
    notes = [part for note in table.notes for part in ("", rf"\noindent {_escaped(note)}")]
    return "\n".join([rf"\begin{{tabular}}{{{columns}}}", *body, r"\end{tabular}", *notes])


def _latex_line(line: tuple[Cell, ...]) -> str:
    return " & ".join(_escaped(cell_text(cell)) for cell in line) + r" \\"


def _escaped(text: str) -> str:
    return "".join(LATEX.get(sign, sign) for sign in text)


def _html(table: Table) -> str:
    numbers = _numeric(table)
    head = _html_line(table.header, numbers, "th")
    body = "".join(_html_line(line, numbers, "td") for line in table.rows)
    foot = "".join(f"<tfoot>{_html_line(line, numbers, 'th')}</tfoot>" for line in _totals(table))
    notes = "".join(f"<p>{html.escape(note)}</p>" for note in table.notes)
    return f"<div><table><thead>{head}</thead><tbody>{body}</tbody>{foot}</table>{notes}</div>"


def _html_line(line: tuple[Cell, ...], numbers: list[bool], tag: str) -> str:
    cells = (
        f'<{tag} style="text-align:{"right" if number else "left"}">{html.escape(cell_text(cell))}</{tag}>'
        for cell, number in zip(line, numbers, strict=True)
    )
    return f"<tr>{''.join(cells)}</tr>"


def _csv(table: Table) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([table.header, *(map(_plain, line) for line in table.rows)])
    return out.getvalue()


def _json(table: Table) -> str:
    def record(line: tuple[Cell, ...]) -> dict[str, Cell]:
        return dict(zip(table.header, map(_plain, line), strict=True))

    found = {
        "rows": [record(line) for line in table.rows],
        "total": record(table.total) if table.total else None,
        "notes": list(table.notes),
    }
    return json.dumps(found, ensure_ascii=False, indent=2)


def _plain(cell: Cell) -> Cell:
    return int(cell) if isinstance(cell, AtLeast) else cell


def _dataframe(table: Table) -> pandas.DataFrame:
    try:
        import pandas
    except ImportError:
        raise ImportError("A DataFrame needs pandas: pip install 'suffice[frames]'.") from None
    columns = zip(*table.rows, strict=True) if table.rows else [()] * len(table.header)
    series = {name: _series(pandas, column) for name, column in zip(table.header, columns, strict=True)}
    frame = pandas.DataFrame(series)
    frame.attrs["notes"] = list(table.notes)
    return frame


def _series(pandas: object, column: tuple[Cell, ...]) -> object:
    whole: Callable[[Cell], bool] = lambda cell: cell is None or (isinstance(cell, int) and not isinstance(cell, bool))  # noqa: E731
    wide = any(isinstance(cell, int) and cell >= 2**63 for cell in column)
    kind = "Int64" if column and all(map(whole, column)) and not wide else object
    return pandas.Series([_plain(cell) for cell in column], dtype=kind)  # type: ignore[attr-defined]
