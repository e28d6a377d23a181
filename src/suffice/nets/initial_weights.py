"""Weights that a network starts from, taken from an RBM or an autoencoder."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias, cast

import equinox as eqx
import numpy as np

from suffice.nets.autoencoder import Autoencoder, DenoisingAutoencoder
from suffice.nets.batch_network import Network
from suffice.nets.mlp import MLP

AnyAutoencoder: TypeAlias = Autoencoder | DenoisingAutoencoder


class InitialWeights(NamedTuple):
    """Where a network may start: ``sigmoid(X @ weights + hidden_bias)`` are the hidden units (n, P) of rows X (n, D)."""

    weights: np.ndarray
    hidden_bias: np.ndarray
    visible_bias: np.ndarray

    def of_scaled(self, scale: float | None, real: bool) -> InitialWeights:
        """The weights for rows divided by ``scale``; of ``real`` columns the visible biases are means, which are divided too."""
        if scale is None:
            return self
        bias = self.visible_bias / scale if real else self.visible_bias
        return InitialWeights(self.weights * scale, self.hidden_bias, bias)


def layers_of(found: InitialWeights | list[InitialWeights]) -> list[InitialWeights]:
    """Weights of layers, the lowest first."""
    return found if isinstance(found, list) else [found]


def begun_from(net: Network, found: InitialWeights | list[InitialWeights]) -> Network:
    """A network whose first fully connected layers start from the weights of an RBM, an autoencoder or a stack of RBMs."""
    layers = getattr(net, "layers", ())
    given = layers_of(found)
    if len(layers) <= len(given) or not all(isinstance(layer, eqx.nn.Linear) for layer in layers[: len(given)]):
        raise ValueError(
            f"init sets the first {len(given)} fully connected layers below the last of an MLP; this net, a "
            f"{type(net).__name__}, has not as many."
        )
    for place, weights in enumerate(given):
        net = _with_layer(cast(MLP, net), place, weights)
    return net


def autoencoder_from(net: AnyAutoencoder, given: InitialWeights) -> AnyAutoencoder:
    """An autoencoder, denoising or not, with these weights; the decoder starts as the encoder transposed."""
    if isinstance(net, DenoisingAutoencoder):
        return eqx.tree_at(lambda n: n.autoencoder, net, autoencoder_from(net.autoencoder, given))
    matrix, *biases = (
        np.array(array, np.float32) for array in (given.weights.T, given.hidden_bias, given.visible_bias)
    )
    begun: Autoencoder = eqx.tree_at(lambda n: (n.weight, n.hidden_bias, n.visible_bias), net, (matrix, *biases))
    tied = begun.decoder_weight is None
    return begun if tied else eqx.tree_at(lambda n: n.decoder_weight, begun, matrix.T.copy())


def check_fit(name: str, given: np.ndarray, wanted: tuple[int, ...]) -> np.ndarray:
    """An array of ``init``, refused where its shape is not that of the network."""
    if given.shape != wanted:
        raise ValueError(
            f"init has {name} of shape {given.shape} (inputs, hidden units), and the network {wanted}: use the same columns, "
            "and as many hidden units."
        )
    return given


def _with_layer(net: MLP, place: int, weights: InitialWeights) -> MLP:
    layer = net.layers[place]
    if layer.bias is None:
        raise ValueError(f"init sets weights and biases, and layer {place} of the net has no biases.")
    matrix = check_fit("weights", weights.weights, layer.weight.shape[::-1]).T
    kind = layer.weight.dtype
    new = (np.asarray(matrix, kind, order="C"), np.asarray(weights.hidden_bias, kind))
    return eqx.tree_at(lambda n: (n.layers[place].weight, n.layers[place].bias), net, new)
