"""Parameters of single columns of a mixed table: checks, and where a fit starts from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from suffice.latent.families.family import Family
from suffice.latent.families.kinds import KINDS
from suffice.validation import check_shape, summing_to_one

Given = list[dict[str, np.ndarray]]


def given_columns(
    given: Any, names: Sequence[str], kinds: Sequence[str], sizes: Sequence[int], components: int
) -> Given:
    """For each column the parameters given, none where nothing was."""
    found: Given = [{} for _ in names]
    for column, own in _by_position(given, names).items():
        if not isinstance(own, Mapping) or not set(own) <= set(KINDS[kinds[column]].column_names):
            raise ValueError(
                f"column_parameters_init gives {own!r} for column {names[column]!r}; a dictionary of "
                f"{' and '.join(map(repr, KINDS[kinds[column]].column_names))} is expected, for its kind is {kinds[column]!r}."
            )
        family = KINDS[kinds[column]]
        shape = (components, sizes[column]) if family.labels > 2 else (components,)
        found[column] = {key: _checked(family, key, value, shape, names[column]) for key, value in own.items()}
    return found


def keys_of(name: str) -> set[str]:
    """What columns call a parameter that families call by this name."""
    return {key for family in KINDS.values() for key, own in family.column_names.items() if own == name}


def _by_position(given: Any, names: Sequence[str]) -> dict[int, Any]:
    if given is None:
        return {}
    if isinstance(given, list | tuple) and len(given) == len(names):
        return {column: own for column, own in enumerate(given) if own is not None}
    if not isinstance(given, Mapping):
        raise ValueError(
            f"column_parameters_init={given!r} was given; a list of one dictionary for each of the {len(names)} columns is "
            "expected, or a dictionary from columns to theirs."
        )
    places = dict(zip(names, range(len(names)), strict=True)) | dict(enumerate(range(len(names))))
    for name in given:
        if name not in places:
            raise ValueError(f"column_parameters_init names column {name!r}; the columns are {', '.join(names)}.")
    return {places[name]: own for name, own in given.items()}


def _checked(family: type[Family], key: str, value: Any, shape: tuple[int, ...], column: str) -> np.ndarray:
    what = f"column_parameters_init[{column!r}][{key!r}]"
    array = check_shape(what, value, shape)
    wrong = family.refused_parameter(family.column_names[key], array)
    if wrong is not None:
        raise ValueError(f"{what} {wrong}.")
    return summing_to_one(array) if array.ndim == 2 else array


def with_given(components: Any, given: Given, origin: np.ndarray, names: Sequence[str]) -> Any:
    """Components with the parameters given for their columns put in, those that families call by these ``names``."""
    keys = {key for name in names for key in keys_of(name)}
    kept = [{key: value for key, value in own.items() if key in keys} for own in given]
    return components.with_columns(kept, origin)
