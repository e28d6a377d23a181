"""What a fitted factor model says of rows: latent variables, densities, criteria, draws, missing cells."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import jax
import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_array, check_is_fitted

from suffice.latent.factors.linear_gaussian import LatentPosterior, LinearGaussian, codes_of
from suffice.rows.block import NO_ROWS
from suffice.rows.missing import any_missing
from suffice.rows.place import missing_layout, place
from suffice.rows.row_function import RowFunction
from suffice.rows.streams import CheckedBatches, is_stream, on_host, pairs
from suffice.runtime.arrays import Array
from suffice.runtime.blas import one_blas_thread
from suffice.runtime.precision import cast, scope
from suffice.validation import check_count


class _Read(RowFunction):
    """What is read of each row's posterior."""

    posterior: LatentPosterior

    elementwise: ClassVar[bool] = True


class _Density(_Read):
    """Log-density of each row."""

    def __call__(self, rows: Any, weight: Array) -> Array:
        return self.posterior.inferred(rows).log_density


class _Codes(_Read):
    """Posterior mean of each row's latent variables."""

    def __call__(self, rows: Any, weight: Array) -> Array:
        return self.posterior.inferred(rows).mean.T


class _CodesAndCovariances(_Read):
    """Posterior mean and covariance of each row's latent variables."""

    def __call__(self, rows: Any, weight: Array) -> tuple[Array, Array]:
        return codes_of(self.posterior.inferred(rows))


class _Completed(_Read):
    """Expected value of every cell and its standard deviation, given the row's observed cells."""

    def __call__(self, rows: Any, weight: Array) -> tuple[Array, Array]:
        return self.posterior.completed(self.posterior.inferred(rows))


class FactorScores:
    """Methods of a fitted factor estimator."""

    model_: LinearGaussian
    mean_: np.ndarray
    loadings_: np.ndarray
    n_features_in_: int
    random_state: Any
    precision: str
    _table: Callable[..., np.ndarray]
    _batch: Callable[..., np.ndarray]
    _checked_weight: Callable[..., np.ndarray]

    @property
    def _n_features_out(self) -> int:
        return self.loadings_.shape[1]

    def _rotation(self) -> np.ndarray:
        """T (k, k) with which latent variables z of the model are told as T' z."""
        return np.eye(self._n_features_out)

    def _each_row(self, X: Any, read: Callable[[LatentPosterior], Any]) -> Any:
        """What ``read`` makes of each tile of the rows, put end to end; rows are measured from the mean."""
        check_is_fitted(self, "model_")
        batches = (rows for rows, _ in CheckedBatches(X, self._batch) if len(rows)) if is_stream(X) else [
            self._table(on_host(X), reset=False)]  # fmt: skip
        with one_blas_thread(), scope(self.precision):
            model = cast(self.model_.translated(-self.mean_), self.precision)
            reader = read(jax.tree.map(np.asarray, model.expectation(False)))

            def placed(rows: np.ndarray) -> Any:
                gaps = missing_layout(model.missing, rows)
                return place(rows, None, origin=self.mean_, precision=self.precision, tile=model.tile, missing=gaps)

            parts = [placed(rows).each(reader) for rows in batches]
        if not parts:
            raise ValueError(NO_ROWS)
        return jax.tree.map(lambda *leaves: np.concatenate(leaves), *parts)

    def transform(self, X: Any, *, return_cov: bool = False) -> Any:
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
        turn = self._rotation()
        if not return_cov:
            return self._each_row(X, _Codes) @ turn
        mean, covariance = self._each_row(X, _CodesAndCovariances)
        return mean @ turn, turn.T @ covariance @ turn

    def inverse_transform(self, X: Any) -> np.ndarray:
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

    def score_samples(self, X: Any) -> np.ndarray:
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
        return self._each_row(X, _Density)

    def score(self, X: Any, y: Any = None, sample_weight: Any = None) -> float:
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

    def bic(self, X: Any, sample_weight: Any = None) -> float:
        r"""Bayesian information criterion, :math:`-2 \ell + p \log N`; lower is better (Schwarz, 1978).

        Parameters
        ----------
        X
            Rows ``(n, D)``.
        sample_weight
            Row weights ``(n,)``; N is their sum.
        """
        log_likelihood, rows = self._log_likelihood(X, sample_weight)
        return -2 * log_likelihood + self.model_.parameter_count() * np.log(rows)

    def aic(self, X: Any, sample_weight: Any = None) -> float:
        r"""Akaike information criterion, :math:`-2 \ell + 2 p`; lower is better (Akaike, 1974).

        Parameters
        ----------
        X
            Rows ``(n, D)``.
        sample_weight
            Row weights ``(n,)``.
        """
        return -2 * self._log_likelihood(X, sample_weight)[0] + 2 * self.model_.parameter_count()

    def _log_likelihood(self, X: Any, sample_weight: Any) -> tuple[float, float]:
        evidence = self.score_samples(X)
        if sample_weight is None and is_stream(X):
            sample_weight = np.concatenate([weight for _, weight in pairs(X)])
        weight = (
            np.ones(len(evidence)) if sample_weight is None else self._checked_weight(sample_weight, evidence[:, None])
        )
        return float(weight @ evidence), float(weight.sum())

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

    def impute(self, X: Any, *, return_std: bool = False, draws: int | None = None) -> Any:
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

        Returns
        -------
        X : numpy.ndarray
            ``(n, D)``; with ``draws`` ``(draws, n, D)``.
        std : numpy.ndarray
            ``(n, D)``, 0 for observed cells. Only with ``return_std``.

        Raises
        ------
        ValueError
            If both ``return_std`` and ``draws`` are given.
        """
        check_is_fitted(self, "model_")
        rows = self._table(on_host(X), reset=False).astype(float)
        if draws is None:
            filled, deviation = self._filled(rows)
            return (filled, deviation) if return_std else filled
        check_count("draws", draws)
        if return_std:
            raise ValueError(
                "return_std=True says how uncertain means are; draws show it themselves: give one of the two."
            )
        return self._drawn(rows, draws)

    def _filled(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        filled, deviation, gaps = rows.copy(), np.zeros(rows.shape), np.isnan(rows)
        held = np.flatnonzero(gaps.any(1))
        if len(held):
            mean, std = self._each_row(rows[held], _Completed)
            filled[gaps], deviation[gaps] = (mean + self.mean_)[gaps[held]], std[gaps[held]]
        return filled, deviation

    def _drawn(self, rows: np.ndarray, draws: int) -> np.ndarray:
        """Draws of whole rows, moved by what conditional means given the rows differ from those given the draws (Matheron)."""
        completed = np.broadcast_to(rows, (draws, *rows.shape)).copy()
        if not any_missing(rows):
            return completed
        gaps = np.isnan(completed)
        star = self.model_.draw(draws * len(rows), self._generator())
        masked = np.where(gaps.reshape(star.shape), np.nan, star)
        moved = (star - self._filled(masked)[0]).reshape(completed.shape) + self._filled(rows)[0]
        completed[gaps] = moved[gaps]
        return completed

    def _generator(self) -> np.random.Generator:
        return np.random.default_rng(check_random_state(self.random_state).randint(2**31 - 1))

    def get_covariance(self) -> np.ndarray:
        r"""Covariance matrix of the rows, :math:`W W^\top + \Psi`, ``(D, D)``."""
        check_is_fitted(self, "model_")
        return self.model_.covariance()

    def get_precision(self) -> np.ndarray:
        r"""Its inverse, by the matrix inversion lemma: :math:`\Psi^{-1} - \Psi^{-1} W V W^\top \Psi^{-1}`, ``(D, D)``."""
        check_is_fitted(self, "model_")
        noise = np.broadcast_to(self.model_.noise_variance, self.mean_.shape)
        scaled = self.model_.loadings / noise[:, None]
        inner = np.eye(scaled.shape[1]) + self.model_.loadings.T @ scaled
        return np.diag(1 / noise) - scaled @ np.linalg.solve(inner, scaled.T)
