"""Naive Bayes over columns of different kinds, with scikit-learn's manners."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, field
from typing import Any

import numpy as np

from suffice.data.encode import ColumnEncoder
from suffice.estimators.classifiers.class_conditional import ClassConditional
from suffice.estimators.shared.labelled_columns import LabelledColumns
from suffice.latent.column_classes import ColumnClasses
from suffice.latent.families.kinds import KINDS
from suffice.latent.mixture import Mixture
from suffice.validation import check_choice


@dataclass(eq=False, repr=False)
class NaiveBayes(ClassConditional):
    r"""Classifier for tables whose columns are numbers, truth values, categories and counts, independent given the class.

    .. math:: p(y = k \mid x) \propto \pi_k \prod_d p(x_d \mid \theta_{kd})

    Missing cells may be anywhere, in ``fit`` and in ``predict``; those of labelled rows take no iterations.

    Parameters
    ----------
    kinds
        Kinds of the columns: None detects them as ``suffice.data.ColumnEncoder`` says, a list of D or a dictionary from names to
        kinds states them: ``"gaussian"``, ``"bernoulli"``, ``"categorical"``, ``"poisson"``, ``"negative-binomial"``,
        ``"exponential"`` or ``"left-out"``, of which the model says nothing. Where ``partial_fit`` detects them, columns whose
        kind would take iterations are Gaussian.
    priors
        Probabilities of the classes ``(K,)`` in the order of ``classes_``; None takes their shares of the row weights.
    prior_strength
        Conjugate prior over the parameters, as a number of rows seen beforehand in each class. 1, so that what a class has not
        shown is not impossible there, and a class of one row has a spread; 0 adds nothing. In columns of categories and truth
        values they are like all rows; in columns of counts too, but no row counts as more than one event; in Gaussian columns
        they lie at the mean of the class's own (labelled) rows and vary as the class that varies least. So a class that is far
        from all others moves none of them.
    reg_covar
        Floor of the variances of Gaussian columns, as in ``GaussianClassifier``.
    weight_concentration_prior
        Concentration of the symmetric Dirichlet prior over the class probabilities, at least 1; None is 1, which adds nothing.
    handle_unknown
        What becomes of labels in X that did not occur in the fit: ``"missing"``, with a warning, or ``"error"``.
    unlabelled
        Value of ``y`` that marks rows of unknown class, such as -1; None means that every row has its class.
    tol
        None accelerates expectation-maximisation by the slope of the log-likelihood and stops where a stationary point is less
        than about 1e-6 nats away, over all rows. A number means plain iterations, which stop when the mean log-likelihood of a
        row changes by less than this, in nats.
    max_iter
        Largest number of its iterations.
    precision
        ``"float64"`` or ``"float32"``; what single precision does not hold is computed in double, and ``outcome_`` says so.
    random_state
        Seed, or NumPy random state, of ``sample``.

    Attributes
    ----------
    classes_ : numpy.ndarray
        ``(K,)``, sorted.
    class_prior_ : numpy.ndarray
        Probabilities of the classes, ``(K,)``.
    kinds_ : list of str
        Kind of each column.
    column_parameters_ : list of dict
        For each column its parameters in the classes: ``"mean"`` and ``"variance"`` ``(K,)``, ``"probability"`` ``(K,)`` of the
        second label, ``"probabilities"`` ``(K, C)``, ``"rate"`` ``(K,)``, or ``"mean"`` and ``"dispersion"`` ``(K,)``.
    categories_ : list
        For each column its labels, None for numbers and counts.
    encoder_ : suffice.data.ColumnEncoder
        Turns tables into numbers, and back; after ``partial_fit`` that of the first call, so give it rows with all labels.
    n_iter_ : int
        Passes over the rows.
    converged_ : bool
        Whether these were enough.
    outcome_ : str
        How the fit ended, a sentence.
    model_ : suffice.latent.Mixture
        The fitted module, whose components are the classes.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from suffice import NaiveBayes
    >>> table = pa.table({"mass": [5.1, 5.3, 3.7, None], "sex": ["f", "m", "f", "m"], "eggs": [2, 3, 1, 0]})
    >>> classifier = NaiveBayes().fit(table, ["Gentoo", "Gentoo", "Adelie", "Adelie"])
    >>> classifier.kinds_, classifier.predict(table)[:1]
    (['gaussian', 'categorical', 'poisson'], array(['Gentoo'], dtype='<U6'))
    """

    kinds: Any = None
    _: KW_ONLY
    prior_strength: float = 1.0
    handle_unknown: str = "missing"

    encoder_: ColumnEncoder = field(init=False)

    def _check_own(self) -> None:
        check_choice("handle_unknown", self.handle_unknown, ("error", "missing"))

    @property
    def _input(self) -> LabelledColumns:
        return LabelledColumns(self, new_encoder=ColumnEncoder(self.kinds))

    def _settle_for_steps(self) -> None:
        if self.kinds is None:
            found = self.encoder_.kinds_
            self.encoder_.kinds_ = [kind if KINDS[kind].one_pass else "gaussian" for kind in found]

    def _kind(self) -> ColumnClasses:
        groups = self._input.groups()
        sizes = {kind: self._input.sizes(columns) for kind, columns in groups.items()}
        return ColumnClasses(groups, sizes, self.prior_strength, self.reg_covar)

    def _parameters(self, model: Mixture, class_prior: np.ndarray) -> dict[str, Any]:
        components: Any = model.components
        return {
            "kinds_": list(self.encoder_.kinds_),
            "categories_": [None if labels is None else np.asarray(labels) for labels in self.encoder_.categories_],
            "column_parameters_": components.parameters_of_columns(),
        }
