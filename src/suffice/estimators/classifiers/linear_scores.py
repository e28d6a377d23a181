"""Scores and probabilities of classes that share their covariance, where log-odds are linear in complete rows."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils import TransformerTags
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from suffice.estimators.classifiers.answers import log_shares
from suffice.estimators.classifiers.class_conditional import ClassConditional
from suffice.latent.factors.canonical import signs
from suffice.latent.families.factor_gaussian import FactorGaussian
from suffice.latent.imputation import impute
from suffice.rows.cluster.lazily import lazily
from suffice.rows.missing import any_missing
from suffice.rows.streams import is_stream, on_host
from suffice.runtime.blas import one_blas_thread
from suffice.runtime.types import ArrayLike, TableLike

SAFE_TERMS = 1e4
"""Largest terms that cancel in a linear score."""
CELLS = 1 << 20
"""Cells of the rows measured from the means together."""


def _is_linear(classifier: LinearScores) -> bool:
    if not classifier.covariance_type.startswith("tied"):
        raise AttributeError(
            "Linear scores and axes need classes that share their covariance; with "
            f"covariance_type={classifier.covariance_type!r} decisions are not linear: use predict_log_proba."
        )
    return True


class LinearScores(ClassConditional):
    """Base of ``GaussianClassifier``: what is linear where ``covariance_type`` begins with ``"tied"``."""

    covariance_type: str
    means_: np.ndarray
    covariances_: Any
    coef_: np.ndarray
    intercept_: np.ndarray

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags = TransformerTags() if self.covariance_type.startswith("tied") else None
        return tags

    @available_if(_is_linear)
    def decision_function(self, X: TableLike) -> np.ndarray:
        r"""Scores of the classes, linear in complete rows, where classes share their covariance.

        Parameters
        ----------
        X
            Rows ``(n, D)``. NaN is a missing cell.

        Returns
        -------
        numpy.ndarray
            :math:`\log p(k | x)` up to what all classes share, ``(n, K)``; with two classes the log-odds of the second, ``(n,)``.
        """
        check_is_fitted(self, "model_")
        rows, two = self._input.table(on_host(X)), len(self.classes_) == 2
        scores = rows @ self.coef_.T + self.intercept_
        gaps = np.isnan(rows).any(1)
        if gaps.any():
            logs = self.predict_log_proba(rows[gaps])
            scores[gaps] = logs[:, 1:] - logs[:, :1] if two else logs
        return scores[:, 0] if two else scores

    @available_if(_is_linear)
    @lazily("axis")
    def transform(self, X: TableLike) -> np.ndarray:
        r"""Rows on the axes that tell the classes apart best (Fisher, 1936), where classes share their covariance.

        Axes a maximise the variance :math:`a^\top B a` of the class means, weighted with the class probabilities, for
        :math:`a^\top \Sigma a = 1`, one after another. Rows are measured from the mean of the class means.

        Parameters
        ----------
        X
            Rows ``(n, D)``. NaN is a missing cell, which counts as it is expected given the others.

        Returns
        -------
        numpy.ndarray
            ``(n, m)`` for m axes, one fewer than classes, at most D; the one that tells most comes first.
        """
        check_is_fitted(self, "model_")
        rows = self._input.table(on_host(X)).astype(float)
        rows = impute(self.model_, rows, self.precision)[0] if any_missing(rows) else rows
        axes = discriminant_axes(self.means_, self.coef_, self.class_prior_)
        return (rows - self.class_prior_ @ self.means_) @ axes

    @available_if(_is_linear)
    def fit_transform(self, X: TableLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> np.ndarray:
        """Fit, then the rows on the axes that tell the classes apart best.

        Parameters
        ----------
        X
            Rows ``(n, D)``. NaN is a missing cell.
        y
            Class of each row, ``(n,)``.
        sample_weight
            Row weights ``(n,)`` as in ``fit``.

        Returns
        -------
        numpy.ndarray
            ``(n, m)``, as ``transform`` gives.
        """
        return self.fit(X, y, sample_weight).transform(X)

    def _most_probable(self, X: TableLike) -> np.ndarray:
        scores = self._scored(X)
        return super()._most_probable(X) if scores is None else scores.argmax(1)

    def _log_probabilities(self, X: TableLike) -> np.ndarray:
        scores = self._scored(X)
        return super()._log_probabilities(X) if scores is None else log_shares(scores)

    def _probabilities(self, X: TableLike) -> np.ndarray:
        scores = self._scored(X)
        return super()._probabilities(X) if scores is None else _softmax(scores)

    def _scored(self, X: TableLike) -> np.ndarray | None:
        """The linear scores (n, K) of the classes, where rows are complete and that is safe."""
        check_is_fitted(self, "model_")
        of_factors = isinstance(self.model_.components, FactorGaussian)
        if is_stream(X) or not (of_factors or self._has_safe_scores()):
            return None
        rows = self._input.table(on_host(X))
        if any_missing(rows):
            return None
        return centred_scores(rows, self.means_, self.coef_, self.class_prior_) if of_factors else self._scores(rows)

    def _has_safe_scores(self) -> bool:
        """Whether linear scores are exact to nearly all digits: rows near the origin, classes not far from one another."""
        if self.precision != "float64" or not self.covariance_type.startswith("tied"):
            return False
        terms = np.abs(self.coef_ * self.means_.mean(0)).sum(1) + np.abs(self.intercept_)
        return bool((terms < SAFE_TERMS).all())

    def _scores(self, rows: np.ndarray) -> np.ndarray | None:
        """Linear scores (n, K) of the classes of complete rows; None where one overflows."""
        with one_blas_thread(), np.errstate(over="ignore", invalid="ignore"):
            scores = rows @ self.coef_.T
            scores += self.intercept_
            finite = np.isfinite(scores.max(initial=0) - scores.min(initial=0))
        if not finite:
            return None
        return np.concatenate([np.zeros_like(scores), scores], 1) if len(self.classes_) == 2 else scores


def _softmax(scores: np.ndarray) -> np.ndarray:
    """Probabilities of the classes, in place of their scores (n, K)."""
    scores -= scores.max(1, keepdims=True)
    np.exp(scores, out=scores)
    scores /= scores.sum(1, keepdims=True)
    return scores


def discriminant_axes(means: np.ndarray, coef: np.ndarray, class_prior: np.ndarray) -> np.ndarray:
    """Axes (D, m) on which the class means (K, D) lie farthest apart, in units of the spread within classes.

    The slopes of the classes' scores, (K, D) or of two classes (1, D), are means times the inverse covariance.
    """
    coef = np.concatenate([np.zeros_like(coef), coef]) if len(coef) == 1 else coef
    root, count = np.sqrt(class_prior)[:, None], min(len(means) - 1, means.shape[1])
    apart, slopes = root * (means - class_prior @ means), root * (coef - class_prior @ coef)
    values, turn = np.linalg.eigh(slopes @ apart.T)
    values, turn = values[::-1][:count], turn[:, ::-1][:, :count]
    told = values > len(means) * np.finfo(float).eps * values[0]
    axes = slopes.T @ (turn / np.sqrt(np.where(told, values, np.inf)))
    return axes * signs(axes)


def centred_scores(rows: np.ndarray, means: np.ndarray, coef: np.ndarray, class_prior: np.ndarray) -> np.ndarray | None:
    """Scores (n, K) of rows (n, D) measured from the middle of the class means (K, D); None where one overflows.

    They lose no more digits than distances by the factors of the covariance do, which cancel too.
    """
    origin = means.mean(0)
    slopes = np.concatenate([-coef, coef]) / 2 if len(means) == 2 else coef
    with one_blas_thread(), np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        constant = np.log(class_prior) - (slopes * (means - origin)).sum(1) / 2
        step = max(1, CELLS // len(origin))
        parts = [(rows[start : start + step] - origin) @ slopes.T for start in range(0, len(rows), step)]
        scores = np.concatenate(parts) + constant
    return scores if np.isfinite(scores.max(1)).all() else None


def linear_scores(means: np.ndarray, covariances: np.ndarray, class_prior: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Slope (K, D) and constant (K,) of log p(x, k) less what all classes share; of two classes the second's less the first's."""
    origin = means.mean(0)
    moved = means - origin
    coef = np.linalg.solve(covariances, moved.T).T if covariances.ndim == 2 else moved / covariances
    with np.errstate(divide="ignore"):
        intercept = np.log(class_prior) - (coef * moved).sum(1) / 2 - coef @ origin
    return second_less_first(coef, intercept)


def second_less_first(coef: np.ndarray, intercept: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of two classes the second's slope and constant less the first's; of more, those of all."""
    if len(coef) != 2:
        return coef, intercept
    return coef[1:] - coef[:1], intercept[1:] - intercept[:1]
