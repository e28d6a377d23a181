"""Gaussian mixtures with scikit-learn's manners."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

import numpy as np

from suffice.estimators.mixtures.base import MixtureEstimator
from suffice.estimators.mixtures.beginning import Beginning
from suffice.estimators.mixtures.given_gaussians import inverted, own_values, with_given
from suffice.estimators.mixtures.noise import check_noise, refuse_flat_box
from suffice.estimators.mixtures.parts import Part, Parts
from suffice.estimators.shared.attributes import set_attributes
from suffice.estimators.shared.rows import PlainColumns
from suffice.latent.families.constrained_gaussian import GAUSSIANS
from suffice.latent.families.gaussian import Gaussian
from suffice.latent.forms.whiten import whitening
from suffice.latent.given import GivenParameters
from suffice.latent.mixture import Mixture
from suffice.rows.survey import Survey
from suffice.validation import check_at_least, check_choice, check_memory, check_squares, check_varying

if TYPE_CHECKING:
    from suffice.estimators.mixtures.mixed import MixedMixture
    from suffice.estimators.mixtures.of_ppca import MixtureOfPPCA

    Gaussians: TypeAlias = "GaussianMixture | MixtureOfPPCA"

WHOLE = ("full", "tied")
"""Types of covariance that are matrices."""


@dataclass(eq=False, repr=False, kw_only=True)
class GaussianMixture(MixtureEstimator):
    r"""Mixture of K Gaussians, fitted by expectation-maximisation.

    .. math:: p(x) = \sum_k \pi_k \, N(x \mid \mu_k, \Sigma_k)

    Names and defaults are those of ``sklearn.mixture.GaussianMixture``; row weights, restarts side by side, priors, streams
    and a covariance floor that does not depend on units come on top. From the same start both give the same parameters, but for
    the ``reg_covar`` that scikit-learn adds to every variance.

    Formulas: Bishop, *Pattern Recognition and Machine Learning* (2006), section 9.2.

    Parameters
    ----------
    n_components
        Number of components K.
    covariance_type
        ``"full"``: a covariance matrix for each component. ``"tied"``: one for all. ``"diag"``: variances of each column.
        ``"spherical"``: one variance for each component.
    tol
        None accelerates expectation-maximisation by the slope of the log-likelihood and stops where a stationary point is less
        than about 1e-6 nats away, over all rows. A number means plain iterations, which stop when the mean log-likelihood of a
        row changes by less than this, in nats.
    reg_covar
        Floor of the variances in every direction, as a share of how much values that lie close together vary in each column: what
        is above it, it leaves alone. Close together are the nearest thirtieth, five at least, of a column's different values, so
        that neither distant groups nor a few distant rows count; a constant column has the average floor of the others. 0
        switches it off.
    max_iter
        Largest number of iterations, E-steps each; 0 gives the start.
    n_init
        Number of restarts, run together; the one of highest log-likelihood is kept, a sound one before any with degenerate
        components; every trace is in ``traces_``. More of them contain fewer with the same ``random_state``.
    init_params
        Where restarts begin: ``"kmeans"``, ``"k-means++"``, ``"random"`` or ``"random_from_data"``. With ``"kmeans"`` the first
        restart is the best of up to four, as many as are little work, and of half as many in each other way of seeing the
        columns (stretched, along directions of groups), after ten iterations on a sample; it begins at random rows where
        components degenerate from all of these. Further restarts take these ways in turn.
    weights_init
        Weights to start from, ``(K,)``; with ``noise`` they sum to less than 1, and the rest is the noise's.
    means_init
        Means to start from, ``(K, D)``.
    precisions_init
        Inverse covariances to start from, in the shape of ``covariances_``.
    frozen
        Names of parameters that stay at the values given to start from, out of ``"weights"``, ``"means"`` and ``"covariances"``
        (which ``precisions_init`` gives). The others are maximised given these. A dictionary from names to component numbers,
        ``{"means": [0]}``, holds them in these components alone (and takes no ``tied``).
    noise
        True adds noise that is uniform over the box of the data, as one component more; a number is the volume that it is
        spread over, in the product of the columns' units, in place of the box's. It has this density everywhere: rows far from
        all components are noise, those outside the box too. Takes neither ``frozen`` nor ``tied`` nor covariates (Banfield and
        Raftery, 1993); it begins at rows whose neighbours are far away (Byers and Raftery, 1998).
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
        ``"float64"`` or ``"float32"``; what single precision does not hold is computed in double, and ``outcome_`` says so.
        Fitted attributes are double precision, whatever the type of the rows.
    warm_start
        Begin at the parameters of the last fit; of the same rows, the first iteration is compared with the last one of that fit.
    verbose
        1 shows a progress bar on a terminal.
    learning_decay
        How fast the steps of ``partial_fit`` grow smaller, above 0.5 and at most 1.
    learning_offset
        Steps that ``partial_fit`` counts as done beforehand, at least 0: more make the first steps smaller.

    Attributes
    ----------
    weights_ : numpy.ndarray
        ``(K,)``; with ``noise`` they and ``noise_weight_`` sum to 1.
    noise_weight_ : float
        Weight of the noise, with ``noise``; its rows are predicted -1, and come last in ``predict_proba``.
    means_ : numpy.ndarray
        ``(K, D)``.
    covariances_ : numpy.ndarray
        full ``(K, D, D)``, tied ``(D, D)``, diag ``(K, D)``, spherical ``(K,)``.
    precisions_ : numpy.ndarray
        Inverse covariances, in the same shape.
    precisions_cholesky_ : numpy.ndarray
        Of covariance matrices the upper triangles U for which U U' is the inverse, of variances one over their roots.
    lower_bound_ : float
        Mean log-likelihood of a row (plus log-prior) in the last iteration, in nats.
    lower_bounds_ : numpy.ndarray
        The same for each iteration of the best restart, but for those that were taken back; it never falls.
    traces_ : list of numpy.ndarray
        The same for each restart.
    converged_ : bool
        Whether the best restart converged.
    n_iter_ : int
        Its number of iterations, E-steps each.
    outcome_ : str
        How the fit ended, a sentence, and what ``degenerate_`` says.
    degenerate_ : str
        Which components hold hardly any row or collapsed, in which columns, in this fit or in starts that ended higher and were
        passed over for it, and what was done; empty where none did.
    effective_rows_ : float
        Number of rows that the parameters rest on: the weight of the data, or after ``partial_fit`` what it has not forgotten.
    rows_digest_ : str
        Of the rows of the fit, by which a warm start knows them.
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

    covariance_type: str = "full"
    noise: bool | float = False
    earlier_params: ClassVar[dict[str, Any]] = {"noise": False}
    reg_covar: float = 1e-6
    means_init: Any = None
    precisions_init: Any = None
    tied: Any = None
    prior_mean: Any = None
    prior_covariance: Any = None

    @property
    def _input(self) -> PlainColumns:
        return PlainColumns(self, least_rows=2)

    def _check_own(self) -> None:
        check_at_least("reg_covar", self.reg_covar, 0.0)
        check_choice("covariance_type", self.covariance_type, list(GAUSSIANS))
        check_noise(self.noise, self.frozen, self.tied)

    def _beginning(self) -> Beginning:
        return gaussian_beginning(self, GAUSSIANS[self.covariance_type])

    def _parameters(self, model: Mixture) -> dict[str, Any]:
        return gaussian_parameters(self, model)

    def _likelihood_of(self) -> str:
        return "density of real numbers"

    def _shared_starts(self) -> tuple[str, ...]:
        return ("precisions_init",) if self.covariance_type == "tied" else ()


def gaussian_beginning(mixture: Gaussians, family: type[Gaussian]) -> Beginning:
    """Components with means and covariances, given as ``means_init`` and ``precisions_init``."""
    values = {"weights": mixture.weights_init, "means": mixture.means_init, "covariances": mixture.precisions_init}
    whole = mixture.covariance_type in WHOLE
    return Beginning(
        parts=Parts(family, [Part(family)]),
        given=GivenParameters(values, {"covariances": "precisions_init"}, partial(own_values, whole)),
        from_rows=any(value is None for value in values.values()),
        put_in=partial(with_given, whole, mixture.means_init, mixture.precisions_init),
        strength=mixture.prior_strength,
        floor=mixture.reg_covar,
        prior_mean=mixture.prior_mean,
        prior_covariance=mixture.prior_covariance,
        noise=getattr(mixture, "noise", False),
        oblique=whole,
        check=partial(_check, mixture),
    )


def _check(mixture: Gaussians, overview: Survey) -> None:
    check_squares(mixture._input.named(overview.beyond))
    if getattr(mixture, "noise", False):
        refuse_flat_box(mixture._input.named(np.flatnonzero(overview.constant)))
    floorless = overview.constant & (mixture.precisions_init is None)
    check_covariances(mixture, len(overview.mean), floorless)


def check_covariances(mixture: Gaussians | MixedMixture, features: int, constant: np.ndarray) -> None:
    """Refuse so many Gaussian columns that their covariances fit nowhere, and constant ones without a floor."""
    if mixture.covariance_type in WHOLE:
        check_memory(mixture.n_components * mixture.n_init if mixture.covariance_type == "full" else 1, features)
    if mixture.reg_covar == 0:
        check_varying(mixture._input.named(np.flatnonzero(constant)))


def gaussian_parameters(mixture: Gaussians, model: Mixture) -> dict[str, Any]:
    """Means, covariances and their inverses, as fitted attributes."""
    components: Any = model.components
    means, covariances = np.asarray(components.means), np.asarray(components.covariances)
    precisions = inverted(covariances) if mixture.covariance_type in WHOLE else 1 / covariances
    if "covariances" in model.frozen:
        precisions = np.array(mixture.precisions_init, float)
    root = whitening(covariances)[0] if mixture.covariance_type in WHOLE else 1 / np.sqrt(covariances)
    found = {"means_": means, "covariances_": covariances, "precisions_": precisions}
    return found | {"precisions_cholesky_": np.asarray(root)}


def around(model: Mixture, covariance_type: str) -> GaussianMixture:
    """A fitted estimator around a mixture of Gaussians of this type."""
    estimator = GaussianMixture(len(model.weights), covariance_type=covariance_type)
    attributes = {"n_features_in_": model.components.features, **estimator._attributes(model)}
    return set_attributes(estimator, attributes)
