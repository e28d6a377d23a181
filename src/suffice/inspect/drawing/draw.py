"""Drawings of graphs for readers: pictures, text, pages."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from suffice.files import write_atomically
from suffice.inspect.drawing.arrange import Arrangement, arranged
from suffice.inspect.drawing.box import DETAIL, size
from suffice.inspect.drawing.build import SOURCES, outline, shown, sign
from suffice.inspect.drawing.closing import closed, shut
from suffice.inspect.drawing.labels import Label, Numbers, label
from suffice.inspect.drawing.outline import Outline
from suffice.inspect.drawing.page import page
from suffice.inspect.drawing.place import placed
from suffice.inspect.drawing.svg import group_name, svg
from suffice.inspect.drawing.text import text
from suffice.inspect.nodes import Graph
from suffice.runtime.markup import width
from suffice.runtime.types import ArrayLike

FEW = 40
"""Boxes up to which parameters have boxes of their own, if nothing is said."""
MOST = 60
"""Boxes that are drawn, if nothing is said."""


@dataclass(frozen=True)
class Drawing:
    """A graph as a picture, as text or as a page, made by ``draw``.

    Attributes
    ----------
    graph
        What is drawn.
    outline
        Boxes and groups, all open.
    folded
        Groups that are closed to begin with.
    numbers
        What is written into boxes: values, derivatives, rules.
    title
        Heading of the page.
    """

    graph: Graph
    outline: Outline
    folded: frozenset[int]
    numbers: Numbers
    title: str = "Graph"

    def __str__(self) -> str:
        return self.to_text()

    def _repr_html_(self) -> str:
        return self.to_svg()

    @property
    def boxes(self) -> int:
        """How many boxes the picture has."""
        return len(self._seen.boxes)

    @cached_property
    def _seen(self) -> Outline:
        return shut(self.outline, self.folded)

    def to_text(self) -> str:
        """A line for each box, with a rail beside it for each value that is still to be read."""
        seen = self._seen
        return text(seen, self._labels(seen, rows=2), [group_name(group) for group in seen.groups])

    def to_svg(self) -> str:
        """A picture without scripts, for light and dark pages."""
        seen = self._seen
        labels = self._labels(seen)
        return svg(seen, placed(self._arranged(seen, labels)), labels, self._outputs(seen), self.title)

    def to_html(self) -> str:
        """A page that asks no other place for anything: boxes tell more when pointed at, and groups fold when clicked."""
        labels = self._labels(self.outline)
        return page(
            self.title,
            self.graph,
            self._arranged(self.outline, labels),
            labels,
            self._outputs(self.outline),
            self.folded,
        )

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write a file; an older one stays as it was until the new one is complete.

        Parameters
        ----------
        path
            A name that ends in ``.svg``, ``.html`` or ``.txt``.

        Raises
        ------
        ValueError
            When it ends in something else.
        OSError
            When the file cannot be written.
        """
        target = Path(path)
        writers = {".svg": self.to_svg, ".html": self.to_html, ".txt": self.to_text}
        if target.suffix not in writers:
            raise ValueError(f"{target.name!r} was given; a name ending in {', '.join(writers)} is expected.")
        write_atomically(target, f"{writers[target.suffix]()}\n".encode())
        return target

    def _labels(self, seen: Outline, rows: int = 4) -> list[Label]:
        boxed = frozenset(node for box in seen.boxes for node in box.nodes)
        return [label(self.graph, box, self.numbers, boxed, rows) for box in seen.boxes]

    def _arranged(self, seen: Outline, labels: list[Label]) -> Arrangement:
        nodes = self.graph.nodes
        light = frozenset(place for place, box in enumerate(seen.boxes) if nodes[box.nodes[0]].operation in SOURCES)
        titles = [width(group_name(group), DETAIL) for group in seen.groups]
        return arranged(seen, [size(label) for label in labels], titles, light)

    def _outputs(self, seen: Outline) -> frozenset[int]:
        given = set(self.graph.outputs)
        return frozenset(place for place, box in enumerate(seen.boxes) if given & set(box.nodes))
