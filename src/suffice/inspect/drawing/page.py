"""A page with a drawing that folds and tells more, complete in one file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from suffice.inspect.drawing.arrange import HEADER, PAD, Arrangement, Level, title_place
from suffice.inspect.drawing.labels import Label
from suffice.inspect.drawing.numbers import shape_text
from suffice.inspect.drawing.outline import Outline
from suffice.inspect.drawing.place import MARGIN, Sheet, placed
from suffice.inspect.drawing.style import style
from suffice.inspect.drawing.svg import HEAD, MARK, drawn, picture, title_width
from suffice.inspect.nodes import Graph

FOLDED_HEIGHT = 38.0
NAMES = {
    "input": "input", "parameter": "parameter", "constant": "constant", "weighted": "layer with weights",
    "function": "function of each value", "pooling": "pooling", "norm": "normalisation, softmax", "sum": "sum or product",
    "other": "other", "unknown": "not known",
}  # fmt: skip


def page(
    title: str,
    graph: Graph,
    found: Arrangement,
    labels: Sequence[Label],
    outputs: frozenset[int],
    folded: frozenset[int],
) -> str:
    """The page; groups in ``folded`` are closed at first."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("suffice.inspect.drawing", "templates"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    sheet = placed(found)
    data = {
        "parts": _parts(found), "levels": _levels(found), "lines": _lines(found, sheet),
        "touching": _touching(found.outline, sheet), "folded": sorted(folded),
        "told": [_told(graph, found.outline, place, label) for place, label in enumerate(labels)],
        "header": HEADER, "pad": PAD, "margin": MARGIN, "head": HEAD, "mark": MARK, "boxes": len(labels),
    }  # fmt: skip
    kinds = [(kind, name) for kind, name in NAMES.items() if any(label.kind == kind for label in labels)]
    return environment.get_template("graph.html.j2").render(
        title=title,
        count=len(labels),
        groups=len(found.outline.groups),
        kinds=kinds,
        skips=any(arrow.skip for arrow in found.outline.arrows),
        numbers=any(label.value for label in labels),
        style=style(".suffice-graph"),
        svg=picture(sheet, drawn(found.outline, sheet, labels, outputs, folds=True), title),
        data=json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c"),
    )


def _parts(found: Arrangement) -> list[list[float]]:
    """Of each part its group, width, height and axis, width and height when it is folded, and where its name begins."""
    count = len(found.outline.boxes)
    closed = [(0.0, 0.0, 0.0)] * count + [
        (max(title_width(group) + 20, 70.0), FOLDED_HEIGHT, title_place(found.axis[count + number], title_width(group)))
        for number, group in enumerate(found.outline.groups)
    ]
    return [
        [
            found.parts.parent[part],
            *(round(size, 1) for size in (found.width[part], found.height[part], found.axis[part], *own)),
        ]
        for part, own in enumerate(closed)
    ]


def _levels(found: Arrangement) -> dict[str, Any]:
    return {str(part): _level(level) for part, level in found.levels.items()}


def _level(level: Level) -> dict[str, Any]:
    """Rows with the parts in them, each with its axis; gaps between rows; and the axis of the level."""
    rows = [
        [[level.ends[one][1], round(level.layout.across[one], 1)] for one in row if _is_part(level, one)]
        for row in level.layout.rows
    ]
    return {"rows": rows, "gaps": [round(gap, 1) for gap in level.gaps], "axis": round(level.axis, 1)}


def _is_part(level: Level, member: int) -> bool:
    return member < len(level.ends) and level.ends[member][0] == "part"


def _lines(found: Arrangement, sheet: Sheet) -> list[list[Any]]:
    """Of each line its level, the parts at which it begins and ends (-1 a door), and the place across and row of each stop."""
    lines = []
    numbers = iter(range(len(sheet.lines)))
    for part in [-1, *range(len(found.outline.boxes), len(found.width))]:
        level = found.levels[part]
        for joint, way in zip(level.joints, level.layout.ways, strict=True):
            line = sheet.lines[next(numbers)]
            stops = [[round(stop.x, 1), level.layout.row[one]] for stop, one in zip(line.stops, way, strict=True)]
            lines.append([part, *(end[1] if end[0] == "part" else -1 for end in (joint.source, joint.target)), stops])
    return lines


def _setting(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _touching(outline: Outline, sheet: Sheet) -> list[list[int]]:
    """The lines that lead to each box, and from it."""
    found: list[list[int]] = [[] for _ in outline.boxes]
    for number, line in enumerate(sheet.lines):
        ends = (outline.arrows[arrow] for arrow in line.arrows)
        for box in sorted({box for arrow in ends for box in (arrow.source, arrow.target)}):
            found[box].append(number)
    return found


def _told(graph: Graph, outline: Outline, place: int, label: Label) -> dict[str, Any]:
    """What the page says of a box that is pointed at."""
    node = graph.nodes[outline.boxes[place].nodes[0]]
    names = [outline.groups[group].name for group in reversed(outline.enclosing(place))]
    facts = {
        "operation": node.operation,
        "in": " / ".join(filter(None, names)) or ".".join(map(str, node.scope)),
        "shape": f"{shape_text(node.shape)}, {node.dtype}",
        "value": "\n".join(label.value),
        "derivative": "\n".join(label.derivative),
        "derivative, term by term": label.received,
        "gives back": label.rule,
        **{name: _setting(value) for name, value in node.settings.items()},
    }
    return {"heading": label.heading, "facts": [[name, fact] for name, fact in facts.items() if fact]}
