"""Mixtures of columns of different kinds, with scikit-learn's manners."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import equinox as eqx
import numpy as np

from suffice.data.encode import ColumnEncoder
from suffice.data.table import position_names
from suffice.estimators.mixtures.base import MixtureEstimator
from suffice.estimators.mixtures.categorical import category_shares
from suffice.estimators.mixtures.column_parameters import by_columns
from suffice.estimators.mixtures.given_columns import GivenColumns
from suffice.estimators.shared.labelled_columns import LabelledColumns
from suffice.latent.begin import weights_from
from suffice.latent.collapsed import COLLAPSED, collapsed
from suffice.latent.families.bernoulli import Bernoulli, BernoulliPrior
from suffice.latent.families.categorical import Categorical, CategoricalPrior, Indicators
from suffice.latent.families.constrained_gaussian import GAUSSIANS
from suffice.latent.families.family import Family
from suffice.latent.families.gaussian import GaussianPrior
from suffice.latent.families.mixed import Mixed
from suffice.latent.families.poisson import Poisson, PoissonPrior
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
        gaussian = np.array(self.encoder_.kinds_) == "gaussian"
        if self.covariance_type in ("full", "tied"):
            check_memory(self.n_components * self.n_init if self.covariance_type == "full" else 1, int(gaussian.sum()))
        if self.reg_covar == 0:
            check_varying(self._input.named(np.flatnonzero(overview.constant & gaussian)))

    def _first_origin(self, overview: Survey) -> np.ndarray:
        return np.where(np.array(self.encoder_.kinds_) == "gaussian", overview.mean, 0.0)

    def _start(self, overview: Survey, origin: Any, restarts: int, generator: Any) -> Mixture:
        groups, prior = self._input.groups(), self._prior(overview, origin)
        begin = self._priors(overview, origin, max(1.0, float(self.prior_strength)))
        blank = Mixed([self._blank(kind, columns, overview, restarts, own) for (kind, columns), own in
                       zip(groups.items(), begin, strict=True)], [columns.tolist() for columns in groups.values()])  # fmt: skip
        rows = self._start_rows(overview) - origin
        coordinates = np.concatenate(
            [self._coordinates(kind, rows[:, c], overview, c) for kind, c in groups.items()], 1
        )
        weights, started = self._from_shares(blank, coordinates, rows, overview.sample_weight, restarts, generator)
        parts = zip(started.parts, prior, strict=True)
        parts = [eqx.tree_at(lambda part: part.prior, part, held) for part, held in parts]
        components = self._given().put_back(
            type(started)(parts, started.columns), list(parameter_names(self._families())), None, origin
        )
        return Mixture(weights_from(self.weights_init, weights), components, self._mixture_prior())

    def _needs_sample(self) -> bool:
        return True

    def _start_rows(self, overview: Survey) -> np.ndarray:
        categorical = self._input.groups().get("categorical", np.zeros(0, int))
        rows = np.array(overview.filled)
        rows[:, categorical] = overview.sample[:, categorical]
        return rows

    def _blank(self, kind: str, columns: np.ndarray, overview: Survey, restarts: int, prior: Any) -> Family:
        """A family of the columns' overall distribution in every component of every restart."""
        shape = (restarts, self.n_components, len(columns))
        if kind == "gaussian":
            scale = _scale(overview)[columns]
            overall = {"full": np.broadcast_to(np.diag(scale), (*shape, shape[-1])),
                       "tied": np.broadcast_to(np.diag(scale), (restarts, shape[-1], shape[-1])),
                       "diag": np.broadcast_to(scale, shape), "spherical": np.full(shape[:2], scale.mean())}  # fmt: skip
            return GAUSSIANS[self.covariance_type](np.zeros(shape), overall[self.covariance_type], prior)
        if kind == "categorical":
            sizes = self._input.sizes(columns)
            return Categorical(np.broadcast_to(prior.mean, (*shape[:2], sum(sizes))), sizes, prior)
        return {"bernoulli": Bernoulli, "poisson": Poisson}[kind](np.broadcast_to(overview.mean[columns], shape), prior)

    def _coordinates(self, kind: str, rows: np.ndarray, overview: Survey, columns: np.ndarray) -> np.ndarray:
        """Columns as k-means should see them: of about the same spread."""
        if kind == "categorical":
            return np.asarray(Indicators(self._input.sizes(columns))(rows, float))[:-1].T
        return rows / np.sqrt(_scale(overview)[columns])

    def _family(self) -> type[Mixed]:
        return Mixed

    def _families(self) -> list[type[Family]]:
        return [self._family_of(kind) for kind in self._input.groups()]

    def _family_of(self, kind: str) -> type[Family]:
        others = {"bernoulli": Bernoulli, "categorical": Categorical, "poisson": Poisson}
        return others.get(kind, GAUSSIANS[self.covariance_type])

    def _degenerate_components(self, model: Mixture, overview: Survey) -> dict[str, np.ndarray]:
        found = super()._degenerate_components(model, overview)
        columns = self._input.groups().get("gaussian")
        if columns is None:
            return found
        components: Any = model.components
        variance, constant = overview.variance[columns], overview.constant[columns]
        flat = collapsed(components.parts[0].covariances, self.covariance_type, variance, constant, self.reg_covar)
        return {**found, COLLAPSED: np.flatnonzero(np.broadcast_to(flat, model.weights.shape))}

    def _prior(self, overview: Survey, origin: Any) -> Any:
        return self._priors(overview, origin, float(self.prior_strength) or None)

    def _priors(self, overview: Survey, origin: Any, strength: float | None) -> tuple[Any, ...]:
        """The prior of each group, of this strength, about the data's own moments."""
        made = []
        for kind, columns in self._input.groups().items():
            if kind == "gaussian":
                scale = _scale(overview)[columns]
                given = overview.mean[columns] - origin[columns], np.diag(scale), self.reg_covar * scale
                made.append(GaussianPrior(float(self.prior_strength) or None, *given))
            elif kind == "categorical":
                shares = category_shares(
                    overview.sample[:, columns], overview.sample_weight, self._input.sizes(columns)
                )
                made.append(CategoricalPrior(strength, shares))
            else:
                prior = {"bernoulli": BernoulliPrior, "poisson": PoissonPrior}[kind]
                made.append(prior(strength, overview.mean[columns]))
        return tuple(made)

    def _parameters(self, model: Mixture) -> dict[str, Any]:
        categories = [None if labels is None else np.asarray(labels) for labels in self.encoder_.categories_]
        parameters = {"column_parameters_": by_columns(model.components)}
        return {"kinds_": list(self.encoder_.kinds_), "categories_": categories} | parameters


def _scale(overview: Survey) -> np.ndarray:
    return np.where(overview.constant, 1.0, overview.variance)
