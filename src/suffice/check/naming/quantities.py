"""What a factor or a term may be: variables and intermediates, their sizes, sums and simple functions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from suffice.check.case import Case


@dataclass(frozen=True)
class Quantity:
    """A value with a name, at each point; ``cost`` is how far-fetched it is."""

    name: str
    values: tuple[np.ndarray, ...]
    cost: int

    @property
    def shapes(self) -> tuple[tuple[int, ...], ...]:
        """Its shape at each point."""
        return tuple(value.shape for value in self.values)


MOST_ELEMENTS = 200_000


def quantities(case: Case) -> list[Quantity]:
    """Plain quantities: sizes, variables, sums along axes; none twice."""
    return _kept(case, "plain", lambda: _different([*_sizes(case), *_variables(case), *_sums(case)]))


def functions_of_quantities(case: Case) -> list[Quantity]:
    """Plain quantities and one simple function of each."""
    return _kept(case, "functions", lambda: _different([*quantities(case), *_functions(case)]))


def _kept(case: Case, kind: str, make: Callable[[], list[Quantity]]) -> list[Quantity]:
    if kind not in case.memory:
        with np.errstate(all="ignore"):
            case.memory[kind] = make()
    return case.memory[kind]


def _sizes(case: Case) -> Iterator[Quantity]:
    first = case.points[0]
    scalars = [name for name in first if _is_whole_scalar(first[name])]
    for name in scalars:
        yield Quantity(name, tuple(np.asarray(point[name], float) for point in case.points), 1)
    for name, value in first.items():
        if name in case.subject.known or not case.subject.known:
            for axis in range(np.ndim(value)):
                sizes = [np.shape(point[name])[axis] for point in case.points]
                yield Quantity(
                    _size_name(name, axis, np.ndim(value), sizes), tuple(np.asarray(float(size)) for size in sizes), 2
                )


def _size_name(name: str, axis: int, axes: int, sizes: list[int]) -> str:
    return f"the length of {name}" if axes == 1 else f"{name}.shape[{axis}]"


def _is_whole_scalar(value: Any) -> bool:
    return np.ndim(value) == 0 and np.asarray(value).dtype.kind in "iu"


def _variables(case: Case) -> Iterator[Quantity]:
    for name, value in case.points[0].items():
        if np.size(value) <= MOST_ELEMENTS and not _is_whole_scalar(value):
            yield Quantity(name, _values(case, lambda point, name=name: point[name]), 3)


def _sums(case: Case) -> Iterator[Quantity]:
    for name, value in case.points[0].items():
        axes = np.ndim(value)
        if not 0 < axes <= 3 or np.size(value) > MOST_ELEMENTS or np.asarray(value).dtype.kind == "b":
            continue
        yield Quantity(f"sum({name})", _values(case, lambda p, n=name: np.sum(p[n])), 5)
        for place in (0, -1) if axes == 2 else ():
            yield Quantity(f"{name}[{place}]", _values(case, lambda p, n=name, a=place: np.asarray(p[n])[a]), 6)
        for axis in range(axes) if axes > 1 else ():
            yield Quantity(
                f"sum({name}, axis={axis})", _values(case, lambda p, n=name, a=axis: np.sum(p[n], axis=a)), 5
            )
            yield Quantity(
                f"mean({name}, axis={axis})", _values(case, lambda p, n=name, a=axis: np.mean(p[n], axis=a)), 6
            )


def _functions(case: Case) -> Iterator[Quantity]:
    for plain in quantities(case):
        for label, function in FUNCTIONS.items():
            if plain.cost <= 3 or label == "({} - 1)":
                yield Quantity(
                    label.format(plain.name), tuple(function(value) for value in plain.values), plain.cost + 2
                )


FUNCTIONS = {
    "({0} / ({0} - 1))": lambda x: x / (x - 1),
    "({} - 1)": lambda x: x - 1,
    "({} + 1)": lambda x: x + 1,
    "(1 - {})": lambda x: 1 - x,
    "{}**2": lambda x: x**2,
    "sqrt({})": np.sqrt,
    "exp({})": np.exp,
    "log({})": np.log,
    "exp(-{})": lambda x: np.exp(-x),
    "sigmoid({})": lambda x: 1 / (1 + np.exp(-x)),
    "(1 - {}**2)": lambda x: 1 - x**2,
    "({0} * (1 - {0}))": lambda x: x * (1 - x),
}


def _values(case: Case, take: Any) -> tuple[np.ndarray, ...]:
    return tuple(np.asarray(take(point), float) for point in case.points)


def _different(given: list[Quantity]) -> list[Quantity]:
    """Finite quantities in the order of their cost, none with the values of one before."""
    seen: set[Any] = set()
    kept = []
    for quantity in sorted(given, key=lambda q: q.cost):
        key = tuple((value.shape, np.round(value, 10).tobytes()) for value in quantity.values)
        if key not in seen and all(np.all(np.isfinite(value)) for value in quantity.values):
            seen.add(key)
            kept.append(quantity)
    return kept


def aligned(value: np.ndarray, shape: tuple[int, ...]) -> Iterator[np.ndarray]:
    """An array as it may multiply one of a shape: as NumPy broadcasts it, or along the first axes."""
    if value.ndim <= len(shape):
        if _broadcasts(value.shape, shape):
            yield value
        leading = value.reshape(value.shape + (1,) * (len(shape) - value.ndim))
        if value.ndim and value.ndim < len(shape) and _broadcasts(leading.shape, shape):
            yield leading


def _broadcasts(shape: tuple[int, ...], onto: tuple[int, ...]) -> bool:
    try:
        return np.broadcast_shapes(shape, onto) == onto
    except ValueError:
        return False
