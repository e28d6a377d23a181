"""A mixture for each class, with scikit-learn's manners."""

from __future__ import annotations

import warnings
from dataclasses import KW_ONLY, dataclass
from typing import Any, Self

import numpy as np
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from suffice.estimators.classifiers.mixture_inference import MixtureClassInference
from suffice.estimators.classifiers.on_workers import learned_on_workers, rows_of_classes
from suffice.estimators.mixtures.base import MixtureEstimator
from suffice.estimators.mixtures.gaussian import GaussianMixture
from suffice.estimators.shared.labelled_columns import takes_labels
from suffice.estimators.shared.rows import PlainColumns
from suffice.fit.gains import Gains
from suffice.outcome import Outcome
from suffice.rows.frequencies import frequencies, taken_as_counts, weighed
from suffice.rows.streams import is_collection, on_host
from suffice.runtime.types import ArrayLike, TableLike
from suffice.validation import check_count, check_tolerance

MANY_ROWS = 1000
"""Rows among which enough are taken to differ for all components."""


@dataclass(eq=False, repr=False)
class MixtureClassifier(MixtureClassInference):
    r"""Classifier that gives each class a mixture of its own, and decides by Bayes' rule.

    .. math:: p(y = k \mid x) \propto \pi_k \sum_m w_{km} \, p(x \mid \theta_{km})

    For classes that consist of several groups (Hastie and Tibshirani, 1996). Rows of unknown class take
    expectation-maximisation over the classes, in which each mixture is fitted to its own rows and to those, weighted.

    Parameters
    ----------
    mixture
        What every class gets a copy of: a mixture for rows of numbers, such as ``GaussianMixture``; None is a
        ``GaussianMixture`` of two components. A class of fewer different rows than components has fewer components.
    priors
        Probabilities of the classes ``(K,)`` in the order of ``classes_``; None takes their shares of the row weights.
    weight_concentration_prior
        Concentration of the symmetric Dirichlet prior over the class probabilities, at least 1; None is 1, which adds nothing.
    unlabelled
        Value of ``y`` that marks rows of unknown class, such as -1; None means that every row has its class.
    tol
        Expectation-maximisation over the classes stops when the mean log-likelihood of a row changes by less than this, in nats.
        None stops where its last gains promise less than 0.01 nats more, over all rows.
    max_iter
        Largest number of its iterations.
    random_state
        Seed, or NumPy random state, of the starts of all mixtures and of ``sample``.

    Attributes
    ----------
    classes_ : numpy.ndarray
        ``(K,)``, sorted.
    class_prior_ : numpy.ndarray
        Probabilities of the classes, ``(K,)``.
    mixtures_ : list
        The fitted mixture of each class.
    n_iter_ : int
        Iterations over the classes; 1 where every row has its class.
    converged_ : bool
        Whether these were enough, and those of each mixture.
    outcome_ : str
        How the fit ended, a sentence.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice import MixtureClassifier
    >>> X = np.array([0.0, 0.2, 0.1, 9.0, 9.2, 9.1, 4.0, 4.2, 4.1, 4.3])[:, None]
    >>> classifier = MixtureClassifier(random_state=0).fit(X, ["ends"] * 6 + ["middle"] * 4)
    >>> classifier.predict([[0.3], [3.9], [8.8]])
    array(['ends', 'middle', 'ends'], dtype='<U6')
    """

    mixture: Any = None
    _: KW_ONLY
    tol: float | None = None
    max_iter: int = 1000

    def _check_parameters(self) -> None:
        check_tolerance(self.tol)
        check_count("max_iter", self.max_iter)
        if self.mixture is not None and not (
            isinstance(self.mixture, MixtureEstimator) and not takes_labels(self.mixture)
        ):
            raise ValueError(
                f"mixture={self.mixture!r} was given; a mixture for rows of numbers is expected, such as GaussianMixture: those "
                "of labelled columns would learn other labels in each class."
            )
        if getattr(self.mixture, "noise", False):
            raise ValueError("mixture has noise, whose box would differ from class to class; set its noise=False.")

    @property
    def _input(self) -> PlainColumns:
        return PlainColumns(self, kinds=(np.float64,))

    def fit(self, X: TableLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Fit a mixture to the rows of each class.

        Parameters
        ----------
        X
            Rows ``(n, D)``. NaN is a missing cell.
        y
            Class of each row, ``(n,)``: numbers or text.
        sample_weight
            Row weights ``(n,)``, not negative, as numbers of rows: 2 is the row twice; None is 1 for every row. Those that sum to
            less than the number of rows that carry any are relative: they are scaled to sum to it, and ``outcome_`` says so.

        Returns
        -------
        self
            The fitted estimator.

        Raises
        ------
        ValueError
            If a parameter or the data cannot be used, for all rows or those of a class; the message says what to do.

        Warns
        -----
        ConvergenceWarning
            If a mixture, or expectation-maximisation over the classes, did not converge.
        """
        self._check_parameters()
        seed = check_random_state(self.random_state).randint(2**31 - 1)
        if is_collection(X):
            return self._fit_on_workers(X, y, sample_weight, seed)
        X, sample_weight, scaled = weighed(X, sample_weight)
        rows, codes, weight = self._labelled_rows(X, y, sample_weight)
        self.mixtures_ = [self._fresh(rows[codes == k], seed) for k in range(len(self.classes_))]
        self.class_weight_ = np.zeros(len(self.classes_))
        self._refit(rows, codes, weight, None)
        self.n_iter_ = 1
        self.converged_, self.outcome_ = self._ended()
        if (codes < 0).any():
            self._share_out(rows, codes, weight)
        self.outcome_ = f"{self.outcome_} {scaled}".strip()
        return self

    def _fit_on_workers(self, X: TableLike, y: ArrayLike, sample_weight: ArrayLike | None, seed: int) -> Self:
        """Fit each mixture to the rows of its class where the partitions of a Dask collection lie."""
        data, scaled = learned_on_workers(self, X, y, sample_weight)
        most = GaussianMixture(2) if self.mixture is None else self.mixture
        self.mixtures_, self.class_weight_ = [], np.zeros(len(self.classes_))
        for k, (rows, own) in enumerate(rows_of_classes(data, len(self.classes_), most.n_components)):
            self.mixtures_.append(self._fresh(own.different, seed))
            self.class_weight_[k] = own.weight
            self._fit_one(k, rows, None)
        self._set_prior()
        self.n_iter_ = 1
        self.converged_, self.outcome_ = self._ended()
        self.outcome_ = f"{self.outcome_} {scaled}".strip()
        return self

    def _fresh(self, rows: np.ndarray, seed: int) -> Any:
        mixture: Any = GaussianMixture(2) if self.mixture is None else clone(self.mixture)
        different = len(rows) if len(rows) > MANY_ROWS else len(np.unique(rows, axis=0))
        return mixture.set_params(random_state=seed, n_components=max(1, min(mixture.n_components, different)))

    def _fit_one(self, place: int, rows: Any, weight: np.ndarray | None) -> None:
        try:
            with taken_as_counts():
                self.mixtures_[place].fit(rows, sample_weight=weight)
        except ValueError as error:
            raise ValueError(f"Class {self.classes_.tolist()[place]!r}: {error}") from error

    def _refit(self, rows: np.ndarray, codes: np.ndarray, weight: np.ndarray, share: np.ndarray | None) -> None:
        """Fit each mixture to its rows, and with shares (U, K) to the rows of unknown class weighted by its share."""
        unknown = codes < 0
        for k in range(len(self.mixtures_)):
            own = codes == k
            chosen, given = rows[own], weight[own]
            if share is not None:
                chosen = np.concatenate([chosen, rows[unknown]])
                given = np.concatenate([given, weight[unknown] * share[:, k]])
            self.class_weight_[k] = given.sum()
            if len(chosen) == 1:
                chosen, given = np.repeat(chosen, 2, 0), np.repeat(given / 2, 2)
            self._fit_one(k, chosen, given)
        self._set_prior()

    def _set_prior(self) -> None:
        counts = self.class_weight_ + self._concentration() - 1
        given = self._class_prior()
        self.class_prior_ = counts / counts.sum() if given is None else given

    def _share_out(self, rows: np.ndarray, codes: np.ndarray, weight: np.ndarray) -> None:
        """Expectation-maximisation over the classes of rows whose class is not known."""
        unknown, gains = codes < 0, Gains(self.tol, weight.sum())
        starts = [(mixture, mixture.warm_start) for mixture in self.mixtures_]
        for mixture in self.mixtures_:
            mixture.set_params(warm_start=True)
        while self.n_iter_ < self.max_iter and not gains.settled:
            joint = self._log_joint(rows)
            evidence = np.logaddexp.reduce(joint, axis=1)
            own = np.take_along_axis(joint, np.maximum(codes, 0)[:, None], 1)[:, 0]
            gains.add(float(weight @ np.where(unknown, evidence, own)))
            self._refit(rows, codes, weight, np.exp(joint - evidence[:, None])[unknown])
            self.n_iter_ += 1
        for mixture, warm in starts:
            mixture.set_params(warm_start=warm)
        self.converged_, self.outcome_ = self._ended()
        if not gains.settled:
            self.converged_, self.outcome_ = False, str(Outcome.STOPPED_AT_LIMIT)
            warnings.warn(self.outcome_, ConvergenceWarning, stacklevel=3)
        elif self.converged_:
            self.outcome_ = str(Outcome.RESTING if self.tol is None else Outcome.CONVERGED)

    def _ended(self) -> tuple[bool, str]:
        """Whether every mixture converged, and the sentence of the first that did not, or of the first."""
        told = next((mixture for mixture in self.mixtures_ if not mixture.converged_), self.mixtures_[0])
        return told.converged_, told.outcome_

    def partial_fit(
        self, X: TableLike, y: ArrayLike, classes: ArrayLike | None = None, sample_weight: ArrayLike | None = None
    ) -> Self:
        """A step of online expectation-maximisation for the mixture of each class in the rows.

        Shares of the classes are those of all rows so far; the mixtures are what ``GaussianMixture.partial_fit`` makes of their
        rows, which is not what ``fit`` would.

        Parameters
        ----------
        X
            Rows ``(n, D)``; of each class in the first call as many as its mixture needs to start.
        y
            Class of each row, ``(n,)``; every one is labelled.
        classes
            All classes, ``(K,)``; needed in the first call, whose rows have all of them.
        sample_weight
            Row weights ``(n,)``, not negative, read as in ``fit``, each batch on its own; None is 1 for every row.

        Returns
        -------
        self
            The estimator.

        Raises
        ------
        ValueError
            If a parameter or the rows cannot be used, or a class is missing in the first call; the message says what to do.
        """
        self._check_parameters()
        first = not hasattr(self, "mixtures_")
        rows, codes, given = self._batch_rows(X, y, classes, sample_weight, first)
        weight, counts = frequencies(given), np.bincount(codes, minlength=len(self.classes_))
        if first and not counts.all():
            missing = self.classes_[counts == 0].tolist()
            raise ValueError(
                f"The first call of partial_fit has no rows of the classes {missing}; give some of every class."
            )
        seed = check_random_state(self.random_state).randint(2**31 - 1)
        mixtures = [self._fresh(rows[codes == k], seed) for k in range(len(counts))] if first else self.mixtures_
        with taken_as_counts():
            for k in np.flatnonzero(counts):
                mixtures[k].partial_fit(rows[codes == k], sample_weight=weight[codes == k])
        self.mixtures_ = mixtures
        self.class_weight_ = getattr(self, "class_weight_", 0.0) + np.bincount(codes, weight, len(self.classes_))
        self._set_prior()
        return self

    def _log_joint(self, rows: np.ndarray) -> np.ndarray:
        with np.errstate(divide="ignore"):
            prior = np.log(self.class_prior_)
        return np.stack([mixture.score_samples(rows) for mixture in self.mixtures_], 1) + prior

    def _drawn(self, codes: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        rows = np.empty((len(codes), self.n_features_in_))
        for k in np.unique(codes):
            model = self.mixtures_[k].model_
            component = generator.choice(
                len(model.weights), size=(codes == k).sum(), p=model.weights / model.weights.sum()
            )
            rows[codes == k] = model.components.draw(component, generator)
        return rows

    def _most_probable(self, X: TableLike) -> np.ndarray:
        return self.predict_log_proba(X).argmax(1)

    def _probabilities(self, X: TableLike) -> np.ndarray:
        return np.exp(self.predict_log_proba(X))

    def _evidence(self, X: TableLike) -> np.ndarray:
        check_is_fitted(self, "classes_")
        return np.logaddexp.reduce(self._log_joint(self._input.table(on_host(X))), axis=1)
