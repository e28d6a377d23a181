"""The operations of a graph with what each adds, in forward order, loops entered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from suffice.inspect.convention import Convention
from suffice.inspect.counting import Counts, Operand, counts
from suffice.inspect.flow import POOLING, moved_shape, without_products
from suffice.inspect.nodes import Graph, Node
from suffice.inspect.program import Constant, Step
from suffice.inspect.reads import Shape
from suffice.inspect.units import Unit

RULED = POOLING | {"convolution", "affine", "matrix product", "attention", "embedding", "normalisation"}
SOURCES = ("input", "parameter", "constant")


@dataclass(frozen=True)
class Made:
    """What a value is made of: parameters, where no input is in it, and whether that is so."""

    parameters: frozenset[int] = frozenset()
    fixed: bool = True


@dataclass(frozen=True)
class Entry:
    """An operation: its node, the loops around it, what it adds, and whether earlier ones counted parameters of its own."""

    node: Node
    path: tuple[int, ...]
    counts: Counts
    shared: bool

    @property
    def counted(self) -> bool:
        """Whether it adds anything, or it is not known what."""
        found = self.counts
        parts = (found.units, found.weights, found.biases, found.connections, found.operations)
        return any(count is None or count.terms for count in parts)


@dataclass
class Ledger:
    """Entries of a graph. ``shapes`` are those of its parameters, ``seen`` those that entries have counted."""

    convention: Convention
    shapes: dict[int, Shape] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)

    def entries(self, graph: Graph) -> Iterator[Entry]:
        """Every node that is no leaf, in forward order."""
        self.shapes = {node.number: node.shape for node in graph.nodes if node.operation == "parameter"}
        made = {node.number: _leaf(node) for node in graph.nodes if node.operation in SOURCES}
        yield from self._entries(graph, made, (), 1)

    def _entries(self, graph: Graph, made: dict[int, Made], path: tuple[int, ...], repeats: int) -> Iterator[Entry]:
        for node in graph.nodes:
            if node.operation in SOURCES:
                continue
            unit, read = graph.units[node.number], [made[number] for number in node.inputs]
            made[node.number] = _union(read)
            if node.body is not None and unit is not None:
                inside = _entered(node.body, unit.steps[0], dict(zip(_sources(unit), read, strict=True)))
                yield from self._entries(node.body, inside, (*path, node.number), repeats * node.repeats)
            elif unit is not None:
                entry = self._entry(graph, node, unit, read)
                yield replace(
                    entry, path=(*path, node.number), counts=_times(entry.counts, repeats, self.convention.batch)
                )

    def _entry(self, graph: Graph, node: Node, unit: Unit, read: list[Made]) -> Entry:
        shared = any(part.parameters & self.seen for part in read)
        moved = [operand for operand in unit.operands if operand.source is not None]
        shapes = [moved_shape(one, graph, number) for number, one in zip(node.inputs, moved, strict=True)]
        operands = [self._operand(shape, part) for shape, part in zip(shapes, read, strict=True)]
        known = node.operation in RULED or without_products(unit.steps)
        ruled = node if known else replace(node, operation="unknown")
        return Entry(node, (), counts(ruled, operands, self.convention), shared)

    def _operand(self, shape: Shape, made: Made) -> Operand:
        new = sorted(made.parameters - self.seen)
        self.seen.update(new)
        return Operand(shape, tuple(self.shapes[number] for number in new), made.fixed, bool(made.parameters))


def _leaf(node: Node) -> Made:
    return Made(frozenset({node.number} if node.operation == "parameter" else ()), node.operation != "input")


def _union(parts: Iterable[Made]) -> Made:
    parts = list(parts)
    if not all(part.fixed for part in parts):
        return Made(fixed=False)
    return Made(frozenset().union(*(part.parameters for part in parts)))


def _sources(unit: Unit) -> list[int]:
    return [operand.source for operand in unit.operands if operand.source is not None]


def _entered(body: Graph, step: Step, made: Mapping[int, Made]) -> dict[int, Made]:
    """What the leaves of a loop's body are made of, from what the loop reads; what turns hand on is never fixed."""
    first, count = step.settings["num_consts"], step.settings["num_carry"]
    leaves = [leaf.number for leaf in body.nodes if leaf.operation in ("input", "parameter")]
    outside = [Made() if isinstance(read, Constant) else made[read] for read in step.reads]
    outside[first : first + count] = [Made(fixed=False)] * count
    constants = {leaf.number: Made() for leaf in body.nodes if leaf.operation == "constant"}
    return {**dict(zip(leaves, outside, strict=True)), **constants}


def _times(found: Counts, repeats: int, batch: int) -> Counts:
    """Counts of all turns and examples; parameters are there once."""
    units, connections, operations = (
        None if count is None else count.times(batch, repeats)
        for count in (found.units, found.connections, found.operations)
    )
    return replace(found, units=units, connections=connections, operations=operations)
