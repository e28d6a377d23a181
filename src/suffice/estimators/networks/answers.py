"""What a classifier by a network answers, from its logits."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, field

import numpy as np
from scipy.special import log_softmax, softmax
from sklearn.base import ClassifierMixin

from suffice.estimators.networks.base import NeuralEstimator
from suffice.runtime.types import TableLike


@dataclass(eq=False, repr=False)
class NetworkAnswers(ClassifierMixin, NeuralEstimator):
    """Probabilities and classes of rows."""

    classes_: np.ndarray = field(init=False)

    @abstractmethod
    def _logits(self, X: TableLike) -> np.ndarray:
        """The network's outputs (n, K)."""

    def predict_proba(self, X: TableLike) -> np.ndarray:
        """Probability of each class given the row, ``(n, classes)``.

        Parameters
        ----------
        X
            Rows or images, as for ``fit``.
        """
        return softmax(self._logits(X), axis=1)

    def predict_log_proba(self, X: TableLike) -> np.ndarray:
        """Logarithm of ``predict_proba``, safe where that is 0, ``(n, classes)``.

        Parameters
        ----------
        X
            As for ``fit``.
        """
        return log_softmax(self._logits(X), axis=1)

    def predict(self, X: TableLike) -> np.ndarray:
        """The most probable class of each row, ``(n,)``.

        Parameters
        ----------
        X
            Rows or images, as for ``fit``.
        """
        most = self._logits(X).argmax(axis=1)
        return self.classes_[most]
