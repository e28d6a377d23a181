"""Pooling over windows of maps."""

from __future__ import annotations

from functools import reduce

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Num

from suffice.nets.layers.conv import shifted
from suffice.runtime.arrays import Array
from suffice.runtime.precision import in_own_precision
from suffice.runtime.types import ArrayLike
from suffice.validation import check_sizes


@in_own_precision
def max_pool(maps: ArrayLike, size: int = 2, stride: int | None = None) -> Num[Array, "... height width"]:
    r"""Largest number of each window; windows that do not fit are left out.

    .. math:: y_{ij} = \max_{a, b < k} x_{s i + a,\, s j + b}

    Parameters
    ----------
    maps
        Shape (..., height, width).
    size
        Height and width of a window.
    stride
        Step between windows; None is ``size``.

    Raises
    ------
    ValueError
        When a size is below 1 or no window fits.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.nets import max_pool
    >>> max_pool(np.arange(16.0).reshape(4, 4))
    array([[ 5.,  7.],
           [13., 15.]])
    """
    return reduce(_larger, _places(maps, size, stride))


@in_own_precision
def average_pool(maps: ArrayLike, size: int = 2, stride: int | None = None) -> Float[Array, "... height width"]:
    r"""Mean of each window; windows that do not fit are left out.

    .. math:: y_{ij} = \frac{1}{k^2} \sum_{a, b < k} x_{s i + a,\, s j + b}

    Parameters
    ----------
    maps
        Shape (..., height, width).
    size
        Height and width of a window.
    stride
        Step between windows; None is ``size``.

    Raises
    ------
    ValueError
        When a size is below 1 or no window fits.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.nets import average_pool
    >>> average_pool(np.arange(16.0).reshape(4, 4))
    array([[ 2.5,  4.5],
           [10.5, 12.5]])
    """
    return jnp.asarray(sum(_places(maps, size, stride))) / size**2


@in_own_precision
def adaptive_average_pool(maps: ArrayLike, size: int = 1) -> Float[Array, "... size size"]:
    r"""Means of ``size`` x ``size`` windows that cover a map of any size.

    Window i of a length L runs from :math:`\lfloor i L / s \rfloor` to :math:`\lceil (i + 1) L / s \rceil`, as in PyTorch.

    Parameters
    ----------
    maps
        Shape (..., height, width).
    size
        Height and width of the result.

    Raises
    ------
    ValueError
        When ``size`` is below 1.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.nets import adaptive_average_pool
    >>> adaptive_average_pool(np.arange(9.0).reshape(3, 3), 2)
    array([[2., 3.],
           [5., 6.]])
    """
    check_sizes(size=size)
    maps = jnp.asarray(maps)
    if size == 1:
        return maps.mean((-2, -1), keepdims=True)
    rows, columns = (jnp.asarray(_windows(length, size), maps.dtype) for length in maps.shape[-2:])
    return rows @ maps @ columns.T


def max_pool_vjp(images: ArrayLike, cotangent: ArrayLike, size: int = 2, stride: int | None = None) -> np.ndarray:
    r"""Backward rule of ``max_pool``, written out: a window's derivative goes to its largest number, the first of equals.

    .. math:: \bar x_{uv} = \sum_{ij} \bar y_{ij} \, [(u, v) \text{ is the largest of window } (i, j)]

    Parameters
    ----------
    images
        Shape (..., height, width).
    cotangent
        Derivative with respect to the pooled maps.
    size, stride
        As for ``max_pool``.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.nets import max_pool_vjp
    >>> max_pool_vjp(np.array([[1.0, 3.0], [3.0, 2.0]]), np.array([[5.0]]))
    array([[0., 5.],
           [0., 0.]])
    """
    images, cotangent = np.asarray(images), np.asarray(cotangent)
    stride = size if stride is None else stride
    places = list(np.ndindex(size, size))
    winner = np.argmax([shifted(images, i, j, size, stride) for i, j in places], 0)
    result = np.zeros_like(images)
    for number, (i, j) in enumerate(places):
        reached = shifted(result, i, j, size, stride)
        reached += np.where(winner == number, cotangent, 0)
    return result


def _larger(best: jax.Array, other: jax.Array) -> jax.Array:
    """The larger of two numbers, the first of equals; NaN where one is NaN."""
    return jnp.where((best >= other) | (best != best), best, other)


def _places(maps: ArrayLike, size: int, stride: int | None) -> list[jax.Array]:
    """What stands at each place of the windows."""
    stride = size if stride is None else stride
    check_sizes(size=size, stride=stride)
    maps = jnp.asarray(maps)
    if min(maps.shape[-2:]) < size:
        raise ValueError(f"Maps of shape {maps.shape} hold no window of {size} x {size} in their last two axes.")
    return [shifted(maps, i, j, size, stride) for i in range(size) for j in range(size)]


def _windows(length: int, size: int) -> np.ndarray:
    """Matrix of shape (size, length) that takes the means."""
    start, place = np.arange(size)[:, None], np.arange(length)
    inside = (place >= start * length // size) & (place < -(-(start + 1) * length // size))
    return inside / inside.sum(1, keepdims=True)
