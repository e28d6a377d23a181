"""Where a fit of a factor model begins: at its maximum, if one pass tells it, or at a start for expectation-maximisation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from suffice.latent.factors.factor_maxima import CLOSE, Factors, closest
from suffice.latent.factors.latent_start import latent_start
from suffice.latent.factors.linear_gaussian import LinearGaussian
from suffice.latent.factors.pairwise import PairwiseMoments, PairwiseSums
from suffice.latent.factors.sides import side_of
from suffice.latent.factors.spectra import OfMatrix, rows_about
from suffice.rows.block import NO_ROWS
from suffice.rows.place import place
from suffice.rows.streams import is_stream, on_host, pairs, partitions_of
from suffice.rows.survey import NO_WEIGHT, column_moments, hold_one_value
from suffice.runtime.precision import scope, to_numpy

if TYPE_CHECKING:
    from suffice.estimators.factors.base import FactorEstimator

FIRST_ROWS = 1000
PRODUCTS = 32
"""Second moments are one product of matrices: so many of a cell's are as little work as one number elsewhere."""
ORIGIN_CELLS, FIRST_CELLS = 1 << 20, 1 << 24
"""Most cells of the first rows, in which an origin and a start are looked for."""


class OnePass(NamedTuple):
    """What one pass over the rows gives: the maximum, or a start without one, the scree's eigenvalues, and constant columns."""

    model: LinearGaussian
    found: Factors | None
    eigenvalues: np.ndarray
    constant: np.ndarray


def begun(estimator: FactorEstimator, data: Any, weight: np.ndarray | None, origin: np.ndarray, gaps: Any) -> OnePass:
    """The maximum, or a start, from what suits the shape of the data."""
    rows = len(data) if isinstance(data, np.ndarray) else None
    side = side_of(rows, estimator.n_features_in_, gaps=gaps is not None)
    if side == "rows":
        return _of_rows(estimator, data, weight)
    if side == "latent":
        return _of_sample(estimator, data, weight)
    return _of_moments(estimator, _moments(estimator, data, weight, origin, gaps), origin, gaps)


def _of_rows(estimator: FactorEstimator, rows: np.ndarray, weight: np.ndarray | None) -> OnePass:
    """What complete rows (n, D), fewer than columns, say."""
    share = np.full(len(rows), 1 / len(rows)) if weight is None else weight / weight.sum()
    spectrum = rows_about(rows, share, None if estimator.mean is None else estimator._given_mean())
    constant = hold_one_value(spectrum.mean, spectrum.variance)
    least = estimator._least_noise(spectrum.variance)
    eigenvalues = spectrum.eigenvalues(estimator._unit(spectrum.variance))
    found = estimator._maximum(spectrum, least, closest(len(rows), len(least)))
    model = estimator._model(spectrum.mean, found.loadings, found.noise_variance, least)
    return OnePass(model, found, eigenvalues, constant)


def _of_sample(estimator: FactorEstimator, data: Any, weight: np.ndarray | None) -> OnePass:
    """A start from rows, or the first of them, whose second moments are too many."""
    column = column_moments(on_host(data), weight)
    estimator._input.refuse_empty(column.observed)
    constant = hold_one_value(column.mean, column.variance)
    mean, variance = column.mean, np.where(constant, 0.0, column.variance)
    if estimator.mean is not None:
        mean, variance = estimator._given_mean(), variance + np.square(column.mean - estimator._given_mean())
    least, size = estimator._least_noise(variance), (estimator.n_features_in_, estimator.n_components)
    noise = np.maximum(variance if len(least) > 1 else variance.mean(keepdims=True), least)
    known = getattr(estimator, "noise_variance", None)
    blank = estimator._model(mean, np.zeros(size), noise if known is None else np.array([float(known)]), least)
    rows, counted = first_rows(data, weight, FIRST_CELLS)
    model, eigenvalues = latent_start(blank, rows, counted, variance, estimator._unit(variance))
    return OnePass(model, None, eigenvalues, constant)


def _of_moments(estimator: FactorEstimator, moments: PairwiseMoments, origin: np.ndarray, gaps: Any) -> OnePass:
    """What second moments of the rows about ``origin`` say: the maximum, or where cells are missing a start."""
    mean = None if estimator.mean is None else estimator._given_mean() - origin
    covariance = moments.covariance(mean)
    mean = moments.mean() if mean is None else mean
    constant = hold_one_value(mean + origin, np.diagonal(covariance))
    spectrum = OfMatrix(np.where(constant | constant[:, None], 0.0, covariance))
    least = estimator._least_noise(np.maximum(spectrum.variance, 0.0))
    found = estimator._maximum(spectrum, least, CLOSE)
    model = estimator._model(mean, found.loadings, found.noise_variance, least).translated(origin)
    eigenvalues = spectrum.eigenvalues(estimator._unit(spectrum.variance))
    return OnePass(model, found if gaps is None else None, eigenvalues, constant)


def _moments(estimator: FactorEstimator, data: Any, weight: Any, origin: np.ndarray, gaps: Any) -> PairwiseMoments:
    with scope("float64"):
        rows = place(data, weight, origin=origin, precision="float64", tile=FIRST_ROWS, missing=gaps,
                     width=-(-estimator.n_features_in_ // PRODUCTS))  # fmt: skip
        moments = to_numpy(rows.total(PairwiseSums()))
    if not moments.weight > 0:
        raise ValueError(NO_WEIGHT)
    estimator._input.refuse_empty(moments.observed)
    return moments


def first_mean(data: Any) -> np.ndarray:
    """Mean of the first rows, from which all are measured so that sums keep their digits."""
    first, _ = first_rows(data, None, ORIGIN_CELLS)
    observed = ~np.isnan(first)
    return np.where(observed, first, 0.0).sum(0, dtype=float) / np.maximum(observed.sum(0), 1)


def first_rows(data: Any, weight: np.ndarray | None, cells: int) -> tuple[np.ndarray, np.ndarray]:
    """The first rows, a thousand or as many as have so many cells, of those that come together; and their weights."""
    if partitions_of(data) is not None:
        from suffice.rows.cluster.partitions import first_rows as first

        rows, own = first(data, FIRST_ROWS) or (None, None)
    elif is_stream(data):
        rows, own = next(((rows, own) for rows, own in pairs(data) if len(rows)), (None, None))
    else:
        rows, own = data, np.ones(len(data)) if weight is None else weight
    if rows is None or own is None:
        raise ValueError(NO_ROWS)
    most = min(FIRST_ROWS, max(1, cells // rows.shape[1]))
    rows, own = on_host(rows[:most]), own[:most]
    return (rows, own) if np.all(own > 0) else (rows[own > 0], own[own > 0])
