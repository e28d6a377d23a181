"""What a network is asked to make small, one row at a time."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jaxtyping import Float, Num

from suffice.nets.batch_network import RowNetwork
from suffice.runtime.arrays import Array
from suffice.runtime.precision import in_own_precision
from suffice.runtime.types import ArrayLike


@in_own_precision
def cross_entropy(logits: ArrayLike, label: ArrayLike) -> Float[Array, ...]:
    r"""Cross-entropy of softmax(logits) with a label, :math:`\log \sum_k e^{z_k} - z_y`, in nats.

    Safe for large logits.

    Parameters
    ----------
    logits
        Shape (..., K).
    label
        Whole numbers from 0 to K - 1, shape of the leading axes. Inside ``jit`` one outside the range gives NaN.

    Raises
    ------
    ValueError
        When labels are not whole numbers, or, outside ``jit``, one is out of range.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.nets import cross_entropy
    >>> cross_entropy(np.array([0.0, 800.0]), 0)
    array(800.)
    """
    import optax

    logits, label = jnp.asarray(logits), jnp.asarray(label)
    _check_labels(label, logits.shape[-1])
    inside = (label >= 0) & (label < logits.shape[-1])
    loss = optax.softmax_cross_entropy_with_integer_labels(logits, jnp.where(inside, label, 0))
    return jnp.where(inside, loss, jnp.nan)


def classification_loss(model: RowNetwork, row: Num[Array, ...], label: ArrayLike) -> Float[Array, ""]:
    r"""Cross-entropy of a classifier's logits for one row: a ``loss`` for ``suffice.fit.descend`` on ``(X, y)``.

    .. math:: \ell = \log \sum_k e^{f_k(x)} - f_y(x)

    Parameters
    ----------
    model
        Module from a row to K logits, such as ``MLP``.
    row
        One row.
    label
        Whole number from 0 to K - 1.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.nets import MLP, classification_loss
    >>> bool(classification_loss(MLP(4, [], 3, key=0), np.ones(4), 2) > 0)
    True
    """
    return cross_entropy(model(row), label)


@in_own_precision
def cross_entropy_vjp(logits: ArrayLike, label: ArrayLike) -> Float[Array, "... K"]:
    r"""Derivative of ``cross_entropy`` with respect to the logits, :math:`\delta_k = \mathrm{softmax}(z)_k - [k = y]`.

    Each row of the result sums to 0.

    Parameters
    ----------
    logits
        Shape (..., K).
    label
        Whole numbers from 0 to K - 1, shape of the leading axes.

    Raises
    ------
    ValueError
        As ``cross_entropy``.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.nets import cross_entropy_vjp
    >>> cross_entropy_vjp(np.array([0.0, 0.0]), 0)
    array([-0.5,  0.5])
    """
    logits, label = jnp.asarray(logits), jnp.asarray(label)
    _check_labels(label, logits.shape[-1])
    return jax.nn.softmax(logits) - jax.nn.one_hot(label, logits.shape[-1], dtype=logits.dtype)


@in_own_precision
def binary_cross_entropy(logits: ArrayLike, target: ArrayLike) -> Float[Array, ...]:
    r"""Cross-entropy of sigmoid(logits) with values from 0 to 1, in nats, summed over the last axis:
    :math:`\sum_d \log(1 + e^{z_d}) - x_d z_d`.

    Safe for large logits.

    Parameters
    ----------
    logits
        Shape (..., D).
    target
        Values from 0 to 1, shape (..., D).

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.nets import binary_cross_entropy
    >>> binary_cross_entropy(np.array([800.0, -800.0]), np.array([0.0, 0.0]))
    array(800.)
    """
    logits = jnp.asarray(logits)
    return (jax.nn.softplus(logits) - jnp.asarray(target, logits.dtype) * logits).sum(-1)


def reconstruction_loss(model: RowNetwork, row: Num[Array, ...]) -> Float[Array, ""]:
    r"""Cross-entropy of a reconstruction with its row: a ``loss`` for ``suffice.fit.descend``.

    .. math:: \ell = -\sum_d x_d \log \sigma(f_d(x)) + (1 - x_d) \log(1 - \sigma(f_d(x)))

    Parameters
    ----------
    model
        Module from a row to the logits of its reconstruction, such as ``Autoencoder``.
    row
        One row, values from 0 to 1.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.nets import Autoencoder, reconstruction_loss
    >>> bool(reconstruction_loss(Autoencoder(4, 2, key=0), np.ones(4)) > 0)
    True
    """
    return binary_cross_entropy(model(row), row)


@in_own_precision
def softmax_vjp(logits: ArrayLike, cotangent: ArrayLike) -> Float[Array, "... K"]:
    r"""Vector-Jacobian product of p = softmax(z): :math:`\bar z = p \odot (\bar p - \langle p, \bar p \rangle)`.

    Each row of the result sums to 0.

    Parameters
    ----------
    logits
        Shape (..., K); softmax runs over the last axis.
    cotangent
        Derivative with respect to the probabilities, shape (..., K).

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.nets import softmax_vjp
    >>> softmax_vjp(np.array([0.0, 0.0]), np.array([1.0, 0.0]))
    array([ 0.25, -0.25])
    """
    probability, cotangent = jax.nn.softmax(jnp.asarray(logits)), jnp.asarray(cotangent)
    centred = cotangent - (probability * cotangent).sum(-1, keepdims=True)
    return probability * centred


def _check_labels(label: jax.Array, n_classes: int) -> None:
    if not jnp.issubdtype(label.dtype, jnp.integer):
        raise ValueError(f"Labels are of type {label.dtype}; they must be whole numbers from 0 to {n_classes - 1}.")
    if isinstance(label, Tracer):
        return
    labels = np.asarray(label)
    if labels.size and not (labels.min() >= 0 and labels.max() < n_classes):
        raise ValueError(
            f"Labels run from {labels.min()} to {labels.max()}; with {n_classes} logits: 0 to {n_classes - 1}."
        )
