"""The network of Krizhevsky, Sutskever and Hinton (2012)."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Float, Key, Num, PyTree

from suffice.nets.batch_network import BatchNetwork
from suffice.nets.layers.conv import Conv2d
from suffice.nets.layers.dropout import dropout
from suffice.nets.layers.images import check_images
from suffice.nets.layers.pool import adaptive_average_pool, max_pool
from suffice.runtime.arrays import Array
from suffice.runtime.keys import as_key
from suffice.runtime.precision import in_own_precision, scope, to_numpy
from suffice.runtime.types import KeyLike
from suffice.validation import check_sizes

CHANNELS = (96, 256, 384, 384, 256)


class AlexNet(BatchNetwork):
    """Five convolutions and three fully connected layers, with dropout before the first two of these while training.

    Images are 227 x 227; of another size, the last maps are brought to 6 x 6 by ``adaptive_average_pool``. There is no
    local response normalisation.

    Parameters
    ----------
    classes
        Number of outputs (logits).
    towers
        1, or 2 as on two processors: the second, fourth and fifth convolutions see the maps of their own tower only.
    in_channels
        Channels of an image.
    width
        Share of the original 96 to 384 maps and 4096 hidden units, above 0.
    key
        Whole number or JAX key for the initial parameters.

    Raises
    ------
    ValueError
        When a size is out of range, or ``width`` leaves layers that cannot be cut into towers.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.nets import AlexNet, evaluate
    >>> network = AlexNet(10, towers=2, width=1 / 16, key=0)
    >>> evaluate(network, np.zeros((1, 3, 99, 99)), ()).shape
    (1, 10)
    """

    convolutions: tuple[Conv2d, ...]
    layers: tuple[eqx.nn.Linear, ...]

    def __init__(self, classes: int = 1000, towers: int = 1, in_channels: int = 3, *, width: float = 1.0, key: KeyLike):
        check_sizes(classes=classes, towers=towers, in_channels=in_channels)
        if towers > 2:
            raise ValueError(f"towers={towers}; an AlexNet has 1 or 2.")
        if not width > 0:
            raise ValueError(f"width={width!r}; width must be a number above 0.")
        first, second, third, fourth, fifth = (max(1, round(width * channels)) for channels in CHANNELS)
        hidden = max(1, round(width * 4096))
        keys = jax.random.split(as_key(key), 8)
        self.convolutions = (
            Conv2d(in_channels, first, 11, stride=4, key=keys[0]),
            Conv2d(first, second, 5, padding=2, groups=towers, key=keys[1]),
            Conv2d(second, third, 3, padding=1, key=keys[2]),
            Conv2d(third, fourth, 3, padding=1, groups=towers, key=keys[3]),
            Conv2d(fourth, fifth, 3, padding=1, groups=towers, key=keys[4]),
        )
        sizes = (36 * fifth, hidden, hidden, classes)
        with scope("float32"):
            pairs = zip(sizes[:-1], sizes[1:], keys[5:], strict=True)
            layers = [eqx.nn.Linear(inputs, outputs, dtype=jnp.float32, key=part) for inputs, outputs, part in pairs]
            self.layers = to_numpy(tuple(layers))

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
        check_images(rows.shape, self.convolutions[0].weight.shape[1])
        if min(rows.shape[2:]) < 67:
            raise ValueError(f"Images of {rows.shape[2]} x {rows.shape[3]} are too small; 67 x 67 is the least.")
        maps = jnp.swapaxes(rows, 0, 1)
        for place, convolution in enumerate(self.convolutions):
            maps = jax.nn.relu(convolution(maps))
            maps = max_pool(maps, 3, 2) if place in (0, 1, 4) else maps
        units = jnp.swapaxes(adaptive_average_pool(maps, 6), 0, 1).reshape(len(rows), -1)
        for layer, part in zip(
            self.layers[:-1], jax.random.split(as_key(key)) if training else (None, None), strict=True
        ):
            units = dropout(units, 0.5, part) if training else units
            units = jax.nn.relu(jax.vmap(layer)(units))
        return jax.vmap(self.layers[-1])(units), state
