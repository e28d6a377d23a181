"""A chain rule that stops early: the derivative by a value on the way, not by the variable itself."""

from __future__ import annotations

from collections.abc import Iterator

from suffice.check.case import Case
from suffice.check.graph.stops import stops
from suffice.check.graph.words import Writer
from suffice.check.naming.slips import REFUSED
from suffice.check.report import Finding


def stopped_early(case: Case) -> Iterator[Finding]:
    """The answer is the derivative by something that the variable goes through."""
    source = case.extra
    if getattr(source, "kind", "") != "gradient" or not case.same_shape:
        return
    try:
        made = [stops(source, point) for point in case.points]
        found = [where.derivatives(arrays) for where, arrays in made]
    except REFUSED:
        return
    if len({len(where.values) for where, _ in made}) != 1:
        return
    for place, number in enumerate(made[0][0].values):
        if case.explains([derivatives[place] for derivatives in found]):
            writer = Writer(made[0][0].graph, case.points[0])
            by = writer.described(number)
            what = f"Your {case.subject.name} is the derivative by {by}, not by {case.subject.of}: the chain rule stops early"
            fix = f"multiply by the derivative of {by} by {case.subject.of}"
            yield Finding("stopped early", what, by, fix, case.evidence())
            return
