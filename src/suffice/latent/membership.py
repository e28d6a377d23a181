"""Mixtures whose weights depend on covariates of the rows, by a multinomial logit."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
from jaxtyping import Float

from suffice.latent.charts.membership import LARGEST, MembershipChart
from suffice.latent.expectation import normalised
from suffice.latent.families.family import Family
from suffice.latent.forms.natural import Moments
from suffice.model import LatentModel, PreparedEStep
from suffice.rows.block import tile_of
from suffice.rows.missing import MaskedRows, MissingLayout, PatternRows
from suffice.runtime.arrays import Array
from suffice.runtime.either import jnp
from suffice.runtime.module import Module, replaced


class MembershipStatistics(Module):
    """Sums over rows: the components' moments; of the coefficients the slope (..., K, C), and z z' (..., C, C)."""

    moments: Moments
    rise: Array
    square: Array
    log_likelihood: Array
    weight: Array


class MembershipExpectation(PreparedEStep):
    """The E-step for pairs of rows and covariates (n, C), the first of which is 1, and counts (n, R) of resamples beside them."""

    form: Any
    missing_form: Any
    coefficients: Array

    def joint(self, rows: Any) -> Array:
        """log p(x, k | z), (..., K, n)."""
        return self._parts(rows)[0]

    def _parts(self, rows: Any) -> tuple[Array, Array, Any, Any]:
        """That, the chances of the classes, the form, and its features of the rows."""
        form = self.missing_form if isinstance(rows[0], MaskedRows | PatternRows) else self.form
        size, chance = normalised(self.coefficients @ rows[1].T)
        features = form.features(rows[0])
        linear = self.coefficients @ rows[1].T - size[..., None, :]
        return form.log_density(features) + linear, chance, form, features

    def __call__(self, rows: Any, weight: Array, given: Array | None = None) -> MembershipStatistics:
        joint, chance, form, features = self._parts(rows)
        weight = weight if len(rows) == 2 else rows[2].T * weight
        evidence, share = normalised(joint, weight)
        moments = form.moments(features, share, weight)
        rise = (share - chance * weight[..., None, :]) @ rows[1]
        square = (rows[1].T * weight[..., None, :]) @ rows[1]
        return MembershipStatistics(moments, rise, square, (evidence * weight).sum(-1), weight.sum(-1))


class MembershipMixture(LatentModel):
    r"""A mixture whose weights follow covariates z of each row.

    .. math:: p(x \mid z) = \sum_k \pi_k(z) \, p(x \mid \theta_k), \quad
        \pi_k(z) = \frac{\exp(\beta_k^\top z)}{\sum_j \exp(\beta_j^\top z)}, \quad \beta_1 = 0

    Rows are pairs of rows ``(n, D)`` and covariates ``(n, C)``, the first of which is 1. Maximisation of the coefficients goes
    up a quadratic bound of their likelihood, so that this never falls (Böhning, 1992). Formulas: Bandeen-Roche, Miglioretti,
    Zeger and Rathouz, "Latent variable regression for multiple discrete outcomes" (1997).

    Parameters
    ----------
    coefficients
        :math:`\beta`, ``(..., K, C)``, zeros for the first class.
    components
        A family with K components.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.latent import Bernoulli, MembershipMixture
    >>> model = MembershipMixture(np.array([[0.0, 0.0], [0.0, 2.0]]), Bernoulli(np.array([[0.5], [0.5]])))
    >>> print(model.memberships(np.array([[0.0], [1.0]])).round(2))
    [[0.5  0.5 ]
     [0.12 0.88]]
    """

    chart: ClassVar[Any] = MembershipChart()

    coefficients: Array
    components: Family

    def __init__(self, coefficients: Array, components: Family):
        self.coefficients, self.components = coefficients, components

    @property
    def restarts(self) -> tuple[int, ...]:
        """Sizes of the leading axes, along which restarts lie."""
        return self.coefficients.shape[:-2]

    @property
    def missing(self) -> MissingLayout:
        """How rows with missing cells are handed to the E-step."""
        return self.components.missing or "mask"

    @property
    def width(self) -> int:
        """Components of all restarts."""
        return int(np.prod(self.coefficients.shape[:-1]))

    @property
    def tile(self) -> int:
        """As many rows as keep their sufficient statistics and responsibilities in the cache."""
        return tile_of(max(self.components.numbers_per_row(), self.width))

    def needs_centring(self) -> bool:
        """Which form the components ask for."""
        return self.components.needs_centring()

    @np.errstate(all="ignore")
    def expectation(self, centred: bool) -> MembershipExpectation:
        """The E-step as a function of pairs and weights."""
        refused = self.components.missing is None
        gaps = None if refused else self.components.missing_form(centred)
        return MembershipExpectation(self.components.form(centred), gaps, self.coefficients)

    @np.errstate(all="ignore")
    def maximize(self, statistics: MembershipStatistics) -> Self:
        """The components' own maximisation, and a step of the coefficients."""
        components, _ = self.components.maximize(statistics.moments)
        own = statistics.rise[..., 1:, :]
        bound = jnp.linalg.inv(statistics.square)
        step = 2 * (own + own.sum(-2, keepdims=True)) @ bound
        found = jnp.concatenate([self.coefficients[..., :1, :], self.coefficients[..., 1:, :] + step], -2)
        return replaced(self, coefficients=jnp.clip(found, -LARGEST, LARGEST), components=components)

    def log_prior(self) -> Float[Array, ...] | float:
        """That of the components."""
        return self.components.log_prior()

    def centre(self) -> None:
        """Rows are measured from zero."""

    def memberships(self, covariates: Float[Array, "n q"]) -> np.ndarray:
        """Chances of the classes (n, K) given covariates, without the 1."""
        designed = np.concatenate([np.ones((len(covariates), 1)), np.asarray(covariates, float)], 1)
        return np.asarray(normalised(np.asarray(self.coefficients) @ designed.T)[1]).T

    def parameter_count(self) -> int:
        """The coefficients of all classes but the first, and the components'."""
        classes, covariates = self.coefficients.shape[-2:]
        return (classes - 1) * covariates + self.components.parameter_count()
