"""Classification by a restricted Boltzmann machine whose visible units include the class."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from scipy.special import softmax
from sklearn.base import ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from suffice.estimators.rbm.learning import RBMLearning
from suffice.outcome import Outcome
from suffice.rows.each import each_row


class RBMClassifier(ClassifierMixin, RBMLearning):
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

    def __init__(
        self,
        n_hidden: int = 128,
        *,
        binarize: float | str | None = "auto",
        sampler: str = "pcd",
        n_steps: int = 1,
        n_chains: int = 100,
        n_temperatures: int = 10,
        centred: bool = True,
        learning_rate: float = 0.1,
        schedule: str = "linear",
        momentum: float = 0.0,
        weight_decay: float = 0.0,
        averaging: float = 0.0,
        optimizer: Any = None,
        batch_size: int = 100,
        epochs: int = 20,
        weight_scale: float = 0.01,
        validation_fraction: float | None = None,
        largest_gap: float | None = None,
        random_state: Any = None,
        precision: str = "float32",
        verbose: int = 0,
    ):
        self.n_hidden = n_hidden
        self.binarize = binarize
        self.sampler = sampler
        self.n_steps = n_steps
        self.n_chains = n_chains
        self.n_temperatures = n_temperatures
        self.centred = centred
        self.learning_rate = learning_rate
        self.schedule = schedule
        self.momentum = momentum
        self.weight_decay = weight_decay
        self.averaging = averaging
        self.optimizer = optimizer
        self.batch_size = batch_size
        self.epochs = epochs
        self.weight_scale = weight_scale
        self.validation_fraction = validation_fraction
        self.largest_gap = largest_gap
        self.random_state = random_state
        self.precision = precision
        self.verbose = verbose

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
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
        rows, y = validate_data(self, X, y, dtype=(np.float64, np.float32))
        check_classification_targets(y)
        weight = self._weights_of(sample_weight, rows)
        self.classes_, codes = np.unique(y, return_inverse=True)
        self._learn_units(rows, weight)
        units, seed = np.hstack([self._units(rows), np.eye(len(self.classes_))[codes]]), self._seed()
        units, weight, held_out = self._split(units, weight, seed)
        solution = self._learn(self._begin(units, weight, seed), units, weight, held_out, int(self.epochs), seed)
        self._keep(solution, units, weight)
        if solution.outcome is Outcome.INTERRUPTED:
            raise KeyboardInterrupt
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        """Probability of each class given the row, ``(n, classes)``.

        Parameters
        ----------
        X
            Rows ``(n, D)``, complete.
        """
        check_is_fitted(self, "model_")
        units = self._units(validate_data(self, X, reset=False, dtype=(np.float64, np.float32)))
        energies = [self._free_energy(units, one) for one in np.eye(len(self.classes_))]
        return softmax(-np.stack(energies, axis=1), axis=1)

    def predict(self, X: Any) -> np.ndarray:
        """The most probable class of each row, ``(n,)``.

        Parameters
        ----------
        X
            Rows ``(n, D)``, complete.
        """
        probability = self.predict_proba(X)
        return self.classes_[probability.argmax(axis=1)]

    def _free_energy(self, units: np.ndarray, one: np.ndarray) -> np.ndarray:
        return each_row(self.model_.free_energy, np.hstack([units, np.tile(one, (len(units), 1))]), "float64")

    def _module(self, n_visible: int, seed: int) -> Any:
        from suffice.energy import CategoricalRBM

        classes = len(self.classes_)
        return CategoricalRBM([classes], self.n_hidden, key=seed, n_binary=n_visible - classes, scale=self.weight_scale)

    def _base_bias(self, means: np.ndarray, count: int) -> np.ndarray:
        bias = super()._base_bias(means, count)
        classes = slice(len(means) - len(self.classes_), None)
        bias[classes] = np.log(np.maximum(means[classes], 0.5 / (count + 1)))
        return bias
