"""Scopes: where in a network an operation is, told by the parameters that are used around it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from itertools import takewhile

from suffice.inspect.authors import is_author, loops
from suffice.inspect.program import Place
from suffice.inspect.unit import Unit

Scope = tuple[str, ...]


def scopes_of(units: Sequence[Unit], parameters: Mapping[int, Scope]) -> list[Scope]:
    """Scope of each unit: its named scopes, or else the fields of a network.

    Those are what the parameters it reads have in common, or where it reads none, the parameters of the innermost call
    around it that reads some.
    """
    around = _calls_around(units)
    used: dict[int, Scope] = {}
    own = [_own(unit, parameters) for unit in units]
    for scope, numbers in zip(own, around, strict=True):
        if scope is not None:
            for number in numbers:
                used[number] = scope if number not in used else _shared(used[number], scope)
    return [_placed(unit, scope, numbers, used) for unit, scope, numbers in zip(units, own, around, strict=True)]


def _placed(unit: Unit, own: Scope | None, around: Sequence[int], used: Mapping[int, Scope]) -> Scope:
    fields = own if own is not None else next((used[number] for number in reversed(around) if number in used), ())
    named = tuple(part for part in unit.steps[-1].scope if not part.startswith("eqx.") and "->" not in part)
    return (*fields, *(part for part in named if part not in fields))


def _own(unit: Unit, parameters: Mapping[int, Scope]) -> Scope | None:
    """What the scopes of a unit's parameters have in common, None where it has none."""
    sources = [operand.source for operand in unit.operands if operand.source is not None]
    scopes = [parameters[source] for source in sources if source in parameters]
    return reduce(_shared, scopes) if scopes else None


def _shared(first: Scope, second: Scope) -> Scope:
    return tuple(one for one, _ in takewhile(lambda pair: pair[0] == pair[1], zip(first, second, strict=False)))


def _calls_around(units: Sequence[Unit]) -> list[list[int]]:
    """Numbers of the author's calls around each unit, outermost first; a call that starts again has a new number."""
    result: list[list[int]] = []
    last: tuple[Place, ...] = ()
    open_calls: list[int] = []
    count = 0
    for unit in units:
        places = tuple(place for place in unit.steps[0].places if is_author(place.code))
        kept = _kept(last, places)
        open_calls = open_calls[:kept] + list(range(count, count + len(places) - kept))
        count += len(places)
        last = places
        result.append(open_calls)
    return result


def _kept(last: Sequence[Place], places: Sequence[Place]) -> int:
    """How many calls are the same as before."""
    for depth, (before, now) in enumerate(zip(last, places, strict=False)):
        if before != now:
            same = before.code is now.code and (before.instruction < now.instruction or loops(before, now))
            return depth + same
    return min(len(last), len(places))
