"""What a fitted mixture says of its components, in one form for every family and covariance type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from suffice.latent.families.constrained_gaussian import GAUSSIANS
from suffice.latent.families.family import Family
from suffice.latent.families.kinds import KINDS
from suffice.runtime.module import replaced

if TYPE_CHECKING:
    from suffice.estimators.factors.base import FactorEstimator
    from suffice.estimators.mixtures.mixed import MixedMixture
    from suffice.plot.fitted import FittedMixture


Array = NDArray[np.floating[Any]]


def kinds(estimator: FittedMixture | FactorEstimator) -> list[str]:
    """Kind of each column, as ``suffice.latent``'s families call it."""
    loadings = getattr(estimator, "loadings_", None)
    if loadings is not None:
        return ["gaussian"] * len(loadings)
    return _components(estimator).kinds()


def families(estimator: FittedMixture | FactorEstimator) -> list[type[Family]]:
    """Family of each column."""
    return [KINDS[kind] for kind in kinds(estimator)]


def of_chances(estimator: FittedMixture | FactorEstimator) -> bool:
    """Whether every column is of truth values, so that probabilities of a 1 say all."""
    return all(family.labels == 2 for family in families(estimator))


def _components(estimator: FittedMixture | FactorEstimator) -> Family:
    """The fitted family; of scikit-learn's Gaussian mixtures the same as ours."""
    fitted: Any = estimator
    if hasattr(fitted, "model_"):
        return fitted.model_.components
    if hasattr(fitted, "covariances_"):
        return GAUSSIANS[fitted.covariance_type](fitted.means_, fitted.covariances_)
    raise TypeError(f"{type(estimator).__name__} has no components of columns: fit a mixture first")


def feature_names(estimator: FittedMixture, names: list[str]) -> list[str]:
    """What ``centres`` are of: columns (D names), and each category of a column; of two categories the second."""
    categories = getattr(estimator, "categories_", None)
    if categories is None:
        return names
    found = []
    for name, labels in zip(names, categories, strict=True):
        if labels is None or labels.tolist() in ([0, 1], [False, True]):
            found.append(name)
        else:
            found += [f"{name} = {label}" for label in (labels[1:] if len(labels) == 2 else labels)]
    return found


def centres(estimator: FittedMixture) -> Array:
    """The expectation of each feature in each component, (K, F): of numbers, and of indicators of categories."""
    return np.asarray(_components(estimator).feature_moments()[0], dtype=float)


def variances(estimator: FittedMixture) -> Array:
    """The variance of each feature in each component, (K, F)."""
    return np.asarray(_components(estimator).feature_moments()[1], dtype=float)


def column_moments(estimator: FittedMixture) -> tuple[Array, Array]:
    """Mean and standard deviation of each feature under the mixture without its noise, (F,) each."""
    weights, centre = _of_clusters(estimator), centres(estimator)
    mean = weights @ centre
    variance = weights @ (variances(estimator) + (centre - mean) ** 2)
    return mean, np.sqrt(variance)


def deviations(estimator: FittedMixture) -> Array:
    """How far each component lies from the mean of the mixture, in standard deviations of the feature, (K, F)."""
    mean, deviation = column_moments(estimator)
    safe = np.where(deviation > 0, deviation, 1.0)
    return (centres(estimator) - mean) / safe


def telling_features(estimator: FittedMixture, most: int) -> list[int]:
    """The features, at most so many, in which the components lie furthest apart, in their order."""
    apart = _of_clusters(estimator) @ deviations(estimator) ** 2
    return sorted(np.argsort(-apart, kind="stable")[:most].tolist())


def gaussian_part(estimator: FittedMixture) -> tuple[Any, list[int]]:
    """The mixture of the Gaussian columns alone, with ``covariances_``, and their positions; None where there are none."""
    columns = [j for j, kind in enumerate(kinds(estimator)) if kind == "gaussian"]
    if not columns or hasattr(estimator, "covariances_"):
        return (estimator if columns else None), columns
    from suffice.estimators.mixtures.gaussian import around

    mixed = cast("MixedMixture", estimator)
    model: Any = mixed.marginal(columns).model_
    part = replaced(model, components=model.components.parts[0])
    return around(part, mixed.covariance_type), columns


def noise_density(estimator: FittedMixture, columns: list[int]) -> tuple[float, float, float] | None:
    """Where the noise of a single column begins and ends, and its weight times its density; None of more, or without noise."""
    if len(columns) != 1 or not hasattr(estimator, "noise_weight_"):
        return None
    fitted: Any = estimator
    low, side = (
        float(values[columns[0]]) for values in (fitted.model_.components.box.low, fitted.model_.components.box.sides)
    )
    return low, low + side, fitted.noise_weight_ / side


def _of_clusters(estimator: FittedMixture) -> Array:
    """Weights that sum to 1 without the noise."""
    weights = np.asarray(estimator.weights_, dtype=float)
    return weights / weights.sum() if hasattr(estimator, "noise_weight_") else weights


def all_weights(estimator: FittedMixture) -> Array:
    """Weights of the components, and after them that of noise where there is some."""
    weights, noise = np.asarray(estimator.weights_, dtype=float), getattr(estimator, "noise_weight_", None)
    return weights if noise is None else np.append(weights, noise)


def covariance_block(estimator: FittedMixture, columns: list[int]) -> Array:
    """The covariance of some columns in each component, (K, d, d)."""
    gaussian: Any = estimator
    covariance, kind = np.asarray(gaussian.covariances_, dtype=float), gaussian.covariance_type
    n_components, identity = len(estimator.weights_), np.eye(len(columns))
    if kind == "full":
        return covariance[:, columns][:, :, columns]
    if kind == "tied":
        return np.broadcast_to(covariance[np.ix_(columns, columns)], (n_components, len(columns), len(columns)))
    return variances(estimator)[:, columns, None] * identity


def telling_columns(estimator: FittedMixture) -> list[int]:
    """The two columns in which the components lie furthest apart."""
    weights, apart = _of_clusters(estimator), deviations(estimator)
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
