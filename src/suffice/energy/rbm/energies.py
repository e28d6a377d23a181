"""Two layers of units without couplings inside a layer: energies, and what each layer is given the other."""

from __future__ import annotations

from abc import abstractmethod

import equinox as eqx
import jax.numpy as jnp
from jax.nn import sigmoid, softplus
from jaxtyping import Float, Key

from suffice.runtime.arrays import Array
from suffice.runtime.precision import in_own_precision
from suffice.runtime.types import ArrayLike


class TwoLayers(eqx.Module):
    """Energies and conditional distributions of visible units of some kind and binary hidden units."""

    weights: Float[Array, "D P"]
    visible_bias: Float[Array, " D"]
    hidden_bias: Float[Array, " P"]

    @property
    @abstractmethod
    def visible_states(self) -> int | None:
        """Number of states of the visible units; None where they are real numbers."""

    @abstractmethod
    def log_base(self, visible: Float[Array, "... D"]) -> Float[Array, ...]:
        """Logarithm of the measure that visible units have without any bias or coupling, shape of the leading axes."""

    @abstractmethod
    def log_normalisers(self, field: Float[Array, "... D"]) -> Float[Array, "... D"]:
        """``log_normaliser`` a unit at a time, in nats, shape (..., D); of a column of categories at its first unit, else 0."""

    @abstractmethod
    def mean_at(self, field: Float[Array, "... D"]) -> Float[Array, "... D"]:
        """Mean of the visible units that receive ``field``, the sum of bias and couplings, shape (..., D)."""

    @abstractmethod
    def draw_at(self, field: Float[Array, "... D"], key: Key[Array, ""]) -> Float[Array, "... D"]:
        """Visible units drawn where they receive ``field``, shape (..., D)."""

    @property
    def hidden_states(self) -> int:
        """Number of states of the hidden units."""
        return 2 ** self.weights.shape[1]

    def log_normaliser(self, field: Float[Array, "... D"]) -> Float[Array, ...]:
        """Logarithm of the sum of exp(v' field) over all v, in nats, shape of the leading axes of ``field``."""
        return self.log_normalisers(field).sum(-1)

    @in_own_precision
    def energy(self, visible: ArrayLike, hidden: ArrayLike) -> Float[Array, ...]:
        """Energy E(v, h), shape of the leading axes.

        Parameters
        ----------
        visible
            Values from 0 to 1, shape (..., D).
        hidden
            Values from 0 to 1, shape (..., P).
        """
        v, h = self._visible(visible), self._hidden(hidden)
        return -((v @ self.weights) * h).sum(-1) - h @ self.hidden_bias - self._log_unbound(v)

    @in_own_precision
    def hidden_probability(self, visible: ArrayLike) -> Float[Array, "... P"]:
        """p(h = 1 | v) of every hidden unit, shape (..., P).

        Parameters
        ----------
        visible
            Values from 0 to 1, shape (..., D).
        """
        return sigmoid(self._visible(visible) @ self.weights + self.hidden_bias)

    @in_own_precision
    def visible_mean(self, hidden: ArrayLike) -> Float[Array, "... D"]:
        """Mean of v given h, for binary units p(v = 1 | h), shape (..., D).

        Parameters
        ----------
        hidden
            Values from 0 to 1, shape (..., P).
        """
        return self.mean_at(self._visible_field(hidden))

    @in_own_precision
    def free_energy(self, visible: ArrayLike) -> Float[Array, ...]:
        """F(v) = -log sum_h exp(-E(v, h)), in nats, shape of the leading axes.

        Parameters
        ----------
        visible
            Values from 0 to 1, shape (..., D).
        """
        v = self._visible(visible)
        return -self._log_unbound(v) - softplus(v @ self.weights + self.hidden_bias).sum(-1)

    @in_own_precision
    def reconstruction_cross_entropy(self, visible: ArrayLike) -> Float[Array, ...]:
        """Cross-entropy between v and p(v | p(h | v)), summed over units, in nats, shape of the leading axes.

        A reading for people, cheap and smooth; what ``contrast`` learns is not its minimum.

        Parameters
        ----------
        visible
            Values from 0 to 1, shape (..., D).
        """
        v = self._visible(visible)
        field = self._visible_field(self.hidden_probability(v))
        return self.log_normaliser(field) - (v * field).sum(-1) - self.log_base(v)

    def _log_unbound(self, visible: Float[Array, "... D"]) -> Float[Array, ...]:
        """Minus the energy of visible units without their couplings."""
        return (visible * self.visible_bias).sum(-1) + self.log_base(visible)

    def _visible_field(self, hidden: ArrayLike) -> Float[Array, "... D"]:
        return self._hidden(hidden) @ self.weights.T + self.visible_bias

    def _visible(self, visible: ArrayLike) -> Float[Array, "... D"]:
        return self._units(visible, self.weights.shape[0], "visible")

    def _hidden(self, hidden: ArrayLike) -> Float[Array, "... P"]:
        return self._units(hidden, self.weights.shape[1], "hidden")

    def _units(self, values: ArrayLike, count: int, side: str) -> Float[Array, "... U"]:
        values = jnp.asarray(values, self.weights.dtype)
        if values.ndim == 0 or values.shape[-1] != count:
            raise ValueError(
                f"{side} has shape {values.shape}; its last axis must be the {count} {side} units of this RBM."
            )
        return values
