"""Restricted Boltzmann machines one upon another."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import Any, Self, cast

import numpy as np
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin, clone
from sklearn.utils.validation import check_is_fitted

from suffice.energy.rbm.mixing import Mixing
from suffice.estimators.rbm.rbm import RBM
from suffice.nets.initial_weights import InitialWeights
from suffice.runtime.types import ArrayLike, TableLike


@dataclass(eq=False, repr=False)
class RBMStack(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    r"""RBMs learned one after another, each on the hidden probabilities of the one below (Hinton, Osindero and Teh, 2006).

    .. math:: h^{(0)} = x, \qquad h^{(l)} = \sigma\big(a^{(l)} + h^{(l-1)} W^{(l)}\big)

    Parameters
    ----------
    layers
        RBMs not yet fitted, the lowest first; those above it have binary visible units. None is two of 128 and 64 hidden units.

    Attributes
    ----------
    layers_ : list of RBM
        The fitted RBMs.

    Raises
    ------
    ValueError
        In ``fit``, when there is no layer, or one above the lowest has visible units that are not binary.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice import RBM, RBMStack
    >>> X = np.repeat([[1, 1, 0, 0], [0, 0, 1, 1]], 50, axis=0)
    >>> stack = RBMStack([RBM(3, epochs=5, random_state=0), RBM(2, epochs=5, random_state=0)]).fit(X)
    >>> stack.transform(X).shape, [layer.weights.shape for layer in stack.as_initial_weights()]
    ((100, 2), [(4, 3), (3, 2)])
    """

    layers: list[RBM] | None = None

    def fit(self, X: TableLike, y: ArrayLike | None = None, sample_weight: ArrayLike | None = None) -> Self:
        """Learn one layer after another.

        Parameters
        ----------
        X
            Rows ``(n, D)``.
        y
            Ignored; for scikit-learn's sake.
        sample_weight
            Row weights ``(n,)``, not negative; None is 1 for every row.
        """
        layers = [RBM(), RBM(64)] if self.layers is None else self.layers
        if not layers or not all(isinstance(layer, RBM) for layer in layers):
            raise ValueError(f"layers={self.layers!r} was given; a list of at least one RBM is expected.")
        if any(layer.visible != "bernoulli" for layer in layers[1:]):
            raise ValueError("A layer above the lowest sees probabilities: its visible units must be 'bernoulli'.")
        fitted: list[RBM] = []
        for layer in layers:
            machine: Any = clone(layer)
            fitted.append(machine.fit(X, sample_weight=sample_weight))
            X = fitted[-1].transform(X)
        self.layers_ = fitted
        return self

    def transform(self, X: TableLike) -> np.ndarray:
        """Hidden probabilities of the highest layer, ``(n, its hidden units)``.

        Parameters
        ----------
        X
            Rows ``(n, D)``.
        """
        check_is_fitted(self, "layers_")
        return reduce(lambda rows, layer: layer.transform(rows), self.layers_, cast(Any, X))

    def sample(self, n_samples: int = 1, *, n_steps: int = 1000) -> tuple[np.ndarray, Mixing]:
        """Rows drawn from the stack: the highest RBM is sampled, and passed down a layer at a time.

        Parameters
        ----------
        n_samples
            Number of rows, and of chains in the highest RBM.
        n_steps
            Its steps of Gibbs sampling.

        Returns
        -------
        X : numpy.ndarray
            Rows ``(n_samples, D)``.
        mixing : suffice.energy.Mixing
            How well the chains of the highest RBM have mixed.
        """
        check_is_fitted(self, "layers_")
        rows, mixing = self.layers_[-1].sample(n_samples, n_steps=n_steps)
        for layer in self.layers_[-2::-1]:
            rows = layer.drawn_from_hidden(rows)
        return rows, mixing

    @property
    def _n_features_out(self) -> int:
        return self.layers_[-1]._n_features_out

    def as_initial_weights(self) -> list[InitialWeights]:
        """Weights of each layer for a network, the lowest first."""
        check_is_fitted(self, "layers_")
        return [layer.as_initial_weights() for layer in self.layers_]
