"""What a fitted mixture says of its components, in one form for every family and covariance type."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]


def centres(estimator: Any) -> Array:
    """The expected row of each component, (K, D): ``means_`` or ``probabilities_``."""
    for name in ("means_", "probabilities_"):
        if hasattr(estimator, name):
            return np.asarray(getattr(estimator, name), dtype=float)
    raise TypeError(f"{type(estimator).__name__} has neither means_ nor probabilities_: fit a mixture first")


def variances(estimator: Any) -> Array:
    """The variance of each column in each component, (K, D)."""
    centre = centres(estimator)
    if not hasattr(estimator, "covariances_"):
        return centre * (1.0 - centre)
    covariance = np.asarray(estimator.covariances_, dtype=float)
    kind = estimator.covariance_type
    if kind == "full":
        covariance = np.einsum("kii->ki", covariance)
    elif kind == "tied":
        covariance = np.diagonal(covariance)[None, :]
    elif kind == "spherical":
        covariance = covariance[:, None]
    return np.broadcast_to(covariance, centre.shape)


def column_moments(estimator: Any) -> tuple[Array, Array]:
    """Mean and standard deviation of each column under the mixture, (D,) each."""
    weights, centre = np.asarray(estimator.weights_, dtype=float), centres(estimator)
    mean = weights @ centre
    variance = weights @ (variances(estimator) + (centre - mean) ** 2)
    return mean, np.sqrt(variance)


def deviations(estimator: Any) -> Array:
    """How far each component lies from the mean of the mixture, in standard deviations of the column, (K, D)."""
    mean, deviation = column_moments(estimator)
    safe = np.where(deviation > 0, deviation, 1.0)
    return (centres(estimator) - mean) / safe


def covariance_block(estimator: Any, columns: list[int]) -> Array:
    """The covariance of some columns in each component, (K, d, d)."""
    covariance, kind = np.asarray(estimator.covariances_, dtype=float), estimator.covariance_type
    n_components, identity = len(estimator.weights_), np.eye(len(columns))
    if kind == "full":
        return covariance[:, columns][:, :, columns]
    if kind == "tied":
        return np.broadcast_to(covariance[np.ix_(columns, columns)], (n_components, len(columns), len(columns)))
    return variances(estimator)[:, columns, None] * identity


def telling_columns(estimator: Any) -> list[int]:
    r"""The two columns in which the components lie furthest apart.

    Of the pairs among the 60 best single columns, the one with the largest trace of :math:`W^{-1}B`, with W the mean
    covariance within components (correlations shrunk by a tenth, so that a pair does not win by being nearly
    collinear) and B the covariance of their means: Hotelling's measure of separation.
    """
    weights, apart = np.asarray(estimator.weights_, dtype=float), deviations(estimator)
    n_columns = apart.shape[1]
    if n_columns < 3:
        return list(range(n_columns))
    spread = column_moments(estimator)[1]
    scale = np.where(spread > 0, spread, 1.0)
    single = (weights @ apart**2) / np.maximum(weights @ variances(estimator) / scale**2, 1e-12)
    short = sorted(np.argsort(-single, kind="stable")[:60].tolist())
    within = np.einsum("k,kij->ij", weights, covariance_block(estimator, short)) / np.outer(scale[short], scale[short])
    between = np.einsum("k,ki,kj->ij", weights, apart[:, short], apart[:, short])
    first, second = _best_pair(within, between)
    return [short[first], short[second]]


def _best_pair(within: Array, between: Array) -> tuple[int, int]:
    own, apart, shrunk = np.maximum(np.diagonal(within), 1e-12), np.diagonal(between), 0.9 * within
    determinant = np.outer(own, own) - shrunk**2
    trace = (np.outer(apart, own) + np.outer(own, apart) - 2 * shrunk * between) / determinant
    trace[np.tril_indices(len(trace))] = -np.inf
    first, second = np.unravel_index(int(np.argmax(trace)), trace.shape)
    return int(first), int(second)
