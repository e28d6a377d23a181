"""Parameters that components share: labels of groups, and averages within them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from suffice.latent.forms.natural import Moments, split
from suffice.runtime.arrays import Array
from suffice.runtime.either import jnp

Labels = np.ndarray
"""Of each component in every column, (K, D), or in all columns alike, (K, 1): those of one label in a column share."""


def fixed_ties(tied: Mapping[str, Any]) -> tuple[tuple[str, Any], ...]:
    """Names of parameters and labels, (K,) or (K, D), as tuples."""
    return tuple((name, _as_tuple(np.asarray(labels).tolist())) for name, labels in tied.items())


def _as_tuple(labels: Any) -> Any:
    return tuple(map(_as_tuple, labels)) if isinstance(labels, list) else labels


def labels_of(ties: tuple[tuple[str, Any], ...]) -> dict[str, Labels]:
    """Labels (K, D) or (K, 1) by the names of the parameters."""
    return {name: np.asarray(labels).reshape(len(labels), -1) for name, labels in ties}


def group_means(values: Array, labels: Labels) -> Array:
    """Means of values (..., K, T) over components of one label, (..., K, T); labels are (K, T) or (K, 1)."""
    same = labels[:, None] == labels[None]
    return jnp.where(same, values[..., None, :, :], 0.0).sum(-2) / same.sum(1)


def averaged_moments(moments: Moments, features: int, labels: Labels) -> Moments:
    """Moments of independent columns, [x, 1] or [x, observed, 1], averaged over components of one label in each column."""
    _, first, counts, weight = split(moments.total, features)
    parts = [group_means(first, labels), group_means(jnp.broadcast_to(counts, first.shape), labels), weight[..., None]]
    return Moments(jnp.moveaxis(jnp.concatenate(parts, -1), -1, 0), moments.common, moments.about)


def distinct(labels: Labels, columns: int) -> np.ndarray:
    """Number of labels in each of the columns, (columns,)."""
    ordered = np.sort(np.broadcast_to(labels, (len(labels), columns)), axis=0)
    return 1 + (np.diff(ordered, axis=0) != 0).sum(0)
