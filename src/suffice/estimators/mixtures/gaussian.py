"""Gaussian mixtures with scikit-learn's manners."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from suffice.estimators.mixtures.gaussian_components import GaussianComponents
from suffice.estimators.shared.attributes import set_attributes
from suffice.latent.families.constrained_gaussian import GAUSSIANS
from suffice.latent.mixture import Mixture
from suffice.validation import check_choice


@dataclass(eq=False, repr=False, kw_only=True)
class GaussianMixture(GaussianComponents):
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

    covariance_type: str = "full"
    tied: Any = None

    def _check_parameters(self) -> None:
        super()._check_parameters()
        check_choice("covariance_type", self.covariance_type, list(GAUSSIANS))


def around(model: Mixture, covariance_type: str) -> GaussianMixture:
    """A fitted estimator around a mixture of Gaussians of this type."""
    estimator = GaussianMixture(len(model.weights), covariance_type=covariance_type)
    attributes = {"n_features_in_": model.components.features, **estimator._attributes(model)}
    return set_attributes(estimator, attributes)
