"""Values inside a node that its backward rule needs: what they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import jax
import numpy as np

from suffice.inspect.operations import operation
from suffice.inspect.rules.attention import weights_place
from suffice.inspect.rules.chosen import chosen_from, dropped_from
from suffice.inspect.rules.inner import Inner
from suffice.inspect.rules.kept import kept_name
from suffice.inspect.rules.normalisation import kept_shape
from suffice.inspect.rules.terms import Terms, read_as
from suffice.inspect.unit import Unit
from suffice.runtime.precision import scope


def kept_values(unit: Unit, label: str, values: Sequence[Any]) -> dict[str, np.ndarray]:
    """What a node keeps, by names, from the values of its inputs."""
    name, terms = operation(unit), replace(_terms(unit), result=label)
    found = {kept_name(name, label): np.asarray(KEEPERS[name](terms, values))}
    return found | Inner(terms).constants() if name in ("attention", "normalisation") else found


def kept_struct(unit: Unit) -> jax.ShapeDtypeStruct:
    """Shape and type of what attention or normalisation keeps."""
    terms = _terms(unit)
    place = weights_place(terms) if operation(unit) == "attention" else _deviation(terms)
    aval = unit.steps[place].equation.outvars[0].aval
    return jax.ShapeDtypeStruct(aval.shape, aval.dtype)


def _terms(unit: Unit) -> Terms:
    return Terms(unit, [None if operand.source is None else "x" for operand in unit.operands], "y", "g")


def _dropped(terms: Terms, values: Sequence[Any]) -> Any:
    place = dropped_from(terms)
    moved = terms.unit.moved(values)
    moved[place] = np.ones(read_as(terms, place).shape, read_as(terms, place).dtype)
    return terms.unit.written(moved)[terms.unit.results[0]]


def _chosen(terms: Terms, values: Sequence[Any]) -> Any:
    """Places of the numbers that were chosen, NaN where none was."""
    place = chosen_from(terms)
    with scope("float64"):
        moved = terms.unit.moved(values)
        shape = read_as(terms, place).shape
        moved[place] = np.arange(np.prod(shape, dtype=int), dtype=np.float64).reshape(shape)
        return np.asarray(terms.unit.written(moved)[terms.unit.results[0]])


def _weights(terms: Terms, values: Sequence[Any]) -> Any:
    (written,) = terms.unit.steps[weights_place(terms)].writes
    return terms.unit.written(terms.unit.moved(values))[written]


def _deviation(terms: Terms) -> int:
    return next(place for place, step in enumerate(terms.unit.steps) if step.primitive == "rsqrt")


def _by_deviation(terms: Terms, values: Sequence[Any]) -> Any:
    place = _deviation(terms)
    (written,) = terms.unit.steps[place].writes
    return terms.unit.written(terms.unit.moved(values))[written].reshape(kept_shape(terms, place))


KEEPERS: Mapping[str, Callable[[Terms, Sequence[Any]], Any]] = {
    "dropout": _dropped,
    "pick": _chosen,
    "embedding": _chosen,
    "attention": _weights,
    "normalisation": _by_deviation,
}
