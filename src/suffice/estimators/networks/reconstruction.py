"""What an autoencoder makes of rows of units: hidden units, reconstructions, and their losses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float
from scipy.special import entr

from suffice.nets import evaluate, reconstruction_loss
from suffice.nets.autoencoder import Autoencoder
from suffice.nets.batch_network import NetworkState, RowNetwork
from suffice.nets.initial_weights import AnyAutoencoder
from suffice.rows.each import each_row
from suffice.runtime.arrays import Array

if TYPE_CHECKING:
    from suffice.fit.row_losses import Loss


MOST_SIDE = 1000
"""Rows or columns, whichever are fewer, up to which principal components are worked out."""
NOTABLE = 0.01
"""Share of the variance."""


def squared_loss(model: RowNetwork, row: Float[Array, " D"]) -> Float[Array, ""]:
    """Half the squared distance between a row and its reconstruction."""
    return jnp.square(model(row) - row).sum() / 2


LOSSES = {"bernoulli": reconstruction_loss, "gaussian": squared_loss}


def plain(net: AnyAutoencoder) -> Autoencoder:
    """The autoencoder without corruption."""
    return net if isinstance(net, Autoencoder) else net.autoencoder


def encoded(net: AnyAutoencoder, units: np.ndarray, precision: str) -> np.ndarray:
    """Hidden units (n, P) of rows (n, D)."""
    return each_row(eqx.Partial(_encoded, plain(net)), units, precision)


def decoded(net: AnyAutoencoder, hidden: np.ndarray) -> np.ndarray:
    """Logits (n, D) of rows reconstructed from hidden units (n, P)."""
    net = plain(net)
    return hidden @ (net.weight if net.decoder_weight is None else net.decoder_weight.T) + net.visible_bias


def losses_of_rows(
    net: AnyAutoencoder, running: NetworkState, units: np.ndarray, precision: str, kind: str
) -> np.ndarray:
    """Loss of each row (n, D) by this kind of units, (n,)."""
    return each_row(eqx.Partial(SUMMED[kind], net, running=running), units, precision)


def loss_of_means(units: np.ndarray, weight: np.ndarray, kind: str) -> float:
    """Mean loss of rows (n, D) that are all reconstructed as the means of their columns."""
    mean = np.average(units.astype(np.float64), axis=0, weights=weight)
    if kind == "bernoulli":
        return float((entr(mean) + entr(1 - mean)).sum())
    return float(np.average(np.square(units - mean).sum(axis=1), weights=weight) / 2)


def explained_by_components(units: np.ndarray, weight: np.ndarray, count: int) -> float:
    """Share of the variance of rows (n, D) that so many principal components explain: with V h + c none explains more.

    Bourlard and Kamp (1988), "Auto-association by multilayer perceptrons and singular value decomposition".
    """
    share = (weight / weight.sum())[:, None]
    centred = (units - (share * units).sum(0)) * np.sqrt(share)
    product = centred.T @ centred if len(centred.T) <= len(centred) else centred @ centred.T
    variances = np.linalg.eigvalsh(product.astype(np.float64))
    return float(variances[-count:].sum() / max(variances.sum(), np.finfo(float).tiny))


def said_of_components(units: np.ndarray, weight: np.ndarray, count: int, loss: float) -> str:
    """That principal components explain more than was learned, where they do, a sentence; of tables of moderate size."""
    if min(units.shape) > MOST_SIDE or not loss_of_means(units, weight, "gaussian") > 0:
        return ""
    own = 1 - loss / loss_of_means(units, weight, "gaussian")
    best = explained_by_components(units, weight, count)
    if own <= 0 or best - own < NOTABLE:
        return ""
    return (
        f"It explains {own:.1%} of the variance of its rows; {count} principal components explain {best:.1%}, the most that such "
        "a network can: more epochs may bring it nearer."
    )


def _encoded(net: Autoencoder, rows: Float[Array, "n D"]) -> Float[Array, "n P"]:
    return jax.vmap(net.encode)(rows)


def _cross_entropies(net: AnyAutoencoder, rows: Float[Array, "n D"], running: NetworkState) -> Float[Array, " n"]:
    return _row_losses(reconstruction_loss, net, rows, running)


def _squares(net: AnyAutoencoder, rows: Float[Array, "n D"], running: NetworkState) -> Float[Array, " n"]:
    return _row_losses(squared_loss, net, rows, running)


def _row_losses(
    loss: Loss, net: AnyAutoencoder, rows: Float[Array, "n D"], running: NetworkState
) -> Float[Array, " n"]:
    outputs = evaluate(net, rows, running)
    return jax.vmap(lambda output, row: loss(lambda inputs: output, row))(outputs, rows)


SUMMED = {"bernoulli": _cross_entropies, "gaussian": _squares}
