"""Convolution, pooling and fully connected layers."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Float, Key, Num, PyTree

from suffice.nets.batch_network import BatchNetwork
from suffice.nets.layers.conv import Conv2d
from suffice.nets.layers.dropout import dropout
from suffice.nets.layers.images import check_images
from suffice.nets.layers.pool import max_pool
from suffice.nets.mlp import ACTIVATIONS, MLP, check_activation
from suffice.runtime.arrays import Array
from suffice.runtime.keys import as_key
from suffice.runtime.precision import in_own_precision
from suffice.runtime.types import KeyLike
from suffice.validation import check_share, check_sizes


class ConvNet(BatchNetwork):
    """Stages of convolution, activation and max-pooling, then fully connected layers (LeCun et al., 1998).

    ``ConvNet([20, 50], hidden_sizes=[500], key=0)`` is LeNet-shaped: 28 x 28 becomes 20 maps of 12 x 12, then 50 of 4 x 4.

    Parameters
    ----------
    channels
        Maps of each stage.
    classes
        Number of outputs (logits).
    image_shape
        (channels, height, width) of an image.
    kernel_size, stride, padding
        As for ``Conv2d``, of every stage.
    pool_size
        Height and width of a pooling window.
    hidden_sizes
        Units of the hidden fully connected layers; empty gives one linear layer.
    activation
        As for ``MLP``, after each convolution and hidden layer.
    dropout
        Probability with which a feature that enters the fully connected layers is set to 0 while training; others grow by
        1 / (1 - dropout).
    key
        Whole number or JAX key for the initial parameters.

    Raises
    ------
    ValueError
        When a size is out of range or an image is too small for the stages.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.nets import ConvNet, evaluate
    >>> evaluate(ConvNet([2], 3, (1, 8, 8), key=0), np.zeros((5, 1, 8, 8)), ()).shape
    (5, 3)
    """

    convolutions: tuple[Conv2d, ...]
    head: MLP
    dropout: float = eqx.field(static=True)
    image_shape: tuple[int, int, int] = eqx.field(static=True)
    pool_size: int = eqx.field(static=True)
    activation: str = eqx.field(static=True)

    def __init__(
        self,
        channels: Sequence[int],
        classes: int = 10,
        image_shape: Sequence[int] = (1, 28, 28),
        *,
        kernel_size: int = 5,
        stride: int = 1,
        padding: int = 0,
        pool_size: int = 2,
        hidden_sizes: Sequence[int] = (),
        activation: str = "relu",
        dropout: float = 0.0,
        key: KeyLike,
    ):
        check_sizes(pool_size=pool_size)
        inputs, height, width = image_shape
        first, last = jax.random.split(as_key(key))
        widths = [inputs, *channels]
        self.convolutions = tuple(
            Conv2d(inputs, outputs, kernel_size, stride=stride, padding=padding, key=part)
            for inputs, outputs, part in zip(
                widths[:-1], widths[1:], jax.random.split(first, len(channels)), strict=True
            )
        )
        for _ in channels:
            height, width = ((side + 2 * padding - kernel_size) // stride + 1 for side in (height, width))
            height, width = height // pool_size, width // pool_size
        if min(height, width) < 1:
            raise ValueError(
                f"Images of shape {tuple(image_shape)} are too small for {len(channels)} stages with kernel_size="
                f"{kernel_size}, stride={stride}, padding={padding}, pool_size={pool_size}."
            )
        self.head = MLP(prod((widths[-1], height, width)), hidden_sizes, classes, key=last, activation=activation)
        check_share("dropout", dropout)
        self.dropout = float(dropout)
        self.image_shape, self.pool_size = (image_shape[0], image_shape[1], image_shape[2]), pool_size
        self.activation = check_activation(activation)

    @in_own_precision
    def forward(
        self,
        rows: Num[Array, "n ..."],
        weight: Num[Array, " n"],
        state: PyTree[Array],
        key: Key[Array, ""] | None,
        training: bool,
        axis_name: str | None = None,
    ) -> tuple[Float[Array, "n classes"], PyTree[Array]]:
        """Logits, shape (n, classes), and the state as it was; arguments as those of ``BatchNetwork.forward``."""
        channels, *size = self.image_shape
        check_images(rows.shape, channels, (size[0], size[1]))
        maps = jnp.swapaxes(rows, 0, 1)
        for convolution in self.convolutions:
            maps = max_pool(ACTIVATIONS[self.activation](convolution(maps)), self.pool_size)
        features = jnp.swapaxes(maps, 0, 1).reshape(len(rows), -1)
        features = dropout(features, self.dropout, key) if training else features
        return jax.vmap(self.head)(features), state
