"""Inside a unit: steps that only move numbers or scale them, followed back from what reads them, and forwards again."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np

from suffice.inspect.program import Constant, Step
from suffice.inspect.rules import moves
from suffice.inspect.rules.moves import NoFormula
from suffice.inspect.rules.terms import Terms, literal
from suffice.inspect.unit import Operand, Slot, is_move
from suffice.runtime.precision import scope

Read: TypeAlias = Slot | int | Constant


class Chain(NamedTuple):
    """Where a value comes from, an operand or the place of a step that computes, and the places of the steps after it."""

    root: Slot | int
    places: tuple[int, ...]


class Inner:
    """The steps of a unit by the values that they write."""

    def __init__(self, terms: Terms):
        self.terms, self.unit = terms, terms.unit
        self.maker = {write: place for place, step in enumerate(self.unit.steps) for write in step.writes}

    def step(self, place: int) -> Step:
        """A step by its place."""
        return self.unit.steps[place]

    def place(self, read: Read, primitive: str) -> int:
        """Place of the step that computes a value, which has to be this one."""
        root = self.chain(read).root
        if isinstance(root, Slot) or self.step(root).primitive != primitive:
            raise NoFormula
        return root

    def chain(self, read: Read) -> Chain:
        """A value followed back to what computes it."""
        found: list[int] = []
        while not isinstance(read, Slot):
            if isinstance(read, Constant):
                raise NoFormula
            place = self.maker[read]
            before = self._before(place)
            if before is None:
                return Chain(place, tuple(found[::-1]))
            found.append(place)
            read = before
        return Chain(read, tuple(found[::-1]))

    def _before(self, place: int) -> Read | None:
        """What a step moves or scales, or keeps where a fixed mask lets it; None where it does more."""
        step, reads = self.step(place), self.unit.reads[place]
        if is_move(step) and len(reads) == 1 and not isinstance(reads[0], Constant):
            return reads[0]
        loose = [read for read in reads if not self.fixed(read)]
        if len(loose) == 1 and (step.primitive == "mul" or (step.primitive == "div" and loose[0] == reads[0])):
            return loose[0] if any(self.number(read) is not None for read in reads) else None
        if step.primitive == "select_n":
            kept = [read for read in reads[1:] if not self.fixed(read)]
            return kept[0] if len(kept) == 1 else None
        return None

    def fixed(self, read: Read) -> bool:
        """Whether a value is made of constants alone."""
        if isinstance(read, Slot):
            return self.unit.operands[read.number].source is None
        return isinstance(read, Constant) or all(map(self.fixed, self.unit.reads[self.maker[read]]))

    def number(self, read: Read) -> str | None:
        """A constant that is one number, spread out perhaps."""
        if isinstance(read, Slot):
            return _number_of(self.unit.operands[read.number])
        if isinstance(read, Constant):
            return literal(read) if not getattr(read.value, "ndim", 0) else None
        place = self.maker[read]
        reads = self.unit.reads[place]
        if is_move(self.step(place)) and len(reads) == 1:
            return self.number(reads[0])
        single = self.step(place).equation.outvars[0].aval.shape == ()
        return literal(Constant(self.value(read))) if single and self.fixed(read) else None

    def value(self, read: Read) -> np.ndarray:
        """What a value made of constants is."""
        if isinstance(read, Slot):
            return np.asarray(self.unit.operands[read.number](None))
        if isinstance(read, Constant):
            return np.asarray(read.value)
        place = self.maker[read]
        with scope("float64"):
            written = self.step(place)(*map(self.value, self.unit.reads[place]))
        return np.asarray(written[self.step(place).writes.index(read)])

    def forward(self, chain: Chain, value: str) -> str:
        """What is read at the end of a chain, from the value at its beginning."""
        for place in chain.places:
            step, scale = self.step(place), self._scale(place)
            value = moves.forward(step, value, spread=True) if scale is None else f"({value}) {scale}"
        return f"({value})"

    def backward(self, chain: Chain, derivative: str) -> str:
        """The derivative at the beginning of a chain, from that at its end."""
        for place in reversed(chain.places):
            step, scale = self.step(place), self._scale(place)
            if scale is not None:
                derivative = f"({derivative}) {scale}"
            elif step.primitive == "select_n":
                derivative = self._shown(place, derivative)
            else:
                derivative = moves.backward(step, derivative)
        return f"({derivative})"

    def _shown(self, place: int, derivative: str) -> str:
        """A derivative where a mask lets numbers through, 0 elsewhere."""
        chosen, first, _ = self.unit.reads[place]
        if self.step(place).equation.invars[0].aval.shape == ():
            return derivative
        if self.fixed(chosen):
            mask = constant_name(place, self.terms.result)
        else:
            chain = self.chain(chosen)
            if not isinstance(chain.root, Slot):
                raise NoFormula
            mask = self.forward(chain, self.terms.operand(chain.root.number))
        return f"np.where({mask}, 0, {derivative})" if not self.fixed(first) else f"np.where({mask}, {derivative}, 0)"

    def constants(self) -> dict[str, np.ndarray]:
        """Arrays of constants that meet values that differ, by the names that formulas have for them."""
        found = {}
        for place, (step, reads) in enumerate(zip(self.unit.steps, self.unit.reads, strict=True)):
            considered = reads[:1] if step.primitive == "select_n" else reads
            if step.primitive in MEETING and not all(map(self.fixed, reads)):
                for read in considered:
                    if self.fixed(read) and self.number(read) is None:
                        found[constant_name(place, self.terms.result)] = self.value(read)
        return found

    def _scale(self, place: int) -> str | None:
        step = self.step(place)
        if step.primitive not in ("mul", "div"):
            return None
        number = next(found for read in self.unit.reads[place] if (found := self.number(read)) is not None)
        return f"{'*' if step.primitive == 'mul' else '/'} {number}"


MEETING = {"add", "sub", "mul", "select_n"}


def constant_name(place: int, label: str) -> str:
    """Name of an array of constants that a step reads."""
    return f"constant{place}_{label}"


def _number_of(operand: Operand) -> str | None:
    reads = operand.moves[0].reads if operand.source is None and operand.moves else ()
    single = len(reads) == 1 and isinstance(reads[0], Constant) and not getattr(reads[0].value, "ndim", 0)
    return literal(reads[0]) if single else None  # type: ignore[arg-type]


class Sums:
    """Derivatives with respect to operands, each the sum of what comes back along several ways."""

    def __init__(self, terms: Terms):
        self.found: list[str | None] = [None] * len(terms.unit.operands)

    def add(self, slot: Slot | int, derivative: str) -> None:
        """One part more."""
        if not isinstance(slot, Slot):
            raise NoFormula
        before = self.found[slot.number]
        self.found[slot.number] = derivative if before is None else f"{before} + {derivative}"
