"""The restricted Boltzmann machine with binary units."""

from __future__ import annotations

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.nn import logsumexp, sigmoid, softplus

from suffice.eager import in_own_precision
from suffice.keys import as_key
from suffice.precision import scope

LARGEST_ENUMERATION = 20
STATES_AT_ONCE = 4096


class RBMStatistics(NamedTuple):
    """Weighted sums over rows of v h', v and h, and of the weights; two of them add leaf by leaf."""

    pairs: Any
    visible: Any
    hidden: Any
    weight: Any


class RBM(eqx.Module):
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

    weights: Any
    visible_bias: Any
    hidden_bias: Any

    def __init__(self, n_visible: int, n_hidden: int, *, key: Any, scale: float = 0.1):
        if n_visible < 1 or n_hidden < 1:
            raise ValueError(
                f"An RBM needs at least one unit on each side; got {n_visible} visible, {n_hidden} hidden."
            )
        with scope("float32"):
            draws = jax.random.normal(as_key(key), (n_visible, n_hidden), jnp.float32)
            self.weights = np.asarray(scale * draws)
        self.visible_bias = np.zeros(n_visible, np.float32)
        self.hidden_bias = np.zeros(n_hidden, np.float32)

    @in_own_precision
    def energy(self, visible: Any, hidden: Any) -> Any:
        """Energy E(v, h), shape of the leading axes.

        Parameters
        ----------
        visible
            Values from 0 to 1, shape (..., D).
        hidden
            Values from 0 to 1, shape (..., P).
        """
        v, h = self._visible(visible), self._hidden(hidden)
        return -((v @ self.weights) * h).sum(-1) - v @ self.visible_bias - h @ self.hidden_bias

    @in_own_precision
    def hidden_probability(self, visible: Any) -> Any:
        """p(h = 1 | v) of every hidden unit, shape (..., P).

        Parameters
        ----------
        visible
            Values from 0 to 1, shape (..., D).
        """
        return sigmoid(self._visible(visible) @ self.weights + self.hidden_bias)

    @in_own_precision
    def visible_probability(self, hidden: Any) -> Any:
        """p(v = 1 | h) of every visible unit, shape (..., D).

        Parameters
        ----------
        hidden
            Values from 0 to 1, shape (..., P).
        """
        return sigmoid(self._visible_logit(hidden))

    @in_own_precision
    def free_energy(self, visible: Any) -> Any:
        """F(v) = -log sum_h exp(-E(v, h)), in nats, shape of the leading axes.

        Parameters
        ----------
        visible
            Values from 0 to 1, shape (..., D).
        """
        v = self._visible(visible)
        return -v @ self.visible_bias - softplus(v @ self.weights + self.hidden_bias).sum(-1)

    @in_own_precision
    def reconstruction_cross_entropy(self, visible: Any) -> Any:
        """Cross-entropy between v and p(v | p(h | v)), summed over units, in nats, shape of the leading axes.

        A reading for people, cheap and smooth; what ``contrast`` learns is not its minimum.

        Parameters
        ----------
        visible
            Values from 0 to 1, shape (..., D).
        """
        v = self._visible(visible)
        logit = self._visible_logit(self.hidden_probability(v))
        return (softplus(logit) - v * logit).sum(-1)

    @in_own_precision
    def log_partition(self) -> Any:
        """log Z in nats, exact, by enumeration of the smaller side.

        Raises
        ------
        ValueError
            When both sides have more than 20 units.
        """
        n_visible, n_hidden = self.weights.shape
        if min(n_visible, n_hidden) > LARGEST_ENUMERATION:
            raise ValueError(
                f"log Z is found by enumerating one side, of at most {LARGEST_ENUMERATION} units; this RBM has "
                f"{n_visible} visible and {n_hidden} hidden. Compare rows by free_energy instead, which needs no Z."
            )
        if n_visible < n_hidden:
            return _log_partition(self.weights, self.visible_bias, self.hidden_bias)
        return _log_partition(self.weights.T, self.hidden_bias, self.visible_bias)

    @in_own_precision
    def log_likelihood(self, visible: Any) -> Any:
        """log p(v) of every row in nats, exact, shape of the leading axes.

        Parameters
        ----------
        visible
            Values 0 or 1, shape (..., D).

        Raises
        ------
        ValueError
            When both sides have more than 20 units.
        """
        return -self.free_energy(visible) - self.log_partition()

    @in_own_precision
    def statistics(self, visible: Any, weight: Any) -> RBMStatistics:
        """Expected sufficient statistics given v: sums over rows of w v p(h|v)', w v, w p(h|v), w.

        Probabilities stand for the hidden units instead of samples: the same expectation, less variance.

        Parameters
        ----------
        visible
            Values from 0 to 1, shape (..., D).
        weight
            Row weights, at least 0, shape of the leading axes of ``visible``.
        """
        v, w = self._visible(visible), jnp.asarray(weight, self.weights.dtype)
        if w.shape != v.shape[:-1]:
            raise ValueError(f"weight has shape {w.shape}; one weight a row means shape {v.shape[:-1]}.")
        h = self.hidden_probability(v).reshape(-1, self.weights.shape[1])
        v, w = v.reshape(-1, v.shape[-1]), w.reshape(-1, 1)
        weighted = w * h
        return RBMStatistics(v.T @ weighted, (w * v).sum(0), weighted.sum(0), w.sum())

    @in_own_precision
    def gradient(self, data: RBMStatistics, model: RBMStatistics) -> RBM:
        """Gradient of the mean log-likelihood: mean statistics under the data minus those under the model.

        Parameters
        ----------
        data
            ``statistics`` of data rows.
        model
            ``statistics`` of rows drawn from the model; the gradient is exact when they are all its states, weighted by
            their probabilities.

        Returns
        -------
        RBM
            The derivatives in the place of the parameters.
        """
        difference = jax.tree.map(lambda d, m: d / data.weight - m / model.weight, data[:3], model[:3])
        return eqx.tree_at(lambda rbm: (rbm.weights, rbm.visible_bias, rbm.hidden_bias), self, difference)

    @in_own_precision
    def gibbs(self, visible: Any, *, key: Any, steps: int = 1) -> Any:
        """Visible units after steps of block Gibbs sampling: h from p(h | v), then v from p(v | h).

        Parameters
        ----------
        visible
            Where each chain stands, values from 0 to 1, shape (..., D).
        key
            Whole number or JAX key.
        steps
            Steps, at least 1.

        Returns
        -------
        array
            Zeros and ones, shape (..., D).
        """
        if steps < 1:
            raise ValueError(f"steps={steps}; a chain takes at least 1 step.")
        return _gibbs(self, self._visible(visible), as_key(key), steps)

    def _visible_logit(self, hidden: Any) -> Any:
        return self._hidden(hidden) @ self.weights.T + self.visible_bias

    def _visible(self, visible: Any) -> Any:
        return self._units(visible, self.weights.shape[0], "visible")

    def _hidden(self, hidden: Any) -> Any:
        return self._units(hidden, self.weights.shape[1], "hidden")

    def _units(self, values: Any, count: int, side: str) -> Any:
        values = jnp.asarray(values, self.weights.dtype)
        if values.ndim == 0 or values.shape[-1] != count:
            raise ValueError(
                f"{side} has shape {values.shape}; its last axis must be the {count} {side} units of this RBM."
            )
        return values


@eqx.filter_jit
def _gibbs(rbm: RBM, visible: Any, key: Any, steps: int) -> Any:
    """The first step stands outside the loop, so that it shares p(h | v) with ``statistics`` of the same rows."""
    first, rest = jax.random.split(key)
    visible = _gibbs_step(rbm, visible, first)
    if steps == 1:
        return visible
    return lax.fori_loop(1, steps, lambda i, v: _gibbs_step(rbm, v, jax.random.fold_in(rest, i)), visible)


def _gibbs_step(rbm: RBM, visible: Any, key: Any) -> Any:
    hidden_key, visible_key = jax.random.split(key)
    hidden = jax.random.bernoulli(hidden_key, rbm.hidden_probability(visible))
    return jax.random.bernoulli(visible_key, rbm.visible_probability(hidden)).astype(visible.dtype)


@jax.jit
def _log_partition(weights: Any, bias: Any, other_bias: Any) -> Any:
    n_units = weights.shape[0]
    tile = min(2**n_units, STATES_AT_ONCE)

    def tile_sum(start: Any) -> Any:
        index = start + jnp.arange(tile, dtype=jnp.int32)
        states = ((index[:, None] >> jnp.arange(n_units, dtype=jnp.int32)) & 1).astype(weights.dtype)
        return logsumexp(states @ bias + softplus(states @ weights + other_bias).sum(-1))

    return logsumexp(lax.map(tile_sum, jnp.arange(0, 2**n_units, tile, dtype=jnp.int32)))
