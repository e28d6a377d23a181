"""What units are called, and what fixes them beside their operands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import isqrt, prod

import numpy as np

from suffice.inspect.program import Constant, Step
from suffice.inspect.unit import Slot, Unit, read_constant

NAMES = {
    "sub": "subtract",
    "mul": "multiply",
    "div": "divide",
    "neg": "negate",
    "logistic": "sigmoid",
    "sqrt": "square root",
    "rsqrt": "inverse square root",
    "integer_pow": "power",
    "pow": "power",
    "max": "maximum",
    "min": "minimum",
    "abs": "absolute value",
    "reduce_sum": "reduce sum",
    "reduce_max": "reduce max",
    "reduce_min": "reduce min",
    "reduce_prod": "reduce product",
    "dot_general": "matrix product",
    "conv_general_dilated": "convolution",
    "reduce_window_max": "max pooling",
    "reduce_window_sum": "sum pooling",
    "select_n": "select",
    "gather": "pick",
    "dynamic_slice": "pick",
    "scatter-add": "scatter add",
    "scatter_add": "scatter add",
    "add_any": "add",
    "iota": "constant",
    "one_minus_square": "one minus square",
    "top_k": "largest",
    "stop_gradient": "stop gradient",
    "scan": "repeated",
    "while": "repeated",
    "cond": "branch",
    "broadcast_in_dim": "broadcast",
    "expand_dims": "reshape",
    "squeeze": "reshape",
    "convert_element_type": "convert",
    **dict.fromkeys(("lt", "le", "gt", "ge", "eq", "ne", "is_finite"), "compare"),
    **dict.fromkeys(("and", "or", "not", "xor"), "logic"),
    **dict.fromkeys(
        ("random_bits", "random_seed", "random_wrap", "random_unwrap", "threefry2x32", "random_split"), "random"
    ),
}
SAME = {
    "add", "exp", "exp2", "log", "log1p", "expm1", "tanh", "sin", "cos", "tan", "erf", "erf_inv", "square", "sign", "floor",
    "ceil", "round", "clamp", "split", "concatenate", "pad", "slice", "transpose", "reshape", "rev", "argmax", "argmin", "cumsum",
    "cumprod", "cummax", "cumlogsumexp", "sort", "copy", "sinh", "cosh", "asin", "acos", "atan", "atan2", "lgamma",
    "digamma", "rem", "cholesky", "triangular_solve", "lu", "qr", "eigh", "svd", "cbrt", "erfc", "asinh", "acosh", "atanh",
    "scatter", "nextafter", "clz", "custom_linear_solve", "reduce_and", "reduce_or",
}  # fmt: skip
"""Primitives that are called what they do."""


def operation(unit: Unit) -> str:
    """Name of the operation that a unit is, ``"unknown"`` where there is none."""
    if unit.operation is not None:
        return unit.operation
    step = unit.steps[0]
    if step.primitive == "max" and any(_is_zero(read) for read in step.reads):
        return "relu"
    return NAMES.get(step.primitive) or (step.primitive if step.primitive in SAME else "unknown")


def settings(unit: Unit, name: str) -> dict[str, object]:
    """What fixes a unit, in words and numbers, under the name of its operation."""
    described = DESCRIBED.get(name)
    found = described(unit) if described is not None else {} if unit.operation else _axes(unit.steps[0])
    constants = tuple(_number(read) for reads in unit.reads[:1] for read in reads if isinstance(read, Constant))
    if constants and len(unit.steps) == 1 and None not in constants:
        found = {**found, "constants": constants}
    return {**found, "primitives": tuple(step.primitive for step in unit.steps)}


def _is_zero(read: object) -> bool:
    return isinstance(read, Constant) and np.ndim(read.value) == 0 and float(np.asarray(read.value)) == 0


def _number(constant: Constant) -> float | int | None:
    value = read_constant(constant)
    return value.item() if value.ndim == 0 else None


def _axes(step: Step) -> dict[str, object]:
    params = step.settings
    found: dict[str, object] = {}
    if "axes" in params:
        found["axis"] = tuple(map(int, params["axes"]))
    if step.primitive == "integer_pow":
        found["power"] = params["y"]
    if "dimension" in params:
        found["axis"] = (params["dimension"],)
    return found


def _affine(unit: Unit) -> dict[str, object]:
    step = next(step for step in unit.steps if step.primitive == "dot_general")
    (left, _), (batch, _) = step.settings["dimension_numbers"]
    first, second = (variable.aval.shape for variable in step.equation.invars)
    contracted = prod(first[axis] for axis in left)
    shared = prod(first[axis] for axis in batch)
    rows, columns = prod(first) // contracted // shared, prod(second) // contracted // shared
    return {
        "contracted": contracted,
        "left": rows,
        "right": columns,
        "batch": shared,
        "bias": len(unit.operands) > 2,
    }


def _convolution(unit: Unit) -> dict[str, object]:
    native = [step for step in unit.steps if step.primitive == "conv_general_dilated"]
    found = _native_convolution(native[0]) if native else _patches(unit)
    return {**found, "bias": len(unit.operands) > 2}


def _native_convolution(step: Step) -> dict[str, object]:
    params, kernels = step.settings, step.equation.invars[1].aval.shape
    numbers = params["dimension_numbers"]
    outputs, inputs, *sizes = (kernels[axis] for axis in numbers.rhs_spec)
    groups = params["feature_group_count"]
    return {
        "kernel": tuple(sizes),
        "stride": tuple(params["window_strides"]),
        "padding": _pairs(params["padding"]),
        "dilation": tuple(params["rhs_dilation"]),
        "input_dilation": tuple(params["lhs_dilation"]),
        "groups": groups * params["batch_group_count"],
        "channels": (inputs * groups, outputs),
        "layout": (
            _axes_named(numbers.lhs_spec, "NC"),
            _axes_named(numbers.rhs_spec, "OI"),
            _axes_named(numbers.out_spec, "NC"),
        ),
    }


def _axes_named(places: Sequence[int], first: str) -> str:
    """Axes of an array by letters: batch, channels and space, or output, input and space."""
    letters = dict(zip(places, first + "DHW"[5 - len(places) :], strict=True))
    return "".join(letters[axis] for axis in range(len(places)))


def _patches(unit: Unit) -> dict[str, object]:
    """Settings of our own convolution, which is a product of kernels and patches; kernels may be part of the program."""
    maps = next(shape for place in range(len(unit.operands)) if len(shape := _shape(unit, place)) == 4)
    product = next(step for step in unit.steps if step.primitive == "dot_general")
    outputs = unit.steps[-1].equation.outvars[0].aval.shape[0]
    taps = max(1, sum(step.primitive == "slice" for step in unit.steps))
    inputs = prod(product.equation.invars[0].aval.shape) // outputs // taps
    return {
        "kernel": (isqrt(taps),) * 2,
        "stride": _strides(unit),
        "padding": _padding(unit),
        "dilation": (1, 1),
        "groups": maps[0] // inputs,
        "channels": (maps[0], outputs),
        "layout": ("CNHW", "OIHW", "CNHW"),
    }


def _shape(unit: Unit, slot: int) -> tuple[int, ...]:
    for step, reads in zip(unit.steps, unit.reads, strict=True):
        for variable, read in zip(step.equation.invars, reads, strict=True):
            if read == Slot(slot):
                return variable.aval.shape
    return ()


def _strides(unit: Unit) -> tuple[int, ...]:
    windows = [step for step in unit.steps if step.primitive == "slice"]
    strides = windows[0].settings["strides"] if windows else None
    return tuple(strides[-2:]) if strides is not None else (1, 1)


def _padding(unit: Unit) -> tuple[tuple[int, int], ...]:
    pads = [step for step in unit.steps if step.primitive == "pad"]
    return (
        tuple((int(low), int(high)) for low, high, _ in pads[0].settings["padding_config"][-2:])
        if pads
        else ((0, 0), (0, 0))
    )


def _pooling(unit: Unit) -> dict[str, object]:
    step = next((step for step in unit.steps if "window_dimensions" in step.settings), None)
    if step is not None:
        return {
            "kernel": tuple(step.settings["window_dimensions"]),
            "stride": tuple(step.settings["window_strides"]),
            "padding": _pairs(step.settings["padding"]),
        }
    windows = [step for step in unit.steps if step.primitive == "slice"]
    if windows:
        starts = windows[-1].settings["start_indices"]
        kernel = tuple(start + 1 for start in starts[-2:])
        return {"kernel": kernel, "stride": _strides(unit), "padding": ((0, 0), (0, 0))}
    return _adaptive(unit)


def _adaptive(unit: Unit) -> dict[str, object]:
    maps, pooled = _shape(unit, 0)[-2:], unit.steps[-1].equation.outvars[0].aval.shape[-2:]
    kernel = tuple(-(-length // size) for length, size in zip(maps, pooled, strict=True))
    stride = tuple(max(1, length // size) for length, size in zip(maps, pooled, strict=True))
    return {"kernel": kernel, "stride": stride, "padding": ((0, 0), (0, 0)), "adaptive": True}


def _pairs(pairs: Iterable[Iterable[int]]) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(int(each) for each in pair) for pair in pairs)


def _repeated(unit: Unit) -> dict[str, object]:
    params = unit.steps[0].settings
    return {"length": params.get("length"), "reverse": params.get("reverse", False)}


def _reduction(unit: Unit) -> dict[str, object]:
    """The axis of softmax and its kin: that of the first reduction inside."""
    for step in unit.steps:
        if "axes" in step.settings:
            return {"axis": tuple(map(int, step.settings["axes"]))}
    return {}


REDUCTIONS = "softmax", "log-softmax", "log-sum-exp", "mean", "variance", "standard deviation", "normalisation"
DESCRIBED: Mapping[str, Callable[[Unit], dict[str, object]]] = {
    "affine": _affine,
    "matrix product": _affine,
    "convolution": _convolution,
    "max pooling": _pooling,
    "average pooling": _pooling,
    "sum pooling": _pooling,
    "repeated": _repeated,
    **dict.fromkeys(REDUCTIONS, _reduction),
}
