"""Two-dimensional convolution."""

from __future__ import annotations

from typing import TypeVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Float

from suffice.runtime.arrays import Array
from suffice.runtime.keys import as_key
from suffice.runtime.precision import in_own_precision, scope, to_numpy
from suffice.runtime.types import ArrayLike, KeyLike
from suffice.validation import check_sizes

AnyArray = TypeVar("AnyArray", np.ndarray, jax.Array)


class Conv2d(eqx.Module):
    r"""Convolution of maps, each output map a sum over the input maps of its group:

    .. math:: a_{ogh} = b_o + \sum_{c, i, j} \theta_{ocij} \, x_{c, gs + i, hs + j}

    On a CPU it is one product of the weights with patches, elsewhere the native convolution; the numbers are the same.

    Parameters
    ----------
    in_channels, out_channels
        Number of input and output maps, multiples of ``groups``.
    kernel_size
        Height and width of a kernel.
    stride
        Step between windows.
    padding
        Zeros on each side.
    groups
        Parts into which input and output maps are cut; maps of different parts do not meet.
    bias
        Whether each output map has a bias.
    key
        Whole number or JAX key for the initial parameters: uniform within 1 / sqrt(number of inputs of an output) of 0.

    Attributes
    ----------
    weight
        Shape (out_channels, in_channels / groups, kernel_size, kernel_size).
    bias
        Shape (out_channels,), or None.

    Raises
    ------
    ValueError
        When a size is out of range or the channels cannot be cut into the groups.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.nets import Conv2d
    >>> Conv2d(1, 20, 5, key=0)(np.zeros((1, 7, 28, 28))).shape
    (20, 7, 24, 24)
    """

    weight: Float[Array, "outputs inputs size size"]
    bias: Float[Array, " outputs"] | None
    stride: int = eqx.field(static=True)
    padding: int = eqx.field(static=True)
    groups: int = eqx.field(static=True)

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        *,
        stride: int = 1,
        padding: int = 0,
        groups: int = 1,
        bias: bool = True,
        key: KeyLike,
    ):
        check_sizes(
            in_channels=in_channels, out_channels=out_channels, kernel_size=kernel_size, stride=stride, groups=groups
        )
        check_sizes(0, padding=padding)
        if in_channels % groups or out_channels % groups:
            raise ValueError(
                f"{in_channels} input and {out_channels} output channels cannot be cut into {groups} groups of one size."
            )
        shape = (out_channels, in_channels // groups, kernel_size, kernel_size)
        limit = np.prod(shape[1:]) ** -0.5
        with scope("float32"):
            of_weight, of_bias = jax.random.split(as_key(key))
            self.weight = to_numpy(jax.random.uniform(of_weight, shape, np.float32, -limit, limit))
            uniform = jax.random.uniform(of_bias, shape[:1], np.float32, -limit, limit)
            self.bias = to_numpy(uniform) if bias else None
        self.stride, self.padding, self.groups = stride, padding, groups

    @in_own_precision
    def __call__(self, maps: ArrayLike) -> Float[Array, "outputs n height width"]:
        """Output maps, shape (out_channels, n, height, width).

        Parameters
        ----------
        maps
            Shape (in_channels, n, height, width): channels stand before images, so that all is one matrix product.
        """
        maps = jnp.asarray(maps, self.weight.dtype)
        self._check(maps.shape)
        sums = (self._by_patches if jax.default_backend() == "cpu" else self._native)(maps)
        return sums if self.bias is None else sums + jnp.asarray(self.bias)[:, None, None, None]

    def _by_patches(self, maps: Float[Array, "inputs n H W"]) -> Float[Array, "outputs n height width"]:
        size, pad = self.weight.shape[-1], self.padding
        maps = jnp.pad(maps, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
        shifts = [(i, j) for i in range(size) for j in range(size)]
        patches = jnp.stack([shifted(maps, *shift, size, self.stride) for shift in shifts], 1)
        sums = jnp.reshape(self.weight, (self.groups, len(self.weight) // self.groups, -1)) @ patches.reshape(
            self.groups, self.weight[0].size, -1
        )
        return sums.reshape(-1, *patches.shape[2:])

    def _native(self, maps: Float[Array, "inputs n H W"]) -> Float[Array, "outputs n height width"]:
        return lax.conv_general_dilated(
            jnp.asarray(maps),
            jnp.asarray(self.weight),
            (self.stride, self.stride),
            [(self.padding, self.padding)] * 2,
            dimension_numbers=("CNHW", "OIHW", "CNHW"),
            feature_group_count=self.groups,
        )

    def _check(self, shape: tuple[int, ...]) -> None:
        channels, size = self.weight.shape[1] * self.groups, self.weight.shape[-1]
        if len(shape) != 4 or shape[0] != channels:
            raise ValueError(f"Maps of shape {shape} given; this layer takes ({channels}, n, height, width).")
        if min(shape[2:]) + 2 * self.padding < size:
            raise ValueError(f"Maps of {shape[2]} x {shape[3]} are smaller than the kernel of {size} x {size}.")


def shifted(maps: AnyArray, row: int, column: int, size: int, stride: int) -> AnyArray:
    """The number at one place of every window of the last two axes."""
    height, width = ((length - size) // stride * stride + 1 for length in maps.shape[-2:])
    if isinstance(maps, jax.Array):
        rest = maps.shape[:-2]
        start, stop = (*[0] * len(rest), row, column), (*rest, row + height, column + width)
        return lax.slice(maps, start, stop, (*[1] * len(rest), stride, stride))
    return maps[..., row : row + height : stride, column : column + width : stride]


def conv2d_vjp(
    images: ArrayLike, weight: ArrayLike, cotangent: ArrayLike, stride: int = 1, padding: int = 0, groups: int = 1
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    r"""Backward rule of ``Conv2d``, written out. A kernel and a bias serve every window, so their derivatives are sums:

    .. math::
        \bar\theta_{ocij} = \sum_{n, g, h} \bar a_{nogh} \, x_{n, c, gs + i, hs + j}, \qquad
        \bar b_o = \sum_{n, g, h} \bar a_{nogh}, \qquad
        \bar x_{n, c, gs + i, hs + j} \mathrel{+}= \sum_o \bar a_{nogh} \, \theta_{ocij}

    Parameters
    ----------
    images
        Shape (n, in_channels, height, width).
    weight
        Kernels, shape (out_channels, in_channels / groups, size, size).
    cotangent
        Derivative with respect to the output maps, shape (n, out_channels, height, width).
    stride, padding, groups
        As for ``Conv2d``.

    Returns
    -------
    tuple of arrays
        Derivatives with respect to images, weight and bias.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.nets import conv2d_vjp
    >>> conv2d_vjp(np.ones((1, 1, 3, 3)), np.ones((1, 1, 2, 2)), np.ones((1, 1, 2, 2)))[0][0, 0]
    array([[1., 2., 1.],
           [2., 4., 2.],
           [1., 2., 1.]])
    """
    images, weight, cotangent = (np.asarray(array) for array in (images, weight, cotangent))
    margin = ((0, 0), (0, 0), (padding, padding), (padding, padding))
    padded = np.pad(images, margin)
    of_images, of_weight = np.zeros_like(padded), np.zeros_like(weight)
    size = weight.shape[-1]
    for outputs, inputs in zip(_parts(len(weight), groups), _parts(images.shape[1], groups), strict=True):
        for i, j in np.ndindex(size, size):
            seen = shifted(padded[:, inputs], i, j, size, stride)
            of_weight[outputs, :, i, j] = np.einsum("nogh,ncgh->oc", cotangent[:, outputs], seen)
            reached = shifted(of_images[:, inputs], i, j, size, stride)
            reached += np.einsum("nogh,oc->ncgh", cotangent[:, outputs], weight[outputs, :, i, j])
    inner = tuple(slice(low, length - high) for (low, high), length in zip(margin, padded.shape, strict=True))
    return of_images[inner], of_weight, cotangent.sum((0, 2, 3))


def _parts(channels: int, groups: int) -> list[slice]:
    share = channels // groups
    return [slice(share * group, share * (group + 1)) for group in range(groups)]
