"""States chosen against the order of a tape: the most probable ones, or exact draws."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from suffice.bayesian.contraction import Shape
from suffice.bayesian.order import bits
from suffice.bayesian.passes import Values
from suffice.bayesian.program import Program
from suffice.bayesian.tape import ONE

Choose = Callable[[Sequence[np.ndarray]], np.ndarray]
"""From one or two factors (rows, states of what is chosen) the positions (rows,) of the states chosen."""


def trace_back(program: Program, values: Values, states: np.ndarray, choose: Choose) -> None:
    """Fills in the states (nodes, n) of nodes that the tape has summed out: last summed, first chosen."""
    tape = program.tape
    for number in reversed(range(len(tape.steps))):
        left, right = tape.steps[number]
        summed = list(bits((tape.scopes[left] | tape.scopes[right]) & ~tape.scopes[tape.slot_of(number)]))
        if summed:
            slots = [slot for slot in (left, right) if slot != ONE]
            parts = [_given(values[slot], program.shapes[slot], summed, states) for slot in slots]
            sizes = np.broadcast_shapes(*(part.shape[1:] for part in parts))
            flat = [np.broadcast_to(part, (states.shape[1], *sizes)).reshape(states.shape[1], -1) for part in parts]
            states[summed] = np.unravel_index(choose(flat), sizes)


def _given(value: np.ndarray, shape: Shape, summed: list[int], states: np.ndarray) -> np.ndarray:
    """A factor given the states of what is chosen already, (n or 1, states of what is summed)."""
    known = [place for place, axis in enumerate(shape.axes) if axis not in summed]
    free = [shape.axes.index(axis) if axis in shape.axes else None for axis in summed]
    rows = [len(shape.axes)] if shape.rows else []
    turned = value.transpose([*known, *rows, *(place for place in free if place is not None)])
    index = tuple(states[shape.axes[place]] for place in known) + ((np.arange(states.shape[1]),) if rows else ())
    part = turned[index] if index else turned[None]
    return part[(slice(None), *(slice(None) if place is not None else None for place in free))]


def likeliest(parts: Sequence[np.ndarray]) -> np.ndarray:
    """Positions of the largest sum of logarithms."""
    return np.asarray(sum(parts)).argmax(1)


def drawn(generator: np.random.Generator, logarithms: bool) -> Choose:
    """Draws with the products of factors as weights, or of their exponentials."""

    def choose(parts: Sequence[np.ndarray]) -> np.ndarray:
        total = np.asarray(sum(parts) if logarithms else np.prod(parts, axis=0))
        weights = np.exp(total - total.max(1, keepdims=True)) if logarithms else total
        ends = weights.cumsum(1)
        return (ends < generator.random((len(ends), 1)) * ends[:, -1:]).sum(1)

    return choose
