"""The smallest network with two layers, and its backward rule."""

from __future__ import annotations

import equinox as eqx
import jax
import numpy as np
from jaxtyping import Float

from suffice.runtime.arrays import Array
from suffice.runtime.precision import in_own_precision


class ScalarNetwork(eqx.Module):
    r"""Two sigmoid layers of one unit each, :math:`f(x) = w_3 \, \sigma(w_2 \, \sigma(w_1 x))`.

    Parameters
    ----------
    w1, w2, w3
        Weights.

    Examples
    --------
    >>> from suffice.nets import ScalarNetwork
    >>> float(ScalarNetwork(0.0, 0.0, 2.0)(1.0))
    1.0
    """

    w1: Float[Array, ""] = eqx.field(converter=np.asarray)
    w2: Float[Array, ""] = eqx.field(converter=np.asarray)
    w3: Float[Array, ""] = eqx.field(converter=np.asarray)

    @in_own_precision
    def __call__(self, x: float | Float[Array, ""]) -> Float[Array, ""]:
        """Output for one number.

        Parameters
        ----------
        x
            The input.
        """
        return self.w3 * jax.nn.sigmoid(self.w2 * jax.nn.sigmoid(self.w1 * x))


def scalar_network_vjp(network: ScalarNetwork, x: float) -> ScalarNetwork:
    r"""Gradient of the output of a ``ScalarNetwork``, from the stored activations, each weight from the one after it:

    .. math::
        \frac{\partial f}{\partial w_3} = s_2, \qquad
        \frac{\partial f}{\partial w_2} = w_3 s_1 \, s_2 (1 - s_2), \qquad
        \frac{\partial f}{\partial w_1} = \frac{\partial f}{\partial w_2} \, w_2 x (1 - s_1)

    with the activations :math:`s_1 = \sigma(w_1 x)` and :math:`s_2 = \sigma(w_2 s_1)` of the forward pass.

    Parameters
    ----------
    network
        The network.
    x
        The input.

    Examples
    --------
    >>> from suffice.nets import ScalarNetwork, scalar_network_vjp
    >>> float(scalar_network_vjp(ScalarNetwork(0.0, 0.0, 2.0), 1.0).w3)
    0.5
    """
    first = _sigmoid(network.w1 * x)
    second = _sigmoid(network.w2 * first)
    of_w3 = second
    of_w2 = network.w3 * first * of_w3 * (1 - of_w3)
    of_w1 = of_w2 * network.w2 * x * (1 - first)
    return ScalarNetwork(of_w1, of_w2, of_w3)


def _sigmoid(value: float | np.floating | Float[Array, ""]) -> np.floating | Float[Array, ""]:
    return 1 / (1 + np.exp(-value))
