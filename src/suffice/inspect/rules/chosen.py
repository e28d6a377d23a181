"""Backward rules of operations that choose numbers: pick, embedding, dropout."""

from __future__ import annotations

from math import prod

from suffice.inspect.rules.kept import kept_name
from suffice.inspect.rules.moves import NoFormula
from suffice.inspect.rules.terms import Terms, read_as
from suffice.inspect.unit import Slot

CHOOSING = {"gather", "dynamic_slice", "squeeze", "reshape", "transpose", "broadcast_in_dim", "slice", "expand_dims"}
"""Steps that a chosen number may pass through unchanged."""


def pick(terms: Terms, operation: str) -> list[str | None]:
    """What numbers that were chosen give back to where they were."""
    place = chosen_from(terms)
    found: list[str | None] = [None] * len(terms.unit.operands)
    shape = tuple(read_as(terms, place).shape)
    found[place] = f"scattered({terms.cotangent}, {kept_name(operation, terms.result)}, shape={shape})"
    return found


def chosen_from(terms: Terms) -> int:
    """The operand of which numbers are chosen; all that happens to them is that they are."""
    floating = [place for place, one in enumerate(terms.unit.operands) if _is_floating(terms, place)]
    if len(floating) != 1:
        raise NoFormula
    carried: set[Slot | int] = {Slot(floating[0])}
    for step, reads in zip(terms.unit.steps, terms.unit.reads, strict=True):
        if carried.intersection(read for read in reads if isinstance(read, Slot | int)):
            if step.primitive not in CHOOSING:
                raise NoFormula
            carried.update(step.writes)
    return floating[0]


def dropout(terms: Terms, operation: str) -> list[str | None]:
    """Numbers that were kept give back what they get, as much larger as they were made."""
    place = dropped_from(terms)
    found: list[str | None] = [None] * len(terms.unit.operands)
    found[place] = f"({terms.cotangent}) * {kept_name(operation, terms.result)}"
    return found


def dropped_from(terms: Terms) -> int:
    """The operand of which numbers are dropped: it is as large as the result."""
    shape = tuple(terms.unit.steps[-1].equation.outvars[0].aval.shape)
    same = [
        place
        for place in range(len(terms.unit.operands))
        if _is_floating(terms, place) and tuple(read_as(terms, place).shape) == shape and prod(shape) > 1
    ]
    if len(same) != 1 or len(terms.unit.results) != 1:
        raise NoFormula
    return same[0]


def _is_floating(terms: Terms, place: int) -> bool:
    kind = getattr(read_as(terms, place).dtype, "kind", "")
    return kind == "f"
