"""Bernoulli mixtures (latent class models of binary columns) with scikit-learn's manners."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np

from suffice.estimators.mixtures.base import MixtureEstimator
from suffice.estimators.shared.rows import PlainColumns
from suffice.latent.begin import weights_from
from suffice.latent.families.bernoulli import Bernoulli, BernoulliPrior
from suffice.latent.mixture import Mixture
from suffice.latent.starts import STARTS
from suffice.rows.missing import any_missing, missing_code
from suffice.rows.survey import Survey
from suffice.validation import check_shape


@dataclass(eq=False, repr=False, kw_only=True)
class BernoulliMixture(MixtureEstimator):
    r"""Mixture of K products of Bernoulli variables, for binary rows, fitted by expectation-maximisation.

    .. math:: p(x) = \sum_k \pi_k \prod_d p_{kd}^{x_d} (1 - p_{kd})^{1 - x_d}

    Formulas: Bishop, *Pattern Recognition and Machine Learning* (2006), section 9.3.3.

    Parameters
    ----------
    binarize
        Cells above this number become 1, the others 0; None refuses anything but 0 and 1.
    accept_sparse
        Whether rows may be a scipy.sparse matrix, of which a block at a time is made dense.
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
    probabilities_init: Any = None
    tied: Any = None
    prior_mean: Any = None

    @property
    def _input(self) -> PlainColumns:
        return PlainColumns(
            self, self._prepared, kinds=(np.float64, np.float32, np.uint8, np.bool_), accept_sparse=self.accept_sparse
        )

    def _check_parameters(self) -> None:
        super()._check_parameters()
        if self.binarize is not None and (not isinstance(self.binarize, Real) or np.isnan(float(self.binarize))):
            raise ValueError(f"binarize={self.binarize!r} was given; a number is expected, or None.")

    def _prepared(self, rows: np.ndarray) -> np.ndarray:
        """Rows of 0 and 1 in one byte each; they become floating-point numbers a tile at a time."""
        if self.binarize is not None:
            return self._with_code(rows, (rows > self.binarize).view(np.uint8))
        binary = (rows == 0) | (rows == 1) | np.isnan(rows) if rows.dtype.kind == "f" else rows <= 1
        if not binary.all():
            row, column = np.argwhere(~binary)[0]
            raise ValueError(
                f"X holds {rows[row, column]:g} at row {row}, column {column}; with binarize=None only 0 and 1 are allowed. "
                "Set binarize to the number above which a cell counts as 1."
            )
        with np.errstate(invalid="ignore"):
            return self._with_code(rows, rows.astype(np.uint8, copy=False))

    def _with_code(self, rows: np.ndarray, binary: np.ndarray) -> np.ndarray:
        """Binary rows with the code for missing where cells were NaN."""
        if rows.dtype.kind == "f" and any_missing(rows):
            binary[np.isnan(rows)] = missing_code(binary.dtype)
        return binary

    def _code(self, column: int, value: Any) -> Any:
        number = isinstance(value, Real) and np.isfinite(float(value))
        return float(float(value) > self.binarize) if self.binarize is not None and number else value

    def _start(self, overview: Survey, origin: Any, restarts: int, generator: Any) -> Mixture:
        shape = (restarts, self.n_components, len(overview.mean))
        weights, probabilities = np.full(shape[:2], 1 / self.n_components), np.broadcast_to(overview.mean, shape)
        if self.probabilities_init is None or self.weights_init is None:
            weights, probabilities = self._from_sample(overview, restarts, generator)
        if self.probabilities_init is not None:
            given = check_shape("probabilities_init", self.probabilities_init, shape[1:])
            probabilities = np.broadcast_to(self._probability("probabilities_init", given), shape)
        components = Bernoulli(probabilities, self._prior(overview, origin))
        return Mixture(weights_from(self.weights_init, weights), components, self._mixture_prior())

    def _from_sample(self, overview: Survey, restarts: int, generator: Any) -> tuple[np.ndarray, np.ndarray]:
        """Weights and probabilities of the sample's starting shares, with one row of the overall mean added to each."""
        rows, weight = overview.filled, overview.sample_weight
        share = STARTS[self.init_params](rows, weight, self.n_components, restarts, generator) * weight[:, None]
        count = share.sum(1)
        ones = np.swapaxes(share, -1, -2) @ rows
        return (count + 1e-3) / (count + 1e-3).sum(-1, keepdims=True), (ones + overview.mean) / (count[..., None] + 1)

    def _family(self) -> type[Bernoulli]:
        return Bernoulli

    def _likelihood_of(self) -> str:
        above = "" if self.binarize is None else f", 1 for cells above {self.binarize:g}"
        return f"probability of whole numbers{above}"

    def _prior(self, overview: Survey, origin: Any) -> BernoulliPrior:
        mean = overview.mean
        if self.prior_mean is not None:
            mean = self._probability("prior_mean", check_shape("prior_mean", self.prior_mean, overview.mean.shape))
        return BernoulliPrior(float(self.prior_strength) or None, mean)

    def _probability(self, name: str, values: np.ndarray) -> np.ndarray:
        if ((values < 0) | (values > 1)).any():
            raise ValueError(f"{name} holds values outside [0, 1]; give probabilities.")
        return values

    def _parameters(self, model: Mixture) -> dict[str, Any]:
        components: Any = model.components
        return {"probabilities_": np.asarray(components.probabilities)}
