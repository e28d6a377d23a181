"""The path from a base rate to an RBM, and Markov chains along it."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import lax
from jax.nn import sigmoid, softplus
from jaxtyping import Float, Int, Key

from suffice.energy.random_words import bernoulli
from suffice.energy.rbm.machine import BoltzmannMachine
from suffice.runtime.arrays import Array
from suffice.runtime.types import ArrayLike, DType


class Path(eqx.Module):
    """Distributions on the geometric path from a base rate, at :math:`\beta = 0`, to an RBM, at 1."""

    model: BoltzmannMachine
    base: BoltzmannMachine

    def hidden_field(self, visible: Float[Array, "... D"]) -> Float[Array, "... P"]:
        """W'v + a, shape (..., P)."""
        return visible @ self.model.weights + self.model.hidden_bias

    def log_weight(
        self, visible: Float[Array, "... D"], hidden_field: Float[Array, "... P"], beta: Float[Array, ...]
    ) -> Float[Array, ...]:
        """Logarithm of the unnormalised probability of v at ``beta``, shape of the leading axes."""
        here = self.model.toward(self.base, beta)
        return here._log_unbound(visible) + softplus(beta[..., None] * hidden_field).sum(-1)

    def log_ratio(
        self,
        visible: Float[Array, "... D"],
        hidden_field: Float[Array, "... P"],
        beta: Float[Array, ...],
        other: Float[Array, ...],
    ) -> Float[Array, ...]:
        """``log_weight`` at ``other`` minus that at ``beta``; sums small differences, which keeps their digits."""
        scale, scale_other = jnp.asarray(beta)[..., None], jnp.asarray(other)[..., None]
        hidden = softplus(scale_other * hidden_field) - softplus(scale * hidden_field)
        here, there = (self.model.toward(self.base, b)._log_unbound(visible) for b in (beta, other))
        return hidden.sum(-1) + there - here

    def step(
        self, hidden_field: Float[Array, "... P"], beta: Float[Array, ...], key: Key[Array, ""]
    ) -> Float[Array, "... D"]:
        """v after one step of block Gibbs sampling at ``beta`` from where h receives ``hidden_field``."""
        hidden_key, visible_key = jax.random.split(key)
        scale = jnp.asarray(beta)[..., None]
        hidden = bernoulli(hidden_key, sigmoid(scale * hidden_field))
        here = self.model.toward(self.base, beta)
        return here.draw_at(here.visible_bias + scale * (hidden @ self.model.weights.T), visible_key)

    def log_partition_of_base(self) -> Float[Array, ""]:
        """log Z at ``beta`` 0."""
        return self.base.log_normaliser(self.base.visible_bias) + self.model.weights.shape[1] * jnp.log(2.0)


def base_of(model: BoltzmannMachine, visible_bias: ArrayLike) -> BoltzmannMachine:
    """An RBM of the same kind and precision without couplings, of unit variance where visible units are real."""
    empty = jax.tree.map(jnp.zeros_like, model)
    return eqx.tree_at(lambda rbm: rbm.visible_bias, empty, jnp.asarray(visible_bias, model.weights.dtype))


def inverse_temperatures(count: int, dtype: DType) -> Float[Array, " count"]:
    """``count`` inverse temperatures from 0 to 1 at equal distances; 1 alone where it is 1."""
    return jnp.linspace(0, 1, count, dtype=dtype) if count > 1 else jnp.ones(1, dtype)


def tempered(path: Path, visible: Float[Array, "T n D"], key: Key[Array, ""], steps: int) -> Float[Array, "T n D"]:
    """Chains after steps of parallel tempering: block Gibbs at every temperature, then swaps between neighbours."""
    betas = inverse_temperatures(len(visible), visible.dtype)[:, None]

    def step(number: Int[Array, ""], visible: Float[Array, "T n D"]) -> Float[Array, "T n D"]:
        gibbs_key, swap_key = jax.random.split(jax.random.fold_in(key, number))
        moved = path.step(path.hidden_field(visible), betas, gibbs_key)
        return _swapped(path, moved, betas, swap_key)

    return lax.fori_loop(0, steps, step, visible)


def _swapped(
    path: Path, visible: Float[Array, "T n D"], betas: Float[Array, "T 1"], key: Key[Array, ""]
) -> Float[Array, "T n D"]:
    count = len(visible)
    parity_key, accept_key = jax.random.split(key)
    partner = _partners(count, jax.random.bernoulli(parity_key).astype(jnp.int32))
    gain = path.log_ratio(visible, path.hidden_field(visible), betas, betas[partner])
    chance = jax.random.uniform(accept_key, gain.shape, gain.dtype)[jnp.minimum(partner, jnp.arange(count))]
    accept = jnp.log(chance) < gain + gain[partner]
    return jnp.where(accept[..., None], visible[partner], visible)


def _partners(count: int, parity: Int[Array, ""]) -> Int[Array, " T"]:
    """The neighbour each temperature is paired with, itself where it has none."""
    own = jnp.arange(count, dtype=jnp.int32)
    partner = jnp.where((own + parity) % 2 == 0, own + 1, own - 1)
    return jnp.where((partner < 0) | (partner >= count), own, partner)
