"""Missing cells regressed on observed ones where all rows miss the same: stacks of matrices by NumPy, one a covariance."""

from __future__ import annotations

import numpy as np

from suffice.rows.missing import PatternRows
from suffice.runtime.arrays import Array
from suffice.runtime.either import jnp


def completed_together(
    rows: PatternRows, means: np.ndarray, precision: np.ndarray
) -> tuple[PatternRows, Array, Array, Array]:
    """The parts of ``Completed``: rows, deviations (C, n, D) from ``means`` (..., D), covariances (M, M, 1, J), half-logs (1, J).

    Components that share one of the precision matrices (J, D, D) follow each other.
    """
    features = means.shape[-1]
    listed = np.asarray(rows.missing[0])
    absent = listed[listed < features]
    covariance, half_log = inverse_of_part(precision, absent)
    deviation = rows.values - means.reshape(-1, 1, features)
    deviation[..., absent] = 0
    slope = deviation.reshape(len(precision), -1, features) @ precision[:, :, absent]
    deviation[..., absent] = -(slope @ covariance).reshape(*deviation.shape[:2], len(absent))
    laid = PatternRows(rows.values, rows.pattern, absent[None])
    return laid, deviation, covariance.transpose(1, 2, 0)[:, :, None], half_log[None]


def inverse_of_part(matrices: np.ndarray, columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Inverses (J, M, M) of what matrices (J, D, D) have in some columns, and half the logarithms of their determinants (J,)."""
    parts = matrices[:, columns[:, None], columns]
    scale = 1 / np.sqrt(matrices[:, columns, columns])
    units = scale[..., None] * scale[:, None]
    scaled = parts * units
    half_log = np.linalg.slogdet(scaled)[1] / 2 - np.log(scale).sum(-1)
    inverse = jnp.linalg.inv(scaled)
    return np.asarray(inverse * units), half_log
