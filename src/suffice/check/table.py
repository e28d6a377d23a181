"""Tables of counts of a network, marked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from suffice.check.report import CheckReport, Element, Finding, not_comparable
from suffice.check.stacked import names_of, stacked
from suffice.inspect.accounting import Account, account
from suffice.inspect.layer_row import explain
from suffice.inspect.marking import UNNAMED, MarkedCell, from_table
from suffice.inspect.written import Line, read_lines

EXPLAINED = ("units", "weights", "biases", "connections", "operations")


def check_table(rows: Any, *, layers: Any, input_shape: Sequence[int], convention: Any = "course") -> CheckReport:
    """Whether a table of units, weights and connections of a network is right, cell by cell, and what wrong ones come from.

    Parameters
    ----------
    rows
        A table with a column of layers and columns such as ``units``, ``weights``, ``connections``: text (comma-separated or
        Markdown), a frame, a dictionary of columns, or a list of dictionaries. Lines are told by the names of the layers, else
        by their order.
    layers
        A network, a function without arguments that makes one, or a list of dictionaries in their order: ``type`` (``"conv"``,
        ``"pool"``, ``"linear"``), ``name``, ``k`` (kernel), ``s`` (stride), ``p`` (padding), ``out`` (maps or units), ``groups``,
        ``bias``.
    input_shape
        (channels, height, width) of an example, or (units,).
    convention
        What counts, as in :func:`suffice.inspect.account`.

    Raises
    ------
    ValueError
        Where the network cannot be as it is described; what is wrong with a table is in the report.

    Examples
    --------
    >>> layers = [{"type": "conv", "name": "C1", "out": 20, "k": 5}, {"type": "pool", "k": 2}, {"type": "linear", "out": 10}]
    >>> report = check_table("layer,units,weights\\nC1,11520,500\\nF,10,100", layers=layers, input_shape=(1, 28, 28))
    >>> print(report.message)
    1 of 4 cells is wrong: weights of F are 100, but 28,800 is right.
    """
    counted = _counted(layers, input_shape, convention)
    try:
        lines = read_lines(rows)
        called = _names(lines, layers, counted)
        marked = from_table(_renamed(lines, called), counted)
    except ValueError as error:
        return not_comparable(str(error), reference=str(counted.convention))
    wrong = marked.wrong
    if not wrong:
        said = f"Right: all {len(marked.cells)} cells are as the network has them."
        return CheckReport("right", said, reference=str(counted.convention))
    return CheckReport(
        "wrong",
        _sentence(wrong, len(marked.cells), called),
        tuple(_finding(cell, called, counted) for cell in sorted(wrong, key=lambda cell: cell.cause == UNNAMED)),
        worst=tuple(_element(cell, marked.cells) for cell in wrong[:8]),
        max_rel_err=max(_share(cell) for cell in wrong),
        reference=str(counted.convention),
    )


def _counted(layers: Any, input_shape: Sequence[int], convention: Any) -> Account:
    shape = tuple(input_shape)
    if not shape or any(isinstance(side, bool) or not isinstance(side, int) or side < 1 for side in shape):
        raise ValueError(
            f"input_shape={input_shape!r} was given; sizes of an example are expected, such as (1, 28, 28)."
        )
    described = isinstance(layers, list | tuple)
    if described and not layers:
        raise ValueError("layers= is empty; describe the network's layers.")
    return account(stacked(layers, shape) if described else layers, shape, convention)


def _names(lines: list[Line], layers: Any, counted: Account) -> dict[str, str]:
    """What each layer is called: by the description, by its own name, else by the lines that nothing else names, in order."""
    rows = [row.layer for row in counted.rows]
    given = names_of(layers) if isinstance(layers, list | tuple) else [""] * len(rows)
    labels = [line.label for line in lines if not line.is_total]
    known, met = {name.lower() for name in (*rows, *given) if name}, {label.lower() for label in labels}
    free = [row for row, own in zip(rows, given, strict=True) if not own and row.lower() not in met]
    left = [label for label in labels if label.lower() not in known]
    by_order = dict(zip(free, left, strict=True)) if len(free) == len(left) else {}
    return {row: own for row, own in zip(rows, given, strict=True) if own} | by_order


def _renamed(lines: list[Line], called: Mapping[str, str]) -> list[dict[str, Any]]:
    """The table with the account's names of layers."""
    names = {name.lower(): row for row, name in called.items()}
    return [{"layer": names.get(line.label.lower(), line.label), **line.cells} for line in lines]


def _sentence(wrong: Sequence[MarkedCell], many: int, called: Mapping[str, str]) -> str:
    first = next((cell for cell in wrong if cell.cause != UNNAMED), wrong[0])
    cause = "" if first.cause == UNNAMED else f" ({first.cause})"
    return f"{len(wrong)} of {many} cells {'is' if len(wrong) == 1 else 'are'} wrong: {_told(first, called)}{cause}."


def _told(cell: MarkedCell, called: Mapping[str, str]) -> str:
    right = "no rule is known" if cell.right is None else f"{cell.right:,} is right"
    return f"{cell.column} of {called.get(cell.layer, cell.layer)} are {cell.given:,}, but {right}"


def _finding(cell: MarkedCell, called: Mapping[str, str], counted: Account) -> Finding:
    where = f"{called.get(cell.layer, cell.layer)}, {cell.column}"
    what = f"The {_told(cell, called)}{'' if cell.cause == UNNAMED else f': {cell.cause}'}"
    return Finding("count", what, where, _formula(cell, counted))


def _formula(cell: MarkedCell, counted: Account) -> str:
    """How the right number comes about."""
    if cell.layer == "total" or cell.right is None or cell.column not in EXPLAINED:
        return ""
    return explain(counted[cell.layer], cell.column).partition(": ")[2]


def _element(cell: MarkedCell, cells: Sequence[MarkedCell]) -> Element:
    lines = list(dict.fromkeys(one.layer for one in cells))
    columns = list(dict.fromkeys(one.column for one in cells))
    right = float("nan") if cell.right is None else float(cell.right)
    return Element((lines.index(cell.layer), columns.index(cell.column)), float(cell.given), right)


def _share(cell: MarkedCell) -> float:
    return abs(cell.given - cell.right) / max(abs(cell.right), 1) if cell.right is not None else float("inf")
