"""What is not known of the classes themselves, carried into what is estimated after them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from suffice.fit.restarts import restarts_at
from suffice.runtime.blas import one_blas_thread
from suffice.uncertainty.information import Information, information
from suffice.uncertainty.neighbourhood import around, differences, neighbourhood


def carried(model: Any, rows: Any, weight: np.ndarray, estimate: Callable[[Any], np.ndarray]) -> np.ndarray:
    r"""Covariance (P, P) of an estimate (P,) that comes of the uncertainty of the model it was made with.

    :math:`J \Sigma J^\top`, with the covariance of the model's parameters and the estimate's derivatives by these (Bakk,
    Oberski and Vermunt, 2014).
    """
    with one_blas_thread():
        found = information(neighbourhood(model, rows, weight))
        slope = differences(_estimates(found, estimate))
    return slope.T @ slope


def _estimates(found: Information, estimate: Callable[[Any], np.ndarray]) -> np.ndarray:
    """The estimate (4 G, P) by models around that of the fit, a standard error along each direction that is told."""
    near = found.near
    many = near.models(around(near.position, found.steps @ found.root))
    count = 4 * found.root.shape[1]
    models = (restarts_at(many, place) for place in range(count))
    return np.stack([estimate(one if near.origin is None else one.translated(near.origin)) for one in models])
