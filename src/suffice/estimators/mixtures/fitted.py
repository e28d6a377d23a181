"""What a fitted mixture says of rows: components, densities, criteria, draws, derivatives."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import jax
import numpy as np
from scipy.sparse import issparse
from scipy.special import xlogy
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from suffice.latent.gradient import log_likelihood_gradient
from suffice.latent.mixture import MixtureStatistics, normalised
from suffice.model import EStep
from suffice.rows.block import NO_ROWS
from suffice.rows.place import missing_layout, place
from suffice.rows.row_function import RowFunction, prepared
from suffice.rows.streams import CheckedBatches, is_stream, on_host, parted
from suffice.runtime.arrays import Array
from suffice.runtime.blas import one_blas_thread
from suffice.runtime.precision import cast, scope, to_numpy
from suffice.validation import check_choice, check_count


class MostProbable(RowFunction):
    """The most probable component of each row."""

    expectation: Any

    def __call__(self, rows: Array, weight: Array) -> Array:
        return self.expectation.relative(rows).argmax(-2)


class Responsibilities(RowFunction):
    """Responsibilities (n, K)."""

    expectation: Any

    def __call__(self, rows: Array, weight: Array) -> Array:
        return normalised(self.expectation.relative(rows))[1].T


class Evidence(RowFunction):
    """log p(x) of each row."""

    expectation: Any

    def __call__(self, rows: Array, weight: Array) -> Array:
        return normalised(self.expectation.joint(rows))[0]


class RowScores:
    """What a fitted estimator around a mixture says of each row, wherever the rows live."""

    model_: Any
    precision: str
    accept_sparse: bool | None
    _sparse_rows: Callable[..., Any]
    _table: Callable[..., np.ndarray]
    _batch: Callable[..., np.ndarray]

    def _each_row(self, X: Any, read: Any) -> Any:
        """What ``read`` makes of each tile of the rows with the E-step, put end to end."""
        check_is_fitted(self, "model_")
        if is_stream(X):
            return self._each_of((rows for rows, _ in CheckedBatches(X, self._batch) if len(rows)), read)
        if issparse(X) and self.accept_sparse:
            return self._each_of((rows for rows, _ in self._sparse_rows(X, reset=False)), read)
        return self._each_of([self._table(on_host(X), reset=False)], read)

    def _each_of(self, batches: Iterable[np.ndarray], read: Any, model: Any = None) -> Any:
        """What ``read`` makes of the rows of checked batches, with the E-step of a model; None is the fitted one."""
        model = self.model_ if model is None else model
        origin = self._origin(model)
        with one_blas_thread(), scope(self.precision):
            model = cast(model if origin is None else model.translated(-origin), self.precision)
            reader = read(prepared(EStep(model, model.needs_centring())))
            parts = [self._rows(batch, None, origin, model).each(reader) for batch in batches]
        if not parts:
            raise ValueError(NO_ROWS)
        return jax.tree.map(lambda *leaves: np.concatenate(leaves), *parts)

    def _origin(self, model: Any) -> np.ndarray | None:
        """Where rows are measured from while computing."""
        return model.components.centre()

    def _rows(self, data: np.ndarray, weight: Any, origin: Any, model: Any, precision: str | None = None) -> Any:
        gaps, precision = missing_layout(model.missing, data), precision or self.precision
        return place(data, weight, origin=origin, precision=precision, tile=model.tile, missing=gaps)

    def predict_proba(self, X: Any) -> np.ndarray:
        r"""Responsibilities :math:`r_{nk} = \pi_k p(x_n | k) / p(x_n)`.

        Parameters
        ----------
        X
            Rows ``(n, D)``.

        Returns
        -------
        numpy.ndarray
            ``(n, K)``, each row summing to 1.
        """
        return self._each_row(X, Responsibilities)

    def score_samples(self, X: Any) -> np.ndarray:
        """Log-likelihood of each row in nats.

        Parameters
        ----------
        X
            Rows ``(n, D)``.

        Returns
        -------
        numpy.ndarray
            ``(n,)``.
        """
        return self._each_row(X, Evidence)


class MixtureScores(RowScores):
    """Methods of a fitted mixture estimator."""

    weights_: np.ndarray
    random_state: Any
    _checked_weight: Callable[..., np.ndarray]
    _labelled: Callable[..., Any]
    fit: Callable[..., Any]

    def predict(self, X: Any) -> np.ndarray:
        """The most probable component of each row.

        Parameters
        ----------
        X
            Rows ``(n, D)``.

        Returns
        -------
        numpy.ndarray
            Component numbers ``(n,)``.
        """
        return self._each_row(X, MostProbable)

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

    def fit_predict(self, X: Any, y: Any = None, sample_weight: Any = None) -> np.ndarray:
        """Fit, then the most probable component of each row.

        Parameters
        ----------
        X
            Rows ``(n, D)``.
        y
            Ignored; for scikit-learn's sake.
        sample_weight
            Row weights ``(n,)``; None is 1 for every row.

        Returns
        -------
        numpy.ndarray
            Component numbers ``(n,)``.
        """
        return self.fit(X, y, sample_weight).predict(X)

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

    def icl(self, X: Any, sample_weight: Any = None) -> float:
        r"""Integrated completed likelihood: BIC plus :math:`-2 \sum_{nk} r_{nk} \log r_{nk}`; lower is better.

        It prefers components that do not overlap (Biernacki, Celeux and Govaert, 2000).

        Parameters
        ----------
        X
            Rows ``(n, D)``.
        sample_weight
            Row weights ``(n,)``; N is their sum.
        """
        share = self.predict_proba(X)
        entropy = -xlogy(share, share).sum(1)
        weight = self._row_weight(X, sample_weight, share)
        return self.bic(X, sample_weight) + 2 * float(weight @ entropy)

    def _log_likelihood(self, X: Any, sample_weight: Any) -> tuple[float, float]:
        evidence = self.score_samples(X)
        weight = self._row_weight(X, sample_weight, evidence[:, None])
        return float(weight @ evidence), float(weight.sum())

    def _row_weight(self, X: Any, sample_weight: Any, rows: np.ndarray) -> np.ndarray:
        """The weights given, or those that a stream brings, for as many rows as these."""
        if sample_weight is None and is_stream(X):
            sample_weight = np.concatenate([weight for _, weight in parted(X)])
        return np.ones(len(rows)) if sample_weight is None else self._checked_weight(sample_weight, rows)

    def sample(self, n_samples: int = 1) -> tuple[np.ndarray, np.ndarray]:
        """Rows drawn from the fitted mixture, and the component that each came from.

        Parameters
        ----------
        n_samples
            Number of rows.

        Returns
        -------
        X : numpy.ndarray
            Rows ``(n_samples, D)``.
        y : numpy.ndarray
            Component numbers ``(n_samples,)``.
        """
        check_is_fitted(self, "model_")
        check_count("n_samples", n_samples)
        generator = np.random.default_rng(check_random_state(self.random_state).randint(2**31 - 1))
        component = generator.choice(len(self.weights_), size=n_samples, p=self.weights_)
        return self._labelled(self.model_.components.draw(component, generator)), component

    def expected_complete_log_likelihood(self, X: Any, at: Any = None, sample_weight: Any = None) -> float:
        r"""Q, the expected complete log-likelihood of the fitted parameters.

        .. math:: Q = \sum_n w_n \sum_k r_{nk} [\log \pi_k + \log p(x_n | k)]

        Parameters
        ----------
        X
            Rows ``(n, D)``.
        at
            Model, or fitted estimator, that gives the responsibilities; None is this one.
        sample_weight
            Row weights ``(n,)``; None is 1 for every row.
        """
        check_is_fitted(self, "model_")
        posterior = self.model_ if at is None else getattr(at, "model_", at)
        statistics, origin = self._statistics(X, sample_weight, posterior)
        with scope("float64"):
            model = self.model_ if origin is None else self.model_.translated(-origin)
            return float(model.expected_complete_log_likelihood(statistics))

    def log_likelihood_gradient(self, X: Any, sample_weight: Any = None, weights: str = "raw") -> dict[str, np.ndarray]:
        r"""Gradient of the log-likelihood :math:`\sum_n w_n \log p(x_n)` at the fitted parameters.

        Means and covariances (or probabilities) as well as the weights; the gradient with respect to a covariance counts its
        entries as free, so a symmetric change :math:`d\Sigma` changes the log-likelihood by
        :math:`\sum_{ij} G_{ij} d\Sigma_{ij}`.
        Computed by Fisher's identity: it is the gradient of the expected complete log-likelihood at its own parameters.

        Parameters
        ----------
        X
            Rows ``(n, D)``.
        sample_weight
            Row weights ``(n,)``; None is 1 for every row.
        weights
            ``"raw"``: :math:`N_k / \pi_k`, each weight free. ``"simplex"``: :math:`N_k / \pi_k - N`, with the multiplier of
            :math:`\sum_k \pi_k = 1`, zero at the maximum. ``"logits"``: :math:`N_k - N \pi_k`, weights as a softmax of logits.

        Returns
        -------
        dict
            ``"weights"`` (K,), and ``"means"`` (K, D) and ``"covariances"`` in their fitted shape, or ``"probabilities"`` (K, D).
        """
        check_choice("weights", weights, ("raw", "simplex", "logits"))
        check_is_fitted(self, "model_")
        statistics, origin = self._statistics(X, sample_weight, self.model_)
        model = self.model_ if origin is None else self.model_.translated(-origin)
        return log_likelihood_gradient(model, statistics, weights)

    def _statistics(self, X: Any, sample_weight: Any, model: Any) -> tuple[MixtureStatistics, Any]:
        data = self._table(on_host(X), reset=False)
        weight = None if sample_weight is None else self._checked_weight(sample_weight, data)
        origin = self._origin(model)
        with scope("float64"):
            centred = cast(model if origin is None else model.translated(-origin), "float64")
            rows = self._rows(data, weight, origin, centred, "float64")
            return to_numpy(rows.total(EStep(centred, False))), origin
