"""Autoencoders of values between 0 and 1."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Key, Num, PyTree

from suffice.nets.batch_network import BatchNetwork
from suffice.runtime.arrays import Array
from suffice.runtime.keys import as_key
from suffice.runtime.precision import in_own_precision, scope, to_numpy
from suffice.runtime.types import ArrayLike, KeyLike
from suffice.validation import check_share, check_sizes


class Autoencoder(eqx.Module):
    r"""One sigmoid hidden layer that a row is reconstructed from: sigmoid(V sigmoid(W x + b) + c).

    .. math:: \hat x = \sigma(V h + c), \qquad h = \sigma(W x + b)

    Parameters
    ----------
    n_inputs
        Length of a row.
    n_hidden
        Number of hidden units.
    tied
        Whether the decoder's weights V are the transposed weights W of the encoder.
    key
        Whole number or JAX key for the initial weights: uniform within 1 / sqrt(number of inputs of a layer) of 0; biases 0.

    Attributes
    ----------
    weight, hidden_bias
        W and b, shapes (n_hidden, n_inputs) and (n_hidden,).
    decoder_weight, visible_bias
        V (None where tied) and c, shapes (n_inputs, n_hidden) and (n_inputs,).

    Raises
    ------
    ValueError
        When a size is below 1.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.nets import Autoencoder
    >>> network = Autoencoder(4, 2, key=0)
    >>> network.encode(np.ones(4)).shape, network.decode(np.ones(2)).shape
    ((2,), (4,))
    """

    weight: Float[Array, "P D"]
    hidden_bias: Float[Array, " P"]
    decoder_weight: Float[Array, "D P"] | None
    visible_bias: Float[Array, " D"]

    def __init__(self, n_inputs: int, n_hidden: int, *, tied: bool = False, key: KeyLike):
        check_sizes(n_inputs=n_inputs, n_hidden=n_hidden)
        with scope("float32"):
            first, second = jax.random.split(as_key(key))
            self.weight = _uniform(first, (n_hidden, n_inputs))
            self.decoder_weight = None if tied else _uniform(second, (n_inputs, n_hidden))
        self.hidden_bias, self.visible_bias = np.zeros(n_hidden, np.float32), np.zeros(n_inputs, np.float32)

    @in_own_precision
    def __call__(self, row: ArrayLike) -> Float[Array, " D"]:
        """Logits of the reconstruction of one row, shape (n_inputs,): what ``reconstruction_loss`` takes.

        Parameters
        ----------
        row
            Shape (n_inputs,), values from 0 to 1.
        """
        return self._logits(self.encode(row))

    @in_own_precision
    def encode(self, row: ArrayLike) -> Float[Array, " P"]:
        """Hidden units of one row, shape (n_hidden,).

        Parameters
        ----------
        row
            Shape (n_inputs,).
        """
        row = jnp.asarray(row, self.weight.dtype)
        if row.shape != self.visible_bias.shape:
            raise ValueError(
                f"One row of shape {row.shape} given; this network takes {len(self.visible_bias)} inputs, a row at a time."
            )
        return jax.nn.sigmoid(self.weight @ row + self.hidden_bias)

    @in_own_precision
    def decode(self, hidden: ArrayLike) -> Float[Array, " D"]:
        """Reconstruction from hidden units, shape (n_inputs,), values from 0 to 1.

        Parameters
        ----------
        hidden
            Shape (n_hidden,).
        """
        hidden = jnp.asarray(hidden, self.weight.dtype)
        if hidden.shape != self.hidden_bias.shape:
            raise ValueError(f"Hidden units of shape {hidden.shape} given; this network has {len(self.hidden_bias)}.")
        return jax.nn.sigmoid(self._logits(hidden))

    def _logits(self, hidden: Float[Array, " P"]) -> Float[Array, " D"]:
        weight = jnp.transpose(self.weight) if self.decoder_weight is None else jnp.asarray(self.decoder_weight)
        return weight @ hidden + self.visible_bias


class DenoisingAutoencoder(BatchNetwork):
    r"""An ``Autoencoder`` that learns to reconstruct rows from which values were dropped (Vincent et al., 2008).

    .. math:: \hat x = \sigma(V \sigma(W (m \odot x) + b) + c), \qquad P(m_d = 0) = \text{rate}

    While training, each value is set to 0 with probability ``rate``; the loss compares with the row as it was. Evaluation
    drops nothing.

    Parameters
    ----------
    n_inputs, n_hidden, tied, key
        As for ``Autoencoder``.
    rate
        Probability with which a value is dropped, at least 0 and below 1; 0 is the plain ``Autoencoder``.

    Attributes
    ----------
    autoencoder
        The ``Autoencoder`` that is learned.

    Raises
    ------
    ValueError
        When a size is below 1 or ``rate`` is out of range.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.fit import descend
    >>> from suffice.nets import DenoisingAutoencoder, reconstruction_loss
    >>> rows = np.random.default_rng(0).random((20, 4))
    >>> solution = descend(DenoisingAutoencoder(4, 2, key=0), rows, loss=reconstruction_loss, epochs=2)
    >>> solution.model.autoencoder.encode(rows[0]).shape
    (2,)
    """

    autoencoder: Autoencoder
    rate: float = eqx.field(static=True)

    def __init__(self, n_inputs: int, n_hidden: int, *, rate: float = 0.1, tied: bool = False, key: KeyLike):
        check_share("rate", rate)
        self.rate = float(rate)
        self.autoencoder = Autoencoder(n_inputs, n_hidden, tied=tied, key=key)

    @in_own_precision
    def forward(
        self,
        rows: Num[Array, "n ..."],
        weight: Num[Array, " n"],
        state: PyTree[Array],
        key: Key[Array, ""] | None,
        training: bool,
        axis_name: str | None = None,
    ) -> tuple[Float[Array, "n D"], PyTree[Array]]:
        """Logits of the reconstructions, shape (n, n_inputs), and the state as it was.

        Arguments are those of ``BatchNetwork.forward``.
        """
        if training and self.rate > 0:
            kept = jax.random.bernoulli(as_key(key), np.float32(1 - self.rate), np.shape(rows))
            rows = jnp.where(kept, rows, 0)
        return jax.vmap(self.autoencoder)(rows), state


def _uniform(key: Key[Array, ""], shape: tuple[int, int]) -> np.ndarray:
    limit = shape[1] ** -0.5
    return to_numpy(jax.random.uniform(key, shape, np.float32, -limit, limit))
