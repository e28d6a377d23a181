"""Parameters as people read them, nested dictionaries and lists of arrays, as one vector whose numbers have names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

SHARES = {"weights_", "noise_weight_", "class_prior_", "probabilities_", "probability", "probabilities"}
POSITIVE = {
    "rates_",
    "rate",
    "dispersions_",
    "dispersion",
    "variance",
    "covariances_",
    "noise_variance_",
    "explained_variance_",
}
SAID = 6
"""As many names a sentence has."""


def numbers(nested: Any) -> np.ndarray:
    """All numbers (Q,), in order."""
    return np.concatenate([np.ravel(leaf) for _, leaf in _leaves(nested, ())]).astype(float)


def names(nested: Any) -> list[str]:
    """Names of the numbers, such as ``means_[0, 1]``."""
    return [
        f"{_named(path)}{_index(place)}" for path, leaf in _leaves(nested, ()) for place in np.ndindex(np.shape(leaf))
    ]


def shaped(nested: Any, values: np.ndarray) -> Any:
    """Values (Q, ...) in the places of the numbers: arrays of the same shapes, with further axes after their own."""
    parts = iter(_split(nested, values))
    return _filled(nested, parts)


def kinds(nested: Any, matrices: bool) -> np.ndarray:
    """What numbers (Q,) are: ``"share"``, ``"positive"`` (of covariances that are ``matrices`` the diagonal), or ``"any"``."""
    return np.concatenate([_kinds(path, leaf, nested, matrices).ravel() for path, leaf in _leaves(nested, ())])


def listed(chosen: list[str]) -> str:
    """Names for a sentence."""
    rest = len(chosen) - SAID
    return ", ".join(chosen[:SAID]) + (f" and {rest} more" if rest > 0 else "")


def _leaves(nested: Any, path: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], Any]]:
    if isinstance(nested, dict):
        for name, part in nested.items():
            yield from _leaves(part, (*path, name))
    elif isinstance(nested, list):
        for place, part in enumerate(nested):
            yield from _leaves(part, (*path, place))
    else:
        yield path, nested


def _named(path: tuple[Any, ...]) -> str:
    return "".join([str(path[0]), *(f"[{part!r}]" for part in path[1:])])


def _index(place: tuple[int, ...]) -> str:
    return f"[{', '.join(map(str, place))}]" if place else ""


def _split(nested: Any, values: np.ndarray) -> Iterator[np.ndarray]:
    start = 0
    for _, leaf in _leaves(nested, ()):
        shape = np.shape(leaf)
        end = start + int(np.prod(shape))
        yield values[start:end].reshape((*shape, *values.shape[1:]))
        start = end


def _filled(nested: Any, parts: Iterator[np.ndarray]) -> Any:
    if isinstance(nested, dict):
        return {name: _filled(part, parts) for name, part in nested.items()}
    if isinstance(nested, list):
        return [_filled(part, parts) for part in nested]
    part = next(parts)
    return float(part) if not np.ndim(part) else part


def _kinds(path: tuple[Any, ...], leaf: Any, nested: Any, matrices: bool) -> np.ndarray:
    name, around = path[-1] if isinstance(path[-1], str) else path[0], nested
    for part in path[:-1]:
        around = around[part]
    counts = isinstance(around, dict) and bool({"dispersions_", "dispersion"} & around.keys())
    positive = name in POSITIVE or (counts and name in ("means_", "mean"))
    found = np.full(np.shape(leaf), "share" if name in SHARES else "positive" if positive else "any")
    if name == "covariances_" and matrices:
        found = np.where(np.eye(np.shape(leaf)[-1], dtype=bool), found, "any")
    return found
