"""Gaussian class-conditional classifiers with scikit-learn's manners."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Any, Self

import numpy as np

from suffice.estimators.classifiers.linear_scores import LinearScores
from suffice.latent.families.columns import over_all_classes
from suffice.latent.families.constrained_gaussian import GAUSSIANS, TiedDiagonalGaussian
from suffice.latent.families.gaussian import Gaussian, GaussianPrior
from suffice.latent.families.low_rank import LowRankGaussian, LowRankPrior
from suffice.latent.forms.natural import Moments
from suffice.latent.gradient import log_likelihood_gradient
from suffice.latent.mixture import Mixture
from suffice.runtime.arrays import Array
from suffice.runtime.precision import scope
from suffice.validation import (
    check_at_least,
    check_choice,
    check_count,
    check_memory,
    check_shape,
    check_varying,
)

FAMILIES: dict[str, type[Gaussian]] = {
    "tied_diag": TiedDiagonalGaussian,
    "tied_low_rank": LowRankGaussian,
    **GAUSSIANS,
}


@dataclass(eq=False, repr=False)
class GaussianClassifier(LinearScores):
    r"""Classifier that gives each class a Gaussian distribution, and decides by Bayes' rule.

    .. math:: p(y = k \mid x) \propto \pi_k \, N(x \mid \mu_k, \Sigma_k)

    The parameters are those of highest likelihood: :math:`\pi_k = N_k / N`, class means, and covariances that divide by N.
    With shared covariances, log-odds are linear in x. Formulas: Murphy, *Probabilistic Machine Learning* (2022), chapter 9.

    Parameters
    ----------
    covariance_type
        ``"tied_diag"``: variances of the columns, shared by all classes. ``"diag"``: variances of each class (Gaussian naive
        Bayes). ``"spherical"``: one variance for each class. ``"tied"``: one covariance matrix (linear discriminant analysis).
        ``"full"``: one for each class (quadratic discriminant analysis). ``"tied_low_rank"``: one, of ``rank`` plus a diagonal.
    rank
        Rank of the shared covariance beside its diagonal, with ``"tied_low_rank"``.
    priors
        Probabilities of the classes ``(K,)`` in the order of ``classes_``; None takes their shares of the row weights.
    reg_covar
        Added to the variances, as a share of each column's variance over all rows; a constant column counts as variance 1.
    shrinkage
        Covariances become :math:`(1 - s) \Sigma + s \, \mathrm{tr}(\Sigma) / D \, I` with this s from 0 to 1 after the fit.
    prior_strength
        Conjugate prior over means and covariances, as a number of rows seen beforehand in each class; 0 adds nothing.
    prior_mean
        Mean of these rows, ``(D,)``; None is the mean of the data.
    prior_covariance
        Covariance of these rows, ``(D, D)``; None is the columns' variances.
    weight_concentration_prior
        Concentration of the symmetric Dirichlet prior over the class probabilities, at least 1; None is 1, which adds nothing.
    unlabelled
        Value of ``y`` that marks rows of unknown class, such as -1; None means that every row has its class.
    tol
        Expectation-maximisation stops when the mean log-likelihood of a row changes by less than this, in nats.
    max_iter
        Largest number of its iterations.
    precision
        ``"float64"`` or ``"float32"``.
    random_state
        Seed, or NumPy random state, of ``sample``.

    Attributes
    ----------
    classes_ : numpy.ndarray
        ``(K,)``, sorted.
    class_prior_ : numpy.ndarray
        Probabilities of the classes, ``(K,)``.
    means_ : numpy.ndarray
        ``(K, D)``.
    covariances_ : numpy.ndarray
        tied_diag ``(D,)``, diag ``(K, D)``, spherical ``(K,)``, tied and tied_low_rank ``(D, D)``, full ``(K, D, D)``.
    coef_, intercept_ : numpy.ndarray
        Of the linear ``decision_function`` with shared covariances: ``(K, D)`` and ``(K,)``, with two classes ``(1, D)`` and
        ``(1,)``.
    n_iter_ : int
        Passes over the rows.
    converged_ : bool
        Whether these were enough.
    outcome_ : str
        How the fit ended, a sentence.
    lower_bounds_ : numpy.ndarray
        Mean log-likelihood of a row (plus log-prior) at each iteration of expectation-maximisation, where there was one.
    model_ : suffice.latent.Mixture
        The fitted module, whose components are the classes.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice import GaussianClassifier
    >>> X = np.array([[1.0], [1.2], [np.nan], [9.0], [9.2], [8.8]])
    >>> classifier = GaussianClassifier().fit(X, ["low", "low", "low", "high", "high", "high"])
    >>> print(classifier.predict([[2.0], [8.0]]), classifier.means_.ravel().round(1))
    ['low' 'high'] [9.  1.1]
    """

    covariance_type: str = "tied_diag"
    _: KW_ONLY
    rank: int = 1
    shrinkage: float = 0.0
    prior_mean: Any = None
    prior_covariance: Any = None

    def _check_parameters(self) -> None:
        super()._check_parameters()
        check_choice("covariance_type", self.covariance_type, list(FAMILIES))
        check_at_least("shrinkage", self.shrinkage, 0.0)
        if self.shrinkage > 1:
            raise ValueError(f"shrinkage={self.shrinkage!r} was given; a number from 0 to 1 is expected.")
        check_count("rank", self.rank)

    @property
    def _whole(self) -> bool:
        return self.covariance_type in ("full", "tied", "tied_low_rank")

    def _family(self) -> type[Gaussian]:
        return FAMILIES[self.covariance_type]

    def _unit(self) -> Gaussian:
        return self._family()(np.zeros((1, self.n_features_in_)), self._spread_out(np.ones(self.n_features_in_), 1))

    def _spread_out(self, variances: np.ndarray, count: int) -> np.ndarray:
        """These variances (D,) of the columns as the covariances of so many classes."""
        if self.covariance_type == "spherical":
            return np.full(count, variances.mean())
        own = np.diag(variances) if self._whole else variances
        return own if self.covariance_type.startswith("tied") else np.repeat(own[None], count, 0)

    def _movable(self) -> np.ndarray:
        return np.ones(self.n_features_in_, bool)

    def _overall(self, sums: Moments, centres: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean and variance of each column, (D,) each; 0 where it is constant."""
        with scope("float64"):
            mean, variance = over_all_classes(sums, centres, self._family().covariance_type)
        return mean, np.where(variance <= np.square(8 * np.finfo(float).eps * np.abs(mean)), 0.0, variance)

    def _components(self, overall: tuple[np.ndarray, np.ndarray], centres: np.ndarray) -> Gaussian:
        check_memory(len(centres) if self.covariance_type == "full" else int(self._whole), self.n_features_in_)
        if self.reg_covar == 0 and self.prior_strength == 0:
            check_varying(", ".join(map(str, np.flatnonzero(overall[1] == 0))))
        return self._family()(centres, self._spread_out(_scale(overall[1]), len(centres)), self._prior(*overall))

    def _prior(self, mean: np.ndarray, variance: np.ndarray) -> GaussianPrior:
        scale, features = _scale(variance), len(mean)
        if self.prior_mean is not None:
            mean = check_shape("prior_mean", self.prior_mean, (features,))
        covariance = np.diag(scale) if self.prior_covariance is None else (
            check_shape("prior_covariance", self.prior_covariance, (features, features)))  # fmt: skip
        given = float(self.prior_strength) or None, mean, covariance, self.reg_covar * scale
        if self.covariance_type != "tied_low_rank":
            return GaussianPrior(*given)
        if self.rank > features:
            raise ValueError(f"rank={self.rank} was given for {features} columns; at most {features} is expected.")
        return LowRankPrior(*given, rank=self.rank)

    def _simpler(self) -> Self:
        strength = max(1.0, float(self.prior_strength))
        simpler = type(self)("tied_diag", prior_strength=strength, reg_covar=1e-6, precision=self.precision)
        simpler.n_features_in_ = self.n_features_in_
        return simpler

    def _begun(self, simpler: Self, overall: tuple[np.ndarray, np.ndarray]) -> Gaussian:
        covariances = self._spread_out(simpler.covariances_, len(self.classes_))
        return self._family()(simpler.means_, covariances, self._prior(*overall))

    def _set_parameters(self, model: Mixture) -> None:
        components: Any = model.components
        self.means_, self.covariances_ = components.means, self._shrunk(components.covariances)
        self.model_ = Mixture(model.weights, type(components)(self.means_, self.covariances_, components.prior),
                              model.prior, model.frozen)  # fmt: skip
        self._set_linear()

    def _shrunk(self, covariances: np.ndarray) -> np.ndarray:
        share, kind = float(self.shrinkage), self.covariance_type
        if share == 0 or kind == "spherical":
            return covariances
        if not self._whole:
            return (1 - share) * covariances + share * covariances.mean(-1, keepdims=True)
        size = np.trace(covariances, axis1=-2, axis2=-1) / covariances.shape[-1]
        return (1 - share) * covariances + share * size[..., None, None] * np.eye(covariances.shape[-1])

    def _flat(self, overall: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
        varying, count = overall[1] > 0, len(self.classes_)
        if not varying.any():
            return np.zeros(count, bool)
        least = self._least_spread(varying, overall[1] if self.reg_covar else None)
        return np.broadcast_to(least <= (2 * self.reg_covar or 1e-12), (count,))

    def _said_of_flat(self, flat: np.ndarray) -> str:
        if not self.covariance_type.startswith("tied"):
            return super()._said_of_flat(flat)
        return (
            "The covariance of the classes has no spread in some direction: columns repeat or follow from others, or rows are "
            "few; drop such columns, or set prior_strength or shrinkage above 0."
        )

    def _least_spread(self, varying: np.ndarray, variance: Any) -> np.ndarray:
        """Smallest variance of each class in any direction, in units of these variances of columns or of its own."""
        if not self._whole and variance is None:
            return np.ones(1)
        if self.covariance_type == "spherical":
            return self.covariances_ / variance.mean()
        if not self._whole:
            return (self.covariances_[..., varying] / variance[varying]).min(-1)
        parts = self.covariances_[..., varying, :][..., varying]
        scale = np.diagonal(parts, axis1=-2, axis2=-1) if variance is None else variance[varying]
        return np.linalg.eigvalsh(parts / np.sqrt(scale[..., :, None] * scale[..., None, :]))[..., 0]

    def negative_log_likelihood_gradient(self, X: Any, y: Any, sample_weight: Any = None) -> dict[str, Array]:
        r"""Gradient of ``negative_log_likelihood`` at the fitted parameters.

        .. math:: \frac{\partial}{\partial \mu_k} = -\sum_{y_n = k} \Sigma_k^{-1} (x_n - \mu_k), \quad
            \frac{\partial}{\partial \sigma_j^2} = \sum_n \frac{1}{2 \sigma_j^2} - \frac{(x_{nj} - \mu_{y_n j})^2}{2 \sigma_j^4},
            \quad \frac{\partial}{\partial \pi_k} = -\frac{N_k}{\pi_k}

        The entries of covariance matrices count as free, and so do the priors; on the simplex these have the multiplier N, so
        that :math:`N - N_k / \pi_k` is 0 at the maximum.

        Parameters
        ----------
        X
            Rows ``(n, D)``. NaN is a missing cell.
        y
            Class of each row, ``(n,)``.
        sample_weight
            Row weights ``(n,)``; None is 1 for every row.

        Returns
        -------
        dict
            ``"means"`` (K, D), ``"covariances"`` in the shape of ``covariances_`` and ``"priors"`` (K,).
        """
        model, statistics = self._labelled_statistics(X, y, sample_weight)
        slopes = log_likelihood_gradient(model, statistics, "raw")
        return {"means": -slopes["means"], "covariances": -slopes["covariances"], "priors": -slopes["weights"]}


def _scale(variance: np.ndarray) -> np.ndarray:
    return np.where(variance > 0, variance, 1.0)
