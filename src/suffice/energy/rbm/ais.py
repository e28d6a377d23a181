"""The partition function of an RBM by annealed importance sampling, from both ends."""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Float, Key
from scipy.special import softmax

from suffice.energy.rbm.machine import BoltzmannMachine
from suffice.energy.rbm.tempering import Path, base_of
from suffice.runtime.arrays import Array
from suffice.runtime.compiling import compiled, filter_jit
from suffice.runtime.keys import as_key
from suffice.runtime.precision import scope, to_numpy
from suffice.runtime.types import ArrayLike, DType, KeyLike

BETWEEN_LOOKS = 250
"""Temperatures that one compiled program passes; a sum of so few small numbers keeps its digits in float32."""


class LogPartition(NamedTuple):
    """An estimate of log Z in nats, its standard error, and the log-weights of the chains that it comes from.

    The standard error is that of the mean of the weights; where few chains carry it, it is itself too small.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.energy import RBM, annealed_importance_sampling
    >>> found = annealed_importance_sampling(RBM(6, 3, key=0), np.zeros(6), n_temperatures=100)
    >>> found.log_weights.shape, found.standard_error < 0.1
    ((100,), True)
    """

    value: float
    standard_error: float
    log_weights: Float[Array, " M"]

    @property
    def effective_chains(self) -> float:
        """How many chains of equal weight say as much: (sum w)^2 / sum w^2; infinite where log Z is exact."""
        if not len(self.log_weights):
            return float("inf")
        share = softmax(np.asarray(self.log_weights, np.float64))
        return float(1 / (share**2).sum())


def annealed_importance_sampling(
    model: BoltzmannMachine,
    visible_bias: ArrayLike,
    *,
    n_chains: int = 100,
    n_temperatures: int = 10_000,
    key: KeyLike = 0,
    start: ArrayLike | None = None,
) -> LogPartition:
    r"""log Z by annealed importance sampling along the geometric path from a base rate to the model.

    .. math:: \hat Z = Z_0 \, \frac1M \sum_m \prod_t \frac{f_t(v_{t-1}^m)}{f_{t-1}(v_{t-1}^m)}

    (Neal, 2001; Salakhutdinov and Murray, 2008). The mean of :math:`\hat Z` is Z, so that log Z is underestimated on
    average. With ``start``, rows drawn from the model, chains run the other way: the mean of :math:`1 / \hat Z` is 1 / Z,
    and log Z is overestimated on average. The two enclose log Z as far as ``start`` are rows of the model.

    Parameters
    ----------
    model
        The RBM; its precision is that of the chains.
    visible_bias
        Biases of the base rate's visible units (D,), best those that fit the data's means.
    n_chains
        Number of chains, where ``start`` does not give them.
    n_temperatures
        Steps along the path, the more of them the closer to the model.
    key
        Whole number or JAX key.
    start
        Rows drawn from the model (M, D), for reverse annealing; None is forward annealing.

    Returns
    -------
    LogPartition
        The estimate, its standard error and the log-weights (M,) whose mean in the linear scale it is (in reverse, that of
        their negatives, with the sign of the estimate turned).

    Warns
    -----
    UserWarning
        If fewer than a tenth of the chains carry the estimate, so that its standard error is too small to be believed.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.energy import RBM, annealed_importance_sampling
    >>> rbm = RBM(6, 3, key=0)
    >>> found = annealed_importance_sampling(rbm, np.zeros(6), n_temperatures=100)
    >>> bool(abs(found.value - rbm.log_partition()) < 4 * found.standard_error + 1e-4)
    True
    """
    precision = model.weights.dtype.name
    with scope(precision):
        path = to_numpy(Path(model, base_of(model, visible_bias)))
        first, rest = jax.random.split(as_key(key))
        betas = temperatures(n_temperatures, precision)
        visible = _from_base(path, first, n_chains) if start is None else jnp.asarray(start, precision)
        betas = betas if start is None else betas[::-1]
        log_weights = np.zeros(len(visible))
        for begin in range(0, n_temperatures, BETWEEN_LOOKS):
            stretch = betas[begin : begin + BETWEEN_LOOKS + 1]
            padded = np.pad(stretch, (0, BETWEEN_LOOKS + 1 - len(stretch)), mode="edge")
            visible, gained = _anneal(path, visible, padded, jax.random.fold_in(rest, begin), start is None)
            log_weights += np.asarray(gained, np.float64)
        base = float(path.log_partition_of_base())
    found = _estimate(base, log_weights, 1 if start is None else -1)
    if len(visible) > 1 and found.effective_chains < len(visible) / 10:
        warnings.warn(
            f"log Z rests on {found.effective_chains:.1f} of {len(visible)} chains: it may be off by many times its standard "
            f"error, {found.standard_error:.2g} nats. Raise n_temperatures.", UserWarning, stacklevel=2,
        )  # fmt: skip
    return found


def temperatures(count: int, dtype: DType = "float64") -> np.ndarray:
    """``count`` + 1 inverse temperatures from 0 to 1: 1/29 of the steps up to 0.5, 8/29 up to 0.9, the rest beyond."""
    passed = np.array([0.0, 1 / 29, 9 / 29, 1.0])
    return np.interp(np.linspace(0, 1, count + 1), passed, [0.0, 0.5, 0.9, 1.0]).astype(dtype)


@filter_jit
def _from_base(path: Path, key: Key[Array, ""], count: int) -> Float[Array, "M D"]:
    field = jnp.broadcast_to(path.base.visible_bias, (count, len(path.base.visible_bias)))
    return path.base.draw_at(field, key)


@compiled
def _anneal(
    path: Path, visible: Float[Array, "M D"], betas: Float[Array, " T"], key: Key[Array, ""], forward: bool
) -> tuple[Float[Array, "M D"], Float[Array, " M"]]:
    """Chains moved along the temperatures, and what their log-weights gained."""

    def step(carry: Any, between: Any) -> tuple[Any, None]:
        visible, gained, field = carry
        number, beta, other = between
        moves = jax.random.fold_in(key, number)
        if forward:
            gained = gained + path.log_ratio(visible, field, beta, other)
            visible = path.step(field, other, moves)
            return (visible, gained, path.hidden_field(visible)), None
        visible = path.step(field, beta, moves)
        field = path.hidden_field(visible)
        return (visible, gained + path.log_ratio(visible, field, beta, other), field), None

    numbers = jnp.arange(len(betas) - 1, dtype=jnp.int32)
    begin = (visible, jnp.zeros(len(visible), visible.dtype), path.hidden_field(visible))
    (visible, gained, _), _ = lax.scan(step, begin, (numbers, betas[:-1], betas[1:]))
    return visible, gained


def _estimate(base: float, log_weights: np.ndarray, sign: int) -> LogPartition:
    count = len(log_weights)
    log_mean = float(np.logaddexp.reduce(log_weights) - np.log(count))
    relative = np.exp(log_weights - log_mean)
    error = float(np.std(relative, ddof=1) / np.sqrt(count)) if count > 1 else float("inf")
    return LogPartition(base + sign * log_mean, error, log_weights)
