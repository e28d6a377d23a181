"""What XLA counts as FLOPs, and what it may be expected to count for each operation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from math import prod

import jax

from suffice.inspect.flow import operand_shapes, result_shapes
from suffice.inspect.nodes import Graph
from suffice.inspect.program import Constant, Step, inner_program
from suffice.inspect.reads import Shape
from suffice.inspect.unit import Unit, read_constant
from suffice.inspect.values import evaluated
from suffice.inspect.windows import taps_on_input
from suffice.runtime.precision import scope

PRODUCTS, ELEMENTS, REDUCTIONS = "products", "element-by-element operations", "reductions and pooling"
UNCHANGING = "additions of 0 and products with 1"
PADDING, LOOPS, COUNTERS = "padding taps", "loop body counted once", "counters of loops"
ONE_EACH = {
    "add", "sub", "mul", "div", "neg", "max", "min", "abs", "sign", "floor", "ceil", "round", "square", "rem", "clamp",
    "select_n", "lt", "le", "gt", "ge", "eq", "ne", "and", "or", "not", "xor", "is_finite", "convert_element_type",
    "add_any", "nextafter",
}  # fmt: skip
"""Operations that it counts once for each place of the value."""
SEVERAL_EACH = {"logistic": 3}
SPREADING = {"broadcast_in_dim", "reshape", "squeeze", "convert_element_type", "expand_dims"}
NEUTRAL = {"add": 0.0, "sub": 0.0, "mul": 1.0, "div": 1.0}
"""Operations with such a constant change nothing: newer versions leave them out, as all do with those on constants alone."""
VARYING = object()


def counted_by_xla(graph: Graph) -> int:
    """FLOPs in XLA's own analysis of the program, before it is optimised. Nothing is compiled or allocated."""
    numbers = list(graph.leaves)
    shapes = [jax.ShapeDtypeStruct(graph.nodes[number].shape, graph.nodes[number].dtype) for number in numbers]

    def outputs(*arrays: jax.Array) -> list[jax.Array]:
        values = evaluated(graph, dict(zip(numbers, arrays, strict=True)))
        return [values[number] for number in graph.outputs]

    with scope(graph.precision):
        found = jax.jit(outputs).lower(*shapes).cost_analysis()
    return round((found or {}).get("flops", 0))


def expected_of_xla(graph: Graph) -> list[Counter[str]]:
    """FLOPs that XLA is expected to count for each node, by kind; what it leaves out is below 0."""
    fixed: dict[int, object] = {}
    met: set[tuple[int, ...]] = set()
    found = []
    for unit in graph.units:
        if unit is None:
            found.append(Counter())
            continue
        fixed.update(_constants(unit))
        moves = [step for operand in unit.operands for step in operand.moves]
        new = {step.writes: step for step in moves if step.writes not in met}
        met.update(new)
        found.append(_of_steps([*new.values(), *unit.steps], fixed))
    return found


def _constants(unit: Unit) -> dict[int, float | None]:
    """Constants that a unit's steps read, with their number where it is one and the same."""
    pairs = [
        pair for step, reads in zip(unit.steps, unit.reads, strict=True) for pair in zip(step.reads, reads, strict=True)
    ]
    return {number: _same(read) for number, read in pairs if isinstance(number, int) and isinstance(read, Constant)}


def _of_steps(steps: Iterable[Step], fixed: dict[int, object]) -> Counter[str]:
    """``fixed`` gathers values that no input is in, with their number where it is one and the same."""
    found: Counter[str] = Counter()
    for step in steps:
        numbers = [_number(read, fixed) for read in step.reads]
        inner = inner_program(step)
        if all(number is not VARYING for number in numbers):
            fixed.update(dict.fromkeys(step.writes, numbers[0] if step.primitive in SPREADING and numbers else None))
        elif step.primitive == "scan" and inner is not None:
            found.update(_of_loop(_of_steps(inner.steps, {}), int(step.settings["length"])))
        elif inner is not None:
            found.update(_of_steps(inner.steps, {}))
        elif _neutral(step, numbers):
            found.update({UNCHANGING: sum(map(prod, result_shapes(step)))})
        else:
            found.update(_of_step(step))
    return found


def _neutral(step: Step, numbers: Sequence[object]) -> bool:
    constants = numbers if step.primitive in ("add", "mul") else numbers[1:]
    return step.primitive in NEUTRAL and NEUTRAL[step.primitive] in constants


def _number(read: int | Constant, fixed: Mapping[int, object]) -> object:
    return fixed.get(read, VARYING) if isinstance(read, int) else _same(read)


def _same(constant: Constant) -> float | None:
    """The number that a constant holds everywhere."""
    value = read_constant(constant)
    same = value.size > 0 and value.dtype.kind in "fiu" and (value == value.flat[0]).all()
    return float(value.flat[0]) if same else None


def _of_loop(body: Counter[str], turns: int) -> Counter[str]:
    """One turn, and the turns that are left out; a loop counts its turns by an addition and a comparison."""
    once = sum(count for kind, count in body.items() if kind != UNCHANGING)
    return Counter({**{kind: turns * count for kind, count in body.items()}, LOOPS: (1 - turns) * once, COUNTERS: 2})


def _of_step(step: Step) -> dict[str, int]:
    size, shapes = sum(map(prod, result_shapes(step))), operand_shapes(step)
    if step.primitive in ONE_EACH:
        return {ELEMENTS: size}
    if step.primitive in SEVERAL_EACH:
        return {ELEMENTS: SEVERAL_EACH[step.primitive] * size}
    if step.primitive == "integer_pow":
        return {ELEMENTS: _multiplications(step.settings["y"]) * size}
    if step.primitive == "dot_general":
        (summed, _), _ = step.settings["dimension_numbers"]
        return {PRODUCTS: 2 * size * prod(shapes[0][axis] for axis in summed)}
    if step.primitive == "conv_general_dilated":
        return _of_convolution(step, shapes)
    if step.primitive.startswith("reduce_window"):
        return {REDUCTIONS: (prod(step.settings["window_dimensions"]) - 1) * size}
    if step.primitive in ("reduce_sum", "reduce_max", "reduce_min", "reduce_prod"):
        return {REDUCTIONS: prod(shapes[0]) - size}
    return {}


def _multiplications(power: int) -> int:
    """Of a power by repeated squaring; one more for a negative one."""
    bits = bin(abs(power))[2:]
    return max(0, len(bits) + bits.count("1") - 2) + (power < 0)


def _of_convolution(step: Step, shapes: list[Shape]) -> dict[str, int]:
    """Products of all taps, and those on padding, which XLA leaves out."""
    settings = step.settings
    numbers = settings["dimension_numbers"]
    maps, kernels, value = shapes[0], shapes[1], result_shapes(step)[0]
    others = value[numbers.out_spec[0]] * value[numbers.out_spec[1]] * kernels[numbers.rhs_spec[1]]
    every = valid = 2 * others
    for place, (low, high) in enumerate(settings["padding"]):
        axes = (numbers.lhs_spec[place + 2], numbers.rhs_spec[place + 2], numbers.out_spec[place + 2])
        length, kernel, outputs = (shape[axis] for shape, axis in zip((maps, kernels, value), axes, strict=True))
        stride, dilation = settings["window_strides"][place], settings["rhs_dilation"][place]
        every *= outputs * kernel
        valid *= _taps(length, kernel, stride, (low, high), dilation, settings["lhs_dilation"][place], outputs)
    return {PRODUCTS: every, PADDING: valid - every}


def _taps(
    length: int, kernel: int, stride: int, pads: tuple[int, int], dilation: int, spread: int, outputs: int
) -> int:
    if spread == 1:
        return taps_on_input(length, kernel, stride, pads[0], outputs, dilation)
    reached = (place * stride - pads[0] + tap * dilation for place in range(outputs) for tap in range(kernel))
    return sum(place % spread == 0 and 0 <= place // spread < length for place in reached)
