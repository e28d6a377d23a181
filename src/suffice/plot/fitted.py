"""What pictures and pages read of fitted estimators."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np

from suffice.runtime.types import ArrayLike, TableLike

if TYPE_CHECKING:
    from suffice.energy.rbm.machine import BoltzmannMachine
    from suffice.latent.factors.linear_gaussian import LinearGaussian


class FittedMixture(Protocol):
    """A mixture of suffice, or a Gaussian one of scikit-learn, of D columns."""

    weights_: np.ndarray
    n_features_in_: int

    def predict_proba(self, X: TableLike) -> np.ndarray:
        """Responsibilities (n, K)."""
        ...


class Climbed(Protocol):
    """A mixture or factor model fitted by expectation-maximisation, with a trace for every start."""

    n_features_in_: int
    tol: float | None
    max_iter: int
    traces_: Sequence[np.ndarray]
    lower_bounds_: np.ndarray
    lower_bound_: float
    converged_: bool
    n_iter_: int


class ClimbedMixture(FittedMixture, Climbed, Protocol):
    """A mixture fitted by expectation-maximisation."""


class FittedFactors(Climbed, Protocol):
    """A factor model of k latent variables, of D columns."""

    n_components: int
    model_: LinearGaussian
    loadings_: np.ndarray
    components_: np.ndarray
    mean_: np.ndarray
    eigenvalues_: np.ndarray
    noise_variance_: float | np.ndarray

    def transform(self, X: TableLike) -> np.ndarray:
        """Latent variables (n, k)."""
        ...

    def inverse_transform(self, X: ArrayLike) -> np.ndarray:
        """Rows (n, D)."""
        ...

    def get_covariance(self) -> np.ndarray:
        """Covariance of the columns (D, D)."""
        ...


class Learned(Protocol):
    """An RBM or a network, with figures of each epoch."""

    n_iter_: int
    trace_: dict[str, np.ndarray]


class LearnedRBM(Learned, Protocol):
    """An RBM of P hidden units."""

    n_hidden: int
    visible: str
    model_: BoltzmannMachine
    weights_: np.ndarray
    hidden_bias_: np.ndarray


class Classifying(Protocol):
    """A classifier of K classes."""

    classes_: np.ndarray
    n_features_in_: int

    def predict_proba(self, X: TableLike) -> np.ndarray:
        """Probability of each class (n, K)."""
        ...
