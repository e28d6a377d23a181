"""A unit: steps that are one operation, and what they read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from suffice.inspect.program import Constant, Step

MOVES = {
    "broadcast_in_dim", "reshape", "squeeze", "expand_dims", "transpose", "convert_element_type", "copy", "copy_p", "name",
    "reduce_precision", "optimization_barrier", "pvary", "sharding_constraint", "layout_constraint", "mesh_cast",
}  # fmt: skip
"""Primitives that move numbers and change none."""


class Slot(NamedTuple):
    """A place for an operand."""

    number: int


@dataclass(frozen=True, eq=False)
class Operand:
    """What a unit reads: a value of another, moved by some steps. Without a source the first of them makes it."""

    source: int | None
    moves: tuple[Step, ...] = ()

    def __call__(self, value: Any) -> Any:
        """The value as the unit reads it."""
        for step in self.moves:
            (value,) = step(*(read_constant(read) if isinstance(read, Constant) else value for read in step.reads))
        return value


@dataclass(frozen=True, eq=False)
class Unit:
    """Steps that are one operation.

    ``reads`` are, for each step, slots of operands, numbers of values of steps before it, or constants; ``results`` are
    numbers of the values that others read.
    """

    operation: str | None
    steps: tuple[Step, ...]
    reads: tuple[tuple[Slot | int | Constant, ...], ...]
    operands: tuple[Operand, ...]
    results: tuple[int, ...]
    name: str | None = None

    def __call__(self, *values: Any) -> tuple[Any, ...]:
        """Results from the values of the operands' sources."""
        written = self.written(self.moved(values))
        return tuple(written[number] for number in self.results)

    def moved(self, values: Sequence[Any]) -> list[Any]:
        """Operands as they are read, from the values of their sources."""
        given = iter(values)
        return [operand(None if operand.source is None else next(given)) for operand in self.operands]

    def written(self, moved: Sequence[Any]) -> dict[int, Any]:
        """Every value that the steps write, from the operands as they are read."""
        written: dict[int, Any] = {}
        for step, reads in zip(self.steps, self.reads, strict=True):
            given = [self._value(read, moved, written) for read in reads]
            written.update(zip(step.writes, step(*given), strict=True))
        return written

    @staticmethod
    def _value(read: Slot | int | Constant, moved: Sequence[Any], written: dict[int, Any]) -> Any:
        if isinstance(read, Constant):
            return read_constant(read)
        return moved[read.number] if isinstance(read, Slot) else written[read]


def read_constant(constant: Constant) -> Any:
    """The number or array that stands in a program."""
    return np.asarray(constant.value)


def is_move(step: Step) -> bool:
    """Whether a step changes no number."""
    whole = step.primitive == "slice" and step.equation.invars[0].aval.shape == step.equation.outvars[0].aval.shape
    return step.primitive in MOVES or whole
