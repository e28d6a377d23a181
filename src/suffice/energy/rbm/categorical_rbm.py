"""The restricted Boltzmann machine with visible units that take one of several values."""

from __future__ import annotations

from collections.abc import Sequence

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.nn import logsumexp, sigmoid, softplus
from jaxtyping import Float, Int, Key

from suffice.energy.random_words import bernoulli
from suffice.energy.rbm.enumeration import bits
from suffice.energy.rbm.machine import first_parameters
from suffice.energy.rbm.rbm import DiscreteUnits
from suffice.runtime.arrays import Array
from suffice.runtime.compiling import compiled
from suffice.runtime.precision import in_own_precision
from suffice.runtime.types import ArrayLike, KeyLike


class CategoricalRBM(DiscreteUnits):
    r"""Restricted Boltzmann machine whose visible units are binary ones, then columns of which one unit of each is 1.

    .. math:: E(v, h) = -v'Wh - b'v - a'h, \qquad \sum_{d \in \text{column}} v_d = 1

    (Salakhutdinov, Mnih and Hinton, 2007). Visible values are one-hot, side by side: ``n_binary`` of binary units, then
    ``sizes[0]`` of the first column, and so on. With one column, the class, it is a classification RBM.

    Parameters
    ----------
    sizes
        Number of values of each column, at least 1 column.
    n_hidden
        Number of hidden units P.
    n_binary
        Number of binary units before the columns.
    key
        Whole number or JAX key for the initial weights.
    scale
        Standard deviation of the initial weights, which are drawn from N(0, scale**2); the biases begin at 0.

    Attributes
    ----------
    weights, visible_bias, hidden_bias
        As in ``RBM``; D is ``n_binary`` plus the sum of ``sizes``.

    Raises
    ------
    ValueError
        When a number of units is below 1, there is no column, or ``key`` is out of range.

    Examples
    --------
    >>> from suffice.energy import CategoricalRBM
    >>> CategoricalRBM([3, 2], 4, key=0).visible_mean([1, 0, 0, 1]).reshape(-1).shape
    (5,)
    """

    sizes: tuple[int, ...] = eqx.field(static=True)
    n_binary: int = eqx.field(static=True)

    def __init__(self, sizes: Sequence[int], n_hidden: int, *, key: KeyLike, n_binary: int = 0, scale: float = 0.1):
        if not len(sizes) or min(sizes) < 1 or n_binary < 0:
            raise ValueError(f"sizes={list(sizes)!r}, n_binary={n_binary}: at least one column of at least one value.")
        self.sizes, self.n_binary = tuple(int(size) for size in sizes), int(n_binary)
        units = self.n_binary + sum(self.sizes)
        self.weights, self.visible_bias, self.hidden_bias = first_parameters(units, n_hidden, key, scale)

    @property
    def visible_states(self) -> int:
        """Number of states of the visible units."""
        return 2**self.n_binary * int(np.prod(self.sizes, dtype=object))

    def log_normalisers(self, field: Float[Array, "... D"]) -> Float[Array, "... D"]:
        """Softplus of the binary units' fields, and log-sum-exp of each column's at its first unit, shape (..., D)."""
        binary, columns = self._parts(field)
        first = jnp.arange(columns.shape[-1]) == 0
        return self._joined(softplus(binary), logsumexp(columns, axis=-1, keepdims=True) * first)

    def mean_at(self, field: Float[Array, "... D"]) -> Float[Array, "... D"]:
        """Logistic function of the binary units' fields, softmax of each column's."""
        binary, columns = self._parts(field)
        return self._joined(sigmoid(binary), jax.nn.softmax(columns, axis=-1))

    def draw_at(self, field: Float[Array, "... D"], key: Key[Array, ""]) -> Float[Array, "... D"]:
        """Zeros and ones, a single one in each column."""
        binary_key, column_key = jax.random.split(key)
        binary, columns = self._parts(field)
        drawn = bernoulli(binary_key, sigmoid(binary))
        value = jax.random.categorical(column_key, columns, axis=-1)
        return self._joined(drawn, jax.nn.one_hot(value, columns.shape[-1], dtype=field.dtype))

    def visible_state(self, index: Int[Array, ...]) -> Float[Array, "... D"]:
        """The visible states of these numbers; the binary units are the lowest digits."""
        binary = bits(index, self.n_binary, self.weights.dtype)
        index, columns = index >> self.n_binary, []
        for size in self.sizes:
            columns.append(jax.nn.one_hot(index % size, size, dtype=self.weights.dtype))
            index = index // size
        return jnp.concatenate([binary, *columns], axis=-1)

    @in_own_precision
    def pseudo_log_likelihood(self, visible: ArrayLike) -> Float[Array, ...]:
        """Sum over binary units and columns of log p(one | all others), in nats, shape of the leading axes."""
        return _pseudo_log_likelihood(self, self._visible(visible))

    def _parts(self, field: Float[Array, "... D"]) -> tuple[Float[Array, "... B"], Float[Array, "... C L"]]:
        """Fields of the binary units, and of the columns (..., C, largest size) with -inf where there is no value."""
        place, real = self._places()
        return field[..., : self.n_binary], jnp.where(real, field[..., place], -jnp.inf)

    def _joined(self, binary: Float[Array, "... B"], columns: Float[Array, "... C L"]) -> Float[Array, "... D"]:
        _, real = self._places()
        column, value = np.nonzero(real)
        return jnp.concatenate([binary, columns[..., column, value]], axis=-1)

    def _places(self) -> tuple[np.ndarray, np.ndarray]:
        value = np.arange(max(self.sizes))
        real = value < np.asarray(self.sizes)[:, None]
        start = self.n_binary + np.cumsum([0, *self.sizes[:-1]])
        return np.where(real, start[:, None] + value, 0), real


@compiled
def _pseudo_log_likelihood(rbm: CategoricalRBM, visible: Float[Array, "... D"]) -> Float[Array, ...]:
    """Free energies of all values that one unit or column could have instead, the others as they are."""
    groups = np.r_[np.arange(rbm.n_binary), rbm.n_binary + np.repeat(np.arange(len(rbm.sizes)), rbm.sizes)]
    same = jnp.asarray(groups[:, None] == groups[None], visible.dtype)
    one = jnp.eye(len(groups), dtype=visible.dtype)
    actual = -rbm.free_energy(visible)

    def instead(unit: Int[Array, ""]) -> Float[Array, ...]:
        return -rbm.free_energy(visible * (1 - same[unit]) + one[unit])

    def without(unit: Int[Array, ""]) -> Float[Array, ...]:
        return -rbm.free_energy(visible * (1 - one[unit]))

    ones = jnp.moveaxis(lax.map(instead, jnp.arange(len(groups), dtype=jnp.int32)), 0, -1)
    place, real = rbm._places()
    total = logsumexp(jnp.where(real, ones[..., place], -jnp.inf), axis=-1).sum(-1)
    count = len(rbm.sizes) + rbm.n_binary
    if rbm.n_binary:
        zeros = jnp.moveaxis(lax.map(without, jnp.arange(rbm.n_binary, dtype=jnp.int32)), 0, -1)
        total = total + jnp.logaddexp(ones[..., : rbm.n_binary], zeros).sum(-1)
    return count * actual - total
