"""Mixtures of columns of different kinds, with scikit-learn's manners."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import numpy as np

from suffice.data.encode import ColumnEncoder
from suffice.estimators.given_columns import GivenColumns
from suffice.estimators.mixtures.categorical import category_shares
from suffice.estimators.mixtures.column_parameters import by_columns
from suffice.estimators.shared.labelled_columns import EncodedMixture
from suffice.latent.collapsed import COLLAPSED, collapsed
from suffice.latent.families.bernoulli import Bernoulli, BernoulliPrior
from suffice.latent.families.categorical import Categorical, CategoricalPrior, Indicators
from suffice.latent.families.constrained_gaussian import GAUSSIANS
from suffice.latent.families.family import Family
from suffice.latent.families.gaussian import GaussianPrior
from suffice.latent.families.mixed import Mixed
from suffice.latent.families.poisson import Poisson, PoissonPrior
from suffice.latent.mixture import Mixture
from suffice.rows.survey import Survey
from suffice.validation import check_at_least, check_choice, check_memory, check_varying


class MixedMixture(GivenColumns, EncodedMixture):
    r"""Mixture for tables whose columns are numbers, truth values, categories and counts, fitted by expectation-maximisation.

    .. math:: p(x) = \sum_k \pi_k \, N(x_{\mathrm{gaussian}} | \mu_k, \Sigma_k) \prod_d p(x_d | \theta_{kd})

    Columns are independent given the component, but for Gaussian ones with a full or tied covariance. Missing cells may be
    anywhere. Formulas: McLachlan and Peel, *Finite Mixture Models* (2000), chapters 3 and 5.

    Parameters
    ----------
    n_components
        Number of components K.
    kinds
        Kinds of the columns: None detects them as ``suffice.data.ColumnEncoder`` says, a list of D or a dictionary from names to
        kinds states them: ``"gaussian"``, ``"bernoulli"``, ``"categorical"`` or ``"poisson"``.
    covariance_type
        Freedom of the Gaussian columns' covariances: ``"full"``, ``"tied"``, ``"diag"`` or ``"spherical"``.
    handle_unknown
        What becomes of labels that did not occur in the fit (in rows of positive weight): ``"missing"``, with a warning, or
        ``"error"``.
    tol
        Stop when the mean log-likelihood of a row changes by less than this, in nats.
    reg_covar
        Floor of the variances, relative to each column's.
    max_iter
        Largest number of iterations.
    n_init
        Number of restarts, run together; the one of highest log-likelihood is kept, every trace is in ``traces_``.
    init_params
        Where restarts begin: ``"kmeans"``, ``"k-means++"``, ``"random"`` or ``"random_from_data"``.
    weights_init
        Weights to start from, ``(K,)``.
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
        What becomes of components that hold less than one row's weight, or have no spread in some direction of the Gaussian
        columns: ``"keep"`` warns. ``"remove"`` takes them out and fits on, so that K is smaller than ``n_components``.
        ``"restart"`` puts them on rows that the model explains worst, up to 5 times, and keeps them with the warning if that
        does not help. ``outcome_`` says what was done.
    weight_concentration_prior
        Concentration of the symmetric Dirichlet prior over the weights, at least 1; None is 1, which adds nothing.
    prior_strength
        Conjugate prior over the parameters, as a number of rows seen beforehand in each component; their
        means, variances and shares of categories are those of the data.
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
    kinds_ : list of str
        Kind of each column.
    column_parameters_ : list of dict
        For each column its parameters in the components: ``"mean"`` and ``"variance"`` ``(K,)``, ``"probability"`` ``(K,)`` of
        the second label, ``"probabilities"`` ``(K, C)`` or ``"rate"`` ``(K,)``.
    categories_ : list
        For each column its labels, None for numbers and counts.
    encoder_ : suffice.data.ColumnEncoder
        Turns tables into numbers, and back.
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

    def __init__(
        self,
        n_components: int = 1,
        *,
        kinds: Any = None,
        covariance_type: str = "diag",
        handle_unknown: str = "missing",
        tol: float = 1e-3,
        reg_covar: float = 1e-6,
        max_iter: int = 100,
        n_init: int = 1,
        init_params: str = "kmeans",
        weights_init: Any = None,
        column_parameters_init: Any = None,
        frozen: Any = None,
        tied: Any = None,
        degenerate: str = "keep",
        weight_concentration_prior: float | None = None,
        prior_strength: float = 0.0,
        learning_decay: float = 0.7,
        learning_offset: float = 10.0,
        random_state: Any = None,
        precision: str = "float64",
        warm_start: bool = False,
        verbose: int = 0,
    ):
        self.n_components = n_components
        self.kinds = kinds
        self.covariance_type = covariance_type
        self.handle_unknown = handle_unknown
        self.tol = tol
        self.reg_covar = reg_covar
        self.max_iter = max_iter
        self.n_init = n_init
        self.init_params = init_params
        self.weights_init = weights_init
        self.column_parameters_init = column_parameters_init
        self.frozen = frozen
        self.tied = tied
        self.degenerate = degenerate
        self.weight_concentration_prior = weight_concentration_prior
        self.prior_strength = prior_strength
        self.learning_decay = learning_decay
        self.learning_offset = learning_offset
        self.random_state = random_state
        self.precision = precision
        self.warm_start = warm_start
        self.verbose = verbose

    def _check_parameters(self) -> None:
        super()._check_parameters()
        check_choice("covariance_type", self.covariance_type, list(GAUSSIANS))
        check_at_least("reg_covar", self.reg_covar, 0.0)

    def _new_encoder(self) -> ColumnEncoder:
        return ColumnEncoder(self.kinds)

    def _parameters_without_columns(self) -> dict[str, Any]:
        return {**super()._parameters_without_columns(), "kinds": None}

    def _hand_on(self, part: Any, columns: list[int]) -> None:
        super()._hand_on(part, columns)
        part.kinds = list(part.encoder_.kinds_)

    def _check_size(self, overview: Survey) -> None:
        super()._check_size(overview)
        gaussian = np.array(self.encoder_.kinds_) == "gaussian"
        if self.covariance_type in ("full", "tied"):
            check_memory(self.n_components * self.n_init if self.covariance_type == "full" else 1, int(gaussian.sum()))
        if self.reg_covar == 0:
            check_varying(self._named(np.flatnonzero(overview.constant & gaussian)))

    def _first_origin(self, overview: Survey) -> np.ndarray:
        return np.where(np.array(self.encoder_.kinds_) == "gaussian", overview.mean, 0.0)

    def _start(self, overview: Survey, origin: Any, restarts: int, generator: Any) -> Mixture:
        groups, prior = self._groups(), self._prior(overview, origin)
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
        components = self._put_back(type(started)(parts, started.columns), list(self._parameter_names()), None, origin)
        return Mixture(self._weights_start(weights, restarts), components, self._mixture_prior())

    def _needs_sample(self) -> bool:
        return True

    def _start_rows(self, overview: Survey) -> np.ndarray:
        categorical = self._groups().get("categorical", np.zeros(0, int))
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
            sizes = self._sizes_of(columns)
            return Categorical(np.broadcast_to(prior.mean, (*shape[:2], sum(sizes))), sizes, prior)
        return {"bernoulli": Bernoulli, "poisson": Poisson}[kind](np.broadcast_to(overview.mean[columns], shape), prior)

    def _coordinates(self, kind: str, rows: np.ndarray, overview: Survey, columns: np.ndarray) -> np.ndarray:
        """Columns as k-means should see them: of about the same spread."""
        if kind == "categorical":
            return np.asarray(Indicators(self._sizes_of(columns))(rows, float))[:-1].T
        return rows / np.sqrt(_scale(overview)[columns])

    def _family(self) -> type[Mixed]:
        return Mixed

    def _families(self) -> list[type[Family]]:
        return [self._family_of(kind) for kind in self._groups()]

    def _family_of(self, kind: str) -> type[Family]:
        others = {"bernoulli": Bernoulli, "categorical": Categorical, "poisson": Poisson}
        return others.get(kind, GAUSSIANS[self.covariance_type])

    def _degenerate_components(self, overview: Survey) -> dict[str, np.ndarray]:
        found = super()._degenerate_components(overview)
        columns = self._groups().get("gaussian")
        if columns is None:
            return found
        part = self.model_.components.parts[0]
        variance, constant = overview.variance[columns], overview.constant[columns]
        flat = collapsed(part.covariances, self.covariance_type, variance, constant, self.reg_covar)
        return {**found, COLLAPSED: np.flatnonzero(np.broadcast_to(flat, self.weights_.shape))}

    def _prior(self, overview: Survey, origin: Any) -> Any:
        return self._priors(overview, origin, float(self.prior_strength) or None)

    def _priors(self, overview: Survey, origin: Any, strength: float | None) -> tuple[Any, ...]:
        """The prior of each group, of this strength, about the data's own moments."""
        made = []
        for kind, columns in self._groups().items():
            if kind == "gaussian":
                scale = _scale(overview)[columns]
                given = overview.mean[columns] - origin[columns], np.diag(scale), self.reg_covar * scale
                made.append(GaussianPrior(float(self.prior_strength) or None, *given))
            elif kind == "categorical":
                shares = category_shares(overview.sample[:, columns], overview.sample_weight, self._sizes_of(columns))
                made.append(CategoricalPrior(strength, shares))
            else:
                prior = {"bernoulli": BernoulliPrior, "poisson": PoissonPrior}[kind]
                made.append(prior(strength, overview.mean[columns]))
        return tuple(made)

    def _set_parameters(self, model: Any) -> None:
        self.kinds_ = list(self.encoder_.kinds_)
        self.categories_ = [None if labels is None else np.asarray(labels) for labels in self.encoder_.categories_]
        self.column_parameters_ = by_columns(model.components)


def _scale(overview: Survey) -> np.ndarray:
    return np.where(overview.constant, 1.0, overview.variance)
