"""Two accounts side by side."""

from __future__ import annotations

from dataclasses import dataclass

from suffice.inspect.accounting import SUMMED, Account
from suffice.inspect.layer_row import Row
from suffice.inspect.tabular import Cell, Table, Tabular


@dataclass(frozen=True)
class Change:
    """One count that differs between two networks; None where a network lacks the layer or there is no rule for it."""

    layer: str
    column: str
    first: int | None
    second: int | None

    @property
    def change(self) -> int | None:
        """How much more the second has."""
        return None if self.first is None or self.second is None else self.second - self.first


@dataclass(frozen=True)
class Comparison(Tabular):
    """What differs between two networks; ``compare`` makes it.

    Attributes
    ----------
    layers
        Counts of layers that differ, in forward order.
    totals
        Totals, whether they differ or not.
    notes
        Sentences that stand under the table.

    Examples
    --------
    >>> from suffice.inspect import account, compare
    >>> from suffice.nets import MLP
    >>> before, after = (account(MLP(4, [width], 3, key=0), (4,)) for width in (8, 16))
    >>> found = compare(before, after)
    >>> [(change.column, change.first, change.second) for change in found.totals]
    [('units', 11, 19), ('weights', 56, 112), ('biases', 11, 19), ('connections', 56, 112), ('operations', 56, 112)]
    """

    layers: tuple[Change, ...]
    totals: tuple[Change, ...]
    notes: tuple[str, ...]

    def table(self) -> Table:
        """One line a difference, then the totals."""
        lines = tuple(_line(difference) for difference in (*self.layers, *self.totals))
        return Table(("layer", "count", "first", "second", "change", "in percent"), lines, notes=self.notes)


def compare(first: Account, second: Account) -> Comparison:
    """What differs between two networks, layer by layer.

    Parameters
    ----------
    first, second
        Accounts under one convention. Layers are matched by the author's names for them where both networks have these, else
        by their short names.

    Raises
    ------
    ValueError
        When something else was given, or the conventions differ.

    Examples
    --------
    >>> from suffice.inspect import account, compare
    >>> from suffice.nets import MLP
    >>> small, large = (account(MLP(4, [width], 3, key=0), (4,)) for width in (8, 16))
    >>> [(one.layer, one.column, one.change) for one in compare(small, large).layers][:2]
    [('fc1', 'units', 8), ('fc1', 'weights', 32)]
    """
    for given in (first, second):
        if not isinstance(given, Account):
            raise ValueError(f"{type(given).__name__} was given; two accounts are expected, account(net, input_shape).")
    if first.convention != second.convention:
        raise ValueError("The accounts follow different conventions; count both networks under one.")
    found = [difference for pair in _pairs(first, second) for difference in _differences(*pair)]
    totals = [
        Change("total", column, int(getattr(first.total, column)), int(getattr(second.total, column)))
        for column in SUMMED
    ]
    return Comparison(tuple(found), tuple(totals), (str(first.convention),))


def _pairs(first: Account, second: Account) -> list[tuple[Row | None, Row | None]]:
    by_author = _names(first) == len(first.rows) and _names(second) == len(second.rows)
    keys = [{(row.where if by_author else row.layer): row for row in account.rows} for account in (first, second)]
    return [(keys[0].get(key), keys[1].get(key)) for key in dict.fromkeys([*keys[0], *keys[1]])]


def _names(account: Account) -> int:
    return len({row.where for row in account.rows if row.where})


def _differences(first: Row | None, second: Row | None) -> list[Change]:
    layer = (first or second).layer  # type: ignore[union-attr]
    pairs = [(column, _count(first, column), _count(second, column)) for column in SUMMED]
    return [Change(layer, column, one, two) for column, one, two in pairs if one != two]


def _count(row: Row | None, column: str) -> int | None:
    return None if row is None else getattr(row, column)


def _line(one: Change) -> tuple[Cell, ...]:
    share = "" if one.change is None or not one.first else f"{100 * one.change / one.first:+.1f} %"
    told = "" if one.change is None else f"{one.change:+,}"
    cells = ("–" if count is None else count for count in (one.first, one.second))
    return (one.layer, one.column, *cells, told, share)
