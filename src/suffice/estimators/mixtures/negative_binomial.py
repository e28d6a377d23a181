"""Negative binomial mixtures, for rows of counts with more spread than Poisson's, with scikit-learn's manners."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from suffice.estimators.mixtures.base import MixtureEstimator
from suffice.estimators.mixtures.beginning import Beginning
from suffice.estimators.mixtures.independent_columns import counts, named_parameters, product_beginning
from suffice.estimators.shared.rows import PlainColumns
from suffice.latent.families.negative_binomial import NegativeBinomial
from suffice.latent.mixture import Mixture


@dataclass(eq=False, repr=False, kw_only=True)
class NegativeBinomialMixture(MixtureEstimator):
    r"""Mixture of K products of negative binomial variables, for rows of counts with more spread than Poisson's.

    .. math:: p(x) = \sum_k \pi_k \prod_d p(x_d \mid m_{kd}, \alpha_{kd}), \quad
        \operatorname{var}(x_d \mid k) = m_{kd} + \alpha_{kd} m_{kd}^2

    With r = 1 / alpha, p is :math:`\Gamma(x + r) / (\Gamma(r) \, x!) \, (r / (r + m))^r (m / (r + m))^x`. Means have a closed
    form in each iteration; dispersions move to where the likelihood is no lower, as :class:`suffice.latent.NegativeBinomial` says
    (generalised expectation-maximisation: Dempster, Laird and Rubin, 1977). Parameters as in Hilbe, *Negative Binomial
    Regression* (2011).

    Parameters
    ----------
    allow_fractional
        Whether cells may be fractional; factorials are then gamma functions.
    accept_sparse
        Changes nothing: rows may always be a scipy.sparse matrix, of which the stored cells alone are worked at.
    means_init
        Expected counts to start from, ``(K, D)``, not negative.
    dispersions_init
        Dispersions to start from, ``(K, D)``, not negative: 0 is Poisson's.
    frozen
        Names of parameters that stay at the values given to start from, out of ``"weights"``, ``"means"`` and
        ``"dispersions"``.
    tied
        Parameters that components share, a dictionary from ``"weights"``, ``"means"`` and ``"dispersions"`` to a label for each
        component: ``(K,)``, or ``(K, D)`` for one in each column. Means are shared only where dispersions are alike.
    degenerate
        As in ``GaussianMixture``, of components that hold less than one row's weight.
    prior_strength
        Prior over means and dispersions, as a number of rows seen beforehand in each component, whose variances are those of the
        data.
    prior_mean
        Mean of these rows, ``(D,)``, not negative; None is the mean of the data.
    n_components, tol, max_iter, n_init, init_params, weights_init, weight_concentration_prior, random_state, precision
        As in ``GaussianMixture``.
    warm_start, verbose, learning_decay, learning_offset
        As in ``GaussianMixture``.

    Attributes
    ----------
    means_ : numpy.ndarray
        Expected counts, ``(K, D)``.
    dispersions_ : numpy.ndarray
        Dispersions alpha, ``(K, D)``.
    weights_, lower_bound_, outcome_, model_ : numpy.ndarray, float, str, suffice.latent.Mixture
        As in ``GaussianMixture``, and all its other attributes of a fit.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice import NegativeBinomialMixture
    >>> rates = np.random.default_rng(0).gamma(2.0, np.repeat([[1.0, 1.0], [20.0, 20.0]], 200, axis=0))
    >>> X = np.random.default_rng(1).poisson(rates)
    >>> mixture = NegativeBinomialMixture(n_components=2, tol=1e-9, random_state=0).fit(X)
    >>> print(np.sort(mixture.means_[:, 0]).round())
    [ 2. 44.]
    """

    accept_sparse: bool = False
    tied: Any = None
    prior_mean: Any = None
    allow_fractional: bool = True
    means_init: Any = None
    dispersions_init: Any = None

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.positive_only = True
        return tags

    @property
    def _input(self) -> PlainColumns:
        return PlainColumns(self, self._prepared, accept_sparse=self.accept_sparse)

    def _prepared(self, rows: np.ndarray) -> np.ndarray:
        return counts(self._input, rows, self.allow_fractional)

    def _beginning(self) -> Beginning:
        return product_beginning(self, NegativeBinomial)

    def _parameters(self, model: Mixture) -> dict[str, Any]:
        return named_parameters(model)

    def _likelihood_of(self) -> str:
        return "probability of counts"
