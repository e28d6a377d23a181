"""A Bayesian network as a picture: the graph in layers, in each node its states with their probabilities as bars."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from suffice.bayesian.network import DiscreteNetwork
from suffice.files.atomic import write_atomically
from suffice.plot.canvas import FAINT, INK, PALETTE, shortened
from suffice.report.bayesian.layers import Layout, layout
from suffice.report.svg.shapes import text_at
from suffice.report.svg.sheet import FONT, NAMESPACE, PIXELS
from suffice.report.svg.themed import themed
from suffice.runtime.markup import coordinate, element, hint, points
from suffice.runtime.types import PathLike

Marginals = Mapping[str, Mapping[Hashable, float]]
WIDTH, HEAD, LINE, FOOT = 136.0, 17.0, 11.0, 4.0
GAP, RISE, EDGE = 18.0, 34.0, 8.0
LABELS, BAR = 60.0, 44.0
MOST_STATES, MOST_WITH_BARS, MOST_NODES = 6, 90, 400
ACROSS, ACROSS_SMALL = 9, 14
SEEN, WANTED, OBSERVED = PALETTE[1], PALETTE[2], PALETTE[3]
"""Colours of evidence, of the target, and of shares among rows."""


@dataclass(frozen=True)
class Drawing:
    """A picture as ``svg``; notebooks show it."""

    svg: str

    def save(self, path: PathLike) -> Path:
        """Write it to an SVG file, which replaces an earlier one only when it is complete.

        Parameters
        ----------
        path
            The file.
        """
        write_atomically(Path(path), self.svg.encode())
        return Path(path)

    def _repr_svg_(self) -> str:
        return self.svg


@dataclass(frozen=True)
class Shown:
    """What is shown in the nodes: probabilities, evidence, the node asked for, and shares of the states among rows."""

    marginals: Marginals
    evidence: Mapping[str, Hashable] = field(default_factory=dict)
    target: str | None = None
    observed: Marginals = field(default_factory=dict)


@dataclass(frozen=True)
class Box:
    """Where a node is drawn: its left upper corner, and its size."""

    left: float
    top: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        """Its middle across."""
        return self.left + self.width / 2


def network_svg(network: DiscreteNetwork, shown: Shown) -> str:
    """The picture; of more than 90 nodes their names alone, of more than 400 none."""
    count = len(network.nodes)
    if count > MOST_NODES:
        raise ValueError(f"The network has {count} nodes; a drawing of more than {MOST_NODES} shows nothing.")
    bars = count <= MOST_WITH_BARS
    found = layout(network.parents, ACROSS if bars else ACROSS_SMALL)
    heights = [_height(network, node, bars) for node in range(count)]
    tops = _tops(found, heights)
    boxes = [
        Box(EDGE + found.across[node] * (WIDTH + GAP), tops[found.layer[node]], WIDTH, heights[node])
        for node in range(count)
    ]
    edges = [_edge(boxes[parent], boxes[node], found.routes[parent, node], tops, heights, found.layer)
             for node, own in enumerate(network.parents) for parent in own]  # fmt: skip
    nodes = [_node(network, node, boxes[node], shown, bars) for node in range(count)]
    farthest = max([*found.across, *(across for route in found.routes.values() for across, _ in route)])
    width = 2 * EDGE + farthest * (WIDTH + GAP) + WIDTH
    height = max(box.top + box.height for box in boxes) + EDGE
    return element(
        "svg", "".join([*edges, *nodes]), xmlns=NAMESPACE, viewBox=f"0 0 {coordinate(width)} {coordinate(height)}",
        width=PIXELS * width, height=PIXELS * height, font_family=FONT,
    )  # fmt: skip


def _height(network: DiscreteNetwork, node: int, bars: bool) -> float:
    return HEAD + (LINE * min(len(network.states[node]), MOST_STATES) + FOOT if bars else 0.0)


def _tops(found: Layout, heights: Sequence[float]) -> list[float]:
    """The upper edge of each layer."""
    tops, top = [], EDGE
    for place in range(max(found.layer) + 1):
        tops.append(top)
        top += max(height for height, own in zip(heights, found.layer, strict=True) if own == place) + RISE
    return tops


def _edge(
    parent: Box, child: Box, route: Sequence[tuple[float, int]], tops: Sequence[float], heights: Sequence[float],
    layer: Sequence[int],
) -> str:  # fmt: skip
    """A curve from the foot of the parent to the head of the child, past the layers between, and its arrowhead."""
    places = [(parent.middle, parent.top + parent.height)]
    for across, passed in route:
        deep = max(height for height, own in zip(heights, layer, strict=True) if own == passed)
        x = EDGE + across * (WIDTH + GAP) + WIDTH / 2
        places += [(x, tops[passed]), (x, tops[passed] + deep)]
    places.append((child.middle, child.top - 4.0))
    way = f"M{points(*places[0])}"
    for number, ((x, y), (to_x, to_y)) in enumerate(pairwise(places)):
        bend = (to_y - y) / 2
        straight = number % 2 == 1 and len(places) > 2
        way += (
            f"L{points(to_x, to_y)}"
            if straight
            else f"C{points(x, y + bend)} {points(to_x, to_y - bend)} {points(to_x, to_y)}"
        )
    line = element("path", d=way, fill="none", stroke=themed(FAINT), stroke_width=1.1)
    x, y = places[-1]
    head = f"M{points(x - 3, y - 1.5)}L{points(x + 3, y - 1.5)}L{points(x, y + 4)}Z"
    return line + element("path", d=head, fill=themed(FAINT))


def _node(network: DiscreteNetwork, node: int, box: Box, shown: Shown, bars: bool) -> str:
    name = network.nodes[node]
    seen = name in shown.evidence
    colour = SEEN if seen else WANTED if name == shown.target else INK
    frame = element(
        "rect", hint(name), x=box.left, y=box.top, width=box.width, height=box.height, rx=4, fill=themed("white"),
        stroke=themed(colour if colour != INK else FAINT), stroke_width=1.8 if colour != INK else 1.0,
    )  # fmt: skip
    title = text_at(
        box.left + 6, box.top + HEAD / 2, shortened(name, 20), size=8.5, align="left", colour=colour, bold=True
    )
    said = f"= {shortened(str(shown.evidence[name]), 9)}" if seen and not bars else ""
    right = text_at(box.left + box.width - 6, box.top + HEAD / 2, said, size=7.5, align="right", colour=colour)
    return frame + title + (right if said else "") + (_states(network, node, box, shown, colour) if bars else "")


def _states(network: DiscreteNetwork, node: int, box: Box, shown: Shown, colour: str) -> str:
    name = network.nodes[node]
    chances, observed = shown.marginals[name], shown.observed.get(name, {})
    states = _likeliest(network.states[node], chances)
    drawn = []
    for place, state in enumerate(states):
        y = box.top + HEAD + LINE * place
        fill = colour if colour != INK else PALETTE[0]
        drawn.append(_bar(box.left, y, state, chances[state], observed.get(state), fill))
    left = len(network.states[node]) - len(states)
    if left:
        y = box.top + HEAD + LINE * len(states)
        rest = sum(chances[state] for state in network.states[node] if state not in states)
        drawn.append(_bar(box.left, y, f"{left} others", rest, None, FAINT))
    return "".join(drawn)


def _likeliest(states: Sequence[Hashable], chances: Mapping[Hashable, float]) -> list[Hashable]:
    """All states, or of many the most probable ones, in their order."""
    if len(states) <= MOST_STATES:
        return list(states)
    chosen = set(sorted(states, key=lambda state: -chances[state])[: MOST_STATES - 1])
    return [state for state in states if state in chosen]


def _bar(left: float, y: float, label: Hashable, chance: float, observed: float | None, colour: str) -> str:
    told = f"{label}: {chance:.6g}" + ("" if observed is None else f", {observed:.6g} of the rows")
    start = left + 6 + LABELS
    ground = element("rect", x=start, y=y + 1.5, width=BAR, height=LINE - 4, fill=themed(FAINT), fill_opacity=0.25)
    bar = element("rect", hint(told), x=start, y=y + 1.5, width=BAR * chance, height=LINE - 4, fill=themed(colour))
    mark = "" if observed is None else element(
        "rect", x=start + BAR * observed - 0.7, y=y + 0.5, width=1.4, height=LINE - 2, fill=themed(OBSERVED)
    )  # fmt: skip
    words = text_at(left + 6, y + LINE / 2 - 0.5, shortened(str(label), 14), size=7.0, align="left", colour=INK)
    number = text_at(left + WIDTH - 4, y + LINE / 2 - 0.5, _percent(chance), size=6.5, align="right", colour=INK)
    return ground + bar + mark + words + number


def _percent(chance: float) -> str:
    """A chance in percent that says 0 and 100 only of what is so."""
    if chance in (0.0, 1.0):
        return f"{chance:.0%}"
    shown = f"{100 * chance:.1f}"
    return "<0.1" if shown == "0.0" else ">99.9" if shown == "100.0" else shown
