"""Backward rules of matrix products."""

from __future__ import annotations

from string import ascii_lowercase

from suffice.inspect.program import Step
from suffice.inspect.rules.moves import at_shape, backward
from suffice.inspect.rules.terms import Terms
from suffice.inspect.unit import Slot


def product(terms: Terms) -> list[str | None]:
    """What a product gives to each factor."""
    return _factors(terms, terms.g)


def affine(terms: Terms) -> list[str | None]:
    """What a product and the bias after it give to each factor and to the bias."""
    steps, last = terms.unit.steps, terms.cotangent
    place = next(place for place, step in enumerate(steps) if step.primitive == "add")
    for step in reversed(steps[place + 1 :]):
        last = backward(step, last)
    of_bias = at_shape(steps[place], terms.unit.reads[place].index(Slot(2)), last)
    for step in reversed(steps[1:place]):
        last = backward(step, last)
    return [*_factors(terms, f"({last})"), of_bias]


def _factors(terms: Terms, derivative: str) -> list[str | None]:
    contracted, batch = terms.core.settings["dimension_numbers"]
    ranks = len(terms.shape(0)), len(terms.shape(1))
    plain = not batch[0] and not batch[1] and len(contracted[0]) == 1 and max(ranks) <= 2
    if plain and min(ranks) >= 1:
        return _matrices(terms, derivative, ranks, (int(contracted[0][0]), int(contracted[1][0])))
    return _sums(terms, derivative)


def _matrices(terms: Terms, g: str, ranks: tuple[int, int], axes: tuple[int, int]) -> list[str | None]:
    """Rules of a product of two matrices, each perhaps transposed, or of vectors."""
    a, b = (terms.argument(place, spread=True) for place in (0, 1))
    if ranks == (1, 1):
        return [f"{g} * {b}", f"{g} * {a}"]
    if ranks == (2, 1):
        return [f"np.outer({g}, {b})", f"{a}.T @ {g}"] if axes[0] == 1 else [f"np.outer({b}, {g})", f"{a} @ {g}"]
    if ranks == (1, 2):
        return [f"{b} @ {g}", f"np.outer({a}, {g})"] if axes[1] == 0 else [f"{g} @ {b}", f"np.outer({g}, {a})"]
    right = b if axes[1] == 0 else f"{b}.T"
    left = a if axes[0] == 1 else f"{a}.T"
    of_a = f"{g} @ {_turned(right)}" if axes[0] == 1 else f"{right} @ {g}.T"
    of_b = f"{_turned(left)} @ {g}" if axes[1] == 0 else f"{g}.T @ {left}"
    return [of_a, of_b]


def _turned(matrix: str) -> str:
    return matrix.removesuffix(".T") if matrix.endswith(".T") else f"{matrix}.T"


def _sums(terms: Terms, g: str) -> list[str | None]:
    left, right = (terms.argument(place, spread=True) for place in (0, 1))
    return [*by_named_axes(terms.core, left, right, g)]


def by_named_axes(step: Step, left: str, right: str, g: str) -> tuple[str, str]:
    """Rules of any product, as sums over named axes, from its factors."""
    (of_a, of_b), (batch_a, batch_b) = step.settings["dimension_numbers"]
    letters = iter(ascii_lowercase)
    a, b = ([""] * len(variable.aval.shape) for variable in step.equation.invars)
    for axis, other in (*zip(batch_a, batch_b, strict=True), *zip(of_a, of_b, strict=True)):
        a[axis] = b[other] = next(letters)
    a, b = ([letter or next(letters) for letter in word] for word in (a, b))
    shared = [a[axis] for axis in batch_a]
    free = [letter for axis, letter in enumerate(a) if axis not in (*of_a, *batch_a)]
    free += [letter for axis, letter in enumerate(b) if axis not in (*of_b, *batch_b)]
    result, first, second = "".join(shared + free), "".join(a), "".join(b)
    of_left = f"np.einsum('{result},{second}->{first}', {g}, {right})"
    return of_left, f"np.einsum('{first},{result}->{second}', {left}, {g})"
