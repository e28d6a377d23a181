"""Probabilistic principal component analysis with scikit-learn's manners."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np

from suffice.estimators.factors.base import FactorEstimator
from suffice.latent.factors.canonical import signs
from suffice.latent.factors.factor_maxima import Factors, principal_factors
from suffice.latent.factors.linear_gaussian import LinearGaussian
from suffice.latent.factors.spectra import Spectrum
from suffice.outcome import DegenerateComponentWarning


@dataclass(eq=False, repr=False, kw_only=True)
class PPCA(FactorEstimator):
    r"""Probabilistic principal component analysis: k latent variables, mixed linearly, and noise alike in all columns.

    .. math:: z \sim N(0, I_k), \quad x \mid z \sim N(\mu + W z, \sigma^2 I), \quad x \sim N(\mu, W W^\top + \sigma^2 I)

    Complete rows are passed once, for their second moments, and the maximum is read off the eigenvalues; of fewer rows than
    columns it is read off the products of rows. Where cells are missing, expectation-maximisation with expanded parameters
    maximises the likelihood of the observed cells. Time and memory grow with the columns, not with their square, where these are
    more than the rows. Formulas: Tipping and Bishop, "Probabilistic principal component analysis" (1999).

    Parameters
    ----------
    n_components
        Number of latent variables k, at most D. With k = D, where no direction is left for the noise, the density is that of
        k = D - 1.
    noise_variance
        :math:`\sigma^2` where it is known, above 0; None estimates it.
    mean
        :math:`\mu` where it is known: one number for all columns, such as 0, or ``(D,)``; None estimates it.
    algorithm
        ``"auto"``: the closed form where no cell is missing, else expectation-maximisation. ``"em"``: always the latter.
    noise_floor
        Smallest noise variance, as a share of the columns' mean variance. A fit that reaches it warns.
    tol
        None accelerates expectation-maximisation by the slope of the log-likelihood and stops where a stationary point is less
        than about 1e-6 nats away, over all rows. A number means plain iterations, which stop when the mean log-likelihood of a
        row changes by less than this, in nats.
    max_iter
        Largest number of iterations.
    n_init
        Starts of expectation-maximisation, run together: the first from the pairs of columns, or of rows; others random.
        The closed form has the highest likelihood there is, and takes one.
    random_state
        Seed, or NumPy random state, of random starts and of draws.
    precision
        ``"float64"`` or ``"float32"``, for expectation-maximisation and scores.
    verbose
        1 shows a progress bar on a terminal.

    Attributes
    ----------
    components_ : numpy.ndarray
        Principal axes ``(k, D)``: orthonormal rows, the one of most variance first, each with its largest entry positive.
    explained_variance_ : numpy.ndarray
        Variance along each axis, noise included, ``(k,)``.
    explained_variance_ratio_ : numpy.ndarray
        The same as a share of the variance of the rows, ``(k,)``.
    noise_variance_ : float
        :math:`\sigma^2`.
    mean_ : numpy.ndarray
        :math:`\mu`, ``(D,)``.
    loadings_ : numpy.ndarray
        W, ``(D, k)``: the axes times :math:`(\lambda_j - \sigma^2)^{1/2}`.
    eigenvalues_ : numpy.ndarray
        Eigenvalues of the covariance matrix of the rows, falling, ``(D,)``; where cells are missing, of the covariances of
        pairs of columns, or of fewer rows than columns of the products of pairs of rows, and some can be negative.
    lower_bound_ : float
        Mean log-likelihood of a row at the last iteration's start, in nats.
    lower_bounds_, traces_ : numpy.ndarray, list of numpy.ndarray
        The same for each iteration of the best start, and of each start; one number for the closed form.
    converged_, n_iter_, outcome_ : bool, int, str
        Whether the best start converged, in how many iterations, and how the fit ended, a sentence.
    model_ : suffice.latent.LinearGaussian
        The fitted module.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice import PPCA
    >>> X = np.array([[1.0, 2.1], [2.0, 3.9], [3.0, 6.1], [4.0, 7.9], [5.0, np.nan]])
    >>> ppca = PPCA(n_components=1).fit(X)
    >>> print(ppca.components_.round(1), ppca.impute(X)[4].round(0))
    [[0.5 0.9]] [ 5. 10.]
    """

    noise_variance: float | None = None

    def _check_own(self) -> None:
        known = self.noise_variance
        if known is not None and not (isinstance(known, Real) and np.isfinite(float(known)) and known > 0):
            raise ValueError(f"noise_variance={known!r} was given; a finite number above 0 is expected, or None.")

    def _least_noise(self, variance: np.ndarray) -> np.ndarray:
        overall = variance.mean()
        return np.array([self.noise_floor * (overall if overall > 0 else 1.0)])

    def _maximum(self, spectrum: Spectrum, least: np.ndarray, close: float) -> Factors:
        values, vectors = spectrum.decomposed(self.n_components)
        return principal_factors(values, vectors, self.n_components, self.noise_variance, float(least[0]))

    def _unit(self, variance: np.ndarray) -> np.ndarray:
        return np.ones_like(variance)

    def _rotation(self) -> np.ndarray:
        return np.eye(self._n_features_out)

    def _parameters(self, model: LinearGaussian) -> dict[str, Any]:
        noise, square = float(model.noise_variance[0]), np.square(model.loadings).sum(0)
        return {
            "noise_variance_": noise,
            "loadings_": model.loadings,
            "components_": _axes(np.asarray(model.loadings)),
            "explained_variance_": square + noise,
            "explained_variance_ratio_": (square + noise) / (square.sum() + len(model.mean) * noise),
        }

    def _warn_degenerate(self, noise: np.ndarray, least: np.ndarray, constant: np.ndarray) -> None:
        if self.noise_variance is None and noise[0] <= least[0] * (1 + 1e-6):
            warnings.warn(
                f"{self.n_components} components explain the rows without any noise, as rows of no higher rank have it; the "
                f"noise variance is held at its floor, {noise[0]:.3g}. Use fewer components, or give noise_variance.",
                DegenerateComponentWarning, stacklevel=4,
            )  # fmt: skip


def _axes(loadings: np.ndarray) -> np.ndarray:
    """Orthonormal directions (k, D) of orthogonal columns; a column of length 0 gets one that is orthogonal to the others."""
    length = np.sqrt(np.square(loadings).sum(0))
    spare = np.linalg.svd(loadings, full_matrices=False)[0]
    axes = np.where(length > 0, loadings / np.where(length > 0, length, 1.0), spare * signs(spare))
    return axes.T
