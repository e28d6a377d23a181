"""Bernoulli mixtures (latent class models of binary columns) with scikit-learn's manners."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np

from suffice.estimators.mixtures.base import MixtureEstimator
from suffice.estimators.mixtures.beginning import Beginning
from suffice.estimators.mixtures.independent_columns import named_parameters, product_beginning
from suffice.estimators.shared.rows import PlainColumns
from suffice.latent.families.bernoulli import Bernoulli
from suffice.latent.mixture import Mixture, MixturePrior
from suffice.rows.missing import any_missing, missing_code
from suffice.rows.sparse import SparseRows


@dataclass(eq=False, repr=False, kw_only=True)
class BernoulliMixture(MixtureEstimator):
    r"""Mixture of K products of Bernoulli variables, for binary rows, fitted by expectation-maximisation.

    .. math:: p(x) = \sum_k \pi_k \prod_d p_{kd}^{x_d} (1 - p_{kd})^{1 - x_d}

    Formulas: Bishop, *Pattern Recognition and Machine Learning* (2006), section 9.3.3.

    Parameters
    ----------
    binarize
        Cells above this number become 1, the others 0; None refuses anything but 0 and 1. Answers coded 1 and 2 need 1.5: two
        numbers on one side of it are refused (where rows of the fit are in memory).
    accept_sparse
        Changes nothing: rows may always be a scipy.sparse matrix, of which the stored cells alone are worked at.
    probabilities_init
        Probabilities to start from, ``(K, D)``, in [0, 1].
    frozen
        Names of parameters that stay at the values given to start from, out of ``"weights"`` and ``"probabilities"``.
    tied
        Parameters that components share, a dictionary from ``"weights"`` and ``"probabilities"`` to a label
        for each component: ``(K,)``, or ``(K, D)`` for one in each column. Those of one label share the probability.
    degenerate
        As in ``GaussianMixture``, of components that hold less than one row's weight.
    prior_strength
        Conjugate (beta) prior over the probabilities, as a number of rows seen beforehand in each component.
    prior_mean
        Mean of these rows, ``(D,)`` in [0, 1]; None is the mean of the data.
    n_components, tol, max_iter, n_init, init_params, weights_init, weight_concentration_prior, random_state, precision
        As in ``GaussianMixture``.
    warm_start, verbose, learning_decay, learning_offset
        As in ``GaussianMixture``.

    Attributes
    ----------
    probabilities_ : numpy.ndarray
        Probability of a 1, ``(K, D)``.
    weights_, lower_bound_, outcome_, model_ : numpy.ndarray, float, str, suffice.latent.Mixture
        As in ``GaussianMixture``, and all its other attributes of a fit.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice import BernoulliMixture
    >>> X = np.array([[1, 1, 0], [1, 1, 0], [0, 0, 1], [0, 0, 1]])
    >>> mixture = BernoulliMixture(n_components=2, random_state=0, max_iter=500).fit(X)
    >>> print(mixture.weights_.round(3), np.sort(mixture.probabilities_[:, 0]).round(2))
    [0.5 0.5] [0. 1.]
    """

    binarize: float | None = 0.0
    accept_sparse: bool = False
    tied: Any = None
    prior_mean: Any = None
    probabilities_init: Any = None

    @property
    def _input(self) -> PlainColumns:
        kinds = np.float64, np.float32, np.uint8, np.bool_
        return PlainColumns(
            self, self._prepared, kinds=kinds, accept_sparse=self.accept_sparse, check=self._check_coded
        )

    def _check_coded(self, rows: np.ndarray) -> None:
        """Refuse two numbers, as codes of two answers are, between which the threshold does not lie."""
        if self.binarize is None or rows.dtype == bool:
            return
        low, high = float(np.fmin.reduce(rows, None)), float(np.fmax.reduce(rows, None))
        if not low < high or low <= self.binarize < high:
            return
        if ((rows == low) | (rows == high) | (rows != rows)).all():
            raise ValueError(
                f"Every cell of X is {low:g} or {high:g}, and both are {'above' if low > self.binarize else 'at most'} "
                f"binarize={self.binarize:g}, so that nothing would tell rows apart; set binarize={(low + high) / 2:g}."
            )

    def _check_own(self) -> None:
        if self.binarize is not None and (not isinstance(self.binarize, Real) or np.isnan(float(self.binarize))):
            raise ValueError(f"binarize={self.binarize!r} was given; a number is expected, or None.")

    def _prepared(self, rows: np.ndarray) -> np.ndarray:
        """Rows of 0 and 1 in one byte each; they become floating-point numbers a tile at a time."""
        if self.binarize is not None:
            return _with_code(rows, (rows > self.binarize).view(np.uint8))
        binary = (rows == 0) | (rows == 1) | np.isnan(rows) if rows.dtype.kind == "f" else rows <= 1
        if not binary.all():
            row, column = np.argwhere(~binary)[0]
            raise ValueError(
                f"X holds {rows[row, column]:g} at row {row}, column {column}; with binarize=None only 0 and 1 are allowed. "
                "Set binarize to the number above which a cell counts as 1."
            )
        with np.errstate(invalid="ignore"):
            return _with_code(rows, rows.astype(np.uint8, copy=False))

    def _code(self, column: int, value: Any) -> Any:
        number = isinstance(value, Real) and np.isfinite(float(value))
        return float(float(value) > self.binarize) if self.binarize is not None and number else value

    def _beginning(self) -> Beginning:
        return product_beginning(self, Bernoulli, softened)

    def _parameters(self, model: Mixture) -> dict[str, Any]:
        return named_parameters(model)

    def _likelihood_of(self) -> str:
        above = "" if self.binarize is None else f", 1 for cells above {self.binarize:g}"
        return f"probability of whole numbers{above}"


def _with_code(rows: np.ndarray, binary: np.ndarray) -> np.ndarray:
    """Binary rows with the code for missing where cells were NaN."""
    if rows.dtype.kind == "f" and any_missing(rows):
        binary[np.isnan(rows)] = missing_code(binary.dtype)
    return binary


def softened(
    blank: Bernoulli, rows: np.ndarray | SparseRows, weight: np.ndarray, share: np.ndarray, prior: MixturePrior
) -> tuple[np.ndarray, Bernoulli]:
    """Weights (R, K) and components from responsibilities (R, n, K), with a share of a row added to each weight."""
    held = share * weight[:, None]
    count = held.sum(1)
    matrix = rows.matrix if isinstance(rows, SparseRows) else rows
    ones = np.stack([own.T @ matrix for own in held])
    chances = (ones + blank.prior.mean) / (count[..., None] + 1)
    return (count + 1e-3) / (count + 1e-3).sum(-1, keepdims=True), Bernoulli(chances, blank.prior)
