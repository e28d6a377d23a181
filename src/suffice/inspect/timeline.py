"""How much memory the forward and backward pass hold, step by step."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from suffice.inspect.needed import Need, need_of, needs
from suffice.inspect.values import differentiable

if TYPE_CHECKING:
    from suffice.inspect.nodes import Graph


@dataclass(frozen=True)
class Moment:
    """Memory after one step.

    Attributes
    ----------
    phase
        ``"forward"``, ``"again"`` for what is computed a second time, or ``"backward"``.
    node
        Number of the node that is computed, or whose rule is used.
    bytes
        Bytes of forward values held for rules that are still to come.
    """

    phase: str
    node: int
    bytes: int


@dataclass(frozen=True)
class Timeline:
    """Memory of the values that backward rules need, through the forward and the backward pass.

    Inputs, parameters and constants are held anyway and count from the start to the last rule that needs them.

    Attributes
    ----------
    graph
        The graph.
    moments
        In order.
    """

    graph: Graph
    moments: tuple[Moment, ...]

    @property
    def peak(self) -> int:
        """The most bytes held at once."""
        return max((moment.bytes for moment in self.moments), default=0)

    def __str__(self) -> str:
        labels = self.graph.labels
        rows = [f"{moment.phase:8}  {labels[moment.node]}  {moment.bytes:,}" for moment in self.moments]
        return "\n".join([*rows, f"peak {self.peak:,} bytes"])


def timeline(graph: Graph) -> Timeline:
    """Bytes held after each forward step and each backward rule; what is rematerialised is held for its own rules only."""
    return Timeline(graph, tuple(_moments(graph)))


def _moments(graph: Graph) -> Iterator[Moment]:
    regions = [unit.steps[0].region if unit is not None else 0 for unit in graph.units]
    found = [*needs(graph).needs, *_doors(graph, regions)]
    of_node: dict[int, list[Need]] = defaultdict(list)
    for need in found:
        of_node[need.node].append(need)
    kept = _largest(need for need in found if not _again(need, regions))
    held = {value: size for value, size in kept.items() if not graph.nodes[value].inputs}
    for node in graph.nodes:
        if node.inputs:
            held |= {node.number: kept[node.number]} if node.number in kept else {}
            yield Moment("forward", node.number, sum(held.values()))
    yield from _backward(graph, regions, found, of_node, held)


def _doors(graph: Graph, regions: list[int]) -> Iterator[Need]:
    """What rematerialised parts read from outside, and need when they are computed again."""
    real = differentiable(graph)
    for node in graph.nodes:
        region = regions[node.number]
        for source in node.inputs:
            if region and real[node.number] and regions[source] != region:
                yield need_of(graph, node.number, source, "value")


def _backward(
    graph: Graph, regions: list[int], found: Iterable[Need], of_node: dict[int, list[Need]], held: dict[int, int]
) -> Iterator[Moment]:
    wanted = differentiable(graph)
    last: dict[int, int] = {}
    for need in found:
        last[need.value] = min(last.get(need.value, need.node), need.node)
    inside = 0
    for node in reversed(graph.nodes):
        region = regions[node.number]
        if not node.inputs or not wanted[node.number]:
            continue
        if region and region != inside:
            again = _largest(need for need in found if regions[need.node] == region and _again(need, regions))
            held |= again
            yield Moment("again", node.number, sum(held.values()))
        inside = region
        for value in {need.value for need in of_node[node.number] if last[need.value] == node.number}:
            held.pop(value, None)
        yield Moment("backward", node.number, sum(held.values()))


def _again(need: Need, regions: list[int]) -> bool:
    """Whether a value is computed again for a rule: whether both are inside one rematerialised part."""
    return regions[need.node] != 0 and regions[need.node] == regions[need.value]


def _largest(found: Iterable[Need]) -> dict[int, int]:
    sizes: dict[int, int] = {}
    for need in found:
        sizes[need.value] = max(sizes.get(need.value, 0), need.bytes)
    return sizes
