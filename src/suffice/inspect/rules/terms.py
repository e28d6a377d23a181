"""What a backward rule is written with: a unit's operands, its result and the derivative with respect to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import jax
import numpy as np

from suffice.inspect.program import Constant, Step
from suffice.inspect.rules import moves
from suffice.inspect.rules.moves import NoFormula
from suffice.inspect.unit import Operand, Slot, Unit, read_constant


@dataclass(frozen=True, eq=False)
class Terms:
    """Names of a unit's operands (None where one is made of constants), of its result and of the derivative."""

    unit: Unit
    names: Sequence[str | None]
    result: str
    cotangent: str

    @property
    def core(self) -> Step:
        """The step that computes."""
        return self.unit.steps[0]

    @property
    def y(self) -> str:
        """The result as the first step gives it."""
        value = self.result
        for step in reversed(self.unit.steps[1:]):
            value = moves.undone(step, value)
        return f"({value})"

    @property
    def g(self) -> str:
        """The derivative with respect to the result of the first step."""
        value = self.cotangent
        for step in reversed(self.unit.steps[1:]):
            value = moves.backward(step, value)
        return f"({value})"

    def argument(self, place: int, *, spread: bool = False) -> str:
        """An argument of the first step."""
        read = self.unit.reads[0][place]
        if isinstance(read, Constant):
            return literal(read)
        assert isinstance(read, Slot)
        return self.operand(read.number, spread=spread)

    def is_constant(self, place: int) -> bool:
        """Whether an argument of the first step is made of constants."""
        read = self.unit.reads[0][place]
        return isinstance(read, Constant) or (isinstance(read, Slot) and self.unit.operands[read.number].source is None)

    def shape(self, place: int) -> tuple[int, ...]:
        """Shape of an argument of the first step."""
        return tuple(self.core.equation.invars[place].aval.shape)

    def operand(self, number: int, *, spread: bool = True) -> str:
        """An operand as the unit reads it."""
        operand, value = self.unit.operands[number], self.names[number]
        steps = operand.moves
        if value is None:
            value, steps = _made(operand, spread=spread)
        for step in steps:
            value = moves.forward(step, value, spread=spread)
        return f"({value})"

    def back(self, number: int, derivative: str) -> str:
        """What the derivative with respect to an operand as it is read gives for its source."""
        for step in reversed(self.unit.operands[number].moves):
            derivative = moves.backward(step, derivative)
        return derivative


def read_as(terms: Terms, number: int) -> jax.ShapeDtypeStruct:
    """Shape and type of an operand as the unit reads it."""
    for step, reads in zip(terms.unit.steps, terms.unit.reads, strict=True):
        for variable, read in zip(step.equation.invars, reads, strict=True):
            if read == Slot(number):
                return jax.ShapeDtypeStruct(variable.aval.shape, variable.aval.dtype)
    raise NoFormula


def _made(operand: Operand, *, spread: bool) -> tuple[str, tuple[Step, ...]]:
    """A constant that moves spread out, and the moves after the first."""
    first = operand.moves[0]
    constants = [read for read in first.reads if isinstance(read, Constant)]
    if first.primitive not in ("broadcast_in_dim", "convert_element_type") or not constants:
        raise NoFormula
    value = literal(constants[0])
    shape = tuple(first.equation.outvars[0].aval.shape)
    return (f"np.full({shape}, {value})" if spread and shape else value), operand.moves[1:] if spread else ()


def literal(constant: Constant) -> str:
    """A number of a program, as Python writes it."""
    value = read_constant(constant)
    if value.ndim:
        raise NoFormula
    number = value.item()
    if isinstance(number, float) and not np.isfinite(number):
        return f"(np.{number})" if number != -np.inf else "(-np.inf)"
    return f"({number!r})"
