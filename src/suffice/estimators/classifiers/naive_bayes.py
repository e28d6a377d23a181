"""Naive Bayes over columns of different kinds, with scikit-learn's manners."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Any, Self

import equinox as eqx
import numpy as np

from suffice.data.encode import ColumnEncoder
from suffice.estimators.classifiers.class_conditional import ClassConditional
from suffice.estimators.mixtures.column_parameters import by_columns
from suffice.estimators.shared.labelled_columns import LabelledColumns
from suffice.latent.by_class import overall
from suffice.latent.families.bernoulli import Bernoulli, BernoulliPrior
from suffice.latent.families.categorical import Categorical, CategoricalPrior
from suffice.latent.families.constrained_gaussian import GAUSSIANS, DiagonalGaussian
from suffice.latent.families.family import Family
from suffice.latent.families.gaussian import GaussianPrior
from suffice.latent.families.mixed import Mixed
from suffice.latent.families.poisson import Poisson, PoissonPrior
from suffice.latent.forms.natural import Moments, split
from suffice.latent.mixture import Mixture
from suffice.runtime.precision import scope
from suffice.validation import check_choice, check_varying


@dataclass(eq=False, repr=False)
class NaiveBayes(ClassConditional):
    r"""Classifier for tables whose columns are numbers, truth values, categories and counts, independent given the class.

    .. math:: p(y = k \mid x) \propto \pi_k \prod_d p(x_d \mid \theta_{kd})

    Missing cells may be anywhere, in ``fit`` and in ``predict``; those of labelled rows take no iterations.

    Parameters
    ----------
    kinds
        Kinds of the columns: None detects them as ``suffice.data.ColumnEncoder`` says, a list of D or a dictionary from names to
        kinds states them: ``"gaussian"``, ``"bernoulli"``, ``"categorical"`` or ``"poisson"``.
    priors
        Probabilities of the classes ``(K,)`` in the order of ``classes_``; None takes their shares of the row weights.
    prior_strength
        Conjugate prior over the parameters, as a number of rows seen beforehand in each class, whose means, variances and
        shares of categories are those of all rows. 1, so that what a class has not shown is not impossible there; 0 adds
        nothing.
    reg_covar
        Floor of the variances, relative to each column's.
    weight_concentration_prior
        Concentration of the symmetric Dirichlet prior over the class probabilities, at least 1; None is 1, which adds nothing.
    handle_unknown
        What becomes of labels in X that did not occur in the fit: ``"missing"``, with a warning, or ``"error"``.
    unlabelled
        Value of ``y`` that marks rows of unknown class, such as -1; None means that every row has its class.
    tol
        Expectation-maximisation stops when the mean log-likelihood of a row changes by less than this, in nats.
    max_iter
        Largest number of its iterations.
    precision
        ``"float64"`` or ``"float32"``.
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
        second label, ``"probabilities"`` ``(K, C)`` or ``"rate"`` ``(K,)``.
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

    def _check_parameters(self) -> None:
        super()._check_parameters()
        check_choice("handle_unknown", self.handle_unknown, ("error", "missing"))

    @property
    def _input(self) -> LabelledColumns:
        return LabelledColumns(self, new_encoder=ColumnEncoder(self.kinds))

    def _unit(self) -> Mixed:
        return self._mixed([self._blank(kind, columns) for kind, columns in self._input.groups().items()])

    def _mixed(self, parts: list[Family]) -> Mixed:
        return Mixed(parts, [columns.tolist() for columns in self._input.groups().values()])

    def _blank(self, kind: str, columns: np.ndarray) -> Family:
        shape = (1, len(columns))
        if kind == "gaussian":
            return GAUSSIANS["diag"](np.zeros(shape), np.ones(shape))
        if kind == "categorical":
            sizes = self._input.sizes(columns)
            return Categorical(np.repeat(1 / np.array(sizes), sizes)[None], sizes)
        return Bernoulli(np.full(shape, 0.5)) if kind == "bernoulli" else Poisson(np.full(shape, 0.5))

    def _movable(self) -> np.ndarray:
        return np.array(self.encoder_.kinds_) == "gaussian"

    def _overall(self, sums: Moments, centres: np.ndarray) -> list[Any]:
        """Of each group of columns the mean, and the variance of numbers, over all rows."""
        groups = zip(self._input.groups().items(), sums.common, strict=True)
        with scope("float64"):
            return [self._overall_of(kind, columns, own, centres) for (kind, columns), own in groups]

    def _overall_of(self, kind: str, columns: np.ndarray, sums: Moments, centres: np.ndarray) -> Any:
        if kind == "gaussian":
            mean, variance = overall(sums, centres[:, columns], "diag")
            constant = variance <= np.square(8 * np.finfo(float).eps * np.abs(mean))
            if self.reg_covar == 0 and self.prior_strength == 0:
                check_varying(", ".join(map(str, columns[constant])))
            return mean, np.where(constant, 1.0, variance)
        if kind == "categorical":
            parts = np.split(np.asarray(sums.total[:-1]).sum(-1), np.cumsum(self._input.sizes(columns))[:-1])
            return np.concatenate([(part + 1 / len(part)) / (part.sum() + 1) for part in parts])
        _, first, counts, _ = map(np.asarray, split(sums.total, len(columns)))
        return first.sum(0) / np.maximum(counts.sum(0), np.finfo(float).tiny)

    def _components(self, overall: list[Any], centres: np.ndarray) -> Mixed:
        groups = zip(self._input.groups().items(), overall, strict=True)
        return self._mixed([self._part(kind, columns, about, centres) for (kind, columns), about in groups])

    def _part(self, kind: str, columns: np.ndarray, about: Any, centres: np.ndarray) -> Family:
        """A family of the classes with the distribution of all rows, and the prior about it."""
        strength, count = float(self.prior_strength) or None, len(centres)
        if kind == "gaussian":
            mean, variance = about
            prior = GaussianPrior(strength, mean, np.diag(variance), self.reg_covar * variance)
            return DiagonalGaussian(centres[:, columns], np.repeat(variance[None], count, 0), prior)
        every = np.repeat(about[None], count, 0)
        if kind == "categorical":
            return Categorical(every, self._input.sizes(columns), CategoricalPrior(strength, about))
        if kind == "bernoulli":
            return Bernoulli(every, BernoulliPrior(strength, about))
        return Poisson(every, PoissonPrior(strength, about))

    def _simpler(self) -> Self:
        strength = max(1.0, float(self.prior_strength))
        simpler = type(self)(prior_strength=strength, precision=self.precision)
        simpler.encoder_, simpler.n_features_in_ = self.encoder_, self.n_features_in_
        return simpler

    def _begun(self, simpler: Self, overall: list[Any]) -> Mixed:
        found = simpler.model_.components
        prior = self._components(overall, np.zeros((len(self.classes_), self.n_features_in_))).prior
        return eqx.tree_at(lambda components: components.prior, found, prior)

    def _set_parameters(self, model: Mixture) -> None:
        components: Any = model.components
        self.kinds_ = list(self.encoder_.kinds_)
        self.categories_ = [None if labels is None else np.asarray(labels) for labels in self.encoder_.categories_]
        self.column_parameters_ = by_columns(components)
