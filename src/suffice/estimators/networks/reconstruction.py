"""What an autoencoder makes of rows of units: hidden units, reconstructions, and their losses."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from suffice.nets import evaluate, reconstruction_loss
from suffice.rows.each import each_row


def squared_loss(model: Any, row: Any) -> Any:
    """Half the squared distance between a row and its reconstruction."""
    return jnp.square(model(row) - row).sum() / 2


LOSSES = {"bernoulli": reconstruction_loss, "gaussian": squared_loss}


def plain(net: Any) -> Any:
    """The autoencoder without corruption."""
    return getattr(net, "autoencoder", net)


def encoded(net: Any, units: np.ndarray, precision: str) -> np.ndarray:
    """Hidden units (n, P) of rows (n, D)."""
    return each_row(eqx.Partial(_encoded, plain(net)), units, precision)


def decoded(net: Any, hidden: np.ndarray) -> np.ndarray:
    """Logits (n, D) of rows reconstructed from hidden units (n, P)."""
    net = plain(net)
    return hidden @ (net.weight if net.decoder_weight is None else net.decoder_weight.T) + net.visible_bias


def losses_of_rows(net: Any, running: Any, units: np.ndarray, precision: str, kind: str) -> np.ndarray:
    """Loss of each row (n, D) by this kind of units, (n,)."""
    return each_row(eqx.Partial(SUMMED[kind], net, running=running), units, precision)


def _encoded(net: Any, rows: Any) -> Any:
    return jax.vmap(net.encode)(rows)


def _cross_entropies(net: Any, rows: Any, running: Any) -> Any:
    return _row_losses(reconstruction_loss, net, rows, running)


def _squares(net: Any, rows: Any, running: Any) -> Any:
    return _row_losses(squared_loss, net, rows, running)


def _row_losses(loss: Any, net: Any, rows: Any, running: Any) -> Any:
    outputs = evaluate(net, rows, running)
    return jax.vmap(lambda output, row: loss(lambda inputs: output, row))(outputs, rows)


SUMMED = {"bernoulli": _cross_entropies, "gaussian": _squares}
