"""Gaussian class-conditional classifiers with scikit-learn's manners."""

from __future__ import annotations

import warnings
from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np

from suffice.estimators.classifiers.class_conditional import refuse_singular
from suffice.estimators.classifiers.linear_scores import LinearScores, linear_scores, second_less_first
from suffice.estimators.classifiers.shrinkage import check_shrinkage, suggested
from suffice.estimators.classifiers.wide import fitted_by_em, fitted_in_one_pass
from suffice.estimators.shared.attributes import OnDemand, forget_matrices
from suffice.estimators.shared.rows import PlainColumns
from suffice.latent.families.columns import Columns
from suffice.latent.families.factor_gaussian import FactorGaussian
from suffice.latent.gaussian_classes import FAMILIES, GaussianClasses
from suffice.latent.gradient import log_likelihood_gradient
from suffice.latent.labelled_rows import Facts, LabelledRows, RowsInMemory
from suffice.latent.mixture import Mixture
from suffice.latent.wide_classes import scores_of_factors
from suffice.outcome import DegenerateComponentWarning
from suffice.runtime.arrays import Array
from suffice.runtime.types import ArrayLike, TableLike
from suffice.validation import check_choice, check_count


@dataclass(eq=False, repr=False)
class GaussianClassifier(LinearScores):
    r"""Classifier that gives each class a Gaussian distribution, and decides by Bayes' rule.

    .. math:: p(y = k \mid x) \propto \pi_k \, N(x \mid \mu_k, \Sigma_k)

    The parameters are those of highest likelihood: :math:`\pi_k = N_k / N`, class means, and covariances that divide by N.
    With shared covariances, log-odds are linear in x. Formulas: Murphy, *Probabilistic Machine Learning* (2022), chapter 9.

    Parameters
    ----------
    covariance_type
        ``"tied_diag"``: variances of the columns, shared by all classes. ``"diag"``: variances of each class (Gaussian naive
        Bayes). ``"spherical"``: one variance for each class. ``"tied"``: one covariance matrix (linear discriminant analysis).
        ``"full"``: one for each class (quadratic discriminant analysis). ``"tied_low_rank"``: one, of ``rank`` plus a diagonal.
    rank
        Rank of the shared covariance beside its diagonal, with ``"tied_low_rank"``.
    priors
        Probabilities of the classes ``(K,)`` in the order of ``classes_``; None takes their shares of the row weights.
    reg_covar
        Floor of the variances in every direction, as a share of the smallest variance that a column has within a class: what is
        above it, it leaves alone. A column constant within every class counts with its variance over all rows, one constant over
        all rows as the average of the others. 0 switches it off.
    shrinkage
        Covariances become :math:`(1 - s) \Sigma + s \, \mathrm{tr}(\Sigma) / D \, I` with this s from 0 to 1 after the fit.
        ``"ledoit_wolf"`` and ``"oas"`` take for s what scikit-learn's functions of these names find in the labelled complete rows
        about their class means (Ledoit and Wolf, 2004; Chen et al., 2010), for ``"full"`` in each class; ``shrinkage_`` has it.
    prior_strength
        Conjugate prior over means and covariances, as a number of rows seen beforehand in each class; 0 adds nothing.
    prior_mean
        Mean of these rows, ``(D,)``; None is the mean of the data.
    prior_covariance
        Covariance of these rows, ``(D, D)``; None is the columns' variances.
    weight_concentration_prior
        Concentration of the symmetric Dirichlet prior over the class probabilities, at least 1; None is 1, which adds nothing.
    unlabelled
        Value of ``y`` that marks rows of unknown class, such as -1; None means that every row has its class.
    tol
        None accelerates expectation-maximisation by the slope of the log-likelihood and stops where a stationary point is less
        than about 1e-6 nats away, over all rows. A number means plain iterations, which stop when the mean log-likelihood of a
        row changes by less than this, in nats. Iterations of ``"tied_low_rank"`` are plain ones, which without ``tol`` stop where
        their rate promises less than 0.01 nats.
    max_iter
        Largest number of its iterations.
    precision
        ``"float64"`` or ``"float32"``; what single precision does not hold is computed in double, and ``outcome_`` says so.
    random_state
        Seed, or NumPy random state, of ``sample``.

    Attributes
    ----------
    classes_ : numpy.ndarray
        ``(K,)``, sorted.
    class_prior_ : numpy.ndarray
        Probabilities of the classes, ``(K,)``.
    means_ : numpy.ndarray
        ``(K, D)``.
    covariances_ : numpy.ndarray
        tied_diag ``(D,)``, diag ``(K, D)``, spherical ``(K,)``, tied and tied_low_rank ``(D, D)``, full ``(K, D, D)``. Of fewer
        rows than columns, and more than 256 of these, a shared matrix is kept as factors in ``model_`` and put together when it
        is asked for.
    shrinkage_ : float or numpy.ndarray
        The share s after ``fit``, or of each class ``(K,)``.
    coef_, intercept_ : numpy.ndarray
        Of the linear ``decision_function`` with shared covariances: ``(K, D)`` and ``(K,)``, with two classes ``(1, D)`` and
        ``(1,)``.
    n_iter_ : int
        Passes over the rows.
    converged_ : bool
        Whether these were enough.
    outcome_ : str
        How the fit ended, a sentence.
    lower_bounds_ : numpy.ndarray
        Mean log-likelihood of a row (plus log-prior) at each iteration of expectation-maximisation, where there was one.
    model_ : suffice.latent.Mixture
        The fitted module, whose components are the classes.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice import GaussianClassifier
    >>> X = np.array([[1.0], [1.2], [np.nan], [9.0], [9.2], [8.8]])
    >>> classifier = GaussianClassifier().fit(X, ["low", "low", "low", "high", "high", "high"])
    >>> print(classifier.predict([[2.0], [8.0]]), classifier.means_.ravel().round(1))
    ['low' 'high'] [9.  1.1]
    """

    covariance_type: str = "tied_diag"
    _: KW_ONLY
    rank: int = 1
    shrinkage: float | str = 0.0
    prior_mean: Any = None
    prior_covariance: Any = None

    covariances_ = OnDemand(lambda classifier: np.asarray(classifier.model_.components.covariances)[0])

    @property
    def _input(self) -> PlainColumns:
        return PlainColumns(self)

    def _check_own(self) -> None:
        check_choice("covariance_type", self.covariance_type, list(FAMILIES))
        check_shrinkage(self.shrinkage, self.covariance_type)
        check_count("rank", self.rank)

    def _learn_shares(self, table: LabelledRows) -> None:
        if not isinstance(self.shrinkage, str):
            self.shrinkage_ = float(self.shrinkage)
        elif isinstance(table, RowsInMemory):
            self.shrinkage_ = suggested(self.shrinkage, self.covariance_type, *table)
        else:
            raise ValueError(f"shrinkage={self.shrinkage!r} is found from rows in memory; give a number from 0 to 1.")

    def _kind(self) -> GaussianClasses:
        return GaussianClasses(self.covariance_type, self.n_features_in_, self.prior_strength, self.reg_covar,
                               self.prior_mean, self.prior_covariance, self.rank)  # fmt: skip

    def _fit_rows(self, table: LabelledRows, facts: Facts, kept: Any) -> bool:
        if not facts.gaps and isinstance(table, RowsInMemory):
            fitted = fitted_by_em(self, table, facts) if facts.unknown else fitted_in_one_pass(self, table, kept)
        else:
            fitted = False
        if not fitted and kept is None:
            self._kind().warn_of_matrix(facts.rows, gaps=facts.gaps)
        return fitted

    def _parameters(self, model: Mixture, class_prior: np.ndarray) -> dict[str, Any]:
        if isinstance(model.components, FactorGaussian):
            return self._parameters_of_factors(model, class_prior)
        components: Any = model.components
        means, covariances = components.means, self._kind().shrunk(components.covariances, self._share())
        shrunk = type(components)(means, covariances, components.prior)
        model = Mixture(model.weights, shrunk, model.prior, model.frozen)
        found = {"model_": model, "means_": means, "covariances_": covariances}
        if not self.covariance_type.startswith("tied"):
            return found
        coef, intercept = linear_scores(means, covariances, class_prior)
        return {**found, "coef_": coef, "intercept_": intercept}

    def _share(self) -> Any:
        """How far covariances are shrunk; a number given counts at once, for steps too."""
        if not isinstance(self.shrinkage, str):
            return float(self.shrinkage)
        if not hasattr(self, "shrinkage_"):
            raise ValueError(f"shrinkage={self.shrinkage!r} is found by fit from all rows; give partial_fit a number.")
        return self.shrinkage_

    def _parameters_of_factors(self, model: Mixture, class_prior: np.ndarray) -> dict[str, Any]:
        """The same of a covariance that is kept as its factors."""
        forget_matrices(self)
        components: Any = model.components
        own: Any = self._kind().shrunk_factors(components, float(self._share()))
        scores = scores_of_factors(own.means, own.loadings[0], own.noise_variance[0], class_prior)
        coef, intercept = second_less_first(*scores)
        model = Mixture(model.weights, own, model.prior, model.frozen)
        return {"model_": model, "means_": own.means, "coef_": coef, "intercept_": intercept}

    def _check_spread(self, fitted: dict[str, Any], overall: Columns) -> None:
        components = fitted["model_"].components
        flat = self._kind().flat(components, overall, len(self.classes_)) & (fitted["class_prior_"] > 0)
        if self.reg_covar == 0:
            refuse_singular(self, flat)
        elif flat.any():
            warnings.warn(self._said_of_flat(flat), DegenerateComponentWarning, stacklevel=5)

    def _said_of_flat(self, flat: np.ndarray) -> str:
        if not self.covariance_type.startswith("tied"):
            return (
                f"Classes {self._named(flat)} have no spread in some direction; give more rows, a prior_strength or classes "
                "that share their covariance."
            )
        return (
            "The covariance of the classes has no spread in some direction: columns repeat or follow from others, or rows are "
            "few; drop such columns, or set prior_strength or shrinkage above 0."
        )

    def negative_log_likelihood_gradient(
        self, X: TableLike, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> dict[str, Array]:
        r"""Gradient of ``negative_log_likelihood`` at the fitted parameters.

        .. math:: \frac{\partial}{\partial \mu_k} = -\sum_{y_n = k} \Sigma_k^{-1} (x_n - \mu_k), \quad
            \frac{\partial}{\partial \sigma_j^2} = \sum_n \frac{1}{2 \sigma_j^2} - \frac{(x_{nj} - \mu_{y_n j})^2}{2 \sigma_j^4},
            \quad \frac{\partial}{\partial \pi_k} = -\frac{N_k}{\pi_k}

        The entries of covariance matrices count as free, and so do the priors; on the simplex these have the multiplier N, so
        that :math:`N - N_k / \pi_k` is 0 at the maximum.

        Parameters
        ----------
        X
            Rows ``(n, D)``. NaN is a missing cell.
        y
            Class of each row, ``(n,)``.
        sample_weight
            Row weights ``(n,)``; None is 1 for every row.

        Returns
        -------
        dict
            ``"means"`` (K, D), ``"covariances"`` in the shape of ``covariances_`` and ``"priors"`` (K,). Of a shared covariance
            that is kept as factors, ``"loadings"`` and ``"noise_variance"`` in place of ``"covariances"``.
        """
        model, statistics = self._labelled_statistics(X, y, sample_weight)
        slopes = log_likelihood_gradient(model, statistics, "raw")
        own = {name: -slope for name, slope in slopes.items() if name != "weights"}
        return {**own, "priors": -slopes["weights"]}
