"""What a model holds: numbers of its parameters that are frozen, and those that are tied to one another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from suffice.latent.held import of_all, of_some
from suffice.latent.mixture import Mixture
from suffice.latent.ties import labels_of
from suffice.uncertainty.neighbourhood import Neighbourhood, around, differences


def restrictions(near: Neighbourhood) -> np.ndarray:
    """Gradients (C, P) of all that stays as it is: frozen numbers, and differences of tied ones."""
    rows = list(_held(near.model))
    if not rows:
        return np.zeros((0, len(near.position)))
    steps = np.diag(near.units)
    many = near.models(around(near.position, steps))
    numbers = np.stack([np.concatenate([np.ravel(part[r]) for part in _numbers(many)]) for r in range(len(steps) * 4)])
    slopes = differences(numbers)
    return np.stack([slopes[:, own] - (0.0 if other is None else slopes[:, other]) for own, other in rows])


def _numbers(model: Any) -> list[np.ndarray]:
    """Parameters one after another, each with restarts before its own axes where the model has them."""
    return [values for _, values, _ in _parameters(model)]


def _parameters(model: Any) -> Iterator[tuple[str, np.ndarray, np.ndarray | None]]:
    """Names, values and the column (F,) of each number of a component's row of them, where columns are told apart."""
    if not isinstance(model, Mixture):
        yield from ((name, np.asarray(getattr(model, name)), None) for name in ("mean", "noise_variance"))
        return
    yield "weights", np.asarray(model.weights), None
    components: Any = model.components
    parts = getattr(components, "parts", (components,))
    groups = getattr(components, "columns", (tuple(range(components.features)),))
    for part, group in zip(parts, groups, strict=True):
        for name in part.parameter_names():
            whole = name in part.whole_parameters
            yield name, np.asarray(getattr(part, name)), None if whole else np.repeat(group, getattr(part, "sizes", 1))


def _held(model: Any) -> Iterator[tuple[int, int | None]]:
    """Places of frozen numbers, and of pairs that are the same."""
    held = getattr(model, "frozen", ())
    frozen, some, tied, start = of_all(held), of_some(held), labels_of(getattr(model, "tied", ())), 0
    if not held and not tied:
        return
    for name, values, columns in _parameters(model):
        places = start + np.arange(values.size).reshape(values.shape)
        start += values.size
        if name in frozen:
            yield from ((int(place), None) for place in places.ravel())
        elif name in some:
            yield from ((int(place), None) for place in places[list(some[name])].ravel())
        elif name in tied:
            yield from _pairs(places.reshape(len(values), -1), tied[name], columns)


def _pairs(places: np.ndarray, labels: np.ndarray, columns: np.ndarray | None) -> Iterator[tuple[int, int]]:
    """Numbers (K, F) of components of one label, each with the first of them."""
    own = np.broadcast_to(labels if labels.shape[1] == 1 or columns is None else labels[:, columns], places.shape)
    for number in range(places.shape[1]):
        firsts: dict[int, int] = {}
        for place, label in zip(places[:, number].tolist(), own[:, number].tolist(), strict=True):
            first = firsts.setdefault(label, place)
            if first != place:
                yield place, first
