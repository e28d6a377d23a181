"""Poisson mixtures, for rows of counts, with scikit-learn's manners."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from suffice.estimators.mixtures.base import MixtureEstimator
from suffice.estimators.shared.rows import PlainColumns
from suffice.latent.begin import weights_from
from suffice.latent.families.poisson import Poisson, PoissonPrior
from suffice.latent.mixture import Mixture
from suffice.rows.survey import Survey
from suffice.validation import check_shape


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
        Whether rows may be a scipy.sparse matrix, of which a block at a time is made dense.
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

    allow_fractional: bool = True
    accept_sparse: bool = False
    rates_init: Any = None
    tied: Any = None
    prior_mean: Any = None

    @property
    def _input(self) -> PlainColumns:
        return PlainColumns(self, self._prepared, accept_sparse=self.accept_sparse)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.positive_only = True
        return tags

    def _prepared(self, rows: np.ndarray) -> np.ndarray:
        """Rows of counts; anything else is refused."""
        self._refuse(rows, rows < 0, "Negative", "counts are at least 0: GaussianMixture takes other numbers.")
        if not self.allow_fractional:
            fractional = (rows != np.floor(rows)) & ~np.isnan(rows)
            self._refuse(
                rows, fractional, "Fractional", "counts are whole numbers: set allow_fractional=True for others."
            )
        return rows

    def _refuse(self, rows: np.ndarray, wrong: np.ndarray, what: str, advice: str) -> None:
        if wrong.any():
            row, column = np.argwhere(wrong)[0]
            named = self._input.named(np.array([column]))
            raise ValueError(
                f"{what} values in data passed to X: {rows[row, column]:g} at row {row}, column {named}; {advice}"
            )

    def _likelihood_of(self) -> str:
        return "probability of counts"

    def _start(self, overview: Survey, origin: Any, restarts: int, generator: Any) -> Mixture:
        shape = (restarts, self.n_components, len(overview.mean))
        prior = self._prior(overview, origin)
        weights, components = (
            np.full(shape[:2], 1 / self.n_components),
            Poisson(np.broadcast_to(overview.mean, shape), prior),
        )
        if self.rates_init is None or self.weights_init is None:
            blank = Poisson(components.rates, PoissonPrior(1.0, overview.mean))
            rows = overview.filled
            weights, maximize_given_responsibilities = self._from_shares(
                blank, np.sqrt(rows), rows, overview.sample_weight, restarts, generator
            )
            components = Poisson(maximize_given_responsibilities.rates, prior)
        if self.rates_init is not None:
            given = self._positive("rates_init", check_shape("rates_init", self.rates_init, shape[1:]))
            components = Poisson(np.broadcast_to(given, shape), prior)
        return Mixture(weights_from(self.weights_init, weights), components, self._mixture_prior())

    def _family(self) -> type[Poisson]:
        return Poisson

    def _prior(self, overview: Survey, origin: Any) -> PoissonPrior:
        mean = overview.mean
        if self.prior_mean is not None:
            mean = self._positive("prior_mean", check_shape("prior_mean", self.prior_mean, overview.mean.shape))
        return PoissonPrior(float(self.prior_strength) or None, mean)

    def _positive(self, name: str, values: np.ndarray) -> np.ndarray:
        if (values < 0).any():
            raise ValueError(f"{name} holds negative numbers; expected counts are at least 0.")
        return values

    def _parameters(self, model: Mixture) -> dict[str, Any]:
        components: Any = model.components
        return {"rates_": np.asarray(components.rates)}
