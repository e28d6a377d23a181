"""Gaussian mixtures with scikit-learn's manners."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from suffice.estimators.mixtures.base import MixtureEstimator
from suffice.latent.collapsed import COLLAPSED, collapsed
from suffice.latent.families.constrained_gaussian import GAUSSIANS
from suffice.latent.families.gaussian import Gaussian, GaussianPrior
from suffice.latent.mixture import Mixture
from suffice.rows.survey import Survey
from suffice.validation import check_at_least, check_choice, check_memory, check_shape, check_varying


class GaussianMixture(MixtureEstimator):
    r"""Mixture of K Gaussians, fitted by expectation-maximisation.

    .. math:: p(x) = \sum_k \pi_k \, N(x \mid \mu_k, \Sigma_k)

    Names and defaults are those of ``sklearn.mixture.GaussianMixture``; row weights, restarts in one program, priors, streams
    and a covariance floor relative to each column's variance come on top. From the same start with ``reg_covar=0`` both give
    the same parameters. Formulas: Bishop, *Pattern Recognition and Machine Learning* (2006), section 9.2.

    Parameters
    ----------
    n_components
        Number of components K.
    covariance_type
        ``"full"``: a covariance matrix for each component. ``"tied"``: one for all. ``"diag"``: variances of each column.
        ``"spherical"``: one variance for each component.
    tol
        Stop when the mean log-likelihood of a row changes by less than this, in nats.
    reg_covar
        Added to the variances, as a share of each column's variance over all rows; a constant column counts as variance 1.
        0 switches it off.
    max_iter
        Largest number of iterations.
    n_init
        Number of restarts, run together; the one of highest log-likelihood is kept, every trace is in ``traces_``.
    init_params
        Where restarts begin: ``"kmeans"``, ``"k-means++"``, ``"random"`` or ``"random_from_data"``.
    weights_init
        Weights to start from, ``(K,)``.
    means_init
        Means to start from, ``(K, D)``.
    precisions_init
        Inverse covariances to start from, in the shape of ``covariances_``.
    frozen
        Names of parameters that stay at the values given to start from, out of ``"weights"``, ``"means"`` and ``"covariances"``
        (which ``precisions_init`` gives). The others are maximised given these.
    tied
        Parameters that components share, a dictionary from ``"weights"``, ``"means"`` and ``"covariances"`` to a label
        for each component: ``{"means": [0, 0, 1]}`` gives the first two one mean. Where columns are independent
        (``"diag"``, and means of ``"spherical"``), labels may differ between columns, ``(K, D)``. Shared means are set before
        the covariances about them, each given the other (ECM: Meng and Rubin, 1993).
    degenerate
        What becomes of components that hold less than one row's weight or have no spread in some direction: ``"keep"`` warns.
        ``"remove"`` takes them out and fits on, so that K is smaller than ``n_components``. ``"restart"`` puts them on rows that
        the model explains worst, up to 5 times, and keeps them with the warning if that does not help. ``outcome_`` says what
        was done.
    weight_concentration_prior
        Concentration of the symmetric Dirichlet prior over the weights, at least 1; None is 1, which adds nothing.
    prior_strength
        Conjugate prior over means and covariances, as a number of rows seen beforehand in each component; 0 adds nothing.
    prior_mean
        Mean of these rows, ``(D,)``; None is the mean of the data.
    prior_covariance
        Covariance of these rows, ``(D, D)``; None is the columns' variances.
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
    means_ : numpy.ndarray
        ``(K, D)``.
    covariances_ : numpy.ndarray
        full ``(K, D, D)``, tied ``(D, D)``, diag ``(K, D)``, spherical ``(K,)``.
    precisions_ : numpy.ndarray
        Inverse covariances, in the same shape.
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
    >>> from suffice import GaussianMixture
    >>> X = np.array([[1.0], [1.2], [0.8], [9.0], [9.2], [8.8]])
    >>> mixture = GaussianMixture(n_components=2, random_state=0).fit(X)
    >>> print(np.sort(mixture.means_.ravel()).round(3), mixture.weights_)
    [1. 9.] [0.5 0.5]
    """

    _least_rows: ClassVar[int] = 2

    def __init__(
        self,
        n_components: int = 1,
        *,
        covariance_type: str = "full",
        tol: float = 1e-3,
        reg_covar: float = 1e-6,
        max_iter: int = 100,
        n_init: int = 1,
        init_params: str = "kmeans",
        weights_init: Any = None,
        means_init: Any = None,
        precisions_init: Any = None,
        frozen: Any = None,
        tied: Any = None,
        degenerate: str = "keep",
        weight_concentration_prior: float | None = None,
        prior_strength: float = 0.0,
        prior_mean: Any = None,
        prior_covariance: Any = None,
        random_state: Any = None,
        precision: str = "float64",
        warm_start: bool = False,
        verbose: int = 0,
        learning_decay: float = 0.7,
        learning_offset: float = 10.0,
    ):
        self.n_components = n_components
        self.covariance_type = covariance_type
        self.tol = tol
        self.reg_covar = reg_covar
        self.max_iter = max_iter
        self.n_init = n_init
        self.init_params = init_params
        self.weights_init = weights_init
        self.means_init = means_init
        self.precisions_init = precisions_init
        self.frozen = frozen
        self.tied = tied
        self.degenerate = degenerate
        self.weight_concentration_prior = weight_concentration_prior
        self.prior_strength = prior_strength
        self.prior_mean = prior_mean
        self.prior_covariance = prior_covariance
        self.random_state = random_state
        self.precision = precision
        self.warm_start = warm_start
        self.verbose = verbose
        self.learning_decay = learning_decay
        self.learning_offset = learning_offset

    def _check_parameters(self) -> None:
        super()._check_parameters()
        check_choice("covariance_type", self.covariance_type, list(GAUSSIANS))
        check_at_least("reg_covar", self.reg_covar, 0.0)

    def _check_size(self, overview: Survey) -> None:
        super()._check_size(overview)
        features = len(overview.mean)
        if self.covariance_type in ("full", "tied"):
            check_memory(self.n_components * self.n_init if self.covariance_type == "full" else 1, features)
        if self.reg_covar == 0 and self.precisions_init is None:
            check_varying(self._named(np.flatnonzero(overview.constant)))

    def _start(self, overview: Survey, origin: Any, restarts: int, generator: Any) -> Mixture:
        scale = self._scale(overview)
        shape = (restarts, self.n_components, len(scale))
        overall = {"full": np.broadcast_to(np.diag(scale), (*shape, shape[-1])),
                   "tied": np.broadcast_to(np.diag(scale), (restarts, shape[-1], shape[-1])),
                   "diag": np.broadcast_to(scale, shape), "spherical": np.full(shape[:2], scale.mean())}  # fmt: skip
        blank = self._family()(np.zeros(shape), overall[self.covariance_type], self._prior(overview, origin))
        weights = np.full(shape[:2], 1 / self.n_components)
        if self.means_init is None or self.precisions_init is None or self.weights_init is None:
            weights, blank = self._from_sample(blank, overview, origin, scale, restarts, generator)
        return Mixture(self._weights_start(weights, restarts), self._given(blank, origin), self._mixture_prior())

    def _first_origin(self, overview: Survey) -> np.ndarray:
        return overview.mean

    def _family(self) -> type[Gaussian]:
        return GAUSSIANS[self.covariance_type]

    def _init_of(self, name: str) -> str:
        return "precisions_init" if name == "covariances" else super()._init_of(name)

    def _frozen_value(self, name: str) -> np.ndarray:
        value = super()._frozen_value(name)
        return self._inverse(value, "precisions_init") if name == "covariances" else value

    def _likelihood_of(self) -> str:
        return "density of real numbers"

    def _shared_starts(self) -> tuple[str, ...]:
        return ("precisions_init",) if self.covariance_type == "tied" else ()

    def _scale(self, overview: Survey) -> np.ndarray:
        return np.where(overview.constant, 1.0, overview.variance)

    def _prior(self, overview: Survey, origin: Any) -> GaussianPrior:
        scale = self._scale(overview)
        features = len(scale)
        mean = overview.mean if self.prior_mean is None else check_shape("prior_mean", self.prior_mean, (features,))
        covariance = np.diag(scale) if self.prior_covariance is None else (
            check_shape("prior_covariance", self.prior_covariance, (features, features)))  # fmt: skip
        return GaussianPrior(float(self.prior_strength) or None, mean - origin, covariance, self.reg_covar * scale)

    def _from_sample(
        self, blank: Gaussian, overview: Survey, origin: Any, scale: np.ndarray, restarts: int, generator: Any
    ) -> tuple[np.ndarray, Gaussian]:
        """Weights and components after one maximisation from the starting responsibilities of the sample."""
        centred = overview.filled - origin
        unit = np.sqrt(scale.mean() if self.covariance_type == "spherical" else scale)
        return self._from_shares(blank, centred / unit, centred, overview.sample_weight, restarts, generator)

    def _given(self, components: Gaussian, origin: Any) -> Gaussian:
        """Components with the parameters that were given put in."""
        means, covariances = components.means, components.covariances
        if self.means_init is not None:
            given = check_shape("means_init", self.means_init, means.shape[1:])
            means = np.broadcast_to(given - origin, means.shape)
        if self.precisions_init is not None:
            given = check_shape("precisions_init", self.precisions_init, covariances.shape[1:])
            covariances = np.broadcast_to(self._inverse(given, "precisions_init"), covariances.shape)
        return type(components)(means, covariances, components.prior)

    def _inverse(self, matrices: np.ndarray, name: str) -> np.ndarray:
        whole = self.covariance_type in ("full", "tied")
        positive = np.linalg.eigvalsh(matrices) > 0 if whole else matrices > 0
        if not positive.all() or (whole and not np.allclose(matrices, np.swapaxes(matrices, -1, -2))):
            raise ValueError(f"{name} must be symmetric and positive definite.")
        return np.linalg.inv(matrices) if whole else 1 / matrices

    def _set_parameters(self, model: Any) -> None:
        self.means_ = np.asarray(model.components.means)
        self.covariances_ = np.asarray(model.components.covariances)
        whole = self.covariance_type in ("full", "tied")
        self.precisions_ = np.linalg.inv(self.covariances_) if whole else 1 / self.covariances_
        if "covariances" in model.frozen:
            self.precisions_ = np.array(self.precisions_init, float)

    def _degenerate_components(self, overview: Survey) -> dict[str, np.ndarray]:
        flat = collapsed(self.covariances_, self.covariance_type, overview.variance, overview.constant, self.reg_covar)
        return {
            **super()._degenerate_components(overview),
            COLLAPSED: np.flatnonzero(np.broadcast_to(flat, self.weights_.shape)),
        }
