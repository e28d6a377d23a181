"""What a naive Bayes classifier of counts says of rows, dense or sparse: scores that are linear in the counts."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from suffice.estimators.classifiers.answers import log_shares
from suffice.estimators.classifiers.base import Classifier
from suffice.latent.class_counts import log_arrangements, stored
from suffice.runtime.types import TableLike


class CountScores(Classifier):
    """Base of ``MultinomialNaiveBayes``: answers from the logarithms of the columns' shares, or from weights of the columns."""

    complement: bool
    class_count_: np.ndarray
    feature_count_: np.ndarray
    feature_log_prob_: np.ndarray

    def _linear(self, rows: Any) -> np.ndarray:
        """Scores of the classes (n, K), up to what they share."""
        scores = stored(rows) @ self.feature_log_prob_.T
        if self.complement:
            return scores
        with np.errstate(divide="ignore"):
            return scores + np.log(self.class_prior_)

    def _joint(self, rows: Any) -> np.ndarray:
        return self._linear(rows) + log_arrangements(rows)[:, None]

    def _scores(self, X: TableLike) -> np.ndarray:
        check_is_fitted(self, "feature_log_prob_")
        return np.concatenate([self._linear(rows) for rows in self._input.batches(X)])

    def _most_probable(self, X: TableLike) -> np.ndarray:
        return self._scores(X).argmax(1)

    def _log_probabilities(self, X: TableLike) -> np.ndarray:
        return log_shares(self._scores(X))

    def _probabilities(self, X: TableLike) -> np.ndarray:
        return np.exp(self._log_probabilities(X))

    def _log_joint(self, rows: np.ndarray) -> np.ndarray:
        self._need_distribution()
        return self._joint(rows)

    def _evidence(self, X: TableLike) -> np.ndarray:
        check_is_fitted(self, "feature_log_prob_")
        self._need_distribution()
        return np.concatenate([np.logaddexp.reduce(self._joint(rows), axis=1) for rows in self._input.batches(X)])

    def _drawn(self, codes: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        """Rows of as many events as a Poisson of the class's mean total."""
        self._need_distribution()
        shares = np.exp(self.feature_log_prob_)
        totals = self.feature_count_.sum(1) / np.maximum(self.class_count_, np.finfo(float).tiny)
        return generator.multinomial(generator.poisson(totals[codes]), shares[codes]).astype(float)

    def _need_distribution(self) -> None:
        if self.complement:
            raise ValueError(
                "complement=True gives rows no distribution; fit with complement=False for their probability."
            )
