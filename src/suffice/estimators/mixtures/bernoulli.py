"""Bernoulli mixtures (latent class models of binary columns) with scikit-learn's manners."""

from __future__ import annotations

from numbers import Real
from typing import Any, ClassVar

import numpy as np

from suffice.estimators.mixtures.base import MixtureEstimator
from suffice.latent.families.bernoulli import Bernoulli, BernoulliPrior
from suffice.latent.mixture import Mixture
from suffice.latent.starts import STARTS
from suffice.rows.missing import any_missing, missing_code
from suffice.rows.survey import Survey
from suffice.validation import check_shape


class BernoulliMixture(MixtureEstimator):
    r"""Mixture of K products of Bernoulli variables, for binary rows, fitted by expectation-maximisation.

    .. math:: p(x) = \sum_k \pi_k \prod_d p_{kd}^{x_d} (1 - p_{kd})^{1 - x_d}

    Formulas: Bishop, *Pattern Recognition and Machine Learning* (2006), section 9.3.3.

    Parameters
    ----------
    n_components
        Number of components K.
    binarize
        Cells above this number become 1, the others 0; None refuses anything but 0 and 1.
    accept_sparse
        Whether rows may be a scipy.sparse matrix, of which a block at a time is made dense.
    tol
        Stop when the mean log-likelihood of a row changes by less than this, in nats.
    max_iter
        Largest number of iterations.
    n_init
        Number of restarts, run together; the one of highest log-likelihood is kept, every trace is in ``traces_``.
    init_params
        Where restarts begin: ``"kmeans"``, ``"k-means++"``, ``"random"`` or ``"random_from_data"``.
    weights_init
        Weights to start from, ``(K,)``.
    probabilities_init
        Probabilities to start from, ``(K, D)``, in [0, 1].
    frozen
        Names of parameters that stay at the values given to start from, out of ``"weights"`` and ``"probabilities"``.
    tied
        Parameters that components share, a dictionary from ``"weights"`` and ``"probabilities"`` to a label
        for each component: ``(K,)``, or ``(K, D)`` for one in each column. Those of one label share the probability.
    degenerate
        What becomes of components that hold less than one row's weight: ``"keep"`` warns. ``"remove"`` takes them out and
        fits on, so that K is smaller than ``n_components``. ``"restart"`` puts them on rows that the model explains worst, up to
        5 times, and keeps them with the warning if that does not help. ``outcome_`` says what was done.
    weight_concentration_prior
        Concentration of the symmetric Dirichlet prior over the weights, at least 1; None is 1, which adds nothing.
    prior_strength
        Conjugate (beta) prior over the probabilities, as a number of rows seen beforehand in each component.
    prior_mean
        Mean of these rows, ``(D,)`` in [0, 1]; None is the mean of the data.
    random_state
        Seed, or NumPy random state; the same seed gives the same result, whatever the order of the rows.
    precision
        ``"float64"`` or ``"float32"``.
    warm_start
        Begin at the parameters of the last fit.
    verbose
        1 shows a progress bar on a terminal.
    learning_decay
        How fast the steps of ``partial_fit`` grow smaller, above 0.5 and at most 1.
    learning_offset
        Steps that ``partial_fit`` counts as done beforehand, at least 0: more make the first steps smaller.

    Attributes
    ----------
    weights_ : numpy.ndarray
        ``(K,)``.
    probabilities_ : numpy.ndarray
        Probability of a 1, ``(K, D)``.
    lower_bound_ : float
        Mean log-likelihood of a row (plus log-prior) in the last iteration, in nats.
    lower_bounds_ : numpy.ndarray
        The same for each iteration of the best restart.
    traces_ : list of numpy.ndarray
        The same for each restart.
    converged_ : bool
        Whether the best restart converged.
    n_iter_ : int
        Its number of iterations.
    outcome_ : str
        How the fit ended, a sentence.
    effective_rows_ : float
        Number of rows that the parameters rest on: the weight of the data, or after ``partial_fit`` what it has not forgotten.
    n_steps_ : int
        Number of steps, after ``partial_fit``.
    model_ : suffice.latent.Mixture
        The fitted module.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice import BernoulliMixture
    >>> X = np.array([[1, 1, 0], [1, 1, 0], [0, 0, 1], [0, 0, 1]])
    >>> mixture = BernoulliMixture(n_components=2, random_state=0, max_iter=500).fit(X)
    >>> print(mixture.weights_.round(3), np.sort(mixture.probabilities_[:, 0]).round(2))
    [0.5 0.5] [0. 1.]
    """

    _kinds: ClassVar[tuple[Any, ...]] = (np.float64, np.float32, np.uint8, np.bool_)

    def __init__(
        self,
        n_components: int = 1,
        *,
        binarize: float | None = 0.0,
        accept_sparse: bool = False,
        tol: float = 1e-3,
        max_iter: int = 100,
        n_init: int = 1,
        init_params: str = "kmeans",
        weights_init: Any = None,
        probabilities_init: Any = None,
        frozen: Any = None,
        tied: Any = None,
        degenerate: str = "keep",
        weight_concentration_prior: float | None = None,
        prior_strength: float = 0.0,
        prior_mean: Any = None,
        random_state: Any = None,
        precision: str = "float64",
        warm_start: bool = False,
        verbose: int = 0,
        learning_decay: float = 0.7,
        learning_offset: float = 10.0,
    ):
        self.n_components = n_components
        self.binarize = binarize
        self.accept_sparse = accept_sparse
        self.tol = tol
        self.max_iter = max_iter
        self.n_init = n_init
        self.init_params = init_params
        self.weights_init = weights_init
        self.probabilities_init = probabilities_init
        self.frozen = frozen
        self.tied = tied
        self.degenerate = degenerate
        self.weight_concentration_prior = weight_concentration_prior
        self.prior_strength = prior_strength
        self.prior_mean = prior_mean
        self.random_state = random_state
        self.precision = precision
        self.warm_start = warm_start
        self.verbose = verbose
        self.learning_decay = learning_decay
        self.learning_offset = learning_offset

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

    def _encoded(self, column: int, value: Any) -> Any:
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
        return Mixture(self._weights_start(weights, restarts), components, self._mixture_prior())

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

    def _set_parameters(self, model: Any) -> None:
        self.probabilities_ = np.asarray(model.components.probabilities)
