"""The restricted Boltzmann machine with real visible units."""

from __future__ import annotations

from typing import ClassVar, Self

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Int, Key

from suffice.energy.rbm.machine import BoltzmannMachine, RBMStatistics, first_parameters
from suffice.runtime.arrays import Array
from suffice.runtime.types import ArrayLike, KeyLike

MOST_LOG_PRECISION = float(np.log(1e6))


class GaussianRBM(BoltzmannMachine):
    r"""Restricted Boltzmann machine with real visible units v of learned variance and hidden units h in {0, 1}^P.

    .. math:: E(v, h) = \tfrac12 \sum_d \lambda_d v_d^2 - v'Wh - b'v - a'h

    so that v given h is normal with mean (b + W h) / lambda and variance 1 / lambda: the model is a mixture of 2^P
    Gaussians with one diagonal covariance (Freund and Haussler, 1992, in the natural parameters of a Gaussian).

    Parameters
    ----------
    n_visible
        Number of visible units D.
    n_hidden
        Number of hidden units P.
    key
        Whole number or JAX key for the initial weights.
    scale
        Standard deviation of the initial weights, which are drawn from N(0, scale**2); biases begin at 0, variances at 1.

    Attributes
    ----------
    weights, visible_bias, hidden_bias
        As in ``RBM``.
    log_precision
        log lambda, shape (D,).

    Raises
    ------
    ValueError
        When a number of units is below 1, or ``key`` is out of range.

    Examples
    --------
    >>> from suffice.energy import GaussianRBM
    >>> GaussianRBM(3, 2, key=0).visible_mean([1, 0]).shape
    (3,)
    """

    visible_range: ClassVar[tuple[float, float]] = (-np.inf, np.inf)

    log_precision: Float[Array, " D"]

    def __init__(self, n_visible: int, n_hidden: int, *, key: KeyLike, scale: float = 0.1):
        self.weights, self.visible_bias, self.hidden_bias = first_parameters(n_visible, n_hidden, key, scale)
        self.log_precision = np.zeros(n_visible, np.float32)

    @property
    def visible_states(self) -> None:
        """None: real numbers are not enumerated."""

    def log_base(self, visible: Float[Array, "... D"]) -> Float[Array, ...]:
        """Minus half the squares times the precision."""
        return -0.5 * (jnp.exp(self.log_precision) * visible**2).sum(-1)

    def log_normalisers(self, field: Float[Array, "... D"]) -> Float[Array, "... D"]:
        """Logarithms of the integrals of exp(v field) over the base measure of each unit, shape (..., D)."""
        squares = 0.5 * field**2 * jnp.exp(-self.log_precision)
        return squares + 0.5 * (np.log(2 * np.pi) - self.log_precision)

    def mean_at(self, field: Float[Array, "... D"]) -> Float[Array, "... D"]:
        """Field over precision."""
        return field * jnp.exp(-self.log_precision)

    def draw_at(self, field: Float[Array, "... D"], key: Key[Array, ""]) -> Float[Array, "... D"]:
        """Normal values around field over precision."""
        noise = jax.random.normal(key, field.shape, field.dtype)
        return self.mean_at(field) + noise * jnp.exp(-0.5 * self.log_precision)

    def pseudo_log_likelihood(self, visible: ArrayLike) -> Float[Array, ...]:
        """Refused: one real unit given all others has no density in closed form."""
        raise ValueError(
            "The pseudo-likelihood of real visible units has no closed form; compare rows by free_energy or log_likelihood."
        )

    def visible_state(self, index: Int[Array, ...]) -> Float[Array, "... D"]:
        """Refused: real numbers are not enumerated."""
        raise ValueError("Real visible units have no states to enumerate.")

    def _squares(self, visible: Float[Array, "n D"], weight: Float[Array, "n 1"]) -> Float[Array, " D"]:
        return (weight * visible**2).sum(0)

    def _with_own_gradient(self, data: RBMStatistics, model: RBMStatistics) -> Self:
        assert data.squares is not None
        assert model.squares is not None
        squares = data.squares / data.weight - model.squares / model.weight
        return eqx.tree_at(lambda rbm: rbm.log_precision, self, -0.5 * jnp.exp(self.log_precision) * squares)

    def bounded(self) -> Self:
        """Precisions within a factor of 1e6 of 1, so that a column without spread leads to no infinite one."""
        bounds = -MOST_LOG_PRECISION, MOST_LOG_PRECISION
        return eqx.tree_at(lambda rbm: rbm.log_precision, self, jnp.clip(self.log_precision, *bounds))

    def _with_own_between(self, base: Self, share: Float[Array, "... 1"]) -> Self:
        precision = (1 - share) * jnp.exp(base.log_precision) + share * jnp.exp(self.log_precision)
        return eqx.tree_at(lambda rbm: rbm.log_precision, self, jnp.log(precision))
