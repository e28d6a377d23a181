"""Batch normalisation."""

from __future__ import annotations

from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Float, PyTree

from suffice.runtime.arrays import Array
from suffice.runtime.precision import in_own_precision
from suffice.runtime.types import ArrayLike
from suffice.validation import check_sizes

EPS = 1e-5
UPDATE = 0.1


class RunningMoments(NamedTuple):
    """Mean and variance of each channel, gathered while training and used afterwards; both of shape (channels,).

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.nets import BatchNorm
    >>> layer = BatchNorm(2)
    >>> maps = np.array([[1.0, 3.0], [5.0, 5.0]])
    >>> _, moments = layer(maps, np.ones(2), layer.initial_state(), training=True)
    >>> print(moments.mean, moments.variance)
    [0.2 0.5] [1.1 0.9]
    """

    mean: Float[Array, " channels"]
    variance: Float[Array, " channels"]


class BatchNorm(eqx.Module):
    r"""Normalises each channel by its moments in the batch, then scales and shifts it (Ioffe and Szegedy, 2015):

    .. math:: y = \gamma \frac{x - m}{\sqrt{v + 10^{-5}}} + \beta

    m and v are the weighted mean and biased variance over a batch while training, running ones afterwards. After a batch the
    running ones move a tenth of the way to its mean and to its unbiased variance, as in PyTorch. Weights count relative to
    one another; n, the number of values behind a variance, is :math:`(\sum w)^2 / \sum w^2` times the size of a map.

    Parameters
    ----------
    channels
        Number of channels.

    Attributes
    ----------
    scale, shift
        :math:`\gamma` and :math:`\beta`, shape (channels,); 1 and 0 at first.

    Raises
    ------
    ValueError
        When ``channels`` is below 1.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.nets import BatchNorm
    >>> norm = BatchNorm(1)
    >>> outputs, running = norm(np.array([[0.0, 2.0]]), np.ones(2), norm.initial_state(), training=True)
    >>> outputs.round(3), running.mean
    (array([[-1.,  1.]], dtype=float32), array([0.1], dtype=float32))
    """

    scale: Float[Array, " channels"]
    shift: Float[Array, " channels"]

    def __init__(self, channels: int):
        check_sizes(channels=channels)
        self.scale, self.shift = np.ones(channels, np.float32), np.zeros(channels, np.float32)

    def initial_state(self) -> RunningMoments:
        """Mean 0 and variance 1."""
        shape, dtype = self.scale.shape, self.scale.dtype
        return RunningMoments(np.zeros(shape, dtype), np.ones(shape, dtype))

    @in_own_precision
    def __call__(
        self, maps: ArrayLike, weight: ArrayLike, state: RunningMoments, training: bool, axis_name: str | None = None
    ) -> tuple[Float[Array, "channels n ..."], RunningMoments]:
        """Normalised maps, and the running moments after them.

        Parameters
        ----------
        maps
            Shape (channels, n, ...).
        weight
            Row weights, at least 0, shape (n,). A row of weight 0 counts for nothing.
        state
            Running moments so far.
        training
            Whether to use the batch's own moments.
        axis_name
            Name of the mapped axis of devices over which moments are summed, None where one has the whole batch.
        """
        maps = jnp.asarray(maps, self.scale.dtype)
        if maps.ndim < 2 or len(maps) != len(self.scale):
            raise ValueError(f"Maps of shape {maps.shape} given; this layer takes ({len(self.scale)}, n, ...).")
        moments = RunningMoments(*state)
        if training:
            moments, state = _moments(maps, weight, moments, axis_name)
        factor = self.scale * lax.rsqrt(moments.variance + EPS)
        deviation = maps - _column(moments.mean, maps)
        return deviation * _column(factor, maps) + _column(self.shift, maps), RunningMoments(*state)


def batch_norm_vjp(
    rows: ArrayLike, scale: ArrayLike, cotangent: ArrayLike, weight: ArrayLike | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    r"""Backward rule of ``BatchNorm`` while training, written out. With normalised rows :math:`\hat x` and
    :math:`p_n = w_n / \sum w`, each channel on its own,

    .. math::
        \bar x_n = \frac{\gamma}{\sqrt{v + 10^{-5}}}
        \Bigl(\bar y_n - p_n \sum_m \bar y_m - p_n \hat x_n \sum_m \bar y_m \hat x_m\Bigr), \qquad
        \bar\gamma = \sum_n \bar y_n \hat x_n, \qquad \bar\beta = \sum_n \bar y_n

    Parameters
    ----------
    rows
        Shape (n, channels, ...).
    scale
        :math:`\gamma`, shape (channels,).
    cotangent
        Derivative with respect to the outputs, shape (n, channels, ...).
    weight
        Row weights, shape (n,); None is 1 for every row.

    Returns
    -------
    tuple of arrays
        Derivatives with respect to rows, scale and shift.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.nets import batch_norm_vjp
    >>> batch_norm_vjp(np.array([[0.0], [2.0]]), np.ones(1), np.ones((2, 1)))[0]
    array([[0.],
           [0.]])
    """
    rows, cotangent = np.asarray(rows), np.asarray(cotangent)
    over = (0, *range(2, rows.ndim))
    each_channel, each_row = (-1, *[1] * (rows.ndim - 2)), (-1, *[1] * (rows.ndim - 1))
    share = np.ones(len(rows)) if weight is None else np.asarray(weight)
    share = (share / share.sum() / np.prod(rows.shape[2:])).reshape(each_row)
    deviation = rows - (share * rows).sum(over, keepdims=True)
    spread = np.sqrt((share * deviation**2).sum(over, keepdims=True) + EPS)
    normal = deviation / spread
    of_scale, of_shift = (cotangent * normal).sum(over), cotangent.sum(over)
    through_mean, through_variance = of_shift.reshape(each_channel), normal * of_scale.reshape(each_channel)
    slope = np.reshape(scale, each_channel) / spread
    return slope * (cotangent - share * (through_mean + through_variance)), of_scale, of_shift


def _moments(
    maps: Float[Array, "channels n ..."], weight: ArrayLike, running: RunningMoments, axis_name: str | None
) -> tuple[RunningMoments, RunningMoments]:
    """Moments of the batch, and the running ones moved towards them."""
    flat = maps.reshape(*maps.shape[:2], -1)
    area = flat.shape[2]
    if axis_name is None and flat.shape[1] * area == 1:
        raise ValueError(
            "BatchNorm needs more than one value a channel while training; a batch of one row has only one: use larger batches."
        )

    def over_devices(sums: PyTree[Array]) -> PyTree[Array]:
        return sums if axis_name is None else lax.psum(sums, axis_name)

    weight = jnp.asarray(weight, maps.dtype)
    total, squares = over_devices((weight.sum(), (weight**2).sum()))
    mean = over_devices(flat.sum(2) @ weight) / (total * area)
    variance = over_devices(((flat - mean[:, None, None]) ** 2).sum(2) @ weight) / (total * area)
    count = area * total**2 / squares
    unbiased = variance * jnp.where(count > 1, count / (count - 1), 1)
    after = RunningMoments(
        (1 - UPDATE) * running.mean + UPDATE * mean, (1 - UPDATE) * running.variance + UPDATE * unbiased
    )
    return RunningMoments(mean, variance), after


def _column(values: Float[Array, " channels"], maps: Float[Array, "channels n ..."]) -> Float[Array, "channels ..."]:
    return jnp.reshape(values, (-1, *[1] * (maps.ndim - 1)))
