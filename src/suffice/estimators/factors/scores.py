"""What a fitted factor model says of rows: latent variables, densities, criteria, draws, missing cells."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_array, check_is_fitted

from suffice.estimators.shared.callbacks import CallbackSupportMixin
from suffice.estimators.shared.information_criteria import InformationCriteria
from suffice.estimators.shared.rows import PlainColumns
from suffice.estimators.shared.shown import notebook_bundle
from suffice.latent.factors.linear_gaussian import LinearGaussian
from suffice.latent.factors.readers import (
    Codes,
    CodesAndCovariances,
    Density,
    draw_missing_factors,
    impute_factors,
)
from suffice.latent.imputation import refuse_deviations
from suffice.latent.readers import read
from suffice.rows.cluster.lazily import lazily
from suffice.rows.streams import on_host
from suffice.runtime.types import ArrayLike, TableLike
from suffice.uncertainty.drawn import check_drawn, completed
from suffice.validation import check_count, check_matrix

INSTEAD = (
    "take loadings_ and noise_variance_, of which it is made: loadings_ @ loadings_.T plus the noise on the diagonal"
)


class FittedFactors(
    InformationCriteria, CallbackSupportMixin, ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator
):
    """Of a fitted factor model what it says of rows."""

    _repr_mimebundle_ = notebook_bundle

    model_: LinearGaussian
    mean_: np.ndarray
    loadings_: np.ndarray
    n_features_in_: int
    random_state: Any
    precision: str

    @property
    def _input(self) -> PlainColumns:
        return PlainColumns(self, least_rows=2)

    def __sklearn_tags__(self) -> Any:
        return self._input.tags(super().__sklearn_tags__())

    @property
    def _n_features_out(self) -> int:
        return self.loadings_.shape[1]

    def _read(self, X: TableLike, reader: Callable[[Any], Any]) -> Any:
        check_is_fitted(self, "model_")
        return read(self.model_, self._input.batches(X), reader, self.precision)

    def _rotation(self) -> np.ndarray:
        """T (k, k) with which latent variables z of the model are told as T' z."""
        raise NotImplementedError

    @lazily("factor")
    def transform(self, X: TableLike, *, return_cov: bool = False) -> Any:
        r"""Posterior mean of the latent variables, given the observed cells of each row.

        .. math:: E[z \mid x_o] = V W_o^\top \Psi_o^{-1} (x_o - \mu_o), \quad V = (I + W_o^\top \Psi_o^{-1} W_o)^{-1}

        Parameters
        ----------
        X
            Rows ``(n, D)``; NaN is a missing cell.
        return_cov
            Whether to return the posterior covariances V as well.

        Returns
        -------
        Z : numpy.ndarray
            ``(n, k)``, in units in which each latent variable has variance 1.
        covariance : numpy.ndarray
            ``(n, k, k)``; only with ``return_cov``.
        """
        check_is_fitted(self, "model_")
        turn = self._rotation()
        if not return_cov:
            return self._read(X, Codes) @ turn
        mean, covariance = self._read(X, CodesAndCovariances)
        return mean @ turn, turn.T @ covariance @ turn

    def inverse_transform(self, X: ArrayLike) -> np.ndarray:
        r"""Rows expected of latent variables, :math:`E[x \mid z] = \mu + W z`.

        Parameters
        ----------
        X
            Latent variables ``(n, k)``, as ``transform`` gives them.

        Returns
        -------
        numpy.ndarray
            ``(n, D)``.
        """
        check_is_fitted(self, "model_")
        latent: Any = check_array(X, dtype="float64")
        if latent.shape[1] != self._n_features_out:
            raise ValueError(f"X has shape {latent.shape}; (rows, {self._n_features_out}) is expected, a column for each "
                             "component.")  # fmt: skip
        return self.mean_ + latent @ self.loadings_.T

    @lazily("log_likelihood")
    def score_samples(self, X: TableLike) -> np.ndarray:
        """Log-likelihood of the observed cells of each row, in nats.

        Parameters
        ----------
        X
            Rows ``(n, D)``; NaN is a missing cell.

        Returns
        -------
        numpy.ndarray
            ``(n,)``; 0 for a row that misses every cell.
        """
        return self._read(X, Density)

    def score(self, X: TableLike, y: object = None, sample_weight: ArrayLike | None = None) -> float:
        """Mean log-likelihood of a row in nats.

        Parameters
        ----------
        X
            Rows ``(n, D)``.
        y
            Ignored; for scikit-learn's sake.
        sample_weight
            Row weights ``(n,)``; None is 1 for every row, or what a stream of batches brings.
        """
        total, weight = self._log_likelihood(X, sample_weight)
        return total / weight

    def sample(self, n_samples: int = 1) -> np.ndarray:
        """Rows drawn from the fitted model.

        Parameters
        ----------
        n_samples
            Number of rows.

        Returns
        -------
        numpy.ndarray
            ``(n_samples, D)``.
        """
        check_is_fitted(self, "model_")
        check_count("n_samples", n_samples)
        return self.model_.draw(n_samples, self._generator())

    @lazily("cells")
    def impute(
        self, X: TableLike, *, return_std: bool = False, draws: int | None = None, parameters: str = "fixed"
    ) -> Any:
        r"""The rows with missing cells filled in by their conditional mean given the observed cells, or by draws.

        .. math:: E[x_m \mid x_o] = \mu_m + W_m E[z \mid x_o]

        Parameters
        ----------
        X
            Rows ``(n, D)``; NaN is a missing cell.
        return_std
            Whether to return the conditional standard deviations as well.
        draws
            Number of completed arrays to draw from the conditional distribution (multiple imputation) in place of the means;
            fixed by ``random_state``.
        parameters
            Of draws: ``"fixed"`` are those of the fit. ``"drawn"`` are those of a refit to rows drawn from ``X`` for each array
            (the approximate Bayesian bootstrap), so that ``suffice.pool`` of what is estimated from the arrays counts all that
            is not known.

        Returns
        -------
        X : numpy.ndarray
            ``(n, D)``; with ``draws`` ``(draws, n, D)``.
        std : numpy.ndarray
            ``(n, D)``, 0 for observed cells. Only with ``return_std``.

        Raises
        ------
        ValueError
            If both ``return_std`` and ``draws`` are given, or ``parameters="drawn"`` without ``draws``.
        """
        check_is_fitted(self, "model_")
        check_drawn(draws, parameters)
        rows = self._input.table(on_host(X)).astype(float)
        if draws is None:
            filled, deviation = impute_factors(self.model_, rows, self.precision)
            return (filled, deviation) if return_std else filled
        refuse_deviations(return_std)
        generator = self._generator()
        return completed(draw_missing_factors, self.model_, rows, draws, parameters, generator, self.precision)

    def _generator(self) -> np.random.Generator:
        return np.random.default_rng(check_random_state(self.random_state).randint(2**31 - 1))

    def get_covariance(self) -> np.ndarray:
        r"""Covariance matrix of the rows, :math:`W W^\top + \Psi`, ``(D, D)``.

        Raises
        ------
        ValueError
            If it cannot fit into this machine's memory; ``model_.variances()`` has its diagonal.
        """
        check_is_fitted(self, "model_")
        check_matrix("A covariance", len(self.mean_), INSTEAD)
        return self.model_.covariance()

    def get_precision(self) -> np.ndarray:
        r"""Its inverse, by the matrix inversion lemma: :math:`\Psi^{-1} - \Psi^{-1} W V W^\top \Psi^{-1}`, ``(D, D)``.

        Raises
        ------
        ValueError
            If it cannot fit into this machine's memory.
        """
        check_is_fitted(self, "model_")
        check_matrix("A precision matrix", len(self.mean_), INSTEAD)
        noise = np.broadcast_to(self.model_.noise_variance, self.mean_.shape)
        scaled = self.model_.loadings / noise[:, None]
        inner = np.eye(scaled.shape[1]) + self.model_.loadings.T @ scaled
        return np.diag(1 / noise) - scaled @ np.linalg.solve(inner, scaled.T)
