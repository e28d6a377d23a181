"""Factor analysis of a covariance matrix, and how well factors reproduce one."""

from __future__ import annotations

from typing import Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from suffice.estimators.factors.base import FactorEstimator, solved
from suffice.estimators.shared.attributes import forget, progress_attributes, set_attributes
from suffice.latent.factors.factor_maxima import CLOSE
from suffice.latent.factors.spectra import OfMatrix
from suffice.rows.frequencies import weighed
from suffice.rows.streams import is_stream
from suffice.runtime.blas import one_blas_thread
from suffice.runtime.precision import scope
from suffice.runtime.types import ArrayLike, TableLike
from suffice.uncertainty.covariance_fit import check_rows, fit_statistics
from suffice.uncertainty.parallel import check_matrix, numbers_of
from suffice.validation import check_choice, check_count

SCORES = ("regression", "bartlett")


class CovarianceFactors(FactorEstimator):
    """Of factors fitted to a covariance matrix, or that reproduce one, what is said of it."""

    fit_statistics_: dict[str, float]

    def fit_covariance(self, S: TableLike, *, n_rows: int) -> Self:
        """Fit to a covariance or correlation matrix in place of rows; their means are taken to be 0.

        Parameters
        ----------
        S
            Covariance or correlation matrix ``(D, D)``; a DataFrame's columns are named.
        n_rows
            Number of rows that it is of.

        Returns
        -------
        self
            The fitted estimator, whose ``fit_statistics_`` are those of ``fit_statistics``.

        Raises
        ------
        ValueError
            If a parameter, the matrix or the number of rows cannot be used; the message says what to do.

        Warns
        -----
        DegenerateComponentWarning
            If a noise variance went to zero and was held at its floor (a Heywood case).

        Examples
        --------
        >>> import numpy as np
        >>> from suffice import FactorAnalysis
        >>> S = 0.5 * np.eye(4) + 0.5
        >>> print(FactorAnalysis(1).fit_covariance(S, n_rows=50).noise_variance_.round(3))
        [0.5 0.5 0.5 0.5]
        """
        self._check_parameters()
        names, matrix = getattr(S, "columns", None), numbers_of(S)
        check_matrix(matrix)
        check_count("n_rows", n_rows, 3)
        forget(self, ("feature_names_in_",))
        self.n_features_in_ = len(matrix)
        if names is not None:
            self.feature_names_in_ = np.asarray(list(names), object)
        self._check_size()
        check_rows(n_rows, len(matrix), self.n_components)
        with one_blas_thread(), scope("float64"):
            spectrum = OfMatrix(matrix)
            least = self._least_noise(spectrum.variance)
            found = self._maximum(spectrum, least, CLOSE)
            mean = np.zeros(len(matrix)) if self.mean is None else self._given_mean()
            model = self._model(mean, found.loadings, found.noise_variance, least)
            eigenvalues = spectrum.eigenvalues(self._unit(spectrum.variance))
            attributes = {"eigenvalues_": eigenvalues, **self._attributes(model)}
            attributes |= progress_attributes(solved(model, found))
            attributes["fit_statistics_"] = fit_statistics(attributes["model_"], matrix, n_rows)
        set_attributes(self, attributes)
        self._warn_degenerate(np.asarray(found.noise_variance), least, np.zeros(len(matrix), bool))
        return self

    def fit_statistics(self, X: TableLike, sample_weight: ArrayLike | None = None) -> dict[str, float]:
        r"""How well the factors reproduce the covariances of complete rows.

        Chi-squared has Bartlett's correction, :math:`(N - 1 - (2 D + 5) / 6 - 2 k / 3) F` with
        :math:`F = \log |\Sigma| - \log |S| + \mathrm{tr}(\Sigma^{-1} S) - D`. RMSEA is
        :math:`(\max(0, \chi^2 - f) / (f (N - 1)))^{1/2}` for f degrees of freedom, TLI compares with uncorrelated columns, and
        SRMR is the root mean square of the residual correlations, the diagonal among them.

        Parameters
        ----------
        X
            The rows of the fit, ``(n, D)``, without missing cells.
        sample_weight
            Row weights ``(n,)`` as numbers of rows; None is 1 for every row.

        Returns
        -------
        dict
            ``"chi2"``, ``"dof"``, ``"p_value"``, ``"rmsea"`` with the ends of its 90 % interval ``"rmsea_low"`` and
            ``"rmsea_high"``, ``"tli"`` and ``"srmr"``. Without degrees of freedom nothing can be tested, and p is 1, RMSEA 0 and
            TLI 1. Where columns follow from others exactly chi-squared and RMSEA are infinite, p is 0 and TLI its limit. Where
            uncorrelated columns fit, TLI is 1 if the factors fit as well, or else 0.

        Raises
        ------
        ValueError
            If cells are missing, or the rows come in batches.
        """
        check_is_fitted(self, "model_")
        if is_stream(X):
            raise ValueError("fit_statistics takes rows in memory; give an array or a DataFrame, not batches.")
        X, sample_weight, _ = weighed(X, sample_weight)
        rows = self._input.table(X).astype(float)
        if np.isnan(rows).any():
            raise ValueError(
                "Cells are missing (NaN), and chi-squared compares covariances of complete rows; give those alone."
            )
        weight = self._input.weight_of(X, sample_weight, len(rows))
        matrix = np.cov(rows.T, ddof=0, aweights=weight).reshape(rows.shape[1], -1)
        check_matrix(matrix)
        return fit_statistics(self.model_, matrix, float(weight.sum()))

    def scores(self, X: TableLike, method: str = "regression") -> np.ndarray:
        r"""Factor scores of rows.

        Parameters
        ----------
        X
            Rows ``(n, D)``; NaN is a missing cell.
        method
            ``"regression"``: posterior means, as ``transform`` gives (Thomson, 1938). ``"bartlett"``: the likeliest,
            :math:`(W^\top \Psi^{-1} W)^{-1} W^\top \Psi^{-1} (x - \mu)`, right on average for each row and with a larger spread
            (Bartlett, 1937); of rows that observe fewer columns than there are factors those nearest to 0.

        Returns
        -------
        numpy.ndarray
            ``(n, k)``.

        Raises
        ------
        ValueError
            If the method is another word.
        """
        check_choice("method", method, SCORES)
        check_is_fitted(self, "model_")
        turn = self._rotation()
        mean, covariance = self.transform(X, return_cov=True)
        if method == "regression":
            return mean
        plain, spread = mean @ np.linalg.inv(turn), np.linalg.inv(turn.T) @ covariance @ np.linalg.inv(turn)
        told = np.linalg.pinv(np.eye(spread.shape[-1]) - spread, rcond=1e-10, hermitian=True)
        return np.einsum("nij,nj->ni", told, plain) @ turn
