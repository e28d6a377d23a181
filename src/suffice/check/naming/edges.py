"""One edge of the graph that is off by a factor from element to element: N for N_k in one term, a power of a variance."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import numpy as np

from suffice.check.case import Case
from suffice.check.graph.backward import Backward
from suffice.check.graph.words import Writer
from suffice.check.naming.quantities import Quantity, aligned, quantities
from suffice.check.naming.slips import directions, directions_at
from suffice.check.report import Finding

POWERS = ((1.0, "{}"), (-1.0, "1/{}"), (2.0, "{}**2"), (-2.0, "1/{}**2"), (0.5, "sqrt({})"), (-0.5, "1/sqrt({})"))
PLAIN = 5
Factors = list[tuple[str, tuple[np.ndarray, ...]]]


def factor_on_one_edge(case: Case) -> Iterator[Finding]:
    """C = G + (q - 1) B element by element, for one edge B and a quantity q of the model."""
    made = directions(case)
    if made is None or case.right[0].ndim == 0:
        return
    found, tables = made
    factors = _factors(case)
    for number, slip in enumerate(found.slips) if factors else ():
        if slip.kind == "edge":
            name = _factor_of(case, number, tables, factors)
            if name:
                yield _finding(case, found, number, name)
                return


def _factors(case: Case) -> Factors:
    """What may be too much or missing at each element of the answer, and ratios of two such."""
    plain = [one for one in quantities(case) if one.cost <= PLAIN]
    found = [
        (form.format(one.name), values)
        for one in plain
        for power, form in POWERS
        for values in [_laid_out(case, one, power)]
        if values is not None
    ]
    return [*found, *_ratios(case, plain)]


def _laid_out(case: Case, one: Quantity, power: float) -> tuple[np.ndarray, ...] | None:
    """A power of a quantity in the shape of the answer; ``None`` where it is one number, has none, or is infinite."""
    laid = []
    for value, right in zip(one.values, case.right, strict=True):
        way = 1 if value.ndim and value.shape != right.shape[-value.ndim :] else 0
        found = next(islice(aligned(value, right.shape), way, None), None)
        if found is None:
            found = next(iter(aligned(value, right.shape)), None)
        if found is None:
            return None
        with np.errstate(all="ignore"):
            laid.append(np.broadcast_to(found**power, right.shape))
    return tuple(laid) if all(np.all(np.isfinite(value)) for value in laid) else None


def _ratios(case: Case, plain: list[Quantity]) -> Iterator[tuple[str, tuple[np.ndarray, ...]]]:
    """A size of the model over a quantity, and the other way round."""
    sizes = [one for one in plain if one.cost == 1]
    for size in sizes:
        for one in plain:
            values = _laid_out(case, one, 1.0) if one is not size and one.values[0].ndim else None
            if values is not None and all(np.all(value) for value in values):
                pairs = list(zip(size.values, values, strict=True))
                yield f"{size.name} / {one.name}", tuple(a / b for a, b in pairs)
                yield f"{one.name} / {size.name}", tuple(b / a for a, b in pairs)


def _factor_of(case: Case, number: int, tables: list[np.ndarray], factors: Factors) -> str:
    """The first factor that explains the claim where the part through one edge has it."""
    edge = [table[number] for table in tables]
    if not np.any(edge[0]):
        return ""
    wanted = case.claimed[0] - case.right[0] + edge[0]
    near = 1e-6 * max(float(np.max(np.abs(wanted))), 1e-12)
    for name, values in factors:
        if np.max(np.abs(edge[0] * values[0] - wanted)) <= near and _holds(case, number, edge, values):
            return name
    return ""


def _holds(case: Case, number: int, edge: list[np.ndarray], values: tuple[np.ndarray, ...]) -> bool:
    for index, value in enumerate(values):
        part = edge[index] if index < len(edge) else directions_at(case, index, (number,))
        if part is None or not case.explains_at(index, case.right[index] + (value - 1) * np.asarray(part)):
            return False
    return True


def _finding(case: Case, found: Backward, number: int, factor: str) -> Finding:
    slip = found.slips[number]
    writer = Writer(found.graph, case.points[0])
    operand, whole = (
        writer.described(found.graph.steps[slip.step].operands[slip.operand]),
        writer.step(slip.step),
    )
    what = f"In your {case.subject.name}, the part that comes through {operand} in {whole} is too large by the factor {factor}"
    missing = factor.removeprefix("1/")
    fix = f"multiply it by {missing}" if factor.startswith("1/") else f"divide it by {factor}"
    return Finding("factor", f"{what}, element by element", whole, fix, case.evidence())
