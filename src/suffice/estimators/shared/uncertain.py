"""Fitted estimators as what standard errors are asked of."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.optimize import linear_sum_assignment
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.validation import check_is_fitted

from suffice.estimators.mixtures.membership import covariates_of, design, measured, unscaled
from suffice.fit.restarts import one_restart, restarts_at
from suffice.latent.families.covariances.matrices import Matrices
from suffice.latent.families.factor_gaussian import FactorGaussian
from suffice.latent.known_components import codes_of
from suffice.latent.membership import MembershipMixture
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
    mixture: MixtureInference,
    X: TableLike,
    sample_weight: ArrayLike | None,
    component_labels: ArrayLike | None,
    covariates: TableLike | None,
) -> Fitted:
    """A fitted mixture with its rows."""
    _check_ended(mixture)
    data, weight = _rows(mixture, X, sample_weight)
    model, codes = mixture.model_, None
    if (covariates is None) == hasattr(mixture, "membership_"):
        raise ValueError("covariates are expected where the fit had some, and there alone; give those of the fit.")
    if component_labels is not None:
        rows = np.ones(len(data)) if weight is None else weight
        codes = codes_of(component_labels, len(mixture.weights_), rows)
    known = {"weights_", "noise_weight_", "column_parameters_", "noise_variance_", "explained_variance_"}
    known |= {f"{name}_" for name in model.components.parameter_names()}

    def parameters(model: Mixture) -> dict[str, Any]:
        return {name: value for name, value in mixture._attributes(model).items() if name in known}

    if covariates is not None:
        return _with_covariates(mixture, data, weight, covariates, parameters)

    def matched(found: Mixture) -> Mixture:
        return _in_order_of(model, found, data, weight)

    whole = data if codes is None else (data, codes)
    return Fitted(model, whole, weight, parameters, _matrices(model.components), matched)


def _with_covariates(
    mixture: Any, data: Any, weight: np.ndarray | None, covariates: TableLike, parameters: Callable[..., dict[str, Any]]
) -> Fitted:
    """A fit with covariates, of rows and covariates measured from their means, and in units of their spread."""
    values = covariates_of(mixture, covariates, len(data))
    centre, scale = values.mean(0), values.std(0)
    rows, origin = measured(mixture.membership_, data)
    own = np.asarray(mixture.membership_.coefficients)
    inside = np.concatenate([own[:, :1] + (own[:, 1:] @ centre)[:, None], own[:, 1:] * scale], 1)
    components = mixture.membership_.components
    moved = components if origin is None else components.translated(-origin)

    def read(model: MembershipMixture) -> dict[str, Any]:
        count = model.coefficients.shape[0]
        found = model.components if origin is None else model.components.translated(origin)
        shares = parameters(Mixture(np.full(count, 1 / count), found))
        del shares["weights_"]
        return {"membership_coefficients_": unscaled(np.asarray(model.coefficients), centre, scale), **shares}

    fitted = MembershipMixture(inside, moved)
    return Fitted(fitted, (rows, design((values - centre) / scale)), weight, read, _matrices(moved))


def of_factors(
    factors: FittedFactors, X: TableLike, sample_weight: ArrayLike | None, names: tuple[str, ...], turn: Any
) -> Fitted:
    """A fitted factor model with its rows; ``turn`` gives the loadings of a model as the fit's are turned."""
    _check_ended(factors)
    data, weight = _rows(factors, X, sample_weight)

    def parameters(model: Any) -> dict[str, Any]:
        own = {"mean_": model.mean, "noise_variance_": model.noise_variance, **turn(model)}
        return {name: own[name] for name in names}

    return Fitted(factors.model_, data, weight, parameters)


def of_classes(classifier: ClassInference, X: TableLike, y: ArrayLike, sample_weight: ArrayLike | None) -> Fitted:
    """A fitted classifier with its rows and their classes."""
    _check_ended(classifier)
    if isinstance(classifier.model_.components, FactorGaussian):
        raise ValueError(
            "A shared covariance of more columns than rows has no standard errors; use covariance_type='tied_diag', or fewer "
            "columns."
        )
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


def _check_ended(estimator: Any) -> None:
    """Refuse an estimator that is not fitted, and warn of a fit that did not go to its end."""
    check_is_fitted(estimator, "model_")
    if not getattr(estimator, "converged_", True):
        warnings.warn(
            "The fit has not converged, so its parameters are at no maximum of the likelihood, about which standard errors and "
            f"intervals are; do not rely on them, and fit again (how it ended: {estimator.outcome_})",
            ConvergenceWarning, stacklevel=4,
        )  # fmt: skip


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
    order = linear_sum_assignment(-together[: model.clusters, : model.clusters])[1]
    order = np.append(order, np.arange(model.clusters, len(together)))
    if (order == np.arange(len(order))).all():
        return found
    return restarts_at(one_restart(found).among(order), 0)
