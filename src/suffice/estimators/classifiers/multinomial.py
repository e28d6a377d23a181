"""Naive Bayes for counts of words and the like, dense or sparse, with scikit-learn's manners."""

from __future__ import annotations

import warnings
from dataclasses import KW_ONLY, dataclass, field
from typing import Any, Self

import numpy as np
from scipy.sparse import csr_array
from scipy.special import xlogy
from sklearn.exceptions import ConvergenceWarning

from suffice.estimators.classifiers.count_scores import CountScores
from suffice.estimators.classifiers.on_workers import counts_of_classes, learned_on_workers
from suffice.estimators.mixtures.independent_columns import refuse_cells
from suffice.estimators.shared.attributes import forget
from suffice.estimators.shared.rows import PlainColumns
from suffice.latent.class_counts import (
    ClassCounts,
    complement_weights,
    log_probabilities,
    members,
    summed,
)
from suffice.outcome import Outcome
from suffice.rows.frequencies import weighed
from suffice.rows.streams import is_collection
from suffice.runtime.types import ArrayLike, TableLike
from suffice.validation import check_count, check_positive, check_shape, check_tolerance


@dataclass(eq=False, repr=False)
class MultinomialNaiveBayes(CountScores):
    r"""Classifier for rows of counts, such as words of documents: each class has its own shares of the columns.

    .. math:: p(y = k \mid x) \propto \pi_k \prod_d \theta_{kd}^{x_d}, \quad
        \theta_{kd} = \frac{N_{kd} + \alpha}{\sum_j (N_{kj} + \alpha)}

    N are the counts summed over the rows of a class. Rows may be sparse: time and memory follow the cells that are stored.
    Formulas: Manning, Raghavan and Schuetze, *Introduction to Information Retrieval* (2008), chapter 13.

    Parameters
    ----------
    alpha
        Events seen beforehand in each class, above 0: one number for all columns, or ``(D,)``.
    complement
        Whether a row is scored by how little it is like all *other* classes, :math:`-\sum_d x_d \log \tilde\theta_{kd}` with the
        shares over the rows of these (Rennie et al., "Tackling the poor assumptions of naive Bayes text classifiers", 2003):
        better where classes are of very different size. There is no distribution of rows then.
    norm
        Whether the weights of the columns are scaled to sum to 1 in each class, with ``complement``.
    priors
        Probabilities of the classes ``(K,)`` in the order of ``classes_``; None takes their shares of the row weights. With
        ``complement`` they play no part, as in the paper.
    weight_concentration_prior
        Concentration of the symmetric Dirichlet prior over the class probabilities, at least 1; None is 1, which adds nothing.
    unlabelled
        Value of ``y`` that marks rows of unknown class, such as -1; None means that every row has its class. They take plain
        expectation-maximisation from what the labelled rows say (Nigam et al., 2000).
    tol
        Expectation-maximisation stops when the mean log-likelihood of a row (plus log-prior) changes by less than this, in nats.
    max_iter
        Largest number of its iterations.
    random_state
        Seed, or NumPy random state, of ``sample``.

    Attributes
    ----------
    classes_ : numpy.ndarray
        ``(K,)``, sorted.
    class_prior_ : numpy.ndarray
        Probabilities of the classes, ``(K,)``.
    class_count_, feature_count_ : numpy.ndarray
        Weight of the rows of each class, ``(K,)``, and their counts, ``(K, D)``.
    feature_log_prob_ : numpy.ndarray
        :math:`\log \theta`, or with ``complement`` the weights of the columns, ``(K, D)``.
    n_iter_, converged_, outcome_ : int, bool, str
        Passes over the rows, whether these were enough, and how the fit ended, a sentence.
    lower_bounds_ : numpy.ndarray
        Mean log-likelihood of a row (plus log-prior) at each iteration, where rows are unlabelled.

    Examples
    --------
    >>> from sklearn.feature_extraction.text import CountVectorizer
    >>> from sklearn.pipeline import make_pipeline
    >>> from suffice import MultinomialNaiveBayes
    >>> texts = ["rows and weights", "sums of rows", "nodes and edges", "edges of graphs"]
    >>> classifier = make_pipeline(CountVectorizer(), MultinomialNaiveBayes()).fit(texts, ["table", "table", "graph", "graph"])
    >>> classifier.predict(["weights of rows", "graphs"])
    array(['table', 'graph'], dtype='<U5')
    """

    alpha: Any = 1.0
    _: KW_ONLY
    complement: bool = False
    norm: bool = False
    tol: float = 1e-6
    max_iter: int = 1000

    class_count_: np.ndarray = field(init=False)
    feature_count_: np.ndarray = field(init=False)
    feature_log_prob_: np.ndarray = field(init=False)
    rows_seen_: int = field(init=False)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.positive_only, tags.input_tags.allow_nan = True, False
        tags.classifier_tags.poor_score = True
        return tags

    @property
    def _input(self) -> PlainColumns:
        return PlainColumns(self, self._prepared, accept_sparse=True)

    def _prepared(self, rows: np.ndarray) -> np.ndarray:
        refuse_cells(self._input, rows, rows < 0, "Negative", "counts are at least 0: GaussianClassifier takes others.")
        refuse_cells(
            self._input, rows, np.isnan(rows), "Missing (NaN)",
            "a row's counts are needed together: NaiveBayes with kinds 'poisson' takes gaps.",
        )  # fmt: skip
        return rows

    def fit(self, X: TableLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Sum counts within classes: in one pass, or where rows are unlabelled as often as expectation-maximisation takes.

        Parameters
        ----------
        X
            Rows of counts ``(n, D)``, not negative, an array, a scipy.sparse matrix or a Dask collection of dense rows, all of
            them labelled; counts may be fractional.
        y
            Class of each row, ``(n,)``: numbers or text; of a Dask collection another one of the same partitions.
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
            If a parameter or the data cannot be used; the message says what to do.

        Warns
        -----
        ConvergenceWarning
            If expectation-maximisation did not converge within ``max_iter`` iterations.
        """
        self._check_parameters()
        forget(self, ("lower_bounds_",))
        if is_collection(X):
            data, scaled = learned_on_workers(self, X, y, sample_weight)
            self._keep_all(counts_of_classes(data, len(self.classes_)))
        else:
            X, sample_weight, scaled = weighed(X, sample_weight)
            rows, codes, weight = self._labelled_rows(X, y, sample_weight)
            if (codes < 0).any():
                self._fit_by_em(rows, codes, weight)
            else:
                self._keep_all(summed(rows, members(codes, weight, len(self.classes_)), len(codes)))
        self.outcome_ = " ".join(filter(None, (self.outcome_, scaled)))
        return self

    def partial_fit(
        self, X: TableLike, y: ArrayLike, classes: ArrayLike | None = None, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Add labelled rows to those seen before: sums are kept, and the result is that of ``fit`` to all rows at once.

        Parameters
        ----------
        X
            Rows of counts ``(n, D)``, dense or sparse.
        y
            Class of each row, ``(n,)``; every one is labelled.
        classes
            All classes that there will be, ``(K,)``; needed in the first call.
        sample_weight
            Row weights ``(n,)``, not negative; None is 1 for every row. Those of all calls are read together, as in ``fit``.

        Returns
        -------
        self
            The estimator. Classes without rows so far have probability 0 unless ``priors`` are given.

        Raises
        ------
        ValueError
            If a parameter or the rows cannot be used, or a class is not one of ``classes``; the message says what to do.
        """
        self._check_parameters()
        first = not hasattr(self, "feature_log_prob_")
        if hasattr(self, "lower_bounds_"):
            raise ValueError(
                "The fit took expectation-maximisation, which leaves no sums to add to; fit all rows at once, or begin anew with "
                "a new estimator."
            )
        rows, codes, weight = self._batch_rows(X, y, classes, sample_weight, first)
        found = summed(rows, members(codes, weight, len(self.classes_)), len(codes))
        if not first:
            before = ClassCounts(self.class_count_, self.feature_count_, self.rows_seen_)
            found = before.added(found)
        self._keep_all(found)
        return self

    def _check_parameters(self) -> None:
        if np.ndim(self.alpha):
            alpha = np.asarray(self.alpha)
            if alpha.dtype.kind not in "iuf" or not (np.isfinite(alpha) & (alpha > 0)).all():
                raise ValueError(
                    "alpha holds numbers that are not above 0 and finite; give events seen beforehand, (D,)."
                )
        else:
            check_positive("alpha", self.alpha)
        check_tolerance(self.tol)
        check_count("max_iter", self.max_iter)
        if self.norm and not self.complement:
            raise ValueError("norm=True was given, and it scales the weights of complement=True, which is False.")
        if self.complement and self.unlabelled is not None:
            raise ValueError(
                f"complement=True gives rows no distribution, so that unlabelled ones (unlabelled={self.unlabelled!r}) tell "
                "nothing; leave these rows out, or set complement=False."
            )

    def _fit_by_em(self, rows: Any, codes: np.ndarray, weight: np.ndarray) -> None:
        known = codes >= 0
        share = members(codes[known], weight[known], len(self.classes_)).toarray()
        shares = np.zeros((len(self.classes_), len(codes)))
        shares[:, known] = share
        self._keep(summed(rows, csr_array(shares), int(known.sum())))
        trace: list[float] = []
        while len(trace) < self.max_iter and not _settled(trace, self.tol):
            joint = self._joint(rows)
            evidence = np.logaddexp.reduce(joint, axis=1)
            own = np.where(known, np.take_along_axis(joint, np.maximum(codes, 0)[:, None], 1)[:, 0], evidence)
            trace.append((float(weight @ own) + self._log_prior()) / float(weight.sum()))
            shares[:, ~known] = (np.exp(joint - evidence[:, None]) * weight[:, None])[~known].T
            self._keep(summed(rows, shares, len(codes)))
        self.lower_bounds_, self.n_iter_, self.converged_ = np.array(trace), len(trace), _settled(trace, self.tol)
        self.outcome_ = str(Outcome.CONVERGED if self.converged_ else Outcome.STOPPED_AT_LIMIT)
        if not self.converged_:
            warnings.warn(self.outcome_, ConvergenceWarning, stacklevel=3)

    def _log_prior(self) -> float:
        """What ``alpha`` and the prior of the classes add to the objective that expectation-maximisation climbs."""
        of_classes = xlogy(self._concentration() - 1, self.class_prior_).sum() if self._class_prior() is None else 0.0
        return float((np.asarray(self.alpha) * self.feature_log_prob_).sum() + of_classes)

    def _keep_all(self, sums: ClassCounts) -> None:
        """Set what the sums over all rows say."""
        self._keep(sums)
        self.n_iter_, self.converged_, self.outcome_ = 1, True, str(Outcome.ONE_PASS)

    def _keep(self, sums: ClassCounts) -> None:
        """Set what the sums say."""
        counts = sums.as_rows()
        alpha = np.asarray(self.alpha, float)
        alpha = check_shape("alpha", alpha, (self.n_features_in_,)) if alpha.ndim else float(alpha)
        given, shares = self._class_prior(), counts.of_rows + self._concentration() - 1
        self.class_prior_ = shares / shares.sum() if given is None else given
        self.class_count_, self.feature_count_, self.rows_seen_ = sums
        if self.complement:
            self.feature_log_prob_ = complement_weights(counts.of_cells, alpha, self.norm)
        else:
            self.feature_log_prob_ = log_probabilities(counts.of_cells, alpha)


def _settled(trace: list[float], tol: float) -> bool:
    return len(trace) > 1 and abs(trace[-1] - trace[-2]) < tol
