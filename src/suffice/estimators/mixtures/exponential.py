"""Exponential mixtures, for rows of waiting times, with scikit-learn's manners."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from suffice.estimators.mixtures.base import MixtureEstimator
from suffice.estimators.mixtures.beginning import Beginning
from suffice.estimators.mixtures.independent_columns import named_parameters, product_beginning, refuse_cells
from suffice.estimators.shared.rows import PlainColumns
from suffice.latent.families.exponential import Exponential
from suffice.latent.mixture import Mixture


@dataclass(eq=False, repr=False, kw_only=True)
class ExponentialMixture(MixtureEstimator):
    r"""Mixture of K products of exponential variables, for rows of waiting times, fitted by expectation-maximisation.

    .. math:: p(x) = \sum_k \pi_k \prod_d \lambda_{kd} e^{-\lambda_{kd} x_d}

    A component's mean waiting time stays above a millionth of the column's, as on zeros alone the density would grow without
    bound. Formulas: McLachlan and Peel, *Finite Mixture Models* (2000), section 10.2.

    Parameters
    ----------
    accept_sparse
        Changes nothing: rows may always be a scipy.sparse matrix, of which the stored cells alone are worked at.
    rates_init
        Rates to start from, one over the mean waiting times, ``(K, D)``, above 0.
    frozen
        Names of parameters that stay at the values given to start from, out of ``"weights"`` and ``"rates"``.
    tied
        Parameters that components share, a dictionary from ``"weights"`` and ``"rates"`` to a label
        for each component: ``(K,)``, or ``(K, D)`` for one in each column. Those of one label share the rate.
    degenerate
        As in ``GaussianMixture``, of components that hold less than one row's weight, or wait hardly at all.
    prior_strength
        Conjugate (gamma) prior over the rates, as a number of rows seen beforehand in each component.
    prior_mean
        Mean of these rows, ``(D,)``, above 0; None is the mean of the data.
    n_components, tol, max_iter, n_init, init_params, weights_init, weight_concentration_prior, random_state, precision
        As in ``GaussianMixture``.
    warm_start, verbose, learning_decay, learning_offset
        As in ``GaussianMixture``.

    Attributes
    ----------
    rates_ : numpy.ndarray
        One over the mean waiting times, ``(K, D)``.
    weights_, lower_bound_, outcome_, model_ : numpy.ndarray, float, str, suffice.latent.Mixture
        As in ``GaussianMixture``, and all its other attributes of a fit.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice import ExponentialMixture
    >>> X = np.random.default_rng(0).exponential(np.repeat([[1.0, 1.0], [50.0, 50.0]], 100, axis=0))
    >>> mixture = ExponentialMixture(n_components=2, tol=1e-9, random_state=0).fit(X)
    >>> print(np.sort(1 / mixture.rates_[:, 0]).round())
    [ 1. 52.]
    """

    accept_sparse: bool = False
    tied: Any = None
    prior_mean: Any = None
    rates_init: Any = None

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.positive_only = True
        return tags

    @property
    def _input(self) -> PlainColumns:
        return PlainColumns(self, self._prepared, accept_sparse=self.accept_sparse)

    def _prepared(self, rows: np.ndarray) -> np.ndarray:
        """Rows of waiting times; anything else is refused."""
        advice = "waiting times are at least 0: GaussianMixture takes other numbers."
        refuse_cells(self._input, rows, rows < 0, "Negative", advice)
        return rows

    def _beginning(self) -> Beginning:
        return product_beginning(self, Exponential)

    def _parameters(self, model: Mixture) -> dict[str, Any]:
        return named_parameters(model)

    def _likelihood_of(self) -> str:
        return "density of real numbers"
