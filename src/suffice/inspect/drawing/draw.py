"""Drawings of graphs for readers: pictures, text, pages."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from suffice.files import write_atomically
from suffice.inspect.drawing.arrange import Arrangement, arranged
from suffice.inspect.drawing.box import size
from suffice.inspect.drawing.build import SOURCES, outline, shown, sign
from suffice.inspect.drawing.closing import closed, shut
from suffice.inspect.drawing.labels import Known, Label, label
from suffice.inspect.drawing.loops import Opened, opened
from suffice.inspect.drawing.outline import Outline
from suffice.inspect.drawing.page import page
from suffice.inspect.drawing.place import placed
from suffice.inspect.drawing.rules import left_out, with_rules
from suffice.inspect.drawing.svg import group_name, svg, title_width
from suffice.inspect.drawing.text import text
from suffice.inspect.exercise import Blank
from suffice.inspect.nodes import Graph
from suffice.inspect.values import Values
from suffice.validation import check_sizes

FEW = 24
"""Boxes up to which parameters have boxes of their own, if nothing is said."""
MOST = 60
"""Boxes that are drawn, if nothing is said."""


def draw(
    graph: Graph,
    values: Values | None = None,
    derivatives: Values | None = None,
    *,
    blanks: Sequence[Blank] = (),
    parameters: bool | None = None,
    most: int | None = MOST,
    title: str = "Graph",
) -> Drawing:
    """Draw a graph: boxes in layers, every arrow downwards, residual paths apart.

    Scopes are groups. Where there would be more than ``most`` boxes, blocks that follow one another and are alike are drawn
    once, with how often they are there, and then groups are closed: those like an earlier one first, then the innermost.

    Parameters
    ----------
    graph
        What ``suffice.inspect.graph`` traced.
    values, derivatives
        What ``graph.forward()`` and ``graph.backward()`` give, to be written into the boxes.
    blanks
        What is left out for readers to fill in: ``graph.blank(k).blanks``.
    parameters
        Whether parameters and constants have boxes of their own; None: where there are then at most 24 boxes.
    most
        Boxes to draw at most, as far as there is something to fold; None draws all.
    title
        Heading of the page, and name of the picture.

    Raises
    ------
    ValueError
        When the graph is none or has no nodes, ``most`` is below 1, or values are those of another graph.

    Examples
    --------
    >>> import numpy as np
    >>> import jax.numpy as jnp
    >>> from suffice.inspect import draw, graph
    >>> def block(x):
    ...     z = 3.0 * x
    ...     h = jnp.tanh(z) + x
    ...     return h
    >>> traced = graph(block, 0.5)
    >>> print(draw(traced, traced.forward(), traced.backward()))
    ○    x     input                   scalar  x = 0.5      x̄ = 1.542
    ├─●  z     multiply, constant 3    scalar  z = 1.5      z̄ = 0.1807
    │ ●  tanh                          scalar  v2 = 0.9051  v̄2 = 1
    ●─╯  h     residual add            scalar  h = 1.405    h̄ = 1
    """
    _check(graph, values, derivatives, most)
    open_ = opened(graph)
    if parameters is None:
        parameters = len(shown(open_.graph, parameters=True)) <= FEW
    found = outline(open_.graph, parameters=parameters, most=most)
    kinds = [sign(open_.graph, open_.graph.nodes[box.nodes[0]], sizes=False) for box in found.boxes]
    names = {number: graph.labels[before] for number, before in enumerate(open_.origin) if before is not None}
    gaps = left_out(graph, open_, blanks)
    known = Known(names, _arrays(values, open_), _arrays(derivatives, open_), left_out=gaps)
    return Drawing(graph, open_, found, closed(found, kinds, most), known, tuple(blanks), title)


def _check(graph: Graph, values: Values | None, derivatives: Values | None, most: int | None) -> None:
    if not isinstance(graph, Graph):
        raise ValueError(
            f"{type(graph).__name__} was given; draw takes a graph, such as suffice.inspect.graph(f, *args) gives."
        )
    if not graph.nodes:
        raise ValueError("The graph has no nodes; there is nothing to draw.")
    if most is not None:
        check_sizes(most=most)
    for name, found in (("values", values), ("derivatives", derivatives)):
        if found is not None and not (isinstance(found, Values) and len(found.arrays) == len(graph.nodes)):
            raise ValueError(
                f"{name} are not those of this graph; graph.forward() gives its values and graph.backward() its derivatives."
            )


def _arrays(values: Values | None, open_: Opened) -> dict[int, np.ndarray]:
    """The arrays there are, by the numbers of their nodes."""
    if values is None:
        return {}
    every = ((number, values.arrays[before]) for number, before in enumerate(open_.origin) if before is not None)
    return {number: array for number, array in every if isinstance(array, np.ndarray)}


@dataclass(frozen=True)
class Drawing:
    """A graph as a picture, as text or as a page, made by ``draw``.

    Attributes
    ----------
    graph
        What is drawn.
    opened
        The same with its loops opened: boxes hold numbers of its nodes.
    outline
        Boxes and groups, all open.
    folded
        Groups that are closed to begin with.
    known
        What is written into boxes: names, values, derivatives, rules.
    blanks
        What is left out.
    title
        Heading of the page.

    Examples
    --------
    See ``draw``.
    """

    graph: Graph
    opened: Opened
    outline: Outline
    folded: frozenset[int]
    known: Known
    blanks: tuple[Blank, ...] = ()
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
        told = replace(self, known=with_rules(self.known, self.graph, self.opened, self.blanks))
        labels, outputs = told._labels(self.outline), self._outputs(self.outline)
        return page(self.title, self.opened.graph, self._arranged(self.outline, labels), labels, outputs, self.folded)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write a file; an older one stays as it was until the new one is complete.

        Parameters
        ----------
        path
            A name that ends in ``.svg``, ``.html`` or ``.txt``.

        Raises
        ------
        ValueError
            When it ends in something else, or the file cannot be written.
        """
        target = Path(path)
        writers = {".svg": self.to_svg, ".html": self.to_html, ".txt": self.to_text}
        if target.suffix not in writers:
            raise ValueError(f"{target.name!r} was given; a name ending in {', '.join(writers)} is expected.")
        write_atomically(target, f"{writers[target.suffix]()}\n".encode())
        return target

    def _labels(self, seen: Outline, rows: int = 4) -> list[Label]:
        boxed = frozenset(node for box in seen.boxes for node in box.nodes)
        return [label(self.opened.graph, box, self.known, boxed, rows) for box in seen.boxes]

    def _arranged(self, seen: Outline, labels: list[Label]) -> Arrangement:
        nodes = self.opened.graph.nodes
        light = frozenset(place for place, box in enumerate(seen.boxes) if nodes[box.nodes[0]].operation in SOURCES)
        titles = [title_width(group) for group in seen.groups]
        return arranged(seen, [size(label) for label in labels], titles, light)

    def _outputs(self, seen: Outline) -> frozenset[int]:
        given = set(self.opened.graph.outputs)
        return frozenset(place for place, box in enumerate(seen.boxes) if given & set(box.nodes))
