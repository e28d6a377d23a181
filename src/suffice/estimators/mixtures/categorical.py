"""Categorical mixtures (latent class models) with scikit-learn's manners."""

from __future__ import annotations

from typing import Any

import numpy as np

from suffice.data.encode import ColumnEncoder
from suffice.estimators.shared.labelled_columns import EncodedMixture
from suffice.latent.families.categorical import Categorical, CategoricalPrior, Indicators
from suffice.latent.mixture import Mixture
from suffice.rows.missing import missing_code
from suffice.rows.survey import Survey
from suffice.validation import check_shape


class CategoricalMixture(EncodedMixture):
    r"""Mixture of K products of categorical variables (latent class model), fitted by expectation-maximisation.

    .. math:: p(x) = \sum_k \pi_k \prod_d p_{k d x_d}

    Cells may be text, truth values or whole numbers: every value that a column holds is a category of it, and a missing cell
    (NaN, None) is in none. Formulas: McLachlan and Peel, *Finite Mixture Models* (2000), chapter 5.

    Parameters
    ----------
    n_components
        Number of components K.
    handle_unknown
        What becomes of labels that did not occur in the fit (in rows of positive weight): ``"missing"``, with a warning, or
        ``"error"``.
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
        Probabilities to start from: for each column ``(K, C)``, one for each of its categories.
    frozen
        Names of parameters that stay at the values given to start from, out of ``"weights"`` and ``"probabilities"``.
    tied
        Parameters that components share, a dictionary from ``"weights"`` and ``"probabilities"`` to a label
        for each component: ``(K,)``, or ``(K, D)`` for one in each column. Those of one label share the probabilities.
    degenerate
        What becomes of components that hold less than one row's weight: ``"keep"`` warns. ``"remove"`` takes them out and
        fits on, so that K is smaller than ``n_components``. ``"restart"`` puts them on rows that the model explains worst, up to
        5 times, and keeps them with the warning if that does not help. ``outcome_`` says what was done.
    weight_concentration_prior
        Concentration of the symmetric Dirichlet prior over the weights, at least 1; None is 1, which adds nothing.
    prior_strength
        Conjugate (Dirichlet) prior over the probabilities, as a number of rows seen beforehand in each component; the
        shares of categories in them are those of the data.
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
    probabilities_ : list of numpy.ndarray
        For each column ``(K, C)``, the probabilities of its categories.
    categories_ : list of numpy.ndarray
        For each column its categories, ``(C,)``.
    encoder_ : suffice.data.ColumnEncoder
        Turns tables into codes, and back.
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
    >>> from suffice import CategoricalMixture
    >>> X = np.array([["red", "small"], ["red", "small"], ["blue", "large"], ["blue", "large"]])
    >>> mixture = CategoricalMixture(n_components=2, random_state=0, max_iter=500).fit(X)
    >>> print(mixture.weights_.round(2), mixture.categories_[1])
    [0.5 0.5] ['large' 'small']
    >>> print(mixture.impute(np.array([["red", None]], object)))
    [['red' 'small']]
    """

    def __init__(
        self,
        n_components: int = 1,
        *,
        handle_unknown: str = "missing",
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
        learning_decay: float = 0.7,
        learning_offset: float = 10.0,
        random_state: Any = None,
        precision: str = "float64",
        warm_start: bool = False,
        verbose: int = 0,
    ):
        self.n_components = n_components
        self.handle_unknown = handle_unknown
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
        self.learning_decay = learning_decay
        self.learning_offset = learning_offset
        self.random_state = random_state
        self.precision = precision
        self.warm_start = warm_start
        self.verbose = verbose

    def _new_encoder(self) -> ColumnEncoder:
        return ColumnEncoder("categorical", max_categories=missing_code(np.uint8))

    def _prepared(self, rows: np.ndarray) -> np.ndarray:
        """Codes in one byte each; they become indicators a tile at a time."""
        return np.where(np.isnan(rows), missing_code(np.uint8), rows).astype(np.uint8)

    def _needs_sample(self) -> bool:
        return True

    def _start_rows(self, overview: Survey) -> np.ndarray:
        return overview.sample

    def _frozen_value(self, name: str) -> np.ndarray:
        return self._given_probabilities(self._sizes()) if name == "probabilities" else super()._frozen_value(name)

    def _likelihood_of(self) -> str:
        return "probability of categories"

    def _sizes(self) -> tuple[int, ...]:
        return tuple(len(labels) for labels in self.encoder_.categories_)

    def _start(self, overview: Survey, origin: Any, restarts: int, generator: Any) -> Mixture:
        sizes = self._sizes()
        shape, prior = (restarts, self.n_components, sum(sizes)), self._prior(overview, origin)
        weights, chances = np.full(shape[:2], 1 / self.n_components), np.broadcast_to(prior.mean, shape)
        if self.probabilities_init is None or self.weights_init is None:
            blank = Categorical(chances, sizes, CategoricalPrior(1.0, prior.mean))
            coordinates = np.asarray(Indicators(sizes)(overview.sample, float))[:-1].T
            weights, maximize_given_responsibilities = self._from_shares(
                blank, coordinates, overview.sample, overview.sample_weight, restarts, generator
            )
            chances = maximize_given_responsibilities.probabilities
        if self.probabilities_init is not None:
            chances = np.broadcast_to(self._given_probabilities(sizes), shape)
        return Mixture(
            self._weights_start(weights, restarts), Categorical(chances, sizes, prior), self._mixture_prior()
        )

    def _given_probabilities(self, sizes: tuple[int, ...]) -> np.ndarray:
        if not isinstance(self.probabilities_init, list | tuple) or len(self.probabilities_init) != len(sizes):
            raise ValueError(
                f"probabilities_init={self.probabilities_init!r} was given; a list of arrays, one for each of the {len(sizes)} "
                "columns, is expected."
            )
        given = [
            check_shape(f"probabilities_init[{column}]", chance, (self.n_components, size))
            for column, (chance, size) in enumerate(zip(self.probabilities_init, sizes, strict=True))
        ]
        for column, chance in enumerate(given):
            if (chance < 0).any() or not np.allclose(chance.sum(-1), 1):
                raise ValueError(f"probabilities_init[{column}] must be at least 0, and each row must sum to 1.")
        return np.concatenate(given, -1)

    def _family(self) -> type[Categorical]:
        return Categorical

    def _prior(self, overview: Survey, origin: Any) -> CategoricalPrior:
        return CategoricalPrior(
            float(self.prior_strength) or None, category_shares(overview.sample, overview.sample_weight, self._sizes())
        )

    def _set_parameters(self, model: Any) -> None:
        self.probabilities_ = model.components.by_column()
        self.categories_ = [np.asarray(labels) for labels in self.encoder_.categories_]


def category_shares(sample: np.ndarray, weight: np.ndarray, sizes: tuple[int, ...]) -> np.ndarray:
    """Share of each category among a sample's cells, one row spread over all categories added, (F,)."""
    counts = np.asarray(Indicators(sizes)(sample, float))[:-1] @ weight
    parts = np.split(counts, np.cumsum(sizes)[:-1])
    return np.concatenate([(part + 1 / len(part)) / (part.sum() + 1) for part in parts])
