"""A chain rule that stops early: the derivative by a value on the way, not by the variable itself."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from suffice.check.case import Case
from suffice.check.graph.stops import Stops, stops
from suffice.check.graph.words import Writer
from suffice.check.naming.slips import REFUSED
from suffice.check.report import Finding


def stopped_early(case: Case) -> Iterator[Finding]:
    """The answer is the derivative by something that the variable goes through."""
    source = case.extra
    if getattr(source, "kind", "") != "gradient" or not case.same_shape:
        return
    try:
        where, derivatives = _derivatives(case, 0)
        places = [place for place, value in enumerate(derivatives) if case.explains_at(0, value)]
        others = [_derivatives(case, index) for index in range(1, len(case.points))] if places else []
    except REFUSED:
        return
    if any(len(other.values) != len(where.values) for other, _ in others):
        return
    for place in places:
        if all(case.explains_at(index, found[place]) for index, (_, found) in enumerate(others, 1)):
            number = where.values[place]
            writer = Writer(where.graph, case.points[0])
            by = writer.described(number)
            what = f"Your {case.subject.name} is the derivative by {by}, not by {case.subject.of}: the chain rule stops early"
            fix = f"multiply by the derivative of {by} by {case.subject.of}"
            yield Finding("stopped early", what, by, fix, case.evidence())
            return


def _derivatives(case: Case, index: int) -> tuple[Stops, list[np.ndarray]]:
    where, arrays = stops(case.extra, case.points[index])
    return where, where.derivatives(arrays)
