"""Mixtures of columns of different kinds, with scikit-learn's manners."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from suffice.data.encode import ColumnEncoder
from suffice.data.table import position_names
from suffice.estimators.mixtures.base import MixtureEstimator
from suffice.estimators.mixtures.beginning import Beginning
from suffice.estimators.mixtures.gaussian import check_covariances
from suffice.estimators.mixtures.given_columns import GivenColumns
from suffice.estimators.mixtures.parts import Part, Parts
from suffice.estimators.shared.labelled_columns import LabelledColumns
from suffice.latent.families.constrained_gaussian import GAUSSIANS
from suffice.latent.families.family import Family
from suffice.latent.families.kinds import KINDS
from suffice.latent.families.mixed import Mixed
from suffice.latent.mixture import Mixture
from suffice.latent.restrictions import parameter_names
from suffice.rows.survey import Survey
from suffice.validation import check_at_least, check_choice, check_squares


@dataclass(eq=False, repr=False, kw_only=True)
class MixedMixture(MixtureEstimator):
    r"""Mixture for tables whose columns are numbers, truth values, categories and counts, fitted by expectation-maximisation.

    .. math:: p(x) = \sum_k \pi_k \, N(x_{\mathrm{gaussian}} | \mu_k, \Sigma_k) \prod_d p(x_d | \theta_{kd})

    Columns are independent given the component, but for Gaussian ones with a full or tied covariance. Missing cells may be
    anywhere. Formulas: McLachlan and Peel, *Finite Mixture Models* (2000), chapters 3 and 5.

    Parameters
    ----------
    kinds
        Kinds of the columns: None detects them as ``suffice.data.ColumnEncoder`` says, a list of D or a dictionary from names to
        kinds states them: ``"gaussian"``, ``"bernoulli"``, ``"categorical"``, ``"poisson"``, ``"negative-binomial"``,
        ``"exponential"`` or ``"left-out"``, of which the model says nothing.
    covariance_type
        Freedom of the Gaussian columns' covariances: ``"full"``, ``"tied"``, ``"diag"`` or ``"spherical"``.
    handle_unknown
        As in ``CategoricalMixture``.
    reg_covar
        Floor of the variances of Gaussian columns, as in ``GaussianMixture``.
    column_parameters_init
        Parameters of some or all columns to start from, in the form of ``column_parameters_``: a dictionary from names or
        positions of columns to theirs, or a list of D. Variances that components or columns share are averaged; correlations
        of full and tied covariances are found from the data.
    frozen
        Names of parameters that stay at the values given to start from: ``"weights"`` at ``weights_init``; ``"means"``,
        ``"covariances"`` (of ``covariance_type="diag"``), ``"probabilities"`` (of truth values and categories) and ``"rates"``
        at ``column_parameters_init``, which has to hold them for every column of the kind.
    tied
        Parameters that components share, a dictionary from ``"weights"`` and what can be frozen to a label
        for each component: ``(K,)``, or ``(K, D)`` for one in each column. Those of one label share the parameter.
    degenerate
        As in ``GaussianMixture``, of components that hold less than one row's weight or have no spread in some direction of the
        Gaussian columns.
    prior_strength
        Conjugate prior over the parameters, as a number of rows seen beforehand in each component; their
        means, variances and shares of categories are those of the data.
    n_components, tol, max_iter, n_init, init_params, weights_init, weight_concentration_prior, random_state, precision
        As in ``GaussianMixture``.
    warm_start, verbose, learning_decay, learning_offset
        As in ``GaussianMixture``.

    Attributes
    ----------
    kinds_ : list of str
        Kind of each column.
    column_parameters_ : list of dict
        For each column its parameters in the components: ``"mean"`` and ``"variance"`` ``(K,)``, ``"probability"`` ``(K,)`` of
        the second label, ``"probabilities"`` ``(K, C)``, ``"rate"`` ``(K,)``, or ``"mean"`` and ``"dispersion"`` ``(K,)``.
    categories_ : list
        For each column its labels, None for numbers and counts.
    encoder_ : suffice.data.ColumnEncoder
        Turns tables into numbers, and back.
    weights_, lower_bound_, outcome_, model_ : numpy.ndarray, float, str, suffice.latent.Mixture
        As in ``GaussianMixture``, and all its other attributes of a fit.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from suffice import MixedMixture
    >>> species = ["Gentoo", "Gentoo", "Adelie", "Adelie"]
    >>> table = pa.table({"mass": [5.1, 5.3, 3.7, None], "species": species, "eggs": [2, 3, 1, 0]})
    >>> mixture = MixedMixture(n_components=2, random_state=0, prior_strength=0.1).fit(table)
    >>> mixture.kinds_
    ['gaussian', 'categorical', 'poisson']
    >>> bool(mixture.predict(table)[0] == mixture.predict(table)[1])
    True
    """

    kinds: Any = None
    covariance_type: str = "diag"
    handle_unknown: str = "missing"
    reg_covar: float = 1e-6
    column_parameters_init: Any = None
    tied: Any = None

    encoder_: ColumnEncoder = field(init=False)

    @property
    def _input(self) -> LabelledColumns:
        return LabelledColumns(self, new_encoder=ColumnEncoder(self.kinds))

    def _check_own(self) -> None:
        check_choice("covariance_type", self.covariance_type, list(GAUSSIANS))
        check_at_least("reg_covar", self.reg_covar, 0.0)

    def _unfitted(self, columns: list[int]) -> MixedMixture:
        return super()._unfitted(columns).set_params(kinds=list(self.encoder_.among(columns).kinds_))

    def _beginning(self) -> Beginning:
        columns = self._input
        parts = [Part(self._family_of(kind), group, columns.sizes(group)) for kind, group in columns.groups().items()]
        names = parameter_names([part.family for part in parts])
        named = list(getattr(self, "feature_names_in_", position_names(self.n_features_in_)))
        given = GivenColumns(self.weights_init, self.column_parameters_init, named, self.encoder_, self.n_components,
                             self.covariance_type)  # fmt: skip
        return Beginning(
            parts=Parts(Mixed, parts),
            given=given,
            from_rows=True,
            put_in=lambda components, origin: given.put_back(components, list(names), None, origin),
            strength=self.prior_strength,
            floor=self.reg_covar,
            start_strength=max(1.0, float(self.prior_strength)),
            always_sampled=True,
            check=self._check_gaussian_columns,
        )

    def _family_of(self, kind: str) -> type[Family]:
        return GAUSSIANS[self.covariance_type] if KINDS[kind].floored else KINDS[kind]

    def _check_gaussian_columns(self, overview: Survey) -> None:
        floored = np.array([KINDS[kind].floored for kind in self.encoder_.kinds_])
        check_squares(self._input.named(overview.beyond[floored[overview.beyond]]))
        check_covariances(self, int(floored.sum()), overview.constant & floored)

    def _parameters(self, model: Mixture) -> dict[str, Any]:
        components: Any = model.components
        return {
            "kinds_": list(self.encoder_.kinds_),
            "categories_": [None if labels is None else np.asarray(labels) for labels in self.encoder_.categories_],
            "column_parameters_": components.parameters_of_columns(),
        }

    def _likelihood_of(self) -> str:
        return f"likelihood of its own, as every {type(self).__name__} does"
