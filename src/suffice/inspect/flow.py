"""What each value of a graph reads of others, step by step."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import prod

from suffice.inspect.nodes import Graph, Node
from suffice.inspect.program import Step, inner_program
from suffice.inspect.reads import DESCRIBED, POINTWISE, Reads, Shape, anything, convolution, layout, pooling, reads
from suffice.inspect.unit import Operand, Unit

POOLING = {"max pooling", "average pooling", "sum pooling"}
NO_PRODUCTS = (POINTWISE | DESCRIBED.keys() | {"gather", "dynamic_slice", "scatter", "scatter-add", "scatter_add", "iota"} | {
    "dynamic_update_slice", "threefry2x32", "top_k", "reduce_and", "reduce_or", "shift_right_logical", "shift_left", "clz",
    "squeeze", "bitcast_convert_type", "split", "empty",
}) - {"dot_general"}  # fmt: skip


@dataclass(frozen=True)
class Link:
    """One value read by another.

    Where it is one of two that a third chooses from, ``chosen_by`` is the third, or -1 for a constant.
    """

    read: int
    read_shape: Shape
    value: int
    shape: Shape
    how: Reads
    chosen_by: int | None = None


@dataclass(frozen=True)
class Flow:
    """All links in forward order; ``values`` has the number of the value of each node."""

    links: tuple[Link, ...]
    values: dict[int, int]


def flow(graph: Graph) -> Flow:
    """Links of a graph."""
    links: list[Link] = []
    values: dict[int, int] = {}
    moved: set[int] = set()
    for node, unit in zip(graph.nodes, graph.units, strict=True):
        if unit is None:
            continue
        sources = [operand.source for operand in unit.operands if operand.source is not None]
        values |= dict(zip(node.inputs, sources, strict=True)) | {node.number: unit.results[0]}
        for step in (step for operand in unit.operands for step in operand.moves):
            if step.writes[0] not in moved:
                moved.add(step.writes[0])
                links += _links_of(step)
        links += _links_through(node, unit)
    return Flow(tuple(links), values)


def moved_shape(operand: Operand, source: Shape) -> Shape:
    """Shape of an operand as its unit reads it, from that of its source."""
    return result_shapes(operand.moves[-1])[0] if operand.moves else source


def convolution_shapes(node: Node, unit: Unit, moved: Sequence[Shape]) -> tuple[Shape, Shape]:
    """Shapes of the maps that a convolution reads and of those that it gives, axes as its layout says."""
    for step in unit.steps:
        if step.primitive == "conv_general_dilated":
            return operand_shapes(step)[0], result_shapes(step)[0]
    return moved[maps_place(node, list(moved))], node.shape


def operand_shapes(step: Step) -> list[Shape]:
    """Shapes of what a step reads."""
    return [tuple(variable.aval.shape) for variable in step.equation.invars]


def result_shapes(step: Step) -> list[Shape]:
    """Shapes of what a step writes."""
    return [tuple(variable.aval.shape) for variable in step.equation.outvars]


def without_products(steps: Iterable[Step]) -> bool:
    """Whether steps add up no products: they move, choose, compare and work element by element, and reduce."""
    waiting = list(steps)
    while waiting:
        step = waiting.pop()
        inner = inner_program(step) if step.primitive.startswith(("custom_jvp", "custom_vjp")) else None
        if inner is not None:
            waiting += inner.steps
        elif step.primitive not in NO_PRODUCTS and not step.primitive.startswith("random_"):
            return False
    return True


def products_of(steps: Iterable[Step]) -> list[tuple[int, int]]:
    """Cells of each matrix product among steps, and how many products each of them adds up."""
    found, waiting = [], list(steps)[::-1]
    while waiting:
        step = waiting.pop()
        inner = inner_program(step)
        if inner is not None:
            waiting += inner.steps[::-1]
        elif step.primitive == "dot_general":
            (summed, _), _ = step.settings["dimension_numbers"]
            found.append((prod(result_shapes(step)[0]), prod(operand_shapes(step)[0][axis] for axis in summed)))
    return found


def _links_through(node: Node, unit: Unit) -> Iterator[Link]:
    if node.operation in POOLING and len(unit.steps) > 1:
        yield from _links_of_whole(node, unit, 0)
    elif node.operation == "convolution" and not any(step.primitive == "conv_general_dilated" for step in unit.steps):
        yield from _links_of_whole(node, unit, maps_place(node, _shapes_read(unit)))
    else:
        for step in unit.steps:
            yield from _links_of(step, node)


def maps_place(node: Node, shapes: list[Shape]) -> int:
    """Which operand of a convolution is the maps, and not the kernels."""
    inputs, outputs = node.settings["channels"]  # type: ignore[misc]
    _, kernels, _ = layout(node.settings)
    wanted = (outputs, inputs // node.settings["groups"], *node.settings["kernel"])  # type: ignore[operator,misc]
    fits = [len(shape) == len(kernels) and tuple(shape[axis] for axis in kernels) == wanted for shape in shapes]
    return 1 if len(fits) > 1 and fits[0] and not fits[1] else 0


def _links_of_whole(node: Node, unit: Unit, maps: int) -> Iterator[Link]:
    """Links of a unit that reads its maps through windows, whatever its steps."""
    shapes = _shapes_read(unit)
    for place, (operand, shape) in enumerate(zip(unit.operands, shapes, strict=True)):
        how = anything(shape)
        if place == maps and node.operation == "convolution":
            how = convolution(node.settings)
        elif place == maps:
            how = pooling(node.settings, shape, node.shape)
        yield Link(_last(operand), shape, unit.results[0], node.shape, how)


def _shapes_read(unit: Unit) -> list[Shape]:
    """Shapes of a unit's operands, as its steps read them."""
    found = {
        read: shape
        for step in unit.steps
        for read, shape in zip(step.reads, operand_shapes(step), strict=True)
        if isinstance(read, int)
    }
    return [found[_last(operand)] for operand in unit.operands]


def _last(operand: Operand) -> int:
    """The value that a unit reads, after its moves."""
    return operand.moves[-1].writes[0] if operand.moves else int(operand.source or 0)


def _links_of(step: Step, node: Node | None = None) -> Iterator[Link]:
    shapes, results = operand_shapes(step), list(zip(step.writes, result_shapes(step), strict=True))
    for place, read in enumerate(step.reads):
        if isinstance(read, int):
            for value, shape in results:
                how = _how(step, place, shapes, shape, node)
                yield Link(read, shapes[place], value, shape, how, _chooser(step) if place else None)


def _chooser(step: Step) -> int | None:
    if step.primitive != "select_n":
        return None
    return step.reads[0] if isinstance(step.reads[0], int) else -1


def _how(step: Step, place: int, operands: list[Shape], value: Shape, node: Node | None) -> Reads:
    if step.primitive == "conv_general_dilated" and node is not None:
        return convolution(node.settings) if place == 0 else anything(operands[place])
    return reads(step, place, operands, value)
