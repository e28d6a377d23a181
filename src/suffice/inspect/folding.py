"""Steps that move numbers, put into the units that read what was moved."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from suffice.inspect.program import Step
from suffice.inspect.unit import Operand, Unit, is_move


def folded(found: Sequence[Unit], outputs: Sequence[int]) -> list[Unit]:
    """Units that compute something, each with the moves of what it reads, and cut to what others read."""
    moves: dict[int, Operand] = {}
    working: list[Unit] = []
    given: dict[int | None, str] = {}
    stored: dict[int | None, str] = {}
    for unit in found:
        unit = replace(unit, operands=tuple(_followed(operand, moves) for operand in unit.operands))
        step = unit.steps[0]
        if step.primitive == "name":
            given[unit.operands[0].source] = str(step.settings["name"])
        if len(unit.steps) == 1 and is_move(step) and len(step.reads) == 1 and step.writes[0] not in outputs:
            before = unit.operands[0] if unit.operands else Operand(None)
            moves[step.writes[0]] = Operand(before.source, (*before.moves, step))
            if unit.name is not None:
                stored[before.source] = unit.name
        else:
            working.append(unit)
    read = {*outputs, *(operand.source for unit in working for operand in unit.operands)}
    return _turned([_cut(unit, read, given, stored) for unit in working], outputs)


def _cut(
    unit: Unit, read: Collection[int | None], given: Mapping[int | None, str], stored: Mapping[int | None, str]
) -> Unit:
    results = tuple(number for number in sorted(unit.results) if number in read)
    by_hand = next((given[number] for number in results if number in given), None)
    moved = next((stored[number] for number in results if number in stored), None)
    return replace(unit, results=results, name=by_hand or unit.name or moved)


def _followed(operand: Operand, moves: Mapping[int, Operand]) -> Operand:
    before = None if operand.source is None else moves.get(operand.source)
    return operand if before is None else Operand(before.source, (*before.moves, *operand.moves))


def _turned(units: Sequence[Unit], outputs: Sequence[int]) -> list[Unit]:
    """Products whose axes all readers turn in one and the same step turn them themselves: so mapped layers have rows first."""
    readers: dict[int | None, list[Operand]] = defaultdict(list)
    for unit in units:
        for operand in unit.operands:
            readers[operand.source].append(operand)
    turned: dict[int | None, int] = {}
    kept = []
    for unit in units:
        step = _turn(unit, readers) if set(unit.results).isdisjoint(outputs) else None
        if step is not None:
            turned[unit.results[0]] = step.writes[0]
            unit = replace(unit, steps=(*unit.steps, step), reads=(*unit.reads, unit.results), results=step.writes)
        kept.append(unit)
    return [replace(unit, operands=tuple(_after(operand, turned) for operand in unit.operands)) for unit in kept]


def _turn(unit: Unit, readers: Mapping[int | None, Sequence[Operand]]) -> Step | None:
    """The step in which all readers of a product turn its axes."""
    found = [operand.moves[:1] for result in unit.results for operand in readers[result]]
    if unit.steps[0].primitive != "dot_general" or not found or not found[0] or len(set(found)) > 1:
        return None
    return found[0][0] if found[0][0].primitive == "transpose" else None


def _after(operand: Operand, turned: Mapping[int | None, int]) -> Operand:
    return Operand(turned[operand.source], operand.moves[1:]) if operand.source in turned else operand
