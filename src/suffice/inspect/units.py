"""Steps put together to units: what a course calls one operation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import zip_longest
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np

from suffice.inspect.authors import KNOWN, boundary, goes_on, is_author, is_transformation, loops, variable
from suffice.inspect.folding import folded
from suffice.inspect.program import Constant, Place, Program, Step, function_name
from suffice.inspect.unit import Operand, Slot, Unit, is_move


class _Call(NamedTuple):
    """Steps of one call."""

    operation: str | None
    steps: list[Step]
    depth: int


def primitive_units(program: Program) -> list[Unit]:
    """Each step that the results need, as a unit of its own."""
    return [_single(step) for step in needed(program)]


def needed(program: Program) -> list[Step]:
    """Steps that the results need."""
    wanted = {atom for atom in program.outputs if isinstance(atom, int)}
    kept = []
    for step in reversed(program.steps):
        if wanted.intersection(step.writes):
            kept.append(step)
            wanted.update(read for read in step.reads if isinstance(read, int))
    return kept[::-1]


def calls(steps: Iterable[Step]) -> Iterator[_Call]:
    """Runs of steps that belong to one call each."""
    open_call: _Call | None = None
    for step in steps:
        depth, operation = boundary(step)
        if open_call is not None and depth == open_call.depth and not _begins(open_call, step):
            open_call.steps.append(step)
            continue
        if open_call is not None:
            yield open_call
        open_call = _Call(operation, [step], depth)
    if open_call is not None:
        yield open_call


def _begins(call: _Call, step: Step) -> bool:
    """Whether a step is of another call than those before it, of another turn of a loop perhaps."""
    depth, first, last = call.depth, call.steps[0], call.steps[-1]
    if last.places[: depth + 1] != step.places[: depth + 1]:
        return _called_again(last.places, step.places, depth)
    if (first.primitive, first.places) != (step.primitive, step.places):
        return False
    if set(last.writes).intersection(_numbers(step.reads)):
        return True
    return _numbers(first.reads) != _numbers(step.reads) and not any(loops(each, each) for each in step.places[depth:])


def _called_again(last: Sequence[Place], now: Sequence[Place], depth: int) -> bool:
    """Whether calls that differ up to a depth are two, not one that went on."""
    if last[:depth] != now[:depth] or len(last) <= depth or len(now) <= depth:
        return True
    before, after = last[depth], now[depth]
    return before.code is not after.code or (before.instruction > after.instruction and not loops(before, after))


def _numbers(reads: Iterable[int | Constant]) -> list[int]:
    return [read for read in reads if isinstance(read, int)]


def units(program: Program) -> list[Unit]:
    """Course units of a program, in order. Steps that move numbers belong to the unit that reads them."""
    steps = needed(program)
    found = [unit for call in calls(steps) for unit in _units_of(call, program.constants)]
    found = [_named(unit, after) for unit, after in zip_longest(found, found[1:])]
    outputs = [atom for atom in program.outputs if isinstance(atom, int)]
    return folded(found, outputs)


def _units_of(call: _Call, constants: Mapping[int, Any]) -> list[Unit]:
    working = [step for step in call.steps if not is_move(step)]
    if call.operation is not None and working:
        layer = is_author(call.steps[0].places[call.depth].code)
        own = {number: value for number, value in constants.items() if jnp.issubdtype(value.dtype, np.inexact)}
        return [_whole(call, call.operation, own if layer else {})]
    if len(working) > 1 and _opaque(call):
        return [_whole(call, _called(call), {})]
    if len(working) == 1:
        return _with_moves_after(call, working[0])
    return [_single(step) for step in call.steps]


def _with_moves_after(call: _Call, working: Step) -> list[Unit]:
    """The one step of a call that computes, with the moves of its result; and those before it, each alone."""
    place = call.steps.index(working)
    own = [working]
    for step in call.steps[place + 1 :]:
        if step.reads == own[-1].writes:
            own.append(step)
    others = [_single(step) for step in call.steps if step not in own]
    unit = _single(working)
    after = own[1:]
    return [
        *others,
        replace(
            unit,
            steps=(working, *after),
            reads=(*unit.reads, *(step.reads for step in after)),
            results=(*unit.results, *(number for step in after for number in step.writes)),
        ),
    ]


def _opaque(call: _Call) -> bool:
    places = call.steps[0].places[call.depth :]
    return bool(places) and not is_transformation(places[0].code)


def _called(call: _Call) -> str:
    primitives = {step.primitive for step in call.steps}
    if "gather" in primitives or "dynamic_slice" in primitives:
        return "pick"
    return call.steps[0].places[call.depth].code.co_name.strip("_").replace("_", " ")


def _named(unit: Unit, after: Unit | None) -> Unit:
    """A unit under the name of the variable its result is stored in, unless the call goes on that gives what is stored."""
    step = unit.steps[-1]
    stored = variable(step, boundary(unit.steps[0])[0])
    if stored is None or (after is not None and goes_on(step, after.steps[0], stored[1])):
        return unit
    return replace(unit, name=stored[0])


def _single(step: Step) -> Unit:
    """A unit of one step, with an operand for each of its arguments."""
    operation = None
    if step.primitive.startswith(("custom_jvp", "custom_vjp")):
        called = function_name(step)
        operation = KNOWN["jax"].get(called, called.strip("_").replace("_", " "))
    sources = [read for read in step.reads if isinstance(read, int)]
    slots = iter(range(len(sources)))
    reads = tuple(Slot(next(slots)) if isinstance(read, int) else read for read in step.reads)
    return Unit(operation, (step,), (reads,), tuple(map(Operand, sources)), step.writes)


def _whole(call: _Call, operation: str, inside: Mapping[int, Any]) -> Unit:
    """A call as one unit, with an operand for each value that it reads from outside, constants inside it aside."""
    written = {number for step in call.steps for number in step.writes}
    outside = dict.fromkeys(
        read for step in call.steps for read in step.reads if isinstance(read, int) and read not in written
    )
    outside = [source for source in outside if source not in inside]
    slots: dict[int | Constant, Any] = {source: Slot(place) for place, source in enumerate(outside)}
    slots.update((number, Constant(value)) for number, value in inside.items())
    reads = tuple(tuple(slots.get(read, read) for read in step.reads) for step in call.steps)
    return Unit(operation, tuple(call.steps), reads, tuple(map(Operand, outside)), tuple(written))
