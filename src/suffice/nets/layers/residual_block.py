"""A fully connected residual block, and its backward rule."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Float

from suffice.nets.mlp import ACTIVATIONS, check_activation
from suffice.runtime.arrays import Array
from suffice.runtime.keys import as_key
from suffice.runtime.precision import in_own_precision, scope, to_numpy
from suffice.runtime.types import ArrayLike, KeyLike
from suffice.validation import check_sizes

DERIVATIVES = {
    "relu": lambda z: (z > 0).astype(z.dtype),
    "sigmoid": lambda z: jax.nn.sigmoid(z) * jax.nn.sigmoid(-z),
    "tanh": lambda z: 1 - jnp.tanh(z) ** 2,
    "identity": jnp.ones_like,
}


class ResidualBlock(eqx.Module):
    r"""Two layers with a connection past each of them:

    .. math:: z = W x + b, \quad h = \phi(z) + x, \quad r = V h + c, \quad y = \phi(r) + h

    Parameters
    ----------
    size
        Length of a row, in and out.
    key
        Whole number or JAX key for the initial parameters: uniform within 1 / sqrt(size) of 0.
    activation
        :math:`\phi`, as for ``MLP``.

    Attributes
    ----------
    first, second
        ``equinox.nn.Linear`` layers with (W, b) and (V, c).

    Raises
    ------
    ValueError
        When ``size`` is below 1 or the activation is not known.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.nets import ResidualBlock
    >>> ResidualBlock(4, key=0)(np.ones(4)).shape
    (4,)
    """

    first: eqx.nn.Linear
    second: eqx.nn.Linear
    activation: str = eqx.field(static=True)

    def __init__(self, size: int, *, key: KeyLike, activation: str = "tanh"):
        check_sizes(size=size)
        with scope("float32"):
            pair = [eqx.nn.Linear(size, size, dtype=jnp.float32, key=part) for part in jax.random.split(as_key(key))]
            self.first, self.second = to_numpy(pair)
        self.activation = check_activation(activation)

    @in_own_precision
    def __call__(self, row: ArrayLike) -> Float[Array, " size"]:
        """Output for one row, shape (size,).

        Parameters
        ----------
        row
            Shape (size,).
        """
        row = jnp.asarray(row, self.first.weight.dtype)
        if row.shape != self.first.weight.shape[:1]:
            raise ValueError(f"One row of shape {row.shape} given; this block takes {len(self.first.weight)} numbers.")
        activation = ACTIVATIONS[self.activation]
        hidden = activation(self.first(row)) + row
        return activation(self.second(hidden)) + hidden


@in_own_precision
def residual_block_vjp(
    block: ResidualBlock, row: ArrayLike, cotangent: ArrayLike
) -> tuple[ResidualBlock, Float[Array, " size"]]:
    r"""Backward rule of ``ResidualBlock``, written out. :math:`\phi'` comes after the matrix that leads back to its layer:

    .. math::
        \bar r = \bar y \odot \phi'(r), \quad \bar V = \bar r h^\top, \quad \bar c = \bar r, \quad
        \bar h = \bar y + V^\top \bar r, \\
        \bar z = \bar h \odot \phi'(z), \quad \bar W = \bar z x^\top, \quad \bar b = \bar z, \quad
        \bar x = \bar h + W^\top \bar z

    Parameters
    ----------
    block
        The block.
    row
        Shape (size,).
    cotangent
        Derivative with respect to the output, shape (size,).

    Returns
    -------
    tuple
        Derivatives with respect to the parameters, in a block, and to the row.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.nets import ResidualBlock, residual_block_vjp
    >>> gradient, of_row = residual_block_vjp(ResidualBlock(4, key=0), np.ones(4), np.ones(4))
    >>> gradient.first.weight.shape, of_row.shape
    ((4, 4), (4,))
    """
    row, cotangent = jnp.asarray(row), jnp.asarray(cotangent)
    W, b, V, c = _parameters(block)
    activation, slope = ACTIVATIONS[block.activation], DERIVATIVES[block.activation]
    z = W @ row + b
    h = activation(z) + row
    r = V @ h + c
    of_r = cotangent * slope(r)
    of_h = cotangent + V.T @ of_r
    of_z = of_h * slope(z)
    return eqx.tree_at(_parameters, block, [jnp.outer(of_z, row), of_z, jnp.outer(of_r, h), of_r]), of_h + W.T @ of_z


def _parameters(block: ResidualBlock) -> list[Any]:
    return [block.first.weight, block.first.bias, block.second.weight, block.second.bias]
