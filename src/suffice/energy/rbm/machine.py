"""Restricted Boltzmann machines, whatever their visible units: partition function, statistics, gradients and chains."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar, NamedTuple, Self

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Bool, Float, Int, Key

from suffice.energy.random_words import bernoulli
from suffice.energy.rbm.energies import TwoLayers
from suffice.energy.rbm.enumeration import LARGEST_ENUMERATION, bits, log_sum
from suffice.runtime.arrays import Array
from suffice.runtime.compiling import compiled
from suffice.runtime.keys import as_key
from suffice.runtime.precision import in_own_precision, scope
from suffice.runtime.types import ArrayLike, KeyLike


class RBMStatistics(NamedTuple):
    """Weighted sums over rows of v h', v and h, and of the weights; two of them add leaf by leaf.

    ``squares`` are sums of v squared where the variance of visible units is learned, else None.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.energy import RBM
    >>> sums = RBM(4, 2, key=0).statistics(np.ones((3, 4)), np.ones(3))
    >>> sums.pairs.shape, sums.visible, sums.weight
    ((4, 2), array([3., 3., 3., 3.], dtype=float32), array(3., dtype=float32))
    """

    pairs: Float[Array, "D P"]
    visible: Float[Array, " D"]
    hidden: Float[Array, " P"]
    weight: Float[Array, ""]
    squares: Float[Array, " D"] | None = None


class BoltzmannMachine(TwoLayers):
    """What every restricted Boltzmann machine can do."""

    visible_range: ClassVar[tuple[float, float]]

    @abstractmethod
    def visible_state(self, index: Int[Array, ...]) -> Float[Array, "... D"]:
        """The visible states of these numbers, from 0 to ``visible_states`` - 1, shape (..., D)."""

    @abstractmethod
    def pseudo_log_likelihood(self, visible: ArrayLike) -> Float[Array, ...]:
        """Sum over units of log p(one | all others), in nats, shape of the leading axes; no likelihood, and needs no Z.

        Parameters
        ----------
        visible
            Values of the visible units, shape (..., D).
        """

    @abstractmethod
    def _squares(self, visible: Float[Array, "n D"], weight: Float[Array, "n 1"]) -> Float[Array, " D"] | None:
        """Weighted sum of squares over rows, for a variance that is learned."""

    @abstractmethod
    def _with_own_gradient(self, data: RBMStatistics, model: RBMStatistics) -> Self:
        """The derivatives of parameters that this kind of visible units alone has, in their place."""

    @abstractmethod
    def bounded(self) -> Self:
        """The RBM with parameters of this kind of visible units that a step led too far put back."""

    @abstractmethod
    def _with_own_between(self, base: Self, share: Float[Array, "... 1"]) -> Self:
        """Parameters that this kind of visible units alone has, on the way from ``base``."""

    @in_own_precision
    def log_partition(self) -> Float[Array, ""]:
        """log Z in nats, exact, by enumeration of the side that has fewer states.

        Raises
        ------
        ValueError
            When both sides have more than 2**20 states.
        """
        if not self.enumerable:
            n_visible, n_hidden = self.weights.shape
            raise ValueError(
                f"log Z is found by enumerating one side, of at most {LARGEST_ENUMERATION} units; this RBM has "
                f"{n_visible} visible and {n_hidden} hidden. Compare rows by free_energy instead, which needs no Z."
            )
        return _log_partition(self, self.visible_states is not None and self.visible_states < self.hidden_states)

    @property
    def enumerable(self) -> bool:
        """Whether the visible or the hidden units have at most 2**20 states, so that log Z can be found exactly."""
        counts = [count for count in (self.visible_states, self.hidden_states) if count is not None]
        return min(counts) <= 2**LARGEST_ENUMERATION

    @in_own_precision
    def log_likelihood(self, visible: ArrayLike) -> Float[Array, ...]:
        """log p(v) of every row in nats, exact, shape of the leading axes.

        Parameters
        ----------
        visible
            Values 0 or 1, shape (..., D).

        Raises
        ------
        ValueError
            When both sides have more than 2**20 states.
        """
        return -self.free_energy(visible) - self.log_partition()

    @in_own_precision
    def statistics(self, visible: ArrayLike, weight: ArrayLike) -> RBMStatistics:
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
        return RBMStatistics(v.T @ weighted, (w * v).sum(0), weighted.sum(0), w.sum(), self._squares(v, w))

    @in_own_precision
    def gradient(self, data: RBMStatistics, model: RBMStatistics) -> BoltzmannMachine:
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
        BoltzmannMachine
            The derivatives in the place of the parameters.
        """
        pairs, visible, hidden = (d / data.weight - m / model.weight for d, m in zip(data[:3], model[:3], strict=True))
        moved = self._with_own_gradient(data, model)
        return eqx.tree_at(
            lambda rbm: (rbm.weights, rbm.visible_bias, rbm.hidden_bias), moved, (pairs, visible, hidden)
        )

    def toward(self, base: Self, beta: Float[Array, ...] | float) -> Self:
        """This RBM with the visible units' own parameters on the way from ``base`` (0) to here (1), shape (..., D)."""
        share = jnp.asarray(beta, self.weights.dtype)[..., None]
        bias = (1 - share) * base.visible_bias + share * self.visible_bias
        return eqx.tree_at(lambda rbm: rbm.visible_bias, self._with_own_between(base, share), bias)

    @in_own_precision
    def centred(
        self, gradient: BoltzmannMachine, visible: Float[Array, " D"], hidden: Float[Array, " P"]
    ) -> BoltzmannMachine:
        r"""The centred gradient: the step that the plain one would be in units measured from ``visible`` and ``hidden``.

        .. math:: G_W - \mu g_a' - g_b \lambda', \quad g_b - G_c \lambda, \quad g_a - G_c' \mu

        with :math:`G_c` the first of the three (Montavon and Müller, 2012; Melchior, Fischer and Wiskott, 2016). It does not
        change when zeros and ones of the data are exchanged, and conditions the learning better.

        Parameters
        ----------
        gradient
            What ``gradient`` gave.
        visible
            Offsets of the visible units :math:`\mu`, shape (D,).
        hidden
            Offsets of the hidden units :math:`\lambda`, shape (P,).
        """
        of_hidden, hidden = jnp.asarray(gradient.hidden_bias), jnp.asarray(hidden)
        pairs = gradient.weights - jnp.outer(visible, of_hidden) - jnp.outer(gradient.visible_bias, hidden)
        biases = gradient.visible_bias - pairs @ hidden, gradient.hidden_bias - visible @ pairs
        return eqx.tree_at(lambda rbm: (rbm.weights, rbm.visible_bias, rbm.hidden_bias), gradient, (pairs, *biases))

    @in_own_precision
    def gibbs(
        self, visible: ArrayLike, *, key: KeyLike, steps: int = 1, known: Bool[Array, "... D"] | None = None
    ) -> Float[Array, "... D"]:
        """Visible units after steps of block Gibbs sampling: h from p(h | v), then v from p(v | h).

        Parameters
        ----------
        visible
            Where each chain stands, shape (..., D).
        key
            Whole number or JAX key.
        steps
            Steps, at least 1.
        known
            Truth values, shape of ``visible``: units that keep their values; None is none.

        Returns
        -------
        array
            States of the visible units, shape (..., D).
        """
        if steps < 1:
            raise ValueError(f"steps={steps}; a chain takes at least 1 step.")
        return _gibbs(self, self._visible(visible), as_key(key), steps, known)


def first_parameters(
    n_visible: int, n_hidden: int, key: KeyLike, scale: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weights (D, P) drawn from N(0, scale**2), and biases (D,) and (P,) of 0."""
    if n_visible < 1 or n_hidden < 1:
        raise ValueError(f"An RBM needs at least one unit on each side; got {n_visible} visible, {n_hidden} hidden.")
    with scope("float32"):
        draws = _normal(as_key(key), (n_visible, n_hidden))
    return np.asarray(draws) * np.float32(scale), np.zeros(n_visible, np.float32), np.zeros(n_hidden, np.float32)


@compiled
def _normal(key: Key[Array, ""], shape: tuple[int, int]) -> Float[Array, "D P"]:
    return jax.random.normal(key, shape, jnp.float32)


@compiled
def _gibbs(
    rbm: BoltzmannMachine,
    visible: Float[Array, "... D"],
    key: Key[Array, ""],
    steps: int,
    known: Bool[Array, "... D"] | None,
) -> Float[Array, "... D"]:
    """The first step stands outside the loop, so that it shares p(h | v) with ``statistics`` of the same rows."""
    given = visible

    def step(visible: Float[Array, "... D"], key: Key[Array, ""]) -> Float[Array, "... D"]:
        moved = _gibbs_step(rbm, visible, key)
        return moved if known is None else jnp.where(known, given, moved)

    visible = step(visible, key)
    if steps == 1:
        return visible
    return lax.fori_loop(1, steps, lambda i, v: step(v, jax.random.fold_in(key, i)), visible)


def _gibbs_step(rbm: BoltzmannMachine, visible: Float[Array, "... D"], key: Key[Array, ""]) -> Float[Array, "... D"]:
    hidden_key, visible_key = jax.random.split(key)
    hidden = bernoulli(hidden_key, rbm.hidden_probability(visible))
    return rbm.draw_at(rbm._visible_field(hidden), visible_key)


@compiled
def _log_partition(rbm: BoltzmannMachine, by_visible: bool) -> Float[Array, ""]:
    n_hidden = rbm.weights.shape[1]

    def by_hidden_state(index: Int[Array, " n"]) -> Float[Array, " n"]:
        hidden = bits(index, n_hidden, rbm.weights.dtype)
        return hidden @ rbm.hidden_bias + rbm.log_normaliser(rbm._visible_field(hidden))

    if by_visible:
        return log_sum(lambda index: -rbm.free_energy(rbm.visible_state(index)), rbm.visible_states or 0)
    return log_sum(by_hidden_state, rbm.hidden_states)
