"""The multilayer perceptron."""

from __future__ import annotations

from collections.abc import Sequence

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Float

from suffice.runtime.arrays import Array
from suffice.runtime.keys import as_key
from suffice.runtime.precision import in_own_precision, scope, to_numpy
from suffice.runtime.types import ArrayLike, KeyLike

ACTIVATIONS = {"relu": jax.nn.relu, "sigmoid": jax.nn.sigmoid, "tanh": jnp.tanh, "identity": lambda value: value}


def check_activation(name: str) -> str:
    """The name of a known activation."""
    if name not in ACTIVATIONS:
        raise ValueError(f"activation={name!r} is not known; use one of {', '.join(ACTIVATIONS)}.")
    return name


class MLP(eqx.Module):
    r"""Fully connected layers with an activation after each but the last; maps one row to its outputs (logits).

    .. math:: h_0 = x, \qquad h_l = \phi(W_l h_{l-1} + b_l), \qquad f(x) = W_L h_{L-1} + b_L

    Parameters
    ----------
    n_inputs
        Length of a row.
    hidden_sizes
        Number of units in each hidden layer; empty gives a linear model.
    n_outputs
        Number of outputs, one a class for a classifier.
    key
        Whole number or JAX key for the initial weights and biases: uniform within 1 / sqrt(number of inputs) of 0, for
        each layer.
    activation
        ``"relu"``, ``"sigmoid"``, ``"tanh"`` or ``"identity"``.

    Attributes
    ----------
    layers
        ``equinox.nn.Linear`` layers, weights of shape (outputs, inputs).

    Raises
    ------
    ValueError
        When a size is below 1 or the activation is not known.

    Examples
    --------
    >>> import jax, numpy as np
    >>> from suffice.nets import MLP
    >>> network = MLP(4, [8], 3, key=0)
    >>> network(np.ones(4)).shape, jax.vmap(network)(np.ones((5, 4), np.float32)).shape
    ((3,), (5, 3))
    """

    layers: tuple[eqx.nn.Linear, ...]
    activation: str = eqx.field(static=True)

    def __init__(
        self, n_inputs: int, hidden_sizes: Sequence[int], n_outputs: int, *, key: KeyLike, activation: str = "relu"
    ):
        sizes = [n_inputs, *hidden_sizes, n_outputs]
        if min(sizes) < 1:
            raise ValueError(f"Layers of sizes {sizes}: every layer needs at least one unit.")
        with scope("float32"):
            keys = jax.random.split(as_key(key), len(sizes) - 1)
            layers = [
                eqx.nn.Linear(fan_in, fan_out, dtype=jnp.float32, key=key)
                for fan_in, fan_out, key in zip(sizes[:-1], sizes[1:], keys, strict=True)
            ]
            self.layers = to_numpy(tuple(layers))
        self.activation = check_activation(activation)

    @in_own_precision
    def __call__(self, row: ArrayLike) -> Float[Array, " outputs"]:
        """Outputs for one row, shape (n_outputs,).

        Parameters
        ----------
        row
            Shape (n_inputs,); use ``jax.vmap`` for many.
        """
        weight = self.layers[0].weight
        units = jnp.asarray(row, weight.dtype)
        if units.shape != weight.shape[1:]:
            raise ValueError(
                f"One row of shape {units.shape} given; this network takes {weight.shape[1]} inputs, a row at a time."
            )
        activation = ACTIVATIONS[self.activation]
        for layer in self.layers[:-1]:
            units = activation(layer(units))
        return self.layers[-1](units)
