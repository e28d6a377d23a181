"""Factor analysis with scikit-learn's manners."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from suffice.estimators.factors.by_covariance import CovarianceFactors
from suffice.latent.factors.canonical import signs, standardised
from suffice.latent.factors.factor_maxima import Factors, maximum_likelihood_factors
from suffice.latent.factors.linear_gaussian import LinearGaussian
from suffice.latent.factors.rotation import ROTATIONS, rotation
from suffice.latent.factors.spectra import Spectrum
from suffice.outcome import DegenerateComponentWarning
from suffice.validation import check_choice


@dataclass(eq=False, repr=False, kw_only=True)
class FactorAnalysis(CovarianceFactors):
    r"""Factor analysis: k latent variables, mixed linearly, and noise of its own in each column.

    .. math:: z \sim N(0, I_k), \quad x \mid z \sim N(\mu + W z, \Psi), \quad \Psi = \mathrm{diag}(\psi_1, \dots, \psi_D)

    Complete rows are passed once, for their second moments, and the noise variances of highest likelihood are searched for
    there (Lawley and Maxwell, 1971); of fewer rows than columns each step of the search takes the products of rows, or of many
    rows few passes over them. Where cells are missing, expectation-maximisation with expanded parameters maximises the likelihood
    of the observed cells (Rubin and Thayer, 1982; Liu, Rubin and Wu, 1998). The scale of the columns does not matter.

    Parameters
    ----------
    n_components
        Number of factors k, at most D. Loadings are determined up to a rotation where :math:`(D - k)^2 \ge D + k`; with more
        factors many solutions explain the covariances equally well, and one of them is found.
    rotation
        None leaves the factors uncorrelated and in order of what they explain relative to the noise. ``"varimax"`` and
        ``"quartimax"`` turn them, ``"promax"`` and ``"oblimin"`` also let them correlate, so that each has few large loadings
        (promax raises those of varimax to the power 4). They turn the loadings over the columns' standard deviations, each
        column's scaled to length 1 (Kaiser, 1958), so that units do not matter; ``loadings_`` are in the columns' units.
    mean, random_state, precision, verbose
        As in ``PPCA``.
    n_init
        Starts, of which the best maximum is kept: of the search the first from what of each column the others leave over, others
        from random noise variances between the floor and the column's variance; of expectation-maximisation as in ``PPCA``.
    algorithm
        ``"auto"``: the search on second moments where no cell is missing, else expectation-maximisation. ``"em"``: always the
        latter.
    noise_floor
        Smallest noise variance of a column, as a share of its variance. A column that reaches it (a Heywood case) is named in
        a warning.
    tol
        None accelerates expectation-maximisation by the slope of the log-likelihood and stops where a stationary point is less
        than about 1e-6 nats away, over all rows. A number means plain iterations, which stop when the mean log-likelihood of a
        row changes by less than this, in nats. The search on second moments goes on as far as rounding allows.
    max_iter
        Largest number of iterations.

    Attributes
    ----------
    components_ : numpy.ndarray
        Loadings, ``(k, D)``, as scikit-learn has them: the change of each column with one unit of each factor. The factor that
        explains most comes first; of each row the largest entry, in standard deviations of its column, is positive.
    loadings_ : numpy.ndarray
        The same, ``(D, k)``.
    noise_variance_ : numpy.ndarray
        :math:`\psi`, ``(D,)``.
    factor_correlation_ : numpy.ndarray
        Correlation of the factors, ``(k, k)``; the identity unless the rotation is oblique.
    rotation_matrix_ : numpy.ndarray
        T, ``(k, k)``: the loadings are those of ``model_`` times the inverse of T transposed, the factors T' z.
    eigenvalues_ : numpy.ndarray
        Eigenvalues of the correlation matrix of the columns, falling, ``(D,)``; where cells are missing, of the correlations of
        pairs, or of fewer rows than columns of the products of pairs of standardised rows, and some can be negative.
    mean_, lower_bound_, lower_bounds_, traces_, converged_, n_iter_, outcome_
        As in ``PPCA``.
    model_ : suffice.latent.LinearGaussian
        The fitted module, not rotated.
    fit_statistics_ : dict
        After ``fit_covariance``: chi-squared, RMSEA, TLI and SRMR, as ``fit_statistics`` says.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice import FactorAnalysis
    >>> draw = np.random.default_rng(0)
    >>> X = draw.standard_normal((4000, 1)) * [2.0, 1.0, -1.0, 0.0] + draw.standard_normal((4000, 4))
    >>> print(FactorAnalysis(n_components=1).fit(X).components_.round(0) + 0)
    [[ 2.  1. -1.  0.]]
    """

    rotation: str | None = None

    rotation_matrix_: np.ndarray = field(init=False)

    def _check_own(self) -> None:
        if self.rotation is not None:
            check_choice("rotation", self.rotation, list(ROTATIONS))

    def _least_noise(self, variance: np.ndarray) -> np.ndarray:
        return self.noise_floor * np.where(variance > 0, variance, 1.0)

    def _maximum(self, spectrum: Spectrum, least: np.ndarray, close: float) -> Factors:
        variance = np.maximum(spectrum.variance, least)
        share = np.square(self._generator().random((self.n_init - 1, len(least))))
        starts = least**share * variance ** (1 - share)
        return maximum_likelihood_factors(
            spectrum, self.n_components, least, max_iter=self.max_iter, close=close, starts=list(starts)
        )

    def _unit(self, variance: np.ndarray) -> np.ndarray:
        return np.sqrt(np.where(variance > 0, variance, 1.0))

    def _rotation(self) -> np.ndarray:
        return self.rotation_matrix_

    def _parameters(self, model: LinearGaussian) -> dict[str, Any]:
        turn = np.eye(self.n_components)
        if self.rotation is not None:
            unitless = standardised(model)
            turn = rotation(unitless, self.rotation)
            turned = np.linalg.solve(turn, unitless.T).T
            turn = (turn * signs(turned))[:, np.argsort(-np.square(turned).sum(0), kind="stable")]
        loadings = np.linalg.solve(turn, model.loadings.T).T
        return {
            "noise_variance_": model.noise_variance,
            "rotation_matrix_": turn,
            "loadings_": loadings,
            "components_": loadings.T,
            "factor_correlation_": turn.T @ turn,
        }

    def _warn_degenerate(self, noise: np.ndarray, least: np.ndarray, constant: np.ndarray) -> None:
        if constant.any():
            warnings.warn(
                f"Columns {self._input.named(np.flatnonzero(constant))} hold one value only: no factor acts on them, and their "
                "noise variance is held at its floor. Leave them out.",
                DegenerateComponentWarning, stacklevel=4,
            )  # fmt: skip
        alone = np.flatnonzero((noise <= least * (1 + 1e-6)) & ~constant)
        if len(alone):
            warnings.warn(
                f"Columns {self._input.named(alone)} have no noise of their own (a Heywood case): the factors explain all of "
                "them, and their noise variance is held at its floor. Use fewer factors, or a larger noise_floor.",
                DegenerateComponentWarning, stacklevel=4,
            )  # fmt: skip
