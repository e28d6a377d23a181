"""Units, weights and connections of AlexNet, from its layers; and the document's table marked by them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any

from suffice.check.stacked import stacked
from suffice.inspect.accounting import Account, account
from suffice.inspect.marking import MarkedCell, MarkedTable, from_table

Built = Callable[[], tuple[bool, str]]
POOL = {"type": "pool", "k": 3, "s": 2}
LAYERS: tuple[dict[str, Any], ...] = (
    {"type": "conv", "name": "C1", "k": 11, "s": 4, "out": 96},
    POOL,
    {"type": "conv", "name": "C2", "k": 5, "p": 2, "out": 256},
    POOL,
    {"type": "conv", "name": "C3", "k": 3, "p": 1, "out": 384},
    {"type": "conv", "name": "C4", "k": 3, "p": 1, "out": 384},
    {"type": "conv", "name": "C5", "k": 3, "p": 1, "out": 256},
    POOL,
    {"type": "linear", "name": "F1", "out": 4096},
    {"type": "linear", "name": "F2", "out": 4096},
    {"type": "linear", "name": "Out", "out": 1000},
)
NAMES = tuple(layer["name"] for layer in LAYERS if "name" in layer)
PRINTED = """
layer, units, weights, connections
C1, 290400, 34848, 105415200
C2, 186624, 614400, 111974400
C3, 64896, 884736, 149520384
C4, 64896, 1327104, 112140288
C5, 43264, 884736, 74760192
F1, 4096, 37748736, 37748736
F2, 4096, 16777216, 16777216
Out, 1000, 4096000, 4096000
total, 659272, 62367776, 612432416
"""
"""The document's table, with its sums."""
FIRST = [
    {"maps": 96.0, "kernel": 11.0, "channels": 3.0, "groups": 1.0, "height": 55.0},
    {"maps": 256.0, "kernel": 5.0, "channels": 96.0, "groups": 1.0, "height": 27.0},
    {"maps": 384.0, "kernel": 3.0, "channels": 256.0, "groups": 1.0, "height": 13.0},
]
"""Sizes of the first three convolutions."""


@cache
def counted(changed: tuple[tuple[str, int], ...] = ()) -> Account:
    """The account of the network with other numbers of maps or units in some layers; every kernel sees all maps."""
    sizes: Mapping[str, int] = dict(changed)
    layers = [{**layer, "out": sizes[layer["name"]]} if layer.get("name") in sizes else layer for layer in LAYERS]
    return account(stacked(layers, (3, 227, 227)), (3, 227, 227))


@cache
def marked() -> MarkedTable:
    """The document's table under the convention that most of it follows."""
    return from_table(PRINTED, counted())


def _cells(name: str) -> list[MarkedCell]:
    rows = [*(row.layer for row in counted().rows), "total"]
    own = rows[[*NAMES, "total"].index(name)]
    return [cell for cell in marked().cells if cell.layer == own]


def _told(cell: MarkedCell) -> str:
    if cell.is_right:
        return f"{cell.column} {cell.given:,}"
    return f"{cell.column} {cell.given:,}, but {cell.right:,} is right: {cell.cause}"


def _line(name: str) -> tuple[bool, str]:
    """A line of the table."""
    cells = [cell for cell in _cells(name) if cell.column != "units"]
    return all(cell.is_right for cell in cells), "; ".join(map(_told, cells))


def _sum(column: str) -> tuple[bool, str]:
    (cell,) = (cell for cell in _cells("total") if cell.column == column)
    return cell.is_right, _told(cell)


def whole_table() -> tuple[bool, str]:
    """Whether one convention gives every cell."""
    wrong = [f"{cell.column} of {name}" for name in NAMES for cell in _cells(name) if not cell.is_right]
    return not wrong, f"{len(wrong)} cells are not those of one convention: {', '.join(wrong)}"


REMARKS = {
    "C2": "447,897,600, or 223,948,800 with two towers: the number printed is one tower's",
    "C4": "weights of all kernels, connections of two towers",
    "C5": "weights of all kernels, connections of two towers",
}
LINES = {line.split(",")[0]: line.split(", ")[2:] for line in PRINTED.split("\n") if ", " in line}


def _said(name: str) -> str:
    weights, connections = (f"{int(number):,}" for number in LINES[name])
    return f"{name}: {weights} weights, {connections} connections"


ROWS: tuple[tuple[str, Built, str, str], ...] = (
    (
        "units: 290,400 in C1 = 55 · 55 · 96, and so on",
        partial(_sum, "units"),
        "right",
        "the paper's own figure prints 253,440 for C1",
    ),
    *(
        (_said(name), partial(_line, name), "wrong" if name in REMARKS else "right", REMARKS.get(name, ""))
        for name in NAMES
    ),
    ("62,367,776 weights in all", partial(_sum, "weights"), "right", "all kernels over all maps"),
    (
        "612,432,416 connections in all",
        partial(_sum, "connections"),
        "wrong",
        "1,135,256,096, or 724,406,816 with two towers",
    ),
)
KERNELS = tuple((layer["name"], layer["out"]) for layer in LAYERS if layer["type"] == "conv")
FEWER = {
    "C1 96 → 90": (("C1", 90),),
    "all convolutions × 90/96": tuple((name, round(out * 90 / 96)) for name, out in KERNELS),
    "F1 halved": (("F1", 2048),),
}


def _effect(column: str, changed: tuple[tuple[str, int], ...]) -> float:
    """Share by which a sum changes."""
    return getattr(counted(changed).total, column) / getattr(counted().total, column) - 1


def _effects(column: str) -> tuple[list[float], str]:
    found = {said: _effect(column, changed) for said, changed in FEWER.items()}
    return list(found.values()), f"{column}: {', '.join(f'{said} {share:+.2%}' for said, share in found.items())}"


def fewer_kernels() -> tuple[bool, str]:
    """What the document's change saves, beside halving F1."""
    (_, kernels, halved), said = _effects("weights")
    return kernels < halved, said


def fewer_connections() -> tuple[bool, str]:
    """The same of connections."""
    (first, kernels, halved), said = _effects("connections")
    return kernels < halved and first < 0, said


def proportional() -> tuple[bool, str]:
    """Whether halving all kernels halves the weights of the fully connected layers."""
    halved = counted(tuple((name, out // 2) for name, out in KERNELS))
    pairs = [(new.weights, old.weights) for new, old in zip(halved.rows, counted().rows, strict=True)][-3:]
    shares = [new / old for new, old in pairs]
    return all(share == 0.5 for share in shares), f"half the kernels leave F1, F2 and Out {shares} of their weights"
