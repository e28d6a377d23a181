"""One factor for the whole answer: a sign, a number, a size, a variable."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from suffice.check.case import Case
from suffice.check.naming.quantities import Quantity, functions_of_quantities, quantities
from suffice.check.report import Finding

NUMBERS = {
    2.0: "2",
    0.5: "1/2",
    -2.0: "-2",
    -0.5: "-1/2",
    3.0: "3",
    1 / 3: "1/3",
    4.0: "4",
    0.25: "1/4",
    2 * np.pi: "2π",
    1 / (2 * np.pi): "1/(2π)",
    np.pi: "π",
    1 / np.pi: "1/π",
    np.log(2): "log 2",
    1 / np.log(2): "1/log 2",
    np.sqrt(2): "√2",
    1 / np.sqrt(2): "1/√2",
}


def one_factor(case: Case) -> Iterator[Finding]:
    """The answer is the right one times one number, the same at each point or with a name."""
    yield from (finding for finding in any_factor(case) if finding.kind != "proportional")


def any_factor(case: Case) -> Iterator[Finding]:
    """The answer is the right one times one number at each point."""
    factors = factors_of(case)
    if factors is None:
        return
    finding = finding_of_factor(factors, case, f"Your {case.subject.name}")
    if finding is not None:
        yield finding


def factors_of(case: Case) -> list[float] | None:
    """c at each point where the answer is c times the right one everywhere; ``None`` otherwise."""
    if not case.same_shape:
        return None
    found: list[float | None] = []
    for index, (claimed, right) in enumerate(zip(case.claimed, case.right, strict=True)):
        if not np.any(right) and not np.any(claimed):
            found.append(None)
            continue
        weight = float(np.sum(right * right))
        factor = float(np.sum(claimed * right)) / weight if weight else np.nan
        if not np.isfinite(factor) or not case.explains_at(index, factor * right):
            return None
        found.append(factor)
    known = [factor for factor in found if factor is not None]
    return [known[0] if factor is None else factor for factor in found] if known else None


def finding_of_factor(factors: list[float], case: Case, what: str) -> Finding | None:
    """What is said of an answer, or a part of it, that is too large by factors at each point."""
    same = max(factors) - min(factors) <= 1e-7 * max(map(abs, factors))
    if all(abs(factor) < 1e-9 for factor in factors):
        return Finding(
            "zero",
            f"{what} is zero",
            fix="it is not constant there: differentiate it",
            evidence=case.evidence(),
            factor=0.0,
        )
    if same and abs(factors[0] + 1) < 1e-8:
        return Finding(
            "sign",
            f"{what} has the wrong sign: it is -1 times the right one",
            fix="flip the sign",
            evidence=case.evidence(),
            factor=-1.0,
        )
    known = name_of_factor(factors, case)
    if known is None and ((same and len(factors) > 1) or case.right[0].size > 1):
        known = f"{factors[0]:.6g}", "" if same else "another number at each point"
    if known is None:
        return None
    text, note = known
    return Finding(
        "proportional" if note else "factor",
        f"{what} is too large by the factor {text}"
        if not note
        else f"{what} is proportional to the right one: it is {text} times it, {note}",
        fix=f"divide by {text}" if not text.startswith("1/") else f"multiply by {_inverted(text)}",
        evidence=case.evidence(),
        factor=factors[0],
    )


def _inverted(text: str) -> str:
    return text[2:]


def name_of_factor(factors: list[float], case: Case) -> tuple[str, str] | None:
    """What a factor is: a number, a size, or a scalar of the model; with its sign."""
    for sign, mark in ((1.0, ""), (-1.0, "-")):
        named = _number(factors, case, sign)
        if named is not None:
            return f"{mark}{named}", ""
    return None


def _number(factors: list[float], case: Case, sign: float) -> str | None:
    values = [sign * factor for factor in factors]
    several = len({shape for point in case.points for shape in [str({k: np.shape(v) for k, v in point.items()})]}) > 1
    plain = next(
        (text for number, text in NUMBERS.items() if _equal(values, [number] * len(values)) and number > 0), None
    )
    if plain is not None and (len(values) > 1 or several or plain in ("2", "1/2")):
        return plain
    for quantity in _scalars(case, quantities(case)):
        scalar = [float(value) for value in quantity.values]
        for text, candidate in _forms(quantity.name, scalar):
            if _equal(values, candidate):
                return text
    return plain or _other_number(values) or _far_fetched(values, case)


def _far_fetched(values: list[float], case: Case) -> str | None:
    for quantity in _scalars(case, functions_of_quantities(case)):
        scalar = [float(value) for value in quantity.values]
        for text, candidate in _forms(quantity.name, scalar)[:2]:
            if _equal(values, candidate):
                return text
    return _two_scalars(values, case)


def _two_scalars(values: list[float], case: Case) -> str | None:
    scalars = _scalars(case, quantities(case))
    for first in scalars:
        for second in scalars:
            a, b = ([float(value) for value in q.values] for q in (first, second))
            if first is not second and all(b) and _equal(values, [x / y for x, y in zip(a, b, strict=True)]):
                return f"{first.name} / {second.name}"
            if first is not second and _equal(values, [x * y for x, y in zip(a, b, strict=True)]):
                return f"({first.name} * {second.name})"
            less = [x - y for x, y in zip(a, b, strict=True)]
            if (
                first is not second
                and all(a)
                and all(less)
                and _equal(values, [x / y for x, y in zip(a, less, strict=True)])
            ):
                return f"{first.name} / ({first.name} - {second.name})"
            if first is not second and all(a) and _equal(values, [y / x for x, y in zip(a, less, strict=True)]):
                return f"({first.name} - {second.name}) / {first.name}"
    return None


def _scalars(case: Case, among: list[Quantity]) -> list[Quantity]:
    return [quantity for quantity in among if all(value.ndim == 0 for value in quantity.values)]


def _forms(name: str, values: list[float]) -> list[tuple[str, list[float]]]:
    if not all(1e-100 < abs(value) < 1e100 for value in values):
        return []
    forms = [(name, values), (f"1/{name}", [1 / v for v in values])]
    forms += [(f"{name}**2", [v**2 for v in values]), (f"1/{name}**2", [v**-2 for v in values])]
    forms += [(f"2 * {name}", [2 * v for v in values]), (f"1/(2 * {name})", [0.5 / v for v in values])]
    forms += [(f"{name} / 2", [v / 2 for v in values]), (f"2 / {name}", [2 / v for v in values])]
    if all(v > 0 for v in values):
        forms += [(f"sqrt({name})", [v**0.5 for v in values]), (f"1/sqrt({name})", [v**-0.5 for v in values])]
    if all(v != 1 for v in values):
        forms += [
            (f"{name} / ({name} - 1)", [v / (v - 1) for v in values]),
            (f"({name} - 1) / {name}", [(v - 1) / v for v in values]),
        ]
        forms += [(f"({name} - 1)", [v - 1 for v in values]), (f"1/({name} - 1)", [1 / (v - 1) for v in values])]
    return [*forms, (f"({name} + 1)", [v + 1 for v in values])]


def _other_number(values: list[float]) -> str | None:
    if len(values) < 2 or not _equal(values, [values[0]] * len(values)):
        return None
    from fractions import Fraction

    near = Fraction(values[0]).limit_denominator(24)
    return str(near) if abs(float(near) - values[0]) < 1e-8 * abs(values[0]) and near > 0 else None


def _equal(values: list[float], others: list[float]) -> bool:
    return all(abs(a - b) <= 1e-7 * abs(b) for a, b in zip(values, others, strict=True))
