"""Mixtures of probabilistic principal component analysers with scikit-learn's manners."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np

from suffice.estimators.mixtures.base import MixtureEstimator
from suffice.estimators.mixtures.beginning import Beginning
from suffice.estimators.mixtures.factors import check_factors, check_rank, factor_beginning, factor_parameters
from suffice.estimators.mixtures.gaussian import GaussianMixture, gaussian_beginning, gaussian_parameters
from suffice.estimators.shared.attributes import OnDemand, forget_matrices
from suffice.estimators.shared.rows import PlainColumns
from suffice.latent.factors.canonical import signs
from suffice.latent.factors.sides import by_factors
from suffice.latent.families.constrained_gaussian import PrincipalGaussian
from suffice.latent.families.factor_gaussian import FactorGaussian
from suffice.latent.mixture import Mixture
from suffice.rows.survey import Survey
from suffice.validation import check_at_least, check_count


@dataclass(eq=False, repr=False, kw_only=True)
class MixtureOfPPCA(MixtureEstimator):
    r"""Mixture of K probabilistic principal component analysers: clusters that are flat, each in directions of its own.

    .. math:: p(x) = \sum_k \pi_k \, N(x \mid \mu_k, W_k W_k^\top + \sigma_k^2 I)

    A Gaussian mixture whose covariances have q free directions and noise alike in all others, so K D q numbers take the place of
    K D^2 / 2. Missing cells, restarts, priors, streams and conditioning are those of ``GaussianMixture``. Formulas: Tipping and
    Bishop, "Mixtures of probabilistic principal component analysers" (1999). Up to 256 columns a step takes eigenvectors of the
    components' covariances; of more, rows are regressed on their latent variables, and time and memory grow with K D q.

    Parameters
    ----------
    n_components
        Number of components K.
    n_factors
        Latent variables q of each component, at most D - 1; where D is 1, the components are plain Gaussians.
    tol, reg_covar, max_iter, n_init, init_params, weights_init, means_init, precisions_init, frozen, degenerate
        As in ``GaussianMixture`` with full covariances; inverses of ``precisions_init`` are brought to the model's form, and must
        have it if they are frozen.
    weight_concentration_prior, prior_strength, prior_mean, prior_covariance, random_state, precision, warm_start, verbose
        As in ``GaussianMixture``.
    learning_decay, learning_offset
        As in ``GaussianMixture``.

    Attributes
    ----------
    components_ : numpy.ndarray
        Principal axes ``(K, q, D)`` of each component: orthonormal rows, the one of most variance first, each with its largest
        entry positive.
    explained_variance_ : numpy.ndarray
        Variance along each axis, noise included, ``(K, q)``.
    noise_variance_ : numpy.ndarray
        :math:`\sigma_k^2`, ``(K,)``.
    weights_, means_, covariances_, precisions_ : numpy.ndarray
        As in ``GaussianMixture`` with full covariances, and all its other attributes. Of more than 256 columns no matrices are
        kept: ``covariances_`` and ``precisions_`` are put together when they are asked for.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice import MixtureOfPPCA
    >>> line = np.linspace(-1, 1, 50)[:, None]
    >>> noise = 0.05 * np.random.default_rng(0).standard_normal((100, 3))
    >>> X = np.concatenate([line * [1, 0, 0] + [0, 5, 0], line * [0, 0, 1]]) + noise
    >>> mixture = MixtureOfPPCA(n_components=2, n_factors=1, random_state=0).fit(X)
    >>> print(sorted(np.abs(mixture.components_[:, 0]).argmax(1).tolist()))  # the column along which each cluster lies
    [0, 2]
    """

    n_factors: int = 1
    reg_covar: float = 1e-6
    means_init: Any = None
    precisions_init: Any = None
    prior_mean: Any = None
    prior_covariance: Any = None
    covariance_type: str = field(default="full", init=False)

    covariances_ = OnDemand(lambda mixture: np.asarray(mixture.model_.components.covariances))
    precisions_ = OnDemand(lambda mixture: np.linalg.inv(mixture.covariances_))

    @property
    def _input(self) -> PlainColumns:
        return PlainColumns(self, least_rows=2)

    def _check_own(self) -> None:
        check_at_least("reg_covar", self.reg_covar, 0.0)
        check_count("n_factors", self.n_factors)

    def _beginning(self) -> Beginning:
        if self._by_factors():
            forget_matrices(self)
            return factor_beginning(self)
        full = gaussian_beginning(self, PrincipalGaussian)
        exact = self.frozen is not None and "covariances" in self.frozen

        def put_in(components: Any, origin: np.ndarray | None) -> PrincipalGaussian:
            return _of_low_rank(full.put_in(components, origin), self.n_factors, exact)

        def check(overview: Survey) -> None:
            full.check(overview)
            check_factors(self.n_factors, len(overview.mean))

        return replace(full, put_in=put_in, check=check, check_resumed=partial(check_rank, self.n_factors))

    def _by_factors(self) -> bool:
        return by_factors(self.n_features_in_) and self.precisions_init is None

    def _unfitted(self, columns: list[int]) -> Any:
        """A Gaussian mixture of other columns: parts of the model's covariances have another form. Of many columns its own."""
        if isinstance(self.model_.components, FactorGaussian) and by_factors(len(columns)):
            return super()._unfitted(columns)
        shared = {name: value for name, value in self.get_params().items() if name in GaussianMixture().get_params()}
        return GaussianMixture(**shared)._unfitted(columns)

    def _parameters(self, model: Mixture) -> dict[str, Any]:
        components: Any = model.components
        if isinstance(components, FactorGaussian):
            return factor_parameters(components)
        rank, features = components.rank, components.features
        values, vectors = np.linalg.eigh(components.covariances)
        axes = vectors[:, :, : features - rank - 1 : -1]
        return gaussian_parameters(self, model) | {
            "noise_variance_": values[:, : features - rank].mean(1),
            "explained_variance_": values[:, : features - rank - 1 : -1],
            "components_": np.stack([(one * signs(one)).T for one in axes]),
        }

    def _likelihood_of(self) -> str:
        return "density of real numbers"


def _of_low_rank(full: Any, factors: int, exact: bool) -> PrincipalGaussian:
    """Components with covariances of the model's form, which they have to be of already where they are held ``exact``."""
    rank = min(factors, full.features - 1)
    values, vectors = np.linalg.eigh(full.covariances)
    noise = values[..., : full.features - rank]
    mean = noise.mean(-1, keepdims=True)
    if exact and not np.allclose(noise, mean, rtol=1e-6, atol=0):
        raise ValueError(
            "frozen names 'covariances', but not every inverse of precisions_init has equal noise in all but n_factors="
            f"{rank} directions: give precisions_ of a fitted MixtureOfPPCA, or do not freeze them."
        )
    noise[:] = mean
    covariances = (vectors * values[..., None, :]) @ np.swapaxes(vectors, -1, -2)
    return PrincipalGaussian(full.means, covariances, full.prior, rank)
