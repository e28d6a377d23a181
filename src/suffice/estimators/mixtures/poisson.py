"""Poisson mixtures, for rows of counts, with scikit-learn's manners."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from suffice.estimators.mixtures.base import MixtureEstimator
from suffice.estimators.mixtures.beginning import Beginning
from suffice.estimators.mixtures.independent_columns import counts, named_parameters, product_beginning
from suffice.estimators.shared.rows import PlainColumns
from suffice.latent.families.poisson import Poisson
from suffice.latent.mixture import Mixture


@dataclass(eq=False, repr=False, kw_only=True)
class PoissonMixture(MixtureEstimator):
    r"""Mixture of K products of Poisson variables, for rows of counts, fitted by expectation-maximisation.

    .. math:: p(x) = \sum_k \pi_k \prod_d e^{-\lambda_{kd}} \lambda_{kd}^{x_d} / x_d!

    Formulas: McLachlan and Peel, *Finite Mixture Models* (2000), chapter 5.

    Parameters
    ----------
    allow_fractional
        Whether cells may be fractional; rates are then means of the cells all the same, and x! is :math:`\Gamma(x + 1)`.
    accept_sparse
        Changes nothing: rows may always be a scipy.sparse matrix, of which the stored cells alone are worked at.
    rates_init
        Expected counts to start from, ``(K, D)``, not negative.
    frozen
        Names of parameters that stay at the values given to start from, out of ``"weights"`` and ``"rates"``.
    tied
        Parameters that components share, a dictionary from ``"weights"`` and ``"rates"`` to a label
        for each component: ``(K,)``, or ``(K, D)`` for one in each column. Those of one label share the rate.
    degenerate
        As in ``GaussianMixture``, of components that hold less than one row's weight.
    prior_strength
        Conjugate (gamma) prior over the rates, as a number of rows seen beforehand in each component.
    prior_mean
        Mean of these rows, ``(D,)``, not negative; None is the mean of the data.
    n_components, tol, max_iter, n_init, init_params, weights_init, weight_concentration_prior, random_state, precision
        As in ``GaussianMixture``.
    warm_start, verbose, learning_decay, learning_offset
        As in ``GaussianMixture``.

    Attributes
    ----------
    rates_ : numpy.ndarray
        Expected counts, ``(K, D)``.
    weights_, lower_bound_, outcome_, model_ : numpy.ndarray, float, str, suffice.latent.Mixture
        As in ``GaussianMixture``, and all its other attributes of a fit.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice import PoissonMixture
    >>> X = np.array([[1, 0], [0, 1], [1, 1], [12, 9], [10, 11], [11, 10]])
    >>> mixture = PoissonMixture(n_components=2, random_state=0).fit(X)
    >>> print(mixture.weights_.round(2), np.sort(mixture.rates_[:, 0]).round(1))
    [0.5 0.5] [ 0.7 11. ]
    """

    accept_sparse: bool = False
    tied: Any = None
    prior_mean: Any = None
    allow_fractional: bool = True
    rates_init: Any = None

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
        return product_beginning(self, Poisson)

    def _parameters(self, model: Mixture) -> dict[str, Any]:
        return named_parameters(model)

    def _likelihood_of(self) -> str:
        return "probability of counts"
