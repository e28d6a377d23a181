"""What one node adds to an account: units, weights, biases, connections and operations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isqrt, prod

from suffice.inspect.convention import Convention
from suffice.inspect.count import Count, product
from suffice.inspect.flow import POOLING, convolution_shapes, products_of
from suffice.inspect.nodes import Node
from suffice.inspect.reads import layout, windows_of
from suffice.inspect.unit import Unit
from suffice.inspect.windows import taps_on_input

NOTHING = Count()
SHIFTS = {"add", "residual add", "subtract"}


@dataclass(frozen=True)
class Operand:
    """A value as a node reads it.

    ``parameters`` are the shapes of those it is made of and that no layer before has counted; ``fixed`` whether no input is
    in it, ``learned`` whether parameters are.
    """

    shape: tuple[int, ...]
    parameters: tuple[tuple[int, ...], ...] = ()
    fixed: bool = False
    learned: bool = False

    @property
    def weights(self) -> Count:
        """Parameters that count here."""
        return sum((product(shape) for shape in self.parameters), NOTHING)


@dataclass(frozen=True)
class Counts:
    """The counts of one layer; None where there is no rule."""

    units: Count | None = NOTHING
    weights: Count = NOTHING
    biases: Count = NOTHING
    connections: Count | None = NOTHING
    operations: Count | None = NOTHING


def counts(node: Node, operands: Sequence[Operand], convention: Convention, unit: Unit | None = None) -> Counts:
    """What a node adds, for one example; ``unit`` are its steps."""
    if node.operation == "convolution" and len(operands) > 1 and unit is not None:
        return _convolution(node, operands, unit, convention)
    if node.operation in ("affine", "matrix product") and len(operands) > 1:
        return _affine(node, operands, convention)
    if node.operation in POOLING:
        return _pooling(node, operands[0], convention)
    if node.operation == "attention":
        return _attention(unit, convention)
    if node.operation == "embedding":
        return Counts(product(node.shape), _weights(operands), NOTHING, product(node.shape))
    return _others(node, operands, convention)


def _weights(operands: Sequence[Operand]) -> Count:
    return sum((operand.weights for operand in operands), NOTHING)


def _weighted(operands: Sequence[Operand], units: Count, taps: Count, convention: Convention) -> Counts:
    """Of units that each add up weighted values, and a bias where there is a third operand."""
    with_bias = units if len(operands) > 2 and convention.bias else NOTHING
    operations = _operations(taps, convention) + with_bias
    return Counts(units, _weights(operands[:2]), _weights(operands[2:]), taps + with_bias, operations)


def _operations(products: Count, convention: Convention) -> Count:
    return products if convention.mac_or_flop == "mac" else products.times(2)


def _convolution(node: Node, operands: Sequence[Operand], unit: Unit, convention: Convention) -> Counts:
    (_, _, *before), _, (batch, channel, *after) = layout(node.settings)
    inputs = node.settings["channels"][0] // node.settings["groups"]  # type: ignore[index,operator]
    maps, value = convolution_shapes(node, unit, [operand.shape for operand in operands])
    places, outputs, examples = tuple(value[axis] for axis in after), value[channel], value[batch]
    units = product((*places, outputs)).times(examples)
    windows = list(zip(*windows_of(node.settings), strict=True))
    if convention.padding_taps and all(spread == 1 for *_, spread in windows):
        taps = product((*places, outputs), (*(kernel for kernel, *_ in windows), inputs))
    else:
        sides = zip((maps[axis] for axis in before), places, windows, strict=True)
        taps = product(tuple(_taps(*side, convention.padding_taps) for side in sides), (inputs, outputs))
    return _weighted(operands, units, taps.times(examples), convention)


def _taps(length: int, outputs: int, window: tuple[int, ...], padding: bool) -> int:
    """Pairs of a place of the value and one of the operand along an axis; zeros between spread places never count."""
    kernel, stride, before, dilation, spread = window
    if spread == 1:
        return taps_on_input(length, kernel, stride, before, outputs, dilation)
    if padding:
        return length * kernel
    starts = (place * stride - before for place in range(outputs))
    reached = (start + tap * dilation for start in starts for tap in range(kernel))
    return sum(place % spread == 0 and 0 <= place // spread < length for place in reached)


def _affine(node: Node, operands: Sequence[Operand], convention: Convention) -> Counts:
    """Of a product: with weights, or of two values of which neither is (no units of its own)."""
    first, second = operands[:2]
    summed = _summed(node, first, second)
    if first.fixed == second.fixed:
        products = product((prod(node.shape), summed))
        return Counts(
            NOTHING, _weights(operands[:2]), _weights(operands[2:]), NOTHING, _operations(products, convention)
        )
    outputs = prod((first if first.fixed else second).shape) // summed
    examples = prod(node.shape) // outputs
    return _weighted(
        operands, product((outputs,)).times(examples), product((summed, outputs)).times(examples), convention
    )


def _summed(node: Node, first: Operand, second: Operand) -> int:
    """How many products each cell of a matrix product adds up."""
    given = node.settings.get("contracted")
    if isinstance(given, int):
        return given
    return isqrt(prod(first.shape) * prod(second.shape) // prod(node.shape))


def _pooling(node: Node, operand: Operand, convention: Convention) -> Counts:
    """Pooled values, each connected to its window."""
    if not convention.pool:
        return Counts()
    kernel = tuple(node.settings.get("kernel", ()))  # type: ignore[arg-type]
    whole = not kernel or node.settings.get("adaptive")
    seen = product(operand.shape) if whole else product(node.shape, kernel)
    return Counts(
        product(node.shape), connections=seen, operations=NOTHING if convention.mac_or_flop == "mac" else seen
    )


def _attention(unit: Unit | None, convention: Convention) -> Counts:
    """Scores of all pairs and weighted sums of values: products of data with data."""
    found = [product((cells, summed)) for cells, summed in products_of(unit.steps)] if unit is not None else []
    return Counts(operations=_operations(sum(found, NOTHING), convention))


def _others(node: Node, operands: Sequence[Operand], convention: Convention) -> Counts:
    """Of normalisations and of element-by-element operations: parameters that scale and that shift."""
    learned = [operand for operand in operands if operand.fixed and operand.learned]
    shifting = learned[1:] if node.operation == "normalisation" else learned if node.operation in SHIFTS else []
    scaling = learned[: len(learned) - len(shifting)]
    weights, biases = _weights(scaling), _weights(shifting)
    if node.operation == "unknown":
        return Counts(None, weights, biases, None, None)
    data = not all(operand.fixed for operand in operands)
    scaled = product(node.shape) if scaling and data else NOTHING
    shifted = product(node.shape) if shifting and data and convention.bias else NOTHING
    return Counts(NOTHING, weights, biases, scaled + shifted, _operations(scaled, convention) + shifted)
