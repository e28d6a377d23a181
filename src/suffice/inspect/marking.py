"""A person's table of counts, marked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from suffice.inspect.accounting import Account
from suffice.inspect.layer_row import Row
from suffice.inspect.mistakes import mistakes
from suffice.inspect.tabular import Table, Tabular, cell_text
from suffice.inspect.written import Line, read_lines

UNNAMED = "cause not known"
GROUPING = ("groups forgotten", "counted with 2 groups")


@dataclass(frozen=True)
class MarkedCell:
    r"""One cell of a marked table.

    Attributes
    ----------
    layer, column
        Where it stands.
    given, right
        What was written, and what is right; None where there is no rule for the layer.
    cause
        What leads to the number that was given; empty where it is right.

    Examples
    --------
    >>> from suffice.inspect import account, from_table
    >>> from suffice.nets import MLP
    >>> cell = from_table("layer,weights\nfc1,40", account(MLP(4, [8], 3, key=0), (4,))).cells[0]
    >>> cell.layer, cell.column, cell.given, cell.right, cell.cause
    ('fc1', 'weights', 40, 32, 'one input too many, as if the bias were one')
    """

    layer: str
    column: str
    given: int
    right: int | None
    cause: str = ""

    @property
    def is_right(self) -> bool:
        """Whether the number is right."""
        return self.given == self.right


@dataclass(frozen=True)
class MarkedTable(Tabular):
    r"""A table of counts with each cell right, or wrong with its cause; ``from_table`` makes it.

    Attributes
    ----------
    cells
        All cells that hold numbers, line by line.
    notes
        Sentences that stand under the table.

    Examples
    --------
    >>> from suffice.inspect import account, from_table
    >>> from suffice.nets import MLP
    >>> marked = from_table("layer,units,weights\nfc1,8,40", account(MLP(4, [8], 3, key=0), (4,)))
    >>> [(cell.column, cell.given, cell.right) for cell in marked.wrong]
    [('weights', 40, 32)]
    """

    cells: tuple[MarkedCell, ...]
    notes: tuple[str, ...]

    @property
    def wrong(self) -> tuple[MarkedCell, ...]:
        """The cells that are wrong."""
        return tuple(cell for cell in self.cells if not cell.is_right)

    def table(self) -> Table:
        """One line a layer: right numbers as they are, wrong ones with what is right and why."""
        columns = list(dict.fromkeys(cell.column for cell in self.cells))
        lines = []
        for layer in dict.fromkeys(cell.layer for cell in self.cells):
            found = {cell.column: _told(cell) for cell in self.cells if cell.layer == layer}
            lines.append((layer, *(found.get(column, "") for column in columns)))
        return Table(("layer", *columns), tuple(lines), notes=self.notes)


def from_table(table: Any, account: Account) -> MarkedTable:
    r"""A person's table of counts compared with an account, each wrong cell with what leads to its number.

    Parameters
    ----------
    table
        Columns such as ``layer``, ``units``, ``weights``, ``connections``: a DataFrame, a dictionary of columns, a list of
        dictionaries, Markdown, or comma-separated text. Layers are told by their names (``conv2``), else by their order.
    account
        The account of the network, under the convention that the table should have followed.

    Returns
    -------
    MarkedTable
        Its ``wrong`` cells have a ``cause`` each: groups forgotten, one tower only, biases or padding counted, an output one
        too large, a digit mistyped, and others.

    Raises
    ------
    ValueError
        When the table cannot be read, or its lines are not those of the account.

    Examples
    --------
    >>> from suffice.inspect import account, from_table
    >>> from suffice.nets import Conv2d
    >>> found = account(Conv2d(4, 8, 3, padding=1, groups=2, key=0), (4, 1, 10, 10))
    >>> marked = from_table("layer,units,weights\nconv1,800,288", found)
    >>> [(cell.column, cell.right, cell.cause) for cell in marked.wrong]
    [('weights', 144, 'groups forgotten')]
    """
    if not isinstance(account, Account):
        raise ValueError(
            f"{type(account).__name__} was given; an account of the network is expected, account(net, input_shape)."
        )
    lines = read_lines(table)
    rows = _rows([line for line in lines if not line.is_total], account)
    pairs = [*rows, *((line, None) for line in lines if line.is_total)]
    cells = tuple(cell for line, row in pairs for cell in _line(line, row, account, lines))
    wrong = sum(not cell.is_right for cell in cells)
    told = f"{wrong} of {len(cells)} cells {'is' if wrong == 1 else 'are'} wrong."
    return MarkedTable(cells, (told, str(account.convention)))


def _rows(lines: list[Line], account: Account) -> list[tuple[Line, Row | None]]:
    """Each line with its row: by name where all are known, else by order."""
    named = {name.lower(): row for row in account.rows for name in (row.where, row.layer) if name}
    if all(line.label.lower() in named for line in lines):
        return [(line, named[line.label.lower()]) for line in lines]
    if len(lines) == len(account.rows):
        return list(zip(lines, account.rows, strict=True))
    unknown = next(line.label for line in lines if line.label.lower() not in named)
    raise ValueError(
        f"The table has {len(lines)} lines, one called {unknown!r}, and the account {len(account.rows)}: use as many lines, or "
        f"the names {', '.join(row.layer for row in account.rows)}."
    )


def _line(line: Line, row: Row | None, account: Account, lines: Sequence[Line]) -> Iterator[MarkedCell]:
    if row is None:
        yield from _total(line, account, lines)
        return
    right = {column: getattr(row, column) for column in line.cells}
    causes = {
        column: _cause(column, row, account, line) for column in line.cells if line.cells[column] != right[column]
    }
    for column, given in line.cells.items():
        yield MarkedCell(row.layer, column, given, right[column], causes.get(column, ""))


def _cause(column: str, row: Row, account: Account, line: Line) -> str:
    given, right = line.cells[column], getattr(row, column)
    if right is None:
        return "there is no rule for the layer"
    found = next((cause for cause, numbers in mistakes(row, account) if numbers.get(column) == given), None)
    if found in GROUPING:
        return found + _beside(column, row, line)
    return found or _misplaced(column, given, row, account) or _mistyped(given, right) or UNNAMED


def _beside(column: str, row: Row, line: Line) -> str:
    """How the other of weights and connections was counted, where it was counted otherwise."""
    other = {"weights": "connections", "connections": "weights"}.get(column, "")
    if other in line.cells and line.cells[other] == getattr(row, other):
        return f", and not in the {other} of the same layer"
    return ""


def _misplaced(column: str, given: int, row: Row, account: Account) -> str | None:
    others = [other.layer for other in account.rows if other is not row and getattr(other, column) == given]
    if others:
        return f"the number of {others[0]}"
    beside = [name for name in ("units", "weights", "biases", "connections") if getattr(row, name) == given]
    return f"the number of the {beside[0]}" if beside else None


def _mistyped(given: int, right: int) -> str | None:
    one, two = str(given), str(right)
    if sorted(one) == sorted(two):
        return "digits exchanged"
    if len(one) == len(two) and sum(a != b for a, b in zip(one, two, strict=True)) == 1:
        return "a digit mistyped"
    longer, shorter = sorted((one, two), key=len, reverse=True)
    if len(longer) == len(shorter) + 1 and any(longer[:n] + longer[n + 1 :] == shorter for n in range(len(longer))):
        return "a digit too many" if longer == one else "a digit left out"
    return None


def _total(line: Line, account: Account, lines: Sequence[Line]) -> Iterator[MarkedCell]:
    """Sums: wrong ones may still be the sums of the numbers above them."""
    for column, given in line.cells.items():
        right = int(getattr(account.total, column))
        above = sum(other.cells.get(column, 0) for other in lines if not other.is_total)
        cause = "the sum of the cells above, of which some are wrong" if given == above else None
        told = "" if given == right else cause or _mistyped(given, right) or "not the sum of the cells above"
        yield MarkedCell("total", column, given, right, told)


def _told(cell: MarkedCell) -> str:
    if cell.is_right:
        return cell_text(cell.given)
    return f"✗ {cell.given:,} → {cell_text(cell.right)} ({cell.cause})"
