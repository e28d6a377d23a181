"""Mixtures of columns of different kinds, with scikit-learn's manners."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import equinox as eqx
import numpy as np

from suffice.data.encode import ColumnEncoder
from suffice.data.table import position_names
from suffice.estimators.mixtures.base import MixtureEstimator
from suffice.estimators.mixtures.given_columns import GivenColumns
from suffice.estimators.shared.labelled_columns import LabelledColumns
from suffice.latent.begin import weights_from
from suffice.latent.families.columns import Columns, surveyed
from suffice.latent.families.constrained_gaussian import GAUSSIANS
from suffice.latent.families.family import Family
from suffice.latent.families.kinds import KINDS
from suffice.latent.families.mixed import Mixed
from suffice.latent.mixture import Mixture
from suffice.latent.restrictions import parameter_names
from suffice.rows.survey import Survey
from suffice.validation import check_at_least, check_choice, check_memory, check_varying


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
        kinds states them: ``"gaussian"``, ``"bernoulli"``, ``"categorical"`` or ``"poisson"``.
    covariance_type
        Freedom of the Gaussian columns' covariances: ``"full"``, ``"tied"``, ``"diag"`` or ``"spherical"``.
    handle_unknown
        As in ``CategoricalMixture``.
    reg_covar
        Floor of the variances, relative to each column's.
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
        the second label, ``"probabilities"`` ``(K, C)`` or ``"rate"`` ``(K,)``.
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

    def _check_parameters(self) -> None:
        super()._check_parameters()
        check_choice("covariance_type", self.covariance_type, list(GAUSSIANS))
        check_at_least("reg_covar", self.reg_covar, 0.0)

    @property
    def _input(self) -> LabelledColumns:
        return LabelledColumns(self, new_encoder=ColumnEncoder(self.kinds))

    def _given(self) -> GivenColumns:
        names = list(getattr(self, "feature_names_in_", position_names(self.n_features_in_)))
        return GivenColumns(self.weights_init, self.column_parameters_init, names, self.encoder_, self.n_components,
                            self.covariance_type)  # fmt: skip

    def _unfitted(self, columns: list[int]) -> MixedMixture:
        return super()._unfitted(columns).set_params(kinds=list(self.encoder_.among(columns).kinds_))

    def _check_size(self, overview: Survey) -> None:
        super()._check_size(overview)
        floored = np.array([KINDS[kind].floored for kind in self.encoder_.kinds_])
        if self.covariance_type in ("full", "tied"):
            check_memory(self.n_components * self.n_init if self.covariance_type == "full" else 1, int(floored.sum()))
        if self.reg_covar == 0:
            check_varying(self._input.named(np.flatnonzero(overview.constant & floored)))

    def _first_origin(self, overview: Survey) -> np.ndarray:
        return np.where(self._input.movable(), overview.mean, 0.0)

    def _start(self, overview: Survey, origin: Any, restarts: int, generator: Any) -> Mixture:
        columns, prior = self._columns_of(overview, origin), self._prior(overview, origin)
        begin = self._priors(columns, max(1.0, float(self.prior_strength)))
        parts = [family.overall(own, (restarts, self.n_components), held)
                 for family, own, held in zip(self._families(), columns, begin, strict=True)]  # fmt: skip
        groups = list(self._input.groups().values())
        rows = self._start_rows(overview) - origin
        coordinates = [family.coordinates(rows[:, group], own, alone=False)
                       for family, group, own in zip(self._families(), groups, columns, strict=True)]  # fmt: skip
        blank = Mixed(parts, [group.tolist() for group in groups])
        weights, started = self._from_shares(
            blank, np.concatenate(coordinates, 1), rows, overview.sample_weight, restarts, generator
        )
        started = eqx.tree_at(lambda c: c.prior, started, prior)
        components = self._given().put_back(started, list(parameter_names(self._families())), None, origin)
        return Mixture(weights_from(self.weights_init, weights), components, self._mixture_prior())

    def _columns_of(self, overview: Survey, origin: Any) -> list[Columns]:
        """What each family begins from."""
        groups = self._input.groups().values()
        return [surveyed(overview, origin, group, self._input.sizes(group)) for group in groups]

    def _needs_sample(self) -> bool:
        return True

    def _start_rows(self, overview: Survey) -> np.ndarray:
        sized = np.array([KINDS[kind].labels > 2 for kind in self.encoder_.kinds_])
        return np.where(sized, overview.sample, overview.filled)

    def _family(self) -> type[Mixed]:
        return Mixed

    def _families(self) -> list[type[Family]]:
        return [self._family_of(kind) for kind in self._input.groups()]

    def _family_of(self, kind: str) -> type[Family]:
        return GAUSSIANS[self.covariance_type] if KINDS[kind].floored else KINDS[kind]

    def _collapsed(self, components: Any, overview: Survey) -> np.ndarray:
        parts = zip(components.parts, self._columns_of(overview, None), strict=True)
        return np.any([part.collapsed(columns, self.reg_covar) for part, columns in parts], axis=0)

    def _prior(self, overview: Survey, origin: Any) -> tuple[Any, ...]:
        return self._priors(self._columns_of(overview, origin), float(self.prior_strength) or None)

    def _priors(self, columns: Sequence[Columns], strength: float | None) -> tuple[Any, ...]:
        """The prior of each family about its columns' overall distribution; what has a floor needs none to start."""
        own = float(self.prior_strength) or None
        return tuple(family.prior_from(about, own if family.floored else strength, self.reg_covar)
                     for family, about in zip(self._families(), columns, strict=True))  # fmt: skip

    def _parameters(self, model: Mixture) -> dict[str, Any]:
        components: Any = model.components
        return {
            "kinds_": list(self.encoder_.kinds_),
            "categories_": [None if labels is None else np.asarray(labels) for labels in self.encoder_.categories_],
            "column_parameters_": components.parameters_of_columns(),
        }
