"""Poisson mixtures, for rows of counts, with scikit-learn's manners."""

from __future__ import annotations

from typing import Any

import numpy as np

from suffice.estimators.mixtures.base import MixtureEstimator
from suffice.latent.families.poisson import Poisson, PoissonPrior
from suffice.latent.mixture import Mixture
from suffice.rows.survey import Survey
from suffice.validation import check_shape


class PoissonMixture(MixtureEstimator):
    r"""Mixture of K products of Poisson variables, for rows of counts, fitted by expectation-maximisation.

    .. math:: p(x) = \sum_k \pi_k \prod_d e^{-\lambda_{kd}} \lambda_{kd}^{x_d} / x_d!

    Formulas: McLachlan and Peel, *Finite Mixture Models* (2000), chapter 5.

    Parameters
    ----------
    n_components
        Number of components K.
    allow_fractional
        Whether cells may be fractional; rates are then means of the cells all the same, and x! is :math:`\Gamma(x + 1)`.
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
    rates_init
        Expected counts to start from, ``(K, D)``, not negative.
    frozen
        Names of parameters that stay at the values given to start from, out of ``"weights"`` and ``"rates"``.
    tied
        Parameters that components share, a dictionary from ``"weights"`` and ``"rates"`` to a label
        for each component: ``(K,)``, or ``(K, D)`` for one in each column. Those of one label share the rate.
    degenerate
        What becomes of components that hold less than one row's weight: ``"keep"`` warns. ``"remove"`` takes them out and
        fits on, so that K is smaller than ``n_components``. ``"restart"`` puts them on rows that the model explains worst, up to
        5 times, and keeps them with the warning if that does not help. ``outcome_`` says what was done.
    weight_concentration_prior
        Concentration of the symmetric Dirichlet prior over the weights, at least 1; None is 1, which adds nothing.
    prior_strength
        Conjugate (gamma) prior over the rates, as a number of rows seen beforehand in each component.
    prior_mean
        Mean of these rows, ``(D,)``, not negative; None is the mean of the data.
    learning_decay
        How fast the steps of ``partial_fit`` grow smaller, above 0.5 and at most 1.
    learning_offset
        Steps that ``partial_fit`` counts as done beforehand, at least 0: more make the first steps smaller.
    random_state
        Seed, or NumPy random state; the same seed gives the same result, whatever the order of the rows.
    precision
        ``"float64"`` or ``"float32"``.
    warm_start
        Begin at the parameters of the last fit.
    verbose
        1 shows a progress bar on a terminal.

    Attributes
    ----------
    weights_ : numpy.ndarray
        ``(K,)``.
    rates_ : numpy.ndarray
        Expected counts, ``(K, D)``.
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
    n_steps_ : int
        Number of steps, after ``partial_fit``.
    model_ : suffice.latent.Mixture
        The fitted module.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice import PoissonMixture
    >>> X = np.array([[1, 0], [0, 1], [1, 1], [12, 9], [10, 11], [11, 10]])
    >>> mixture = PoissonMixture(n_components=2, random_state=0).fit(X)
    >>> print(mixture.weights_.round(2), np.sort(mixture.rates_[:, 0]).round(1))
    [0.5 0.5] [ 0.7 11. ]
    """

    def __init__(
        self,
        n_components: int = 1,
        *,
        allow_fractional: bool = True,
        accept_sparse: bool = False,
        tol: float = 1e-3,
        max_iter: int = 100,
        n_init: int = 1,
        init_params: str = "kmeans",
        weights_init: Any = None,
        rates_init: Any = None,
        frozen: Any = None,
        tied: Any = None,
        degenerate: str = "keep",
        weight_concentration_prior: float | None = None,
        prior_strength: float = 0.0,
        prior_mean: Any = None,
        learning_decay: float = 0.7,
        learning_offset: float = 10.0,
        random_state: Any = None,
        precision: str = "float64",
        warm_start: bool = False,
        verbose: int = 0,
    ):
        self.n_components = n_components
        self.allow_fractional = allow_fractional
        self.accept_sparse = accept_sparse
        self.tol = tol
        self.max_iter = max_iter
        self.n_init = n_init
        self.init_params = init_params
        self.weights_init = weights_init
        self.rates_init = rates_init
        self.frozen = frozen
        self.tied = tied
        self.degenerate = degenerate
        self.weight_concentration_prior = weight_concentration_prior
        self.prior_strength = prior_strength
        self.prior_mean = prior_mean
        self.learning_decay = learning_decay
        self.learning_offset = learning_offset
        self.random_state = random_state
        self.precision = precision
        self.warm_start = warm_start
        self.verbose = verbose

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.positive_only = True
        return tags

    def _prepared(self, rows: np.ndarray) -> np.ndarray:
        """Rows of counts; anything else is refused."""
        self._refuse(rows, rows < 0, "Negative", "counts are at least 0: GaussianMixture takes other numbers.")
        if not self.allow_fractional:
            fractional = (rows != np.floor(rows)) & ~np.isnan(rows)
            self._refuse(
                rows, fractional, "Fractional", "counts are whole numbers: set allow_fractional=True for others."
            )
        return rows

    def _refuse(self, rows: np.ndarray, wrong: np.ndarray, what: str, advice: str) -> None:
        if wrong.any():
            row, column = np.argwhere(wrong)[0]
            named = self._named(np.array([column]))
            raise ValueError(
                f"{what} values in data passed to X: {rows[row, column]:g} at row {row}, column {named}; {advice}"
            )

    def _likelihood_of(self) -> str:
        return "probability of counts"

    def _start(self, overview: Survey, origin: Any, restarts: int, generator: Any) -> Mixture:
        shape = (restarts, self.n_components, len(overview.mean))
        prior = self._prior(overview, origin)
        weights, components = (
            np.full(shape[:2], 1 / self.n_components),
            Poisson(np.broadcast_to(overview.mean, shape), prior),
        )
        if self.rates_init is None or self.weights_init is None:
            blank = Poisson(components.rates, PoissonPrior(1.0, overview.mean))
            rows = overview.filled
            weights, maximize_given_responsibilities = self._from_shares(
                blank, np.sqrt(rows), rows, overview.sample_weight, restarts, generator
            )
            components = Poisson(maximize_given_responsibilities.rates, prior)
        if self.rates_init is not None:
            given = self._positive("rates_init", check_shape("rates_init", self.rates_init, shape[1:]))
            components = Poisson(np.broadcast_to(given, shape), prior)
        return Mixture(self._weights_start(weights, restarts), components, self._mixture_prior())

    def _family(self) -> type[Poisson]:
        return Poisson

    def _prior(self, overview: Survey, origin: Any) -> PoissonPrior:
        mean = overview.mean
        if self.prior_mean is not None:
            mean = self._positive("prior_mean", check_shape("prior_mean", self.prior_mean, overview.mean.shape))
        return PoissonPrior(float(self.prior_strength) or None, mean)

    def _positive(self, name: str, values: np.ndarray) -> np.ndarray:
        if (values < 0).any():
            raise ValueError(f"{name} holds negative numbers; expected counts are at least 0.")
        return values

    def _set_parameters(self, model: Any) -> None:
        self.rates_ = np.asarray(model.components.rates)
