"""Classification by a restricted Boltzmann machine whose visible units include the class."""

from __future__ import annotations

from typing import Self

import numpy as np
from scipy.special import softmax
from sklearn.base import ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted

from suffice.energy.rbm.categorical_rbm import CategoricalRBM
from suffice.estimators.rbm.base import RBMEstimator
from suffice.estimators.shared.row_weights import row_weights
from suffice.estimators.shared.rows import validate
from suffice.estimators.shared.visible_units import VisibleUnits
from suffice.outcome import Outcome
from suffice.rows.each import each_row
from suffice.runtime.keys import seed_of
from suffice.runtime.types import ArrayLike, TableLike


class RBMClassifier(ClassifierMixin, RBMEstimator):
    r"""Classifier by an RBM of binary rows and their class: one visible unit for each class, of which one is 1.

    .. math:: p(y \mid x) \propto \exp(-F(x, y))

    exactly, where F sums the hidden units out (Larochelle and Bengio, 2008, in its generative form: learning maximises
    the joint likelihood of rows and classes).

    Parameters
    ----------
    n_hidden
        Number of hidden units.
    binarize, sampler, n_steps, n_chains, n_temperatures, centred
        As in ``RBM``.
    learning_rate, schedule, momentum, weight_decay, averaging, optimizer, batch_size, epochs, weight_scale
        As in ``RBM``.
    validation_fraction, largest_gap, random_state, precision, verbose
        As in ``RBM``.

    Attributes
    ----------
    classes_ : numpy.ndarray
        The classes.
    model_ : suffice.energy.CategoricalRBM
        The fitted module; its last units are the classes.
    weights_, visible_bias_, hidden_bias_, trace_, n_iter_, outcome_, chains_, base_, threshold_
        As in ``RBM``.

    Raises
    ------
    ValueError
        In ``fit``, for parameters out of their ranges, and rows or labels that cannot be used.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice import RBMClassifier
    >>> X = np.repeat([[1, 1, 0, 0], [0, 0, 1, 1]], 50, axis=0)
    >>> y = np.repeat(["left", "right"], 50)
    >>> RBMClassifier(4, epochs=100, batch_size=10, learning_rate=0.2, random_state=0).fit(X, y).predict(X[[0, 99]])
    array(['left', 'right'], dtype='<U5')
    """

    visible = "bernoulli"
    model_: CategoricalRBM
    classes_: np.ndarray
    threshold_: float | None

    def fit(self, X: TableLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Learn the joint distribution of rows and classes.

        Parameters
        ----------
        X
            Rows ``(n, D)``, complete.
        y
            Classes ``(n,)``.
        sample_weight
            Row weights ``(n,)``, not negative; None is 1 for every row.
        """
        self._check_parameters()
        rows, y = validate(self, X, y, dtype=(np.float64, np.float32))
        check_classification_targets(y)
        weight = row_weights(sample_weight, rows)
        self.classes_, codes = np.unique(y, return_inverse=True)
        classes, visible = len(self.classes_), self._learn_units(self.visible, rows, weight)
        units, seed = np.hstack([visible.encode(rows), np.eye(classes)[codes]]), seed_of(self.random_state)
        n_binary = units.shape[1] - classes
        model = CategoricalRBM(
            [classes], self.n_hidden, key=seed, n_binary=n_binary, scale=self._weight_scale(units.shape[1], "bernoulli")
        )
        if self._fit(model, units, weight, None, seed).outcome is Outcome.INTERRUPTED:
            raise KeyboardInterrupt
        return self

    def predict_proba(self, X: TableLike) -> np.ndarray:
        """Probability of each class given the row, ``(n, classes)``.

        Parameters
        ----------
        X
            Rows ``(n, D)``, complete.
        """
        check_is_fitted(self, "model_")
        rows = validate(self, X, reset=False, dtype=(np.float64, np.float32))
        units = VisibleUnits(self.visible, threshold=self.threshold_).encode(rows)
        joint = (np.hstack([units, np.tile(one, (len(units), 1))]) for one in np.eye(len(self.classes_)))
        energies = [each_row(self.model_.free_energy, both, "float64") for both in joint]
        return softmax(-np.stack(energies, axis=1), axis=1)

    def predict(self, X: TableLike) -> np.ndarray:
        """The most probable class of each row, ``(n,)``.

        Parameters
        ----------
        X
            Rows ``(n, D)``, complete.
        """
        probability = self.predict_proba(X)
        return self.classes_[probability.argmax(axis=1)]
