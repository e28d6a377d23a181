"""Fitted estimators as what standard errors are asked of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.optimize import linear_sum_assignment
from sklearn.utils.validation import check_is_fitted

from suffice.fit.restarts import one_restart, restarts_at
from suffice.latent.families.covariances.matrices import Matrices
from suffice.latent.known_components import codes_of
from suffice.latent.mixture import Mixture
from suffice.latent.readers import Responsibilities, read
from suffice.rows.frequencies import weighed
from suffice.rows.streams import CheckedBatches, is_stream, on_host
from suffice.runtime.types import ArrayLike, TableLike
from suffice.uncertainty.errors import Fitted

if TYPE_CHECKING:
    from suffice.estimators.classifiers.inference import ClassInference
    from suffice.estimators.factors.scores import FittedFactors
    from suffice.estimators.mixtures.inference import MixtureInference


def of_mixture(
    mixture: MixtureInference, X: TableLike, sample_weight: ArrayLike | None, component_labels: ArrayLike | None
) -> Fitted:
    """A fitted mixture with its rows."""
    check_is_fitted(mixture, "model_")
    data, weight = _rows(mixture, X, sample_weight)
    model, codes = mixture.model_, None
    if component_labels is not None:
        rows = np.ones(len(data)) if weight is None else weight
        codes = codes_of(component_labels, len(mixture.weights_), rows)
    known = {"weights_", "column_parameters_", *(f"{name}_" for name in model.components.parameter_names())}

    def parameters(model: Mixture) -> dict[str, Any]:
        return {name: value for name, value in mixture._attributes(model).items() if name in known}

    def matched(found: Mixture) -> Mixture:
        return _in_order_of(model, found, data, weight)

    whole = data if codes is None else (data, codes)
    return Fitted(model, whole, weight, parameters, _matrices(model.components), matched)


def of_factors(
    factors: FittedFactors, X: TableLike, sample_weight: ArrayLike | None, names: tuple[str, ...], turn: Any
) -> Fitted:
    """A fitted factor model with its rows; ``turn`` gives the loadings of a model as the fit's are turned."""
    check_is_fitted(factors, "model_")
    data, weight = _rows(factors, X, sample_weight)

    def parameters(model: Any) -> dict[str, Any]:
        own = {"mean_": model.mean, "noise_variance_": model.noise_variance, **turn(model)}
        return {name: own[name] for name in names}

    return Fitted(factors.model_, data, weight, parameters)


def of_classes(classifier: ClassInference, X: TableLike, y: ArrayLike, sample_weight: ArrayLike | None) -> Fitted:
    """A fitted classifier with its rows and their classes."""
    check_is_fitted(classifier, "model_")
    shrinkage = getattr(classifier, "shrinkage", 0.0)
    if shrinkage:
        raise ValueError(
            f"shrinkage={shrinkage!r} moves the covariances away from the maximum of the likelihood, and standard "
            "errors are about the maximum; fit with shrinkage=0."
        )
    X, sample_weight, _ = weighed(X, sample_weight)
    rows, labels, weight = classifier._checked(X, y, sample_weight, reset=False)
    codes = classifier._codes(labels, ~classifier._is_unlabelled(labels)) + 1
    known = {"means_", "covariances_", "column_parameters_"}

    def parameters(model: Mixture) -> dict[str, Any]:
        prior = np.asarray(model.weights / model.weights.sum())
        own = classifier._parameters(model, prior)
        return {"class_prior_": prior, **{name: value for name, value in own.items() if name in known}}

    return Fitted(classifier.model_, (rows, codes), weight, parameters, _matrices(classifier.model_.components))


def _rows(estimator: Any, X: TableLike, sample_weight: ArrayLike | None) -> tuple[Any, np.ndarray | None]:
    X, sample_weight, _ = weighed(X, sample_weight)
    if is_stream(X):
        if sample_weight is not None:
            raise ValueError("sample_weight was given beside batches; let the object yield pairs (batch, weight).")
        return CheckedBatches(X, estimator._input.batch), None
    rows = estimator._input.table(on_host(X))
    return rows, None if sample_weight is None else estimator._input.weight(sample_weight, rows)


def _matrices(components: Any) -> bool:
    """Whether covariances are matrices, which have variances on their diagonals."""
    return isinstance(getattr(components, "covariance", None), Matrices)


def _in_order_of(model: Mixture, found: Mixture, data: np.ndarray, weight: np.ndarray | None) -> Mixture:
    """A refit whose components have the numbers of those that they share most rows with."""
    one, other = (read(part, [data], Responsibilities) for part in (model, found))
    together = (one * (1.0 if weight is None else weight[:, None])).T @ other
    order = linear_sum_assignment(-together)[1]
    if (order == np.arange(len(order))).all():
        return found
    return restarts_at(one_restart(found).among(order), 0)
