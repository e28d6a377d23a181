"""Which places of an operand a place of a value is computed from, axis by axis, for each of JAX's operations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, TypeAlias

from suffice.inspect.program import Step

Shape: TypeAlias = tuple[int, ...]


@dataclass(frozen=True)
class Sliding:
    """Windows along an axis: place i of ``axis`` of the value reads, of the operand, i stride - before + t dilation, t a tap.

    ``spread`` places stand between neighbours of the operand first, as in a transposed convolution; 1 is none. ``partial``
    says that other places of the value read another operand.
    """

    axis: int
    kernel: int = 1
    stride: int = 1
    before: int = 0
    dilation: int = 1
    spread: int = 1
    partial: bool = False


@dataclass(frozen=True)
class Mixed:
    """Places of the operand lie along several axes of the value, or share one: all are read where these are read whole."""

    axes: frozenset[int]


Along: TypeAlias = tuple[Sliding | Mixed | None, ...]
"""An entry for each axis of an operand; None where each place of the value reads all of it."""


@dataclass(frozen=True)
class Reads:
    """How a value reads one operand, and whether each place does read all that this says."""

    along: Along
    tight: bool = True


def reads(step: Step, place: int, operands: Sequence[Shape], value: Shape) -> Reads:
    """How a step reads the operand at one place."""
    operand = operands[place]
    if step.primitive == "concatenate":
        return _concatenated(step.settings["dimension"], place, operands)
    if step.primitive in POINTWISE:
        return _pointwise(operand, value)
    described = DESCRIBED.get(step.primitive)
    if described is None or (place > 0 and step.primitive != "dot_general"):
        return anything(operand)
    return described(step.settings, place, operand, value)


def anything(operand: Shape) -> Reads:
    """Each place may read all of it."""
    return Reads((None,) * len(operand), tight=False)


def _pointwise(operand: Shape, value: Shape) -> Reads:
    """Place by place; a length of 1 is spread as NumPy spreads it."""
    shift = len(value) - len(operand)
    if shift < 0 or any(length not in (1, value[axis + shift]) for axis, length in enumerate(operand)):
        return anything(operand)
    pairs = enumerate(operand)
    return Reads(tuple(Sliding(axis + shift) if length == value[axis + shift] else None for axis, length in pairs))


def pooling(settings: Mapping[str, Any], operand: Shape, value: Shape) -> Reads:
    """Windows along the last axes; those that cover maps of any size are known where sizes divide."""
    kernel = tuple(settings.get("kernel", ()))
    first = len(operand) - len(kernel)
    if not kernel or len(value) != len(operand):
        return anything(operand)
    sides = zip(range(first, len(operand)), kernel, settings["stride"], settings["padding"], strict=True)
    windows = {axis: Sliding(axis, size, step, low) for axis, size, step, (low, _) in sides}
    if not settings.get("adaptive"):
        return Reads(tuple(windows.get(axis, Sliding(axis)) for axis in range(len(operand))))
    known = {axis: one for axis, one in windows.items() if operand[axis] % value[axis] == 0}
    along = tuple(known.get(axis, Sliding(axis) if axis < first else None) for axis in range(len(operand)))
    return Reads(along, tight=len(known) == len(windows))


def convolution(settings: Mapping[str, Any]) -> Reads:
    """Windows along the axes of the maps, all of the channels."""
    (batch, channel, *places), _, (batch_after, _, *places_after) = layout(settings)
    along: list[Sliding | None] = [None] * (len(places) + 2)
    along[batch], along[channel] = Sliding(batch_after), None
    for place, after, *window in zip(places, places_after, *windows_of(settings), strict=True):
        along[place] = Sliding(after, *window)
    return Reads(tuple(along))


def layout(settings: Mapping[str, Any]) -> tuple[tuple[int, ...], ...]:
    """Axes of maps, kernels and value: first those of batch and channels (outputs and inputs), then those of space."""
    found = []
    for letters, first in zip(settings["layout"], ("NC", "OI", "NC"), strict=True):
        found.append(tuple(letters.index(letter) for letter in first + "DHW"[5 - len(letters) :]))
    return tuple(found)


def windows_of(settings: Mapping[str, Any]) -> tuple[tuple[int, ...], ...]:
    """Kernels, strides, zeros before, dilations and spreads along the axes of the maps."""
    kernel = tuple(settings["kernel"])
    before = tuple(low for low, _ in settings["padding"])
    spread = tuple(settings.get("input_dilation", (1,) * len(kernel)))
    return kernel, tuple(settings["stride"]), before, tuple(settings["dilation"]), spread


def _transposed(settings: Mapping[str, Any], place: int, operand: Shape, value: Shape) -> Reads:
    order = list(settings["permutation"])
    return Reads(tuple(Sliding(order.index(axis)) for axis in range(len(order))))


def _broadcast(settings: Mapping[str, Any], place: int, operand: Shape, value: Shape) -> Reads:
    pairs = list(enumerate(settings["broadcast_dimensions"]))
    return Reads(tuple(Sliding(to) if operand[axis] == value[to] else None for axis, to in pairs))


def _sliced(settings: Mapping[str, Any], place: int, operand: Shape, value: Shape) -> Reads:
    strides = settings["strides"] or (1,) * len(operand)
    starts = zip(map(int, settings["start_indices"]), map(int, strides), strict=True)
    return Reads(tuple(Sliding(axis, stride=step, before=-start) for axis, (start, step) in enumerate(starts)))


def _padded(settings: Mapping[str, Any], place: int, operand: Shape, value: Shape) -> Reads:
    config = enumerate(tuple(map(int, pads)) for pads in settings["padding_config"])
    return Reads(tuple(Sliding(axis, before=low, spread=inner + 1) for axis, (low, _, inner) in config))


def _concatenated(along: int, place: int, operands: Sequence[Shape]) -> Reads:
    start = sum(shape[along] for shape in operands[:place])
    axes = range(len(operands[place]))
    return Reads(tuple(Sliding(axis, before=start, partial=True) if axis == along else Sliding(axis) for axis in axes))


def _reduced(settings: Mapping[str, Any], place: int, operand: Shape, value: Shape) -> Reads:
    return Reads(kept(len(operand), settings["axes"]))


def _across(settings: Mapping[str, Any], place: int, operand: Shape, value: Shape) -> Reads:
    gone = {settings[name] for name in ("axis", "dimension") if name in settings} | set(settings.get("dimensions", ()))
    return Reads(tuple(None if axis in gone else Sliding(axis) for axis in range(len(operand))), tight=False)


def _window(settings: Mapping[str, Any], place: int, operand: Shape, value: Shape) -> Reads:
    pairs = zip(
        settings["window_dimensions"],
        settings["window_strides"],
        [low for low, _ in settings["padding"]],
        settings["window_dilation"],
        settings["base_dilation"],
        strict=True,
    )
    return Reads(tuple(Sliding(axis, *window) for axis, window in enumerate(pairs)))


def _product(settings: Mapping[str, Any], place: int, operand: Shape, value: Shape) -> Reads:
    """Axes of a product: those of the batch, those left of the first operand, those left of the second."""
    summed, batch = (axes[place] for axes in settings["dimension_numbers"])
    free = [axis for axis in range(len(operand)) if axis not in (*summed, *batch)]
    first = len(batch) if place == 0 else len(value) - len(free)
    after = {**{axis: number for number, axis in enumerate(batch)}, **{a: first + n for n, a in enumerate(free)}}
    return Reads(tuple(Sliding(after[axis]) if axis in after else None for axis in range(len(operand))))


def _reshaped(settings: Mapping[str, Any], place: int, operand: Shape, value: Shape) -> Reads:
    """Axes that keep their length and their place among the others, and those that are merged or cut."""
    along: list[Sliding | Mixed | None] = [None] * len(operand)
    for old, new in _blocks(operand, value):
        for axis in old:
            along[axis] = Sliding(new[0]) if len(old) == len(new) == 1 else Mixed(frozenset(new))
    return Reads(tuple(along))


def kept(rank: int, gone: Iterable[int]) -> Along:
    """Axes that stay, in their order."""
    gone = set(gone)
    stay = {axis: number for number, axis in enumerate(axis for axis in range(rank) if axis not in gone)}
    return tuple(Sliding(stay[axis]) if axis in stay else None for axis in range(rank))


def _blocks(before: Shape, after: Shape) -> list[tuple[list[int], list[int]]]:
    """Shortest runs of axes (length 1 left out) with as many cells on both sides."""
    old = [axis for axis, length in enumerate(before) if length != 1]
    new = [axis for axis, length in enumerate(after) if length != 1]
    found = []
    while old or new:
        left, right = [old.pop(0)] if old else [], [new.pop(0)] if new else []
        while (cells := prod(before[axis] for axis in left)) != (others := prod(after[axis] for axis in right)):
            if cells < others:
                left.append(old.pop(0))
            else:
                right.append(new.pop(0))
        found.append((left, right))
    return found


POINTWISE = {
    "add", "sub", "mul", "div", "neg", "max", "min", "abs", "sign", "floor", "ceil", "round", "exp", "exp2", "expm1", "log",
    "log1p", "tanh", "sinh", "cosh", "sin", "cos", "tan", "asin", "acos", "atan", "atan2", "asinh", "acosh", "atanh", "logistic",
    "sqrt", "rsqrt", "cbrt", "square", "integer_pow", "pow", "erf", "erfc", "erf_inv", "lgamma", "digamma", "rem", "clamp",
    "select_n", "lt", "le", "gt", "ge", "eq", "ne", "and", "or", "not", "xor", "is_finite", "convert_element_type", "copy",
    "copy_p", "add_any", "stop_gradient", "reduce_precision", "nextafter", "real", "imag", "conj", "complex", "name", "pvary",
    "optimization_barrier", "psum", "psum_invariant", "custom_jvp_call", "custom_vjp_call",
}  # fmt: skip
"""Operations of which each place reads the same place of operands of the same shape."""
DESCRIBED: Mapping[str, Callable[[Mapping[str, Any], int, Shape, Shape], Reads]] = {
    "transpose": _transposed,
    "broadcast_in_dim": _broadcast,
    "slice": _sliced,
    "pad": _padded,
    "dot_general": _product,
    **dict.fromkeys(("reshape", "squeeze", "expand_dims"), _reshaped),
    **dict.fromkeys(("cumsum", "cumprod", "cummax", "cummin", "cumlogsumexp", "sort", "rev"), _across),
    **dict.fromkeys(("reduce_window_sum", "reduce_window_max", "reduce_window_min", "reduce_window"), _window),
    **dict.fromkeys(
        ("reduce_sum", "reduce_max", "reduce_min", "reduce_prod", "reduce_and", "reduce_or", "argmax", "argmin"),
        _reduced,
    ),
}
