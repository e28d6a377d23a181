"""A small residual network of images."""

from __future__ import annotations

from typing import TypeAlias

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Float, Key, Num

from suffice.nets.batch_network import BatchNetwork
from suffice.nets.layers.batch_norm import BatchNorm, RunningMoments
from suffice.nets.layers.conv import Conv2d
from suffice.nets.layers.images import check_images
from suffice.nets.layers.pool import adaptive_average_pool, max_pool
from suffice.runtime.arrays import Array
from suffice.runtime.keys import as_key
from suffice.runtime.precision import in_own_precision, scope, to_numpy
from suffice.runtime.types import ArrayLike, KeyLike
from suffice.validation import check_sizes

BlockState: TypeAlias = tuple[RunningMoments, RunningMoments]


class Block(eqx.Module):
    r"""Residual block ReLU(x + f(x)) with f = convolution, BatchNorm, ReLU, convolution, BatchNorm (He et al., 2016).

    .. math:: y = \max(0, x + N_2(W_2 * \max(0, N_1(W_1 * x))))

    Convolutions are 3 x 3 with padding 1, without bias.

    Parameters
    ----------
    channels
        Number of maps in and out.
    key
        Whole number or JAX key for the initial weights.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.nets import Block
    >>> block = Block(2, key=0)
    >>> maps, state = block(np.zeros((2, 5, 7, 7)), np.ones(5), block.initial_state(), training=False)
    >>> maps.shape
    (2, 5, 7, 7)
    """

    convolutions: tuple[Conv2d, Conv2d]
    norms: tuple[BatchNorm, BatchNorm]

    def __init__(self, channels: int, *, key: KeyLike):
        check_sizes(channels=channels)
        first, second = (
            Conv2d(channels, channels, 3, padding=1, bias=False, key=part) for part in jax.random.split(as_key(key))
        )
        self.convolutions, self.norms = (first, second), (BatchNorm(channels), BatchNorm(channels))

    def initial_state(self) -> tuple[RunningMoments, RunningMoments]:
        """Running moments of both norms before any training."""
        return self.norms[0].initial_state(), self.norms[1].initial_state()

    @in_own_precision
    def __call__(
        self, maps: ArrayLike, weight: ArrayLike, state: BlockState, training: bool, axis_name: str | None = None
    ) -> tuple[Float[Array, "channels n height width"], BlockState]:
        """Output maps, and the running moments after them.

        Parameters
        ----------
        maps
            Shape (channels, n, height, width).
        weight
            Row weights, at least 0, shape (n,).
        state
            Running moments of both norms.
        training
            Whether to use the batch's own moments.
        axis_name
            As for ``BatchNorm``.
        """
        maps = jnp.asarray(maps, self.norms[0].scale.dtype)
        inner, first = self.norms[0](self.convolutions[0](maps), weight, state[0], training, axis_name)
        inner, second = self.norms[1](self.convolutions[1](jax.nn.relu(inner)), weight, state[1], training, axis_name)
        return jax.nn.relu(maps + inner), (first, second)


class ResNet(BatchNetwork):
    """Shallow residual network: a convolution of stride 2, BatchNorm, ReLU, max-pooling, one ``Block``, mean of each map, linear.

    It has 9 C (2 C + in_channels) + 6 C + classes (C + 1) parameters for C channels: 398 for ``ResNet(4)``.

    Parameters
    ----------
    channels
        Number of maps.
    classes
        Number of outputs (logits).
    in_channels
        Channels of an image.
    key
        Whole number or JAX key for the initial weights: uniform within 1 / sqrt(number of inputs) of 0, for each layer.

    Raises
    ------
    ValueError
        When a size is below 1.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.nets import ResNet, evaluate, initial_state
    >>> network = ResNet(4, key=0)
    >>> evaluate(network, np.zeros((5, 1, 28, 28)), initial_state(network)).shape
    (5, 10)
    """

    convolution: Conv2d
    norm: BatchNorm
    block: Block
    linear: eqx.nn.Linear

    def __init__(self, channels: int, classes: int = 10, in_channels: int = 1, *, key: KeyLike):
        check_sizes(channels=channels, classes=classes, in_channels=in_channels)
        with scope("float32"):
            first, second, third = jax.random.split(as_key(key), 3)
            self.convolution = Conv2d(in_channels, channels, 3, stride=2, padding=1, bias=False, key=first)
            self.norm, self.block = BatchNorm(channels), Block(channels, key=second)
            self.linear = to_numpy(eqx.nn.Linear(channels, classes, dtype=jnp.float32, key=third))

    def initial_state(self) -> tuple[RunningMoments, BlockState]:
        """Running moments of all norms before any training."""
        return self.norm.initial_state(), self.block.initial_state()

    @in_own_precision
    def forward(
        self,
        rows: Num[Array, "n ..."],
        weight: Num[Array, " n"],
        state: tuple[RunningMoments, BlockState],
        key: Key[Array, ""] | None,
        training: bool,
        axis_name: str | None = None,
    ) -> tuple[Float[Array, "n classes"], tuple[RunningMoments, BlockState]]:
        """Logits, shape (n, classes), and the running moments after them; arguments as those of ``BatchNetwork.forward``."""
        check_images(rows.shape, self.convolution.weight.shape[1])
        _check_room(rows.shape)
        maps, norm = self.norm(self.convolution(jnp.swapaxes(rows, 0, 1)), weight, state[0], training, axis_name)
        maps, block = self.block(max_pool(jax.nn.relu(maps)), weight, state[1], training, axis_name)
        means = adaptive_average_pool(maps)[:, :, 0, 0]
        return jax.vmap(self.linear, in_axes=1)(means), (norm, block)


def _check_room(shape: tuple[int, ...]) -> None:
    if min(shape[2:]) < 3:
        raise ValueError(f"Images of {shape[2]} x {shape[3]} are too small for this network; 3 x 3 is the least.")
