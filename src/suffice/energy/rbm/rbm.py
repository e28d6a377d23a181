"""The restricted Boltzmann machine with binary units."""

from __future__ import annotations

from typing import ClassVar, Self

import jax.numpy as jnp
from jax import lax
from jax.nn import sigmoid, softplus
from jaxtyping import Float, Int, Key

from suffice.energy.random_words import bernoulli
from suffice.energy.rbm.enumeration import bits
from suffice.energy.rbm.machine import BoltzmannMachine, RBMStatistics, first_parameters
from suffice.runtime.arrays import Array
from suffice.runtime.compiling import compiled
from suffice.runtime.precision import in_own_precision
from suffice.runtime.types import ArrayLike, KeyLike


class DiscreteUnits(BoltzmannMachine):
    """Visible units that are 0 or 1, with no parameters but their biases."""

    visible_range: ClassVar[tuple[float, float]] = (0.0, 1.0)

    def log_base(self, visible: Float[Array, "... D"]) -> Float[Array, ...]:
        """0: every state counts alike."""
        return jnp.zeros(visible.shape[:-1], visible.dtype)

    def _squares(self, visible: Float[Array, "n D"], weight: Float[Array, "n 1"]) -> None:
        return None

    def _with_own_gradient(self, data: RBMStatistics, model: RBMStatistics) -> Self:
        return self

    def bounded(self) -> Self:
        """Itself: nothing is bounded."""
        return self

    def _with_own_between(self, base: Self, share: Float[Array, "... 1"]) -> Self:
        return self


class RBM(DiscreteUnits):
    r"""Restricted Boltzmann machine with visible units v in {0, 1}^D and hidden units h in {0, 1}^P.

    .. math:: p(v, h) = \exp(-E(v, h)) / Z, \qquad E(v, h) = -v'Wh - b'v - a'h

    (Smolensky 1986; Hinton 2002). Visible values between 0 and 1 are taken as probabilities. All methods work on arrays
    with any leading axes, called directly or inside ``jit``.

    Parameters
    ----------
    n_visible
        Number of visible units D.
    n_hidden
        Number of hidden units P.
    key
        Whole number or JAX key for the initial weights.
    scale
        Standard deviation of the initial weights, which are drawn from N(0, scale**2); the biases begin at 0.

    Attributes
    ----------
    weights
        W, shape (D, P).
    visible_bias
        b, shape (D,).
    hidden_bias
        a, shape (P,).

    Raises
    ------
    ValueError
        When a number of units is below 1, or ``key`` is out of range.

    Examples
    --------
    >>> from suffice.energy import RBM
    >>> rbm = RBM(6, 3, key=0)
    >>> rbm.hidden_probability([1, 0, 1, 0, 1, 0]).shape
    (3,)
    """

    def __init__(self, n_visible: int, n_hidden: int, *, key: KeyLike, scale: float = 0.1):
        self.weights, self.visible_bias, self.hidden_bias = first_parameters(n_visible, n_hidden, key, scale)

    @property
    def visible_states(self) -> int:
        """Number of states of the visible units."""
        return 2 ** self.weights.shape[0]

    def log_normalisers(self, field: Float[Array, "... D"]) -> Float[Array, "... D"]:
        """Logarithms of the sums of exp(v field) over v = 0, 1, in nats, shape (..., D)."""
        return softplus(field)

    def mean_at(self, field: Float[Array, "... D"]) -> Float[Array, "... D"]:
        """Mean of the visible units that receive ``field``, the sum of bias and couplings, shape (..., D)."""
        return sigmoid(field)

    def draw_at(self, field: Float[Array, "... D"], key: Key[Array, ""]) -> Float[Array, "... D"]:
        """Visible units drawn where they receive ``field``, shape (..., D)."""
        return bernoulli(key, sigmoid(field))

    def visible_state(self, index: Int[Array, ...]) -> Float[Array, "... D"]:
        """The visible states of these numbers, from 0 to ``visible_states`` - 1, shape (..., D)."""
        return bits(index, self.weights.shape[0], self.weights.dtype)

    @in_own_precision
    def pseudo_log_likelihood(self, visible: ArrayLike) -> Float[Array, ...]:
        """Sum over units of log p(v_d | all others), in nats, shape of the leading axes; no likelihood, and needs no Z.

        Parameters
        ----------
        visible
            Values 0 or 1, shape (..., D).
        """
        v = self._visible(visible)
        return _conditional_log_probability(self, v).sum(-1)


@compiled
def _conditional_log_probability(rbm: RBM, visible: Float[Array, "... D"]) -> Float[Array, "... D"]:
    """log p(v_d | all others), from what exchanging 0 and 1 in one unit does to the free energy."""
    field = visible @ rbm.weights + rbm.hidden_bias
    unchanged = softplus(field).sum(-1)

    def gain(unit: Int[Array, ""]) -> Float[Array, ...]:
        step = 1 - 2 * visible[..., unit]
        return softplus(field + step[..., None] * rbm.weights[unit]).sum(-1) + step * rbm.visible_bias[unit] - unchanged

    gains = lax.map(gain, jnp.arange(visible.shape[-1], dtype=jnp.int32))
    return -softplus(jnp.moveaxis(gains, 0, -1))
