"""Categorical mixtures (latent class models) with scikit-learn's manners."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from suffice.data.encode import ColumnEncoder
from suffice.estimators.mixtures.base import MixtureEstimator
from suffice.estimators.mixtures.beginning import Beginning
from suffice.estimators.mixtures.parts import Part, Parts
from suffice.estimators.shared.labelled_columns import LabelledColumns
from suffice.latent.families.categorical import Categorical
from suffice.latent.given import GivenParameters
from suffice.latent.mixture import Mixture
from suffice.rows.missing import without_nan
from suffice.validation import check_shape, summing_to_one


@dataclass(eq=False, repr=False, kw_only=True)
class CategoricalMixture(MixtureEstimator):
    r"""Mixture of K products of categorical variables (latent class model), fitted by expectation-maximisation.

    .. math:: p(x) = \sum_k \pi_k \prod_d p_{k d x_d}

    Cells may be text, truth values or whole numbers: every value that a column holds is a category of it, and a missing cell
    (NaN, None) is in none. Formulas: McLachlan and Peel, *Finite Mixture Models* (2000), chapter 5.

    Parameters
    ----------
    handle_unknown
        What becomes of labels that did not occur in the fit (in rows of positive weight): ``"missing"``, with a warning, or
        ``"error"``.
    probabilities_init
        Probabilities to start from: for each column ``(K, C)``, one for each of its categories.
    frozen
        Names of parameters that stay at the values given to start from, out of ``"weights"`` and ``"probabilities"``.
    tied
        Parameters that components share, a dictionary from ``"weights"`` and ``"probabilities"`` to a label
        for each component: ``(K,)``, or ``(K, D)`` for one in each column. Those of one label share the probabilities.
    degenerate
        As in ``GaussianMixture``, of components that hold less than one row's weight.
    prior_strength
        Conjugate (Dirichlet) prior over the probabilities, as a number of rows seen beforehand in each component; the
        shares of categories in them are those of the data.
    n_components, tol, max_iter, n_init, init_params, weights_init, weight_concentration_prior, random_state, precision
        As in ``GaussianMixture``.
    warm_start, verbose, learning_decay, learning_offset
        As in ``GaussianMixture``.

    Attributes
    ----------
    probabilities_ : list of numpy.ndarray
        For each column ``(K, C)``, the probabilities of its categories.
    categories_ : list of numpy.ndarray
        For each column its categories, ``(C,)``.
    encoder_ : suffice.data.ColumnEncoder
        Turns tables into codes, and back.
    weights_, lower_bound_, outcome_, model_ : numpy.ndarray, float, str, suffice.latent.Mixture
        As in ``GaussianMixture``, and all its other attributes of a fit.

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

    handle_unknown: str = "missing"
    probabilities_init: Any = None
    tied: Any = None

    encoder_: ColumnEncoder = field(init=False)

    @property
    def _input(self) -> LabelledColumns:
        return LabelledColumns(self, self._prepared, new_encoder=ColumnEncoder("categorical"))

    def _prepared(self, rows: np.ndarray) -> np.ndarray:
        """Codes in one byte each, or in two where a column has many labels; they become indicators a tile at a time."""
        code = np.min_scalar_type(max(len(labels) for labels in self.encoder_.categories_))
        return without_nan(rows, code)

    def _beginning(self) -> Beginning:
        sizes = tuple(len(labels) for labels in self.encoder_.categories_)

        def put_in(components: Categorical, origin: np.ndarray | None) -> Categorical:
            if self.probabilities_init is None:
                return components
            chances = np.broadcast_to(given_chances(), components.probabilities.shape)
            return Categorical(chances, components.sizes, components.prior)

        def given_chances(*_: Any) -> np.ndarray:
            return _given_probabilities(self.probabilities_init, self.n_components, sizes)

        values = {"weights": self.weights_init, "probabilities": self.probabilities_init}
        return Beginning(
            parts=Parts(Categorical, [Part(Categorical, sizes=sizes)]),
            given=GivenParameters(values, own=given_chances),
            from_rows=self.weights_init is None or self.probabilities_init is None,
            put_in=put_in,
            strength=self.prior_strength,
            always_sampled=True,
        )

    def _parameters(self, model: Mixture) -> dict[str, Any]:
        components: Any = model.components
        categories = [np.asarray(labels) for labels in self.encoder_.categories_]
        return {"probabilities_": components.by_column(), "categories_": categories}

    def _likelihood_of(self) -> str:
        return "probability of categories"


def _given_probabilities(given: Any, components: int, sizes: tuple[int, ...]) -> np.ndarray:
    """Probabilities of all columns side by side, (K, F), checked."""
    if not isinstance(given, list | tuple) or len(given) != len(sizes):
        raise ValueError(
            f"probabilities_init={given!r} was given; a list of arrays, one for each of the {len(sizes)} columns, is expected."
        )
    chances = [
        check_shape(f"probabilities_init[{column}]", chance, (components, size))
        for column, (chance, size) in enumerate(zip(given, sizes, strict=True))
    ]
    for column, chance in enumerate(chances):
        if (chance < 0).any() or not np.allclose(chance.sum(-1), 1):
            raise ValueError(f"probabilities_init[{column}] must be at least 0, and each row must sum to 1.")
    return np.concatenate([summing_to_one(chance) for chance in chances], -1)
