"""One edge of the graph: a path that is missing, doubled or of the wrong sign, a wrong local derivative, a missing transpose."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from suffice.check.case import Case
from suffice.check.functions import NOT_TRACEABLE
from suffice.check.graph.backward import Backward, backward, directions_elsewhere
from suffice.check.graph.slips import DIAGONAL, FORGOTTEN, Slip
from suffice.check.graph.words import Writer
from suffice.check.naming.factor import name_of_factor
from suffice.check.report import Finding

REFUSED = (*NOT_TRACEABLE, NotImplementedError, TypeError, ValueError, KeyError)
"""What tracing and differentiating raise where a model is not written for it."""
MOST_TRIED = 4
NICE = (-1.0, -2.0, 1.0, -0.5, 2.0, 3.0)
MOST_NUMBERS = 4_000_000


@dataclass(frozen=True)
class Sized:
    """A slip with its number, and its size at each point."""

    number: int
    slip: Slip
    sizes: tuple[float, ...]


def one_slip(case: Case) -> Iterator[Finding]:
    """C = G + a B for one slip, with the same a at every point or one that is a size of the model."""
    made = directions(case)
    if made is None:
        return
    found, tables = made
    best = sorted(_single(case, found, tables), key=lambda sized: _rank(sized, found))
    held = next((whole for sized in best[:MOST_TRIED] if (whole := _everywhere(case, sized)) is not None), None)
    if held is not None:
        yield _finding(case, found, held)


def _everywhere(case: Case, sized: Sized) -> Sized | None:
    """A slip with its sizes at points of other shapes too; ``None`` where it does not hold there."""
    sizes = list(sized.sizes)
    for index in range(len(sizes), len(case.points)):
        (direction,) = _elsewhere(case, index, (sized.number,)) or (None,)
        size = None if direction is None else _size(case, index, direction)
        if size is None:
            return None
        sizes.append(size)
    return Sized(sized.number, sized.slip, tuple(sizes)) if _is_plausible(case, sized.slip, sizes) else None


def _elsewhere(case: Case, index: int, numbers: tuple[int, ...]) -> list[np.ndarray] | None:
    try:
        return list(directions_elsewhere(case.extra, case.points[index], numbers))
    except (IndexError, *REFUSED):
        return None


def directions_at(case: Case, index: int, numbers: tuple[int, ...]) -> np.ndarray | None:
    """What one slip adds at a point of other shapes."""
    found = _elsewhere(case, index, numbers)
    return None if found is None else found[0]


def two_slips(case: Case) -> Iterator[Finding]:
    """The same of two edges at once, each with a size that has a name."""
    made = directions(case)
    pair = _pair(case, *made) if made is not None else None
    if pair is not None:
        yield pair


def directions(case: Case) -> tuple[Backward, list[np.ndarray]] | None:
    """The slips, and what each adds at every point of the first shapes."""
    if "slips" not in case.memory:
        case.memory["slips"] = _directions(case)
    return case.memory["slips"]


def _directions(case: Case) -> tuple[Backward, list[np.ndarray]] | None:
    source = case.extra
    if not getattr(source, "wrt", "") or not case.same_shape or case.right[0].size * 60 > MOST_NUMBERS:
        return None
    shapes = [{n: np.shape(v) for n, v in point.items()} for point in case.points]
    try:
        made = [backward(source, p) for p, s in zip(case.points, shapes, strict=True) if s == shapes[0]]
        return made[0][0], [found.directions(arrays) for found, arrays in made]
    except REFUSED:
        return None


def _single(case: Case, found: Backward, tables: list[np.ndarray]) -> Iterator[Sized]:
    for number, slip in enumerate(found.slips):
        sizes = [_size(case, index, table[number]) for index, table in enumerate(tables)]
        known = [size for size in sizes if size is not None]
        if (
            len(known) == len(sizes)
            and _is_plausible(case, slip, known)
            and _leaves_something(case, found, {number: known[0]})
        ):
            yield Sized(number, slip, tuple(known))


def _leaves_something(case: Case, found: Backward, sizes: dict[int, float]) -> bool:
    """Of slopes: whether one is left elsewhere, since what vanishes everywhere explains nothing."""
    elsewhere = case.memory.get("elsewhere")
    if elsewhere is None:
        return True
    source = case.extra
    if "there" not in case.memory:
        case.memory["there"] = source.answer(elsewhere), found.directions(source.model.arrays(source.at(elsewhere)))
    right, table = case.memory["there"]
    left = right + sum(size * table[number] for number, size in sizes.items())
    return bool(np.max(np.abs(left), initial=0.0) > 1e-7 * np.max(np.abs(right), initial=1e-300))


def _size(case: Case, index: int, direction: np.ndarray) -> float | None:
    gap = case.claimed[index] - case.right[index]
    weight = float(np.sum(direction * direction))
    if not weight > (1e-9 * case.scales[index]) ** 2:
        return None
    size = float(np.sum(gap * direction)) / weight
    return size if case.explains_at(index, case.right[index] + size * direction) else None


def _is_plausible(case: Case, slip: Slip, sizes: list[float]) -> bool:
    if slip.kind != "edge":
        return all(abs(size - 1) < 1e-6 for size in sizes)
    same = max(sizes) - min(sizes) <= 1e-6 * max(map(abs, sizes))
    return same or _named_size(case, sizes) is not None


def _named_size(case: Case, sizes: list[float]) -> tuple[str, str] | None:
    return name_of_factor([1 + size for size in sizes], _first_points(case, len(sizes)))


def _first_points(case: Case, many: int) -> Case:
    """The case at its first points."""
    if many == len(case.points):
        return case
    parts = {name: getattr(case, name)[:many] for name in ("points", "claimed", "right", "floors", "rough")}
    return replace(case, **parts, memory={})


def _rank(sized: Sized, found: Backward) -> tuple[float, ...]:
    nice = any(abs(sized.sizes[0] - value) < 1e-6 for value in NICE)
    return (not nice, sized.slip.kind not in ("edge", "transpose"), -_closeness(found, sized.slip))


def _closeness(found: Backward, slip: Slip) -> float:
    """Terms of the last sum are named first, then what is nearest the output."""
    return slip.step / len(found.graph.steps)


def _finding(case: Case, found: Backward, sized: Sized) -> Finding:
    writer = Writer(found.graph, case.points[0])
    step = found.graph.steps[sized.slip.step]
    operand = writer.described(step.operands[sized.slip.operand])
    whole = writer.step(sized.slip.step)
    if sized.slip.kind == "edge":
        return _edge(case, sized, operand, whole)
    if sized.slip.kind == "transpose":
        other = writer.text(step.operands[1 - sized.slip.operand])
        what = f"In your {case.subject.name}, the matrix {other} of {whole} is not transposed on the way back"
        return Finding("transpose", what, whole, f"use the transpose of {other}", case.evidence())
    return _derivative(case, sized.slip, step.name, operand, whole)


def _edge(case: Case, sized: Sized, operand: str, whole: str) -> Finding:
    part = (
        f"the part that comes through {operand} in {whole}"
        if operand not in ("", whole)
        else f"the part through {whole}"
    )
    size = sized.sizes[0]
    words = {
        -1.0: ("missing path", "is missing: it was treated as constant", "add it"),
        -2.0: ("sign", "has the wrong sign", "flip its sign"),
        1.0: ("doubled", "is counted twice (factor 2)", "count it once"),
        -0.5: ("factor", "is halved (factor 1/2)", "multiply it by 2"),
    }
    nice = next((value for value in words if abs(size - value) < 1e-6), None)
    if nice is not None:
        kind, said, fix = words[nice]
    else:
        named = _named_size(case, list(sized.sizes))
        text = named[0] if named else f"{1 + size:.6g}"
        fix = f"multiply it by {text[2:]}" if text.startswith("1/") else f"divide it by {text}"
        kind, said = "factor", f"is too large by the factor {text}"
    return Finding(kind, f"In your {case.subject.name}, {part} {said}", whole, fix, case.evidence(), 1 + size)


NAMES = {
    "logistic": "the sigmoid",
    "integer_pow": "the power",
    "max": "relu",
    "abs": "the absolute value",
    "square": "the square",
    "sqrt": "the square root",
    "rsqrt": "the inverse square root",
}
RIGHT = {
    "tanh": "1 - h²",
    "logistic": "s (1 - s)",
    "exp": "exp itself",
    "log": "1/x",
    "sqrt": "1/(2√x)",
    "rsqrt": "-1/2 x^(-3/2)",
    "square": "2 x",
    "sin": "cos",
    "cos": "-sin",
    "max": "1 where positive, else 0",
    "abs": "the sign",
    "log1p": "1/(1 + x)",
    "integer_pow": "n x^(n-1)",
}


def _derivative(case: Case, slip: Slip, name: str, operand: str, whole: str) -> Finding:
    called = NAMES.get(name, name)
    if slip.kind == DIAGONAL:
        what = f"In your {case.subject.name}, of the derivative of the softmax {whole} the diagonal alone is taken, y (1 - y)"
        fix = "each output moves with every input: add the elements off the diagonal, -y_i y_j"
        return Finding("diagonal", what, whole, fix, case.evidence())
    if slip.linear is not None:
        what = f"In your {case.subject.name}, the derivative of the softmax {whole} is taken as {slip.kind}"
        return Finding(
            "softmax", what, whole, "the right one is y (ȳ - Σ y ȳ), summed as the softmax is", case.evidence()
        )
    if slip.derivative is FORGOTTEN:
        what = f"In your {case.subject.name}, the derivative of {called} at {operand} is forgotten"
    else:
        what = f"In your {case.subject.name}, the derivative of {called} at {operand} is taken as {slip.kind}"
    return Finding("local derivative", what, whole, f"the right one is {RIGHT[name]}", case.evidence())


def _pair(case: Case, found: Backward, tables: list[np.ndarray]) -> Finding | None:
    edges = [number for number, slip in enumerate(found.slips) if slip.kind == "edge"]
    edges = _different(edges, tables[0])[:24]
    gaps = [case.claimed[index] - case.right[index] for index in range(len(tables))]
    for first, second in combinations(edges, 2):
        sizes = _two_sizes(gaps[0], tables[0][first], tables[0][second])
        if sizes is None:
            continue
        a, b = sizes
        if not _leaves_something(case, found, {first: a, second: b}):
            continue
        if _two_hold(case, tables, (first, second), (a, b)):
            one = _finding(case, found, Sized(first, found.slips[first], (a,)))
            two = _finding(case, found, Sized(second, found.slips[second], (b,)))
            said = two.what.split(", ", 1)[1]
            return Finding(one.kind, f"{one.what}, and {said}", one.where, f"{one.fix}; and {two.fix}", case.evidence())
    return None


def _two_hold(case: Case, tables: list[np.ndarray], numbers: tuple[int, int], sizes: tuple[float, float]) -> bool:
    (first, second), (a, b) = numbers, sizes
    if not all(case.explains_at(i, case.right[i] + a * t[first] + b * t[second]) for i, t in enumerate(tables)):
        return False
    for index in range(len(tables), len(case.points)):
        moved = _elsewhere(case, index, numbers)
        if moved is None or not case.explains_at(index, case.right[index] + a * moved[0] + b * moved[1]):
            return False
    return True


def _different(edges: list[int], table: np.ndarray) -> list[int]:
    kept: list[int] = []
    for number in edges:
        size = float(np.max(np.abs(table[number])))
        if size > 0 and not any(
            np.allclose(table[number], table[other], rtol=1e-7, atol=1e-9 * size) for other in kept
        ):
            kept.append(number)
    return kept


def _two_sizes(gap: np.ndarray, first: np.ndarray, second: np.ndarray) -> tuple[float, float] | None:
    basis = np.stack([first.ravel(), second.ravel()], 1)
    if gap.size < 3:
        return None
    found, _, rank, _ = np.linalg.lstsq(basis, gap.ravel(), rcond=None)
    nice = [next((value for value in NICE if abs(size - value) < 1e-6), None) for size in found]
    return (float(nice[0]), float(nice[1])) if rank == 2 and None not in nice else None  # type: ignore[arg-type]
