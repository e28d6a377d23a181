"""What follows from log p(x, k) by Bayes' rule: classes, their probabilities, densities, rows drawn."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from suffice.estimators.classifiers.costs import cheapest
from suffice.estimators.shared.labelled_columns import LabelledColumns
from suffice.estimators.shared.rows import PlainColumns
from suffice.estimators.shared.shown import notebook_bundle
from suffice.rows.cluster.lazily import lazily
from suffice.rows.streams import on_host
from suffice.runtime.types import ArrayLike, TableLike
from suffice.validation import check_count


class Answers(BaseEstimator):
    """What a fitted classifier can be asked."""

    _repr_mimebundle_ = notebook_bundle

    classes_: np.ndarray
    class_prior_: np.ndarray
    random_state: Any

    @property
    def _input(self) -> PlainColumns | LabelledColumns:
        """The columns of rows that are given."""
        raise NotImplementedError

    def _checked(
        self, X: TableLike, y: ArrayLike, sample_weight: ArrayLike | None, reset: bool
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Rows, labels and weights that can be used."""
        raise NotImplementedError

    def _is_unlabelled(self, labels: np.ndarray) -> np.ndarray:
        """Which rows have no class, (n,)."""
        raise NotImplementedError

    def _codes(self, labels: np.ndarray, known: np.ndarray) -> np.ndarray:
        """Places of the classes (n,), -1 where they are not known."""
        raise NotImplementedError

    def _log_joint(self, rows: np.ndarray) -> np.ndarray:
        """log p(x, k) of checked rows, (n, K)."""
        raise NotImplementedError

    def _drawn(self, codes: np.ndarray, generator: np.random.Generator) -> Any:
        """A row drawn from each of the classes with these places."""
        raise NotImplementedError

    def _generator(self) -> np.random.Generator:
        return np.random.default_rng(check_random_state(self.random_state).randint(2**31 - 1))

    def _most_probable(self, X: TableLike) -> np.ndarray:
        """Place of the most probable class of each row, (n,)."""
        raise NotImplementedError

    def _probabilities(self, X: TableLike) -> np.ndarray:
        """Probability of each class, (n, K)."""
        raise NotImplementedError

    def _log_probabilities(self, X: TableLike) -> np.ndarray:
        """Logarithms of the probabilities, (n, K)."""
        check_is_fitted(self, "classes_")
        return log_shares(self._log_joint(self._input.table(on_host(X))))

    def _evidence(self, X: TableLike) -> np.ndarray:
        """Log-density of each row, (n,)."""
        raise NotImplementedError

    @lazily("class")
    def predict(self, X: TableLike) -> np.ndarray:
        """The most probable class of each row.

        Parameters
        ----------
        X
            Rows ``(n, D)``. NaN is a missing cell.

        Returns
        -------
        numpy.ndarray
            Classes ``(n,)``.
        """
        places = self._most_probable(X)
        return self.classes_[places]

    @lazily("class")
    def decide(self, X: TableLike, costs: ArrayLike) -> np.ndarray:
        r"""The class of least expected cost for each row, :math:`\mathrm{argmin}_j \sum_i p(i \mid x) \, c_{ij}`.

        Of two classes whose right decisions cost nothing it is the second where its probability is above
        :math:`c_{01} / (c_{01} + c_{10})`; equal costs of all mistakes give ``predict``. Costs are met as far as probabilities
        are calibrated, which the report shows.

        Parameters
        ----------
        X
            Rows ``(n, D)``. NaN is a missing cell.
        costs
            ``(K, K)``: what it costs to decide for class j (column) where the class is i (line), in the order of ``classes_``.

        Returns
        -------
        numpy.ndarray
            Classes ``(n,)``.

        Raises
        ------
        ValueError
            If there is not a cost for each pair, or a mistake is cheaper than the right decision.

        Examples
        --------
        >>> import numpy as np
        >>> from suffice import GaussianClassifier
        >>> X, y = np.array([[0.0], [1], [2], [3], [4], [5]]), np.array([0, 0, 0, 1, 1, 1])
        >>> classifier = GaussianClassifier().fit(X, y)
        >>> print(classifier.predict([[2.2]]), classifier.decide([[2.2]], [[0, 1], [20, 0]]))
        [0] [1]
        """
        return self.classes_[cheapest(self.predict_proba(X), costs, self.classes_)]

    @lazily("class")
    def predict_proba(self, X: TableLike) -> np.ndarray:
        r"""Probability of each class given the row, :math:`\pi_k p(x | k) / p(x)`.

        Parameters
        ----------
        X
            Rows ``(n, D)``. NaN is a missing cell.

        Returns
        -------
        numpy.ndarray
            ``(n, K)`` in the order of ``classes_``, each row summing to 1.
        """
        return self._probabilities(X)

    @lazily("log_likelihood")
    def score_samples(self, X: TableLike) -> np.ndarray:
        """Log-density of each row whatever its class, log p(x) in nats: low for rows unlike any class.

        Parameters
        ----------
        X
            Rows ``(n, D)``. NaN is a missing cell.

        Returns
        -------
        numpy.ndarray
            ``(n,)``.
        """
        return self._evidence(X)

    @lazily("class")
    def predict_log_proba(self, X: TableLike) -> np.ndarray:
        """Logarithm of ``predict_proba``, exact where the probability is too small to be told from 0.

        Parameters
        ----------
        X
            Rows ``(n, D)``. NaN is a missing cell.

        Returns
        -------
        numpy.ndarray
            ``(n, K)``.
        """
        return self._log_probabilities(X)

    def sample(self, n_samples: int = 1, y: object = None) -> tuple[Any, np.ndarray]:
        """Rows drawn from the classes, and the class of each.

        Parameters
        ----------
        n_samples
            Number of rows.
        y
            A class, to draw from it alone; None draws classes by their probability.

        Returns
        -------
        X : numpy.ndarray
            Rows ``(n_samples, D)``.
        y : numpy.ndarray
            Classes ``(n_samples,)``.
        """
        check_is_fitted(self, "classes_")
        check_count("n_samples", n_samples)
        generator = self._generator()
        if y is None:
            codes = generator.choice(len(self.classes_), size=n_samples, p=self.class_prior_)
        else:
            codes = np.repeat(self._codes(np.asarray([y]), np.ones(1, bool)), n_samples)
        return self._drawn(codes, generator), self.classes_[codes]

    def negative_log_likelihood(self, X: TableLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        r"""Negative log-likelihood of rows with their classes, :math:`-\sum_n w_n \log \pi_{y_n} p(x_n | y_n)`, in nats.

        Parameters
        ----------
        X
            Rows ``(n, D)``. NaN is a missing cell.
        y
            Class of each row, ``(n,)``; for rows that are unlabelled, :math:`\log p(x_n)` is counted.
        sample_weight
            Row weights ``(n,)``; None is 1 for every row.

        Raises
        ------
        ValueError
            If a class did not occur in the fit.
        """
        check_is_fitted(self, "classes_")
        rows, labels, weight = self._checked(X, y, sample_weight, reset=False)
        codes, joint = self._codes(labels, ~self._is_unlabelled(labels)), self._log_joint(rows)
        own = np.take_along_axis(joint, np.maximum(codes, 0)[:, None], 1)[:, 0]
        return -float(weight @ np.where(codes >= 0, own, np.logaddexp.reduce(joint, axis=1)))


def log_shares(scores: np.ndarray) -> np.ndarray:
    """Logarithms (n, K) of the shares that scores (n, K), up to a constant of each row, are logarithms of."""
    relative = scores - scores.max(1, keepdims=True)
    return relative - np.log(np.exp(relative).sum(1, keepdims=True))
