"""Gaussian components and, after them, uniform noise."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np
from jaxtyping import Bool, Float

from suffice.latent.charts.noise import NoiseChart
from suffice.latent.families.family import averaged
from suffice.latent.families.gaussian import Gaussian
from suffice.latent.families.gaussian_with_noise_columns import GaussianWithNoiseColumns
from suffice.latent.forms.natural import Moments
from suffice.latent.forms.noise import NoiseForm
from suffice.latent.noise_box import NoiseBox
from suffice.latent.ties import Labels
from suffice.runtime.arrays import Array
from suffice.runtime.either import jnp
from suffice.runtime.module import replaced


class GaussianWithNoise(GaussianWithNoiseColumns):
    r"""K Gaussians, and as component K + 1 noise that is uniform over a box.

    .. math:: p(x \mid k) = N(x \mid \mu_k, \Sigma_k), \quad k \le K; \qquad p(x \mid K + 1) = 1 / V

    The noise has this density everywhere, so that a row far from all else, outside the box too, is noise (Banfield and
    Raftery, "Model-based Gaussian and non-Gaussian clustering", 1993). Where cells are missing, V is the volume of the box of
    the observed columns.

    Parameters
    ----------
    gaussian
        The K Gaussians.
    box
        Where noise may be; maximisation leaves it as it is.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.latent import Gaussian, GaussianWithNoise, Mixture, NoiseBox
    >>> one = Gaussian(np.zeros((1, 1)), np.ones((1, 1, 1)))
    >>> mixture = Mixture([0.9, 0.1], GaussianWithNoise(one, NoiseBox(np.array([-10.0]), np.array([20.0]))))
    >>> print(mixture.responsibilities(np.array([[0.0], [9.0]])).round(2))
    [[0.99 0.01]
     [0.   1.  ]]
    """

    chart: ClassVar[Any] = NoiseChart()

    def __init__(self, gaussian: Gaussian, box: NoiseBox):
        self.gaussian, self.box = gaussian, box

    def form(self, centred: bool) -> NoiseForm:
        """The Gaussians' form, and the noise."""
        return self._beside(self.gaussian.form(centred))

    def missing_form(self, centred: bool) -> NoiseForm:
        """The Gaussians' form for missing cells, and the noise."""
        return self._beside(self.gaussian.missing_form(centred))

    def _beside(self, form: Any) -> NoiseForm:
        nothing = jnp.zeros(self.gaussian.means.shape[:-2], self.gaussian.means.dtype)
        return NoiseForm(form, jnp.log(jnp.asarray(self.box.sides)), nothing)

    def completed(
        self, form: NoiseForm, features: tuple[Any, Array], share: Float[Array, "... K n"]
    ) -> tuple[Float[Array, "... n D"], Float[Array, "... n D"]]:
        """What the Gaussians expect, and the middle of the box."""
        total = share[..., :-1, :].sum(-2)
        own = share[..., :-1, :] / jnp.where(total > 0, total, 1.0)[..., None, :]
        mean, deviation = self.gaussian.completed(form.form, features[0], own)
        middle = jnp.broadcast_to(self.box.middle, mean.shape)
        variance = jnp.broadcast_to(jnp.square(self.box.sides) / 12, mean.shape)
        pair = jnp.stack([total, share[..., -1, :]])
        return averaged(pair, jnp.stack([mean, middle]), jnp.stack([jnp.square(deviation), variance]))

    def needs_centring(self) -> bool:
        """What the Gaussians need."""
        return self.gaussian.needs_centring()

    def numbers_per_row(self) -> int:
        """The Gaussians', and one."""
        return self.gaussian.numbers_per_row() + 1

    def maximize(self, moments: Moments) -> tuple[Self, Bool[Array, "... K"]]:
        """The Gaussians' maximisation."""
        return self._with(self.gaussian.maximize(moments.common))

    def maximize_restricted(
        self, moments: Moments, frozen: Collection[str], tied: Mapping[str, Labels]
    ) -> tuple[Self, Array]:
        """The Gaussians' maximisation, where ties leave the noise out."""
        own = {name: labels[:-1] for name, labels in tied.items()}
        return self._with(self.gaussian.maximize_restricted(moments.common, frozen, own))

    def _with(self, found: tuple[Gaussian, Array]) -> tuple[Self, Array]:
        valid = jnp.concatenate([found[1], jnp.ones((*found[1].shape[:-1], 1), bool)], -1)
        return replaced(self, gaussian=found[0]), valid

    def sharing(self, tied: Mapping[str, Labels]) -> Self:
        """Averages over the Gaussians."""
        return replaced(self, gaussian=self.gaussian.sharing({name: labels[:-1] for name, labels in tied.items()}))

    def free_parameter_count(self, frozen: Collection[str], tied: Mapping[str, Labels]) -> int:
        """The Gaussians'; the box is no parameter."""
        return self.gaussian.free_parameter_count(frozen, {name: labels[:-1] for name, labels in tied.items()})

    def about_zero(self, moments: Moments) -> Moments:
        """The Gaussians' sums measured from the origin."""
        return Moments(moments.total, self.gaussian.about_zero(moments.common), "zero")

    def moments_at(self, counts: Float[Array, "... K"]) -> Moments:
        """The Gaussians', and the noise's log-density as often as it counts."""
        inner = jnp.concatenate([jnp.zeros_like(counts[..., :-1]), -counts[..., -1:] * self.box.log_volume()], -1)
        return Moments(jnp.stack([inner, counts]), self.gaussian.moments_at(counts[..., :-1]), "zero")

    def inner(self, moments: Moments) -> Float[Array, ...]:
        """Expected log-density, summed over rows, components and the noise."""
        return self.gaussian.inner(moments.common) + moments.total[0].sum(-1)

    def log_prior(self) -> Float[Array, ...] | float:
        """The Gaussians'."""
        return self.gaussian.log_prior()

    def translated(self, shift: Float[Array, " D"]) -> Self:
        """Gaussians and box moved."""
        return type(self)(self.gaussian.translated(shift), self.box.translated(shift))

    def conditional(self, columns: Sequence[int], values: Array) -> tuple[Self, np.ndarray]:
        """The Gaussians' conditionals and the box of the other columns; the log-densities (..., K + 1) of the values."""
        gaussian, log_density = self.gaussian.conditional(columns, values)
        noise = np.full((*log_density.shape[:-1], 1), -self.box.among(list(columns)).log_volume())
        others = self.box.among(self.other_columns(columns))
        return type(self)(gaussian, others), np.concatenate([log_density, noise], -1)

    def among(self, components: np.ndarray) -> Self:
        """Some of the Gaussians; the noise, which comes last, stays."""
        numbers = np.arange(self.gaussian.means.shape[-2] + 1)[components]
        if (numbers == self.gaussian.means.shape[-2]).tolist() != [False] * (len(numbers) - 1) + [True]:
            raise ValueError(
                f"Components {numbers.tolist()} were given; the noise, the last of all, has to be their last."
            )
        return replaced(self, gaussian=self.gaussian.among(numbers[:-1]))

    def without_prior(self) -> Self:
        """The Gaussians without a prior."""
        return replaced(self, gaussian=self.gaussian.without_prior())
