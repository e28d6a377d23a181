"""A tape made ready to run: which function contracts what with what, forwards and backwards."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import NamedTuple

from suffice.bayesian.contraction import Contract, Function, Shape, contraction
from suffice.bayesian.order import bits
from suffice.bayesian.tape import ONE, Step, Tape

PENDING = 8
"""So many factors are multiplied before a result is rescaled."""


class Forward(NamedTuple):
    """``values[slot] = function(values[left], values[right])``, rescaled where many factors have been multiplied.

    ``rescaled`` says by row or as a whole; ``gone`` are slots whose values are not needed any more.
    """

    slot: int
    left: int
    right: int
    function: Function
    rescaled: bool | None
    gone: tuple[int, ...] = ()


class Readout(NamedTuple):
    """``function(values[slot], derivatives[slot])`` is the posterior of a node."""

    node: int
    function: Function


class Backward(NamedTuple):
    """``derivatives[slot] = function(derivatives[result], values[other])``, from which posteriors are read.

    ``gone`` are slots whose values are not needed any more, ``last`` says that the derivative of the result is not either.
    """

    slot: int
    result: int
    other: int
    function: Function
    reads: tuple[Readout, ...] = ()
    gone: tuple[int, ...] = ()
    last: bool = False


@dataclass(frozen=True, eq=False)
class Program:
    """Instructions: what is the same for all rows, then what differs; backwards first what differs.

    ``ones`` are slots of ones by their axes, over which the derivatives of sums are spread; ``sizes`` are the entries of the
    slots for one row, ``products`` those that each step multiplies, which it writes out where the program ``expands``.
    """

    tape: Tape
    shapes: list[Shape]
    derivatives: list[Shape]
    same: list[Forward]
    forward: list[Forward]
    backward: list[Backward]
    backward_same: list[Backward]
    ones: dict[int, tuple[int, ...]]
    sizes: list[int]
    products: list[int]
    expands: bool

    @cached_property
    def largest(self) -> int:
        """Most entries of a factor for one row, products that are written out before they are summed among them."""
        return max([*self.sizes, *(self.products if self.expands else ())])

    @cached_property
    def held(self) -> int:
        """Most entries for one row that are held at a time: values, derivatives, and what is being worked out."""
        return max(_held_forward(self), _held_backward(self)) + 2 * self.largest


def _held_forward(program: Program) -> int:
    held = most = sum(program.sizes[: 1 + len(program.tape.leaves)])
    for step in (*program.same, *program.forward):
        held += program.sizes[step.slot]
        most = max(most, held)
        held -= sum(program.sizes[slot] for slot in step.gone)
    return most


def _held_backward(program: Program) -> int:
    sizes = program.sizes
    held = most = sum(sizes) - sum(sizes[slot] for step in program.forward for slot in step.gone)
    for step in program.backward:
        held += sizes[step.slot]
        most = max(most, held)
        held -= sum(sizes[slot] for slot in step.gone if slot >= 0) + sizes[step.result] * step.last
    return most


def posterior_program(
    tape: Tape,
    axes: Sequence[tuple[int, ...]],
    sizes: Sequence[int],
    wanted: int,
    rows: bool,
    contract: Contract = contraction,
) -> Program:
    """Forwards to the probability, backwards to the posteriors of the nodes wanted."""
    making = _Making(tape, axes, sizes, rows, contract)
    readers: dict[int, list[int]] = {}
    for node in bits(wanted):
        if node in tape.holders:
            readers.setdefault(making.holder(node), []).append(node)
    backward = making.backward(making.above(readers), summed=False)
    read = [making.reading(step, readers.get(step.slot, ())) for step in backward]
    return making.program(*without_leftovers(making.forward, read), [])


def counts_program(
    tape: Tape,
    axes: Sequence[tuple[int, ...]],
    sizes: Sequence[int],
    rows: bool,
    contract: Contract = contraction,
) -> Program:
    """Forwards to the probability, backwards to the derivatives by the tables, summed over rows where tables have none."""
    making = _Making(tape, axes, sizes, rows, contract)
    tables = [1 + place for place, leaf in enumerate(tape.leaves) if leaf.table]
    steps = making.backward(making.above(tables), summed=True)
    by_row = [step for step in steps if not rows or tape.by_row[step.result]]
    return making.program(making.forward, by_row, [step for step in steps if rows and not tape.by_row[step.result]])


class _Making:
    """Shapes of all slots and of their derivatives, as instructions are made."""

    def __init__(
        self, tape: Tape, axes: Sequence[tuple[int, ...]], sizes: Sequence[int], rows: bool, contract: Contract
    ):
        self.tape, self.sizes, self.rows, self.contract = tape, sizes, rows, contract
        self.shapes = [Shape((), False)]
        self.shapes += [Shape(own, rows and tape.by_row[1 + place]) for place, own in enumerate(axes)]
        self.ones: dict[int, tuple[int, ...]] = {}
        self.parent: dict[int, int] = {}
        pending = [0] + [1] * len(axes)
        self.forward = []
        for number, (left, right) in enumerate(tape.steps):
            slot = tape.slot_of(number)
            total = pending[left] + pending[right]
            full = contract is contraction and total > PENDING and tape.scopes[slot] > 0
            pending.append(0 if full else total)
            kept = tuple(bits(tape.scopes[slot]))
            shape, function = contract(self.shapes[left], self.shapes[right], kept, sizes, True)
            self.shapes.append(shape)
            self.forward.append(Forward(slot, left, right, function, shape.rows if full else None))
            self.parent |= {left: number, right: number}
        self.derivatives = [Shape((), False) for _ in self.shapes]
        for root in tape.roots:
            self.derivatives[root] = self.shapes[root]

    def holder(self, node: int) -> int:
        """The slot from which a node is read: a small one, a result rather than a leaf, whose derivative nobody else needs."""
        slots = [slot for slot in self.tape.holders[node] if self.tape.scopes[slot] >> node & 1]
        return min(slots, key=self._effort)

    def _effort(self, slot: int) -> float:
        size = self._size(slot)
        if slot > len(self.tape.leaves) and self.tape.by_row[slot]:
            return size
        return size + self._products(self.tape.steps[self.parent[slot]])

    def reading(self, step: Backward, nodes: Iterable[int]) -> Backward:
        """A step from whose derivative these nodes are read."""
        shapes = self.shapes[step.slot], self.derivatives[step.slot]
        return step._replace(
            reads=tuple(Readout(node, self.contract(*shapes, [node], self.sizes, True)[1]) for node in nodes)
        )

    def above(self, slots: Iterable[int]) -> set[int]:
        """These slots and all results that they enter into."""
        found: set[int] = set()
        for slot in slots:
            while slot not in found:
                found.add(slot)
                if slot not in self.parent:
                    break
                slot = self.tape.slot_of(self.parent[slot])
        return found

    def backward(self, needed: set[int], summed: bool) -> list[Backward]:
        steps = []
        for number in reversed(range(len(self.tape.steps))):
            left, right = self.tape.steps[number]
            for slot, other in ((left, right), (right, left)):
                if slot in needed and slot != ONE:
                    steps.append(self._back(self.tape.slot_of(number), slot, other, summed))
        return steps

    def _back(self, result: int, slot: int, other: int, summed: bool) -> Backward:
        shape, place = self.shapes[other], other
        if other == ONE:
            place = -slot
            self.ones[place] = tuple(bits(self.tape.scopes[slot] & ~self.tape.scopes[result]))
            shape = Shape(self.ones[place], False)
        kept = self.shapes[slot].axes
        rows_kept = not summed or self.shapes[slot].rows
        self.derivatives[slot], function = self.contract(self.derivatives[result], shape, kept, self.sizes, rows_kept)
        return Backward(slot, result, place, function)

    def program(self, steps: list[Forward], backward: list[Backward], backward_same: list[Backward]) -> Program:
        same = [step for step in steps if self.rows and not self.tape.by_row[step.slot]]
        forward = [step for step in steps if not self.rows or self.tape.by_row[step.slot]]
        shapes = (self.shapes, self.derivatives)
        sizes = [self._size(slot) for slot in range(len(self.shapes))]
        products = [self._products(step) for step in self.tape.steps]
        return Program(
            self.tape,
            *shapes,
            same,
            forward,
            backward,
            backward_same,
            self.ones,
            sizes,
            products,
            self.contract is not contraction,
        )

    def _products(self, step: Step) -> int:
        return prod(self.sizes[axis] for axis in bits(self.tape.scopes[step.left] | self.tape.scopes[step.right]))

    def _size(self, slot: int) -> int:
        return prod(self.sizes[axis] for axis in self.shapes[slot].axes)


def without_leftovers(forward: list[Forward], backward: list[Backward]) -> tuple[list[Forward], list[Backward]]:
    """The same steps, each of which says what is not needed after it; all values stay where nothing goes backwards."""
    if not backward:
        return forward, backward
    needed: set[int] = set()
    seen: set[int] = set()
    back: list[Backward] = []
    for step in reversed(backward):
        used = {step.other, *([step.slot] if step.reads else [])}
        back.append(step._replace(gone=tuple(used - needed), last=step.result not in seen))
        needed |= used
        seen.add(step.result)
    return [step._replace(gone=_unused(step, needed)) for step in forward], back[::-1]


def _unused(step: Forward, needed: set[int]) -> tuple[int, ...]:
    return tuple(slot for slot in {step.left, step.right} if slot not in needed and slot != ONE)
