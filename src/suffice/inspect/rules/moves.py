"""Steps that move numbers, and their transposes, as NumPy expressions."""

from __future__ import annotations

from math import prod

import numpy as np

from suffice.inspect.program import Step

SHAPES = {"reshape", "squeeze", "expand_dims", "slice"}


class NoFormula(Exception):
    """There is no formula for an operation; JAX's own derivative takes its place."""


def forward(step: Step, value: str, *, spread: bool) -> str:
    """A value moved; ``spread`` writes out what NumPy would broadcast by itself."""
    if step.primitive in SHAPES:
        return f"({value}).reshape({shapes(step)[1]})"
    if step.primitive == "transpose":
        return transposed(value, step.settings["permutation"])
    if step.primitive == "broadcast_in_dim":
        return _broadcast(step, value, spread=spread)
    if step.primitive == "convert_element_type":
        return _converted(step, value)
    return f"({value})"


def backward(step: Step, derivative: str) -> str:
    """What a derivative with respect to a moved value gives for the value."""
    if step.primitive in SHAPES:
        return f"({derivative}).reshape({shapes(step)[0]})"
    if step.primitive == "transpose":
        return transposed(derivative, np.argsort(step.settings["permutation"]).tolist())
    if step.primitive == "broadcast_in_dim":
        return _summed(step, derivative)
    return f"({derivative})"


def undone(step: Step, value: str) -> str:
    """A value before it was moved, from the moved one."""
    before, after = shapes(step)
    if step.primitive == "broadcast_in_dim":
        if prod(before) != prod(after):
            raise NoFormula
        return f"({value}).reshape({before})"
    return backward(step, value)


def shapes(step: Step) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Shape of what a step reads first, and of what it writes."""
    return tuple(step.equation.invars[0].aval.shape), tuple(step.equation.outvars[0].aval.shape)


def at_shape(step: Step, place: int, derivative: str) -> str:
    """A derivative of an argument, summed over axes along which one of its numbers met many."""
    return summed(derivative, tuple(step.equation.invars[place].aval.shape), shapes(step)[1])


def summed(derivative: str, shape: tuple[int, ...], result: tuple[int, ...]) -> str:
    """A derivative of one shape summed to another, along axes of which that has none or one of length 1."""
    if shape == result:
        return derivative
    if not shape:
        return f"({derivative}).sum()"
    if len(shape) < len(result):
        ahead = tuple(range(len(result) - len(shape)))
        return summed(f"({derivative}).sum({ahead})", shape, result[len(ahead) :])
    axes = tuple(axis for axis, (own, met) in enumerate(zip(shape, result, strict=True)) if own != met)
    return f"({derivative}).sum({axes if len(axes) != 1 else axes[0]}, keepdims=True)"


def transposed(value: str, axes: list[int] | tuple[int, ...]) -> str:
    """A transpose, by ``.T`` where all axes turn round."""
    if list(axes) == list(range(len(axes))):
        return f"({value})"
    if list(axes) == list(reversed(range(len(axes)))):
        return f"({value}).T"
    return f"({value}).transpose({tuple(axes)})"


def _broadcast(step: Step, value: str, *, spread: bool) -> str:
    before, after = shapes(step)
    if prod(before) == prod(after):
        return f"({value}).reshape({after})"
    aligned = [1] * len(after)
    for axis, size in zip(step.settings["broadcast_dimensions"], before, strict=True):
        aligned[axis] = size
    while aligned and len(aligned) > len(before) and aligned[0] == 1:
        aligned.pop(0)
    value = value if tuple(aligned) == before else f"({value}).reshape({tuple(aligned)})"
    return f"np.broadcast_to({value}, {after})" if spread else f"({value})"


def _summed(step: Step, derivative: str) -> str:
    before, after = shapes(step)
    kept = dict(zip(step.settings["broadcast_dimensions"], before, strict=True))
    over = tuple(axis for axis, size in enumerate(after) if kept.get(axis, 1) != size)
    left = tuple(size for axis, size in enumerate(after) if axis not in over)
    summed = f"({derivative}).sum({over if len(over) != 1 else over[0]})" if over else f"({derivative})"
    if len(over) == len(after) and over:
        summed = f"({derivative}).sum()"
    return summed if left == before else f"({summed}).reshape({before})"


def _converted(step: Step, value: str) -> str:
    before, after = step.equation.invars[0].aval.dtype, step.equation.outvars[0].aval.dtype
    same = np.issubdtype(before, np.inexact) and np.issubdtype(after, np.inexact)
    return f"({value})" if same else f"np.asarray({value}, {str(after)!r})"
