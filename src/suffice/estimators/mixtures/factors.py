"""Mixtures of probabilistic PCA of many columns: how components of few latent variables begin, and what they are told as."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from suffice.estimators.mixtures.beginning import Beginning
from suffice.estimators.mixtures.parts import Part, Parts
from suffice.latent.factors.canonical import signs
from suffice.latent.factors.factor_maxima import principal_factors
from suffice.latent.factors.spectra import rows_about
from suffice.latent.families.covariances.factors import FactorCovariance
from suffice.latent.families.factor_gaussian import FactorGaussian
from suffice.latent.given import GivenParameters
from suffice.latent.mixture import MixturePrior
from suffice.rows.survey import Survey
from suffice.runtime.module import replaced
from suffice.validation import check_shape, check_squares, check_varying

if TYPE_CHECKING:
    from suffice.estimators.mixtures.of_ppca import MixtureOfPPCA

MOST_ROWS = 500
"""Rows of a component from which its axes are first found."""


def factor_beginning(mixture: MixtureOfPPCA) -> Beginning:
    """Components with means, ``means_init`` where they are given, and the axes of the rows that are nearest."""
    values = {"weights": mixture.weights_init, "means": mixture.means_init, "covariances": None}
    return Beginning(
        parts=Parts(FactorGaussian, [Part(FactorGaussian)]),
        given=GivenParameters(values, {"covariances": "precisions_init"}),
        from_rows=True,
        put_in=partial(_put_in, mixture.means_init),
        strength=mixture.prior_strength,
        floor=mixture.reg_covar,
        prior_mean=mixture.prior_mean,
        prior_covariance=mixture.prior_covariance,
        from_shares=partial(_from_shares, mixture.n_factors),
        check=partial(_check, mixture),
        check_resumed=partial(check_rank, mixture.n_factors),
    )


def check_factors(factors: int, features: int) -> None:
    """Refuse as many factors as columns."""
    if factors >= features > 1:
        raise ValueError(
            f"n_factors={factors} was given for {features} columns; at most {features - 1} are expected, so that a direction "
            "is left for the noise."
        )


def check_rank(factors: int, components: Any) -> None:
    """Refuse to go on from components of another number of factors."""
    if components.rank != min(factors, components.features - 1):
        raise ValueError(
            f"n_factors={factors} was given, but the fitted model has {components.rank}; fit a new estimator "
            "instead of going on, or set it as it was."
        )


def factor_parameters(components: FactorGaussian) -> dict[str, Any]:
    """Means, axes, variances along them and noise, as fitted attributes."""
    found = [np.linalg.svd(own, full_matrices=False) for own in np.asarray(components.loadings)]
    noise = np.asarray(components.noise_variance)[:, 0]
    return {
        "means_": np.asarray(components.means),
        "noise_variance_": noise,
        "explained_variance_": np.stack([np.square(values) for _, values, _ in found]) + noise[:, None],
        "components_": np.stack([(axes * signs(axes)).T for axes, _, _ in found]),
    }


def _check(mixture: MixtureOfPPCA, overview: Survey) -> None:
    check_squares(mixture._input.named(overview.beyond))
    check_factors(mixture.n_factors, len(overview.mean))
    if mixture.reg_covar == 0:
        check_varying(mixture._input.named(np.flatnonzero(overview.constant)))


def _put_in(means_init: Any, components: FactorGaussian, origin: np.ndarray | None) -> FactorGaussian:
    if means_init is None:
        return components
    shape = components.means.shape
    means = check_shape("means_init", means_init, shape[1:]) - (0.0 if origin is None else origin)
    return replaced(components, means=np.broadcast_to(means, shape))


def _from_shares(
    factors: int, blank: Any, rows: np.ndarray, weight: np.ndarray, share: np.ndarray, prior: MixturePrior
) -> tuple[np.ndarray, FactorGaussian]:
    """Weights (R, K), and probabilistic PCA of the rows of each component, by their responsibilities (R, n, K)."""
    counts = np.einsum("n,rnk->rk", weight, share) + (float(np.asarray(prior.concentration)) - 1)
    least = max(float(np.mean(blank.prior.floor)), float(np.finfo(float).tiny))
    found = [[_principal(factors, rows, weight * own, least) for own in restart.T] for restart in share]
    means, loadings, noise = (np.stack([[one[part] for one in restart] for restart in found]) for part in range(3))
    components = replaced(blank, means=means, covariance=FactorCovariance(loadings, noise))
    return counts / counts.sum(-1, keepdims=True), components


def _principal(
    factors: int, rows: np.ndarray, weight: np.ndarray, least: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean, loadings and noise variance of some of the rows that have weight; of all rows where none has."""
    kept = np.flatnonzero(weight > 1e-6 * weight.max()) if weight.any() else np.arange(len(rows))
    kept = kept[:: -(-len(kept) // MOST_ROWS)]
    own = weight[kept] if weight.any() else np.ones(len(kept))
    spectrum = rows_about(rows[kept], own / own.sum(), None)
    values, axes = spectrum.decomposed(factors)
    least = max(least, 1e-3 * float(spectrum.variance.mean()) if len(kept) <= factors + 1 else 0.0)
    found = principal_factors(values, axes, factors, None, least)
    return spectrum.mean, found.loadings, found.noise_variance
