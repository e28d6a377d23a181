"""Steps that move numbers, put into the units that read what was moved."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

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
    if operand.source not in moves:
        return operand
    before = moves[operand.source]
    return Operand(before.source, (*before.moves, *operand.moves))


def _turned(units: list[Unit], outputs: Sequence[int]) -> list[Unit]:
    """Products whose axes all readers turn in one and the same step turn them themselves: so mapped layers have rows first."""
    readers: dict[int | None, list[Operand]] = defaultdict(list)
    for unit in units:
        for operand in unit.operands:
            readers[operand.source].append(operand)
    for place, unit in enumerate(units):
        found = [operand for result in unit.results for operand in readers[result]]
        first = found[0].moves[:1] if found else ()
        alone = len(unit.results) == 1 and unit.results[0] not in outputs and unit.steps[0].primitive == "dot_general"
        if alone and first and first[0].primitive == "transpose" and all(each.moves[:1] == first for each in found):
            units[place] = replace(
                unit,
                steps=(*unit.steps, first[0]),
                reads=(*unit.reads, unit.results),
                results=first[0].writes,
            )
    turned = {unit.steps[-1].reads[0]: unit.results[0] for unit in units if unit.steps[-1].primitive == "transpose"}
    return [replace(unit, operands=tuple(_after(operand, turned) for operand in unit.operands)) for unit in units]


def _after(operand: Operand, turned: Mapping[object, int]) -> Operand:
    if operand.source not in turned or not operand.moves or operand.moves[0].primitive != "transpose":
        return operand
    return Operand(turned[operand.source], operand.moves[1:])
