"""Log-density and moments of components and, beside them, uniform noise."""

from __future__ import annotations

from typing import Any

from jaxtyping import Float

from suffice.latent.forms.natural import Moments
from suffice.latent.noise_box import log_volumes
from suffice.runtime.arrays import Array
from suffice.runtime.either import jnp
from suffice.runtime.module import Module


class NoiseForm(Module):
    """The ``form`` of K components, and after them noise with ``log_weight`` (...,) over a box of sides ``log_sides`` (D,).

    Moments are weights (..., K + 1), before them the noise's expected log-density (0 for the components), and the components'
    own moments in ``common``.
    """

    form: Any
    log_sides: Array
    log_weight: Array

    @property
    def accurate(self) -> Array | bool:
        """What the components' form says."""
        return self.form.accurate

    def weighted(self, log_weights: Float[Array, "... K"]) -> NoiseForm:
        """The form with log-weights (..., K + 1) added to the log-densities."""
        return NoiseForm(
            self.form.weighted(log_weights[..., :-1]), self.log_sides, self.log_weight + log_weights[..., -1]
        )

    def features(self, rows: Any) -> tuple[Any, Array]:
        """What the components' form makes of the rows, and the noise's log-density."""
        return self.form.features(rows), -log_volumes(self.log_sides, rows)

    def log_density(self, features: tuple[Any, Array]) -> Float[Array, "... K n"]:
        """Log-density of each row under each component and the noise, (..., K + 1, n)."""
        own = self.form.log_density(features[0])
        noise = self.log_weight[..., None, None] + features[1]
        return jnp.concatenate([own, jnp.broadcast_to(noise, (*own.shape[:-2], 1, own.shape[-1]))], -2)

    def moments(
        self, features: tuple[Any, Array], responsibility: Float[Array, "... K n"], weight: Float[Array, "... n"]
    ) -> Moments:
        """Sums over rows, with weighted responsibilities (..., K + 1, n)."""
        share = responsibility[..., :-1, :]
        own = self.form.moments(features[0], share, share.sum(-2))
        noise = (responsibility[..., -1:, :] * features[1]).sum(-1)
        inner = jnp.concatenate([jnp.zeros_like(share[..., 0]), noise], -1)
        return Moments(jnp.stack([inner, responsibility.sum(-1)]), own, "zero")
