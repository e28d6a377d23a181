"""The operations of a graph with what each adds, in forward order, loops entered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from suffice.inspect.convention import Convention
from suffice.inspect.counting import Counts, Operand, counts
from suffice.inspect.flow import POOLING, moved_shape, without_products
from suffice.inspect.nodes import Graph, Node
from suffice.inspect.program import Constant, loop_inputs
from suffice.inspect.reads import Shape
from suffice.inspect.unit import Slot, Unit

WEIGHING = {"convolution", "affine", "matrix product", "embedding"}
RULED = POOLING | {"convolution", "affine", "matrix product", "attention", "embedding", "normalisation"}
SOURCES = ("input", "parameter", "constant")


@dataclass(frozen=True)
class Made:
    """What a value is made of: parameters and constants, where no input is in it, and whether that is so."""

    parameters: frozenset[int] = frozenset()
    constants: frozenset[int] = frozenset()
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
        self.shapes = {node.number: node.shape for node in graph.nodes if node.operation in SOURCES}
        made = {node.number: _leaf(node) for node in graph.nodes if node.operation in SOURCES}
        yield from self._entries(graph, made, (), 1)

    def _entries(self, graph: Graph, made: dict[int, Made], path: tuple[int, ...], repeats: int) -> Iterator[Entry]:
        for node in graph.nodes:
            if node.operation in SOURCES:
                continue
            unit, read = graph.units[node.number], [made[number] for number in node.inputs]
            made[node.number] = _union(read)
            if node.body is not None and unit is not None:
                inside = _entered(node.body, unit, iter(read))
                yield from self._entries(node.body, inside, (*path, node.number), repeats * node.repeats)
            elif unit is not None:
                entry = self._entry(graph, node, unit, read)
                yield replace(
                    entry, path=(*path, node.number), counts=_times(entry.counts, repeats, self.convention.batch)
                )

    def _entry(self, graph: Graph, node: Node, unit: Unit, read: list[Made]) -> Entry:
        shared = any((part.parameters | part.constants) & self.seen for part in read)
        operands = list(self._operands(graph, node, unit, read))
        known = node.operation in RULED or without_products(unit.steps)
        ruled = node if known else replace(node, operation="unknown")
        return Entry(node, (), counts(ruled, operands, self.convention, unit), shared)

    def _operands(self, graph: Graph, node: Node, unit: Unit, read: list[Made]) -> Iterator[Operand]:
        """What a node reads; constants that it multiplies by count as weights."""
        sources, weighing = iter(zip(node.inputs, read, strict=True)), node.operation in WEIGHING
        for operand in unit.operands:
            if operand.source is None:
                shape = moved_shape(operand, ())
                yield Operand(shape, (shape,) if weighing else (), True, weighing)
            else:
                number, made = next(sources)
                yield self._operand(moved_shape(operand, graph.nodes[number].shape), made, weighing)
        for shape in _arrays_inside(unit) if weighing else ():
            yield Operand(shape, (shape,), True, True)

    def _operand(self, shape: Shape, made: Made, weighing: bool) -> Operand:
        mine = made.parameters | made.constants if weighing else made.parameters
        new = sorted(mine - self.seen)
        self.seen.update(new)
        return Operand(shape, tuple(self.shapes[number] for number in new), made.fixed, bool(mine))


def _arrays_inside(unit: Unit) -> list[Shape]:
    """Shapes of arrays that stand in a unit itself."""
    constants = [read.value for reads in unit.reads for read in reads if isinstance(read, Constant)]
    return [tuple(value.shape) for value in constants if getattr(value, "shape", ())]


def _leaf(node: Node) -> Made:
    alone = frozenset({node.number})
    if node.operation == "parameter":
        return Made(alone)
    return (
        Made(constants=alone) if node.operation == "constant" and node.shape else Made(fixed=node.operation != "input")
    )


def _union(parts: Iterable[Made]) -> Made:
    parts = list(parts)
    if not all(part.fixed for part in parts):
        return Made(fixed=False)
    every: frozenset[int] = frozenset()
    return Made(every.union(*(part.parameters for part in parts)), every.union(*(part.constants for part in parts)))


def _entered(body: Graph, unit: Unit, read: Iterator[Made]) -> dict[int, Made]:
    """What the leaves of a loop's body are made of, from what the loop reads; what turns hand on is never fixed."""
    operands = [Made() if operand.source is None else next(read) for operand in unit.operands]
    outside = [operands[one.number] if isinstance(one, Slot) else Made() for one in unit.reads[0]]
    handed_on = [kind == "carry" for kind in loop_inputs(unit.steps[0])]
    outside = [Made(fixed=False) if carried else one for one, carried in zip(outside, handed_on, strict=True)]
    leaves = [leaf.number for leaf in body.nodes if leaf.operation in ("input", "parameter")]
    constants = {leaf.number: Made() for leaf in body.nodes if leaf.operation == "constant"}
    return {**dict(zip(leaves, outside, strict=True)), **constants}


def _times(found: Counts, repeats: int, batch: int) -> Counts:
    """Counts of all turns and examples; parameters are there once."""
    units, connections, operations = (
        None if count is None else count.times(batch, repeats)
        for count in (found.units, found.connections, found.operations)
    )
    return replace(found, units=units, connections=connections, operations=operations)
