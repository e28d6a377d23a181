"""A drawing as text: a line for each box, and beside it a rail for each value that is still to be read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from suffice.inspect.drawing.labels import Label, letters
from suffice.inspect.drawing.outline import Outline
from suffice.inspect.drawing.parts import Parts, parts

MARKS = {"input": "○", "parameter": "○", "constant": "○", "group": "■"}
INDENT, BETWEEN = "  ", "  "


@dataclass
class Rails:
    """The box whose value runs in each column, None where the column is free, and how often each is still to be read."""

    columns: list[int | None] = field(default_factory=list)
    unread: dict[int, int] = field(default_factory=dict)

    def straight(self) -> str:
        """All rails going on."""
        return " ".join(" " if box is None else "│" for box in self.columns)


def text(outline: Outline, labels: Sequence[Label], title: Sequence[str]) -> str:
    """The drawing, boxes in forward order and indented within their groups; ``title`` names the groups."""
    own = parts(outline)
    sources: list[list[int]] = [[] for _ in labels]
    rails = Rails(unread=dict.fromkeys(range(len(labels)), 0))
    for arrow in outline.arrows:
        sources[arrow.target].append(arrow.source)
        rails.unread[arrow.source] += 1
    lines: list[tuple[str, Sequence[str]]] = []
    for part, depth in _in_order(own):
        if part >= len(labels):
            lines.append((rails.straight(), [f"{INDENT * depth}{title[part - len(labels)]}:"]))
        else:
            drawn = _joined(rails, part, sources[part], MARKS.get(labels[part].kind, "●"))
            lines.append((drawn, _cells(labels[part], depth)))
    return _columns(lines)


def _in_order(own: Parts) -> Iterator[tuple[int, int]]:
    """Every part before those in it, and its depth."""
    waiting = [(part, 0) for part in reversed(own.children[-1])]
    while waiting:
        part, depth = waiting.pop()
        yield part, depth
        waiting += [(one, depth + 1) for one in reversed(own.children.get(part, []))]


def _joined(rails: Rails, box: int, sources: Sequence[int], mark: str) -> str:
    """The rails beside a box: those that it reads run into it, and its own begins."""
    read = {rails.columns.index(source): source for source in sources}
    for source in sources:
        rails.unread[source] -= 1
    ending = {column for column, source in read.items() if not rails.unread[source]}
    own = min(ending) if ending else _free(rails.columns)
    drawn = _signs(rails.columns, read, ending, own, mark)
    for column in ending:
        rails.columns[column] = None
    rails.columns[own] = box if rails.unread[box] else None
    while rails.columns and rails.columns[-1] is None:
        rails.columns.pop()
    return drawn


def _free(columns: list[int | None]) -> int:
    """The first free column, a new one if there is none."""
    if None not in columns:
        columns.append(None)
    return columns.index(None)


def _signs(columns: Sequence[int | None], read: dict[int, int], ending: set[int], own: int, mark: str) -> str:
    first, last = min((*read, own)), max((*read, own))
    found = []
    for column, box in enumerate(columns):
        inside = first < column < last
        if column == own:
            found.append(mark)
        elif column in read:
            found.append(_end(column < own, column in ending, inside))
        elif inside:
            found.append("─" if box is None else "│")
        else:
            found.append(" " if box is None else "│")
    pairs = [sign + ("─" if first <= column < last else " ") for column, sign in enumerate(found)]
    return "".join(pairs).rstrip()


def _end(left: bool, ends: bool, inside: bool) -> str:
    """Where a rail runs into a box: it ends there or goes on; ``inside`` where one from further away joins it."""
    if inside:
        return "┴" if ends else "┼"
    return ("╰" if left else "╯") if ends else ("├" if left else "┤")


def _cells(label: Label, depth: int) -> list[str]:
    """Heading, details, shape, value and derivative."""
    cells = [f"{INDENT * depth}{label.heading}", ", ".join(label.details), label.shape]
    return [*cells, *("  ".join(part.strip() for part in lines) for lines in (label.value, label.derivative))]


def _columns(lines: Sequence[tuple[str, Sequence[str]]]) -> str:
    """Rails and cells under one another; a line with a heading alone takes no part in the widths."""
    wide = max((len(rails) for rails, _ in lines), default=0)
    full = [cells for _, cells in lines if len(cells) > 1]
    widths = [max(map(letters, column)) for column in zip(*full, strict=True)]
    drawn = []
    for rails, cells in lines:
        padded = [cell + " " * (width - letters(cell)) for cell, width in zip(cells, widths, strict=False) if width]
        drawn.append(BETWEEN.join([rails.ljust(wide), *(padded if len(cells) > 1 else cells)]).rstrip())
    return "\n".join(drawn)
