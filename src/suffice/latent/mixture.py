"""Finite mixtures of any family."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from math import prod
from typing import Any, ClassVar, Self

import numpy as np
from jaxtyping import Float, Num
from scipy.special import logsumexp

from suffice.latent.charts.mixture import MixtureChart
from suffice.latent.conditioning import check_given, check_value, positions
from suffice.latent.expectation import Expectation, MixtureStatistics, normalised
from suffice.latent.families.family import Family
from suffice.latent.forms.natural import Moments
from suffice.latent.held import Frozen, free_parameters, maximized, of_some, of_these, weights_beside
from suffice.latent.ties import distinct, fixed_ties, group_means, labels_of
from suffice.model import Hyperparameters, LatentModel
from suffice.rows.block import tile_of
from suffice.rows.missing import MissingLayout
from suffice.rows.patterns import arrange
from suffice.runtime.arrays import Array
from suffice.runtime.either import jnp
from suffice.runtime.module import field, replaced
from suffice.runtime.precision import in_own_precision


class MixturePrior(Hyperparameters):
    r"""Symmetric Dirichlet prior over the weights with this ``concentration``, a scalar of at least 1.

    .. math:: p(\pi) \propto \prod_k \pi_k^{\alpha - 1}, \qquad \pi_k = \frac{N_k + \alpha - 1}{N + K (\alpha - 1)}

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.fit import em
    >>> from suffice.latent import Bernoulli, Mixture, MixturePrior
    >>> components = Bernoulli(np.array([[0.9], [0.1]]))
    >>> start = Mixture(np.array([0.5, 0.5]), components, MixturePrior(3.0), frozen=("probabilities",))
    >>> em(start, np.ones((6, 1))).model.weights.round(3)
    array([0.782, 0.218])
    """

    concentration: Array | float


class Mixture(LatentModel):
    r"""A finite mixture, :math:`p(x) = \sum_k \pi_k \, p(x \mid \theta_k)`.

    Parameters
    ----------
    weights
        :math:`\pi`, ``(..., K)``: not negative, summing to 1. Leading axes are restarts, fitted side by side.
    components
        A family with K components.
    prior
        Dirichlet prior over the weights; concentration 1, which adds nothing, by default.
    frozen
        Names of parameters that maximisation leaves as they are: ``"weights"``, or what the family calls its own; of some
        components alone a pair of the name and their numbers, ``("means", (0, 2))``.
    tied
        Parameters that components share, by name: labels ``(K,)``, or ``(K, D)`` for one set in each column. Those of one label
        have the same parameter, which ``components`` must agree with.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.latent import Bernoulli, Mixture
    >>> mixture = Mixture(np.array([0.5, 0.5]), Bernoulli(np.array([[0.9], [0.1]])))
    >>> print(mixture.responsibilities(np.array([[1.0], [0.0]])).round(2))
    [[0.9 0.1]
     [0.1 0.9]]
    """

    chart: ClassVar[Any] = MixtureChart()

    log_weights: Array
    components: Family
    prior: MixturePrior
    frozen: Frozen = field(static=True)
    tied: tuple[tuple[str, Any], ...] = field(static=True)

    def __init__(
        self,
        weights: Any,
        components: Family,
        prior: MixturePrior | None = None,
        frozen: Collection[str | tuple[str, tuple[int, ...]]] = (),
        tied: Mapping[str, Any] | None = None,
    ):
        with np.errstate(divide="ignore"):
            self.log_weights = jnp.log(weights)
        self.components = components
        self.prior = MixturePrior(1.0) if prior is None else prior
        self.frozen = tuple(frozen)
        self.tied = fixed_ties(tied or {})

    @property
    def tile(self) -> int:
        """As many rows as keep their sufficient statistics and responsibilities in the cache."""
        return tile_of(max(self.components.numbers_per_row(), prod(self.log_weights.shape)))

    @property
    def width(self) -> int:
        """Components of all restarts."""
        return prod(self.log_weights.shape)

    @property
    def missing(self) -> MissingLayout:
        """How rows with missing cells are handed to the E-step."""
        return self.components.missing or "mask"

    @property
    def restarts(self) -> tuple[int, ...]:
        """Sizes of the leading axes, along which restarts lie."""
        return self.log_weights.shape[:-1]

    @property
    def weights(self) -> Float[Array, "... K"]:
        """Mixture weights, (..., K)."""
        return jnp.exp(self.log_weights)

    @property
    def clusters(self) -> int:
        """How many components are no noise."""
        return self.log_weights.shape[-1] - self.components.noise_components

    def needs_centring(self) -> bool:
        """Which form the components ask for."""
        return self.components.needs_centring()

    @np.errstate(all="ignore")
    def expectation(self, centred: bool) -> Expectation:
        """The E-step as a function of rows and weights."""
        form = self.components.form(centred).weighted(self.log_weights)
        refused = self.components.missing is None
        return Expectation(form, None if refused else self.components.missing_form(centred).weighted(self.log_weights))

    @np.errstate(all="ignore")
    def maximize(self, statistics: MixtureStatistics) -> Self:
        """Weights N_k / N and the components' own maximisation, priors included."""
        components = _maximized_components(self, statistics.moments)
        if "weights" in self.frozen:
            return replaced(self, components=components)
        counts = shared_weights(self, statistics.moments.total[-1] + (self.prior.concentration - 1))
        weights = weights_beside(counts / counts.sum(-1, keepdims=True), self.weights, self.frozen)
        return replaced(self, log_weights=jnp.log(weights), components=components)

    @np.errstate(all="ignore")
    def log_prior(self) -> Float[Array, ...] | float:
        """Log-prior of the weights and of the components."""
        if "weights" in self.frozen:
            return self.components.log_prior()
        excess = self.prior.concentration - 1
        return jnp.where(excess > 0, excess * self.log_weights, 0.0).sum(-1) + self.components.log_prior()

    @np.errstate(all="ignore")
    def expected_complete_log_likelihood(self, statistics: MixtureStatistics) -> Float[Array, ...]:
        r"""Q, :math:`\sum_{nk} w_n r_{nk} [\log \pi_k + \log p(x_n | k)]`, of these parameters under statistics about zero."""
        counts = statistics.moments.total[-1]
        value = jnp.where(counts > 0, counts * self.log_weights, 0.0).sum(-1)
        return value + self.components.inner(statistics.moments)

    def holding(
        self, frozen: Collection[str | tuple[str, tuple[int, ...]]], tied: Mapping[str, Any] | None = None
    ) -> Self:
        """The same mixture with the parameters of these names frozen or, by their labels, tied."""
        return replaced(self, frozen=tuple(frozen), tied=fixed_ties(tied or {}))

    def centre(self) -> np.ndarray | None:
        """A point (D,) among the components from which rows are measured while computing; None where none may be."""
        return self.components.centre()

    def translated(self, shift: Float[Array, " D"]) -> Self:
        """The same mixture for rows moved by ``shift`` (D,)."""
        return replaced(self, components=self.components.translated(shift))

    @in_own_precision
    def responsibilities(self, rows: Num[Array, "n D"]) -> Float[Array, "... n K"]:
        r"""Posterior probability of each component, :math:`r_{nk} = \pi_k p(x_n | k) / p(x_n)`, (..., n, K)."""
        return jnp.swapaxes(normalised(_joint(self, rows))[1], -1, -2)

    @in_own_precision
    def log_density(self, rows: Num[Array, "n D"]) -> Float[Array, "... n"]:
        """log p(x) of each row, (..., n)."""
        return normalised(_joint(self, rows))[0]

    def marginal(self, columns: Sequence[int]) -> Self:
        r"""The mixture of some columns alone, :math:`p(x_A)`, exactly.

        Parameters
        ----------
        columns
            Positions of the columns, in the order wanted.

        Raises
        ------
        ValueError
            If a column is unknown or stands twice, or there is none.

        Examples
        --------
        >>> import numpy as np
        >>> from suffice.latent import Bernoulli, Mixture
        >>> mixture = Mixture(np.array([0.5, 0.5]), Bernoulli(np.array([[0.9, 0.2], [0.1, 0.6]])))
        >>> mixture.marginal([1]).components.probabilities
        array([[0.2],
               [0.6]])
        """
        kept = positions(columns, self.components.features)
        tied = {
            name: labels if labels.shape[1] == 1 else labels[:, kept] for name, labels in labels_of(self.tied).items()
        }
        whole = self.holding(self.frozen, tied)
        return replaced(whole, components=self.components.marginal(kept))

    def conditional(self, given: Mapping[int, float]) -> Self:
        r"""The mixture of the other columns where some have given values, exactly, without a prior.

        .. math:: p(x_B \mid x_A = a) = \sum_k \frac{\pi_k p(a \mid k)}{p(a)} \, p(x_B \mid a, k)

        Parameters
        ----------
        given
            Value of each column that is known, by position.

        Raises
        ------
        ValueError
            If a column is unknown, none or all are given, or no row can have a value.

        Examples
        --------
        >>> import numpy as np
        >>> from suffice.latent import Bernoulli, Mixture
        >>> mixture = Mixture(np.array([0.5, 0.5]), Bernoulli(np.array([[0.9, 0.2], [0.1, 0.6]])))
        >>> mixture.conditional({0: 1}).weights
        array([0.9, 0.1])
        """
        check_given(given, self.components.features)
        columns = positions(given, self.components.features)
        values = [check_value(self.components, c, v, c) for c, v in zip(columns, given.values(), strict=True)]
        components, log_density = self.components.conditional(columns, np.array(values))
        joint = np.asarray(self.log_weights) + log_density
        if not np.isfinite(joint.max(-1)).all():
            raise ValueError(f"{dict(given)} is so far from every component that its density cannot be computed.")
        log_weights = joint - logsumexp(joint, axis=-1, keepdims=True)
        return replaced(
            self.holding(self.frozen), log_weights=log_weights, components=components, prior=MixturePrior(1.0)
        )

    def parameter_count(self) -> int:
        """Free parameters: the weights' K - 1 and the components', without those that are frozen."""
        labels = labels_of(self.tied).get("weights")
        groups = self.log_weights.shape[-1] if labels is None else int(distinct(labels, 1)[0])
        count = self.log_weights.shape[-1]
        held = len(of_some(self.frozen).get("weights", ()))
        weights = 0 if "weights" in self.frozen else max(0, groups - 1 - held)
        return weights + free_parameters(self.components, self.frozen, component_ties(self), count)


def of_components(mixture: Mixture, components: Any) -> Mixture:
    """Some components alone, given by number, with weights that sum to 1; restarts lie along one leading axis."""
    log_weights = np.asarray(mixture.log_weights)[:, components]
    log_weights = log_weights - logsumexp(log_weights, axis=-1, keepdims=True)
    tied = {name: labels[components] for name, labels in labels_of(mixture.tied).items()}
    held = of_these(mixture.frozen, np.arange(mixture.log_weights.shape[-1])[components].tolist())
    return replaced(
        mixture.holding(held, tied), log_weights=log_weights, components=mixture.components.among(components)
    )


def component_ties(mixture: Mixture) -> dict[str, np.ndarray]:
    """Labels of the components' parameters that are tied, by name."""
    return {name: labels for name, labels in labels_of(mixture.tied).items() if name != "weights"}


def shared_weights(mixture: Mixture, weights: Array) -> Array:
    """Weights (..., K) averaged over the components that share one."""
    labels = labels_of(mixture.tied).get("weights")
    return weights if labels is None else group_means(weights[..., None], labels)[..., 0]


def _maximized_components(mixture: Mixture, moments: Moments) -> Family:
    ties = component_ties(mixture)
    if ties or mixture.frozen:
        return maximized(mixture.components, moments, mixture.frozen, ties, mixture.log_weights.ndim - 1)
    return mixture.components.maximize(moments)[0]


def _joint(mixture: Mixture, rows: Array) -> Array:
    return mixture.expectation(mixture.needs_centring()).joint(arrange(rows, mixture.missing))
