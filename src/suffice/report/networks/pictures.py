"""The pictures of networks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from suffice.nets.batch_network import Network
from suffice.plot.filters import FilterDisplay
from suffice.plot.mistakes import MistakesDisplay
from suffice.plot.reconstruction import ReconstructionDisplay
from suffice.plot.training import TrainingDisplay
from suffice.report.picture import Picture, picture

if TYPE_CHECKING:
    from suffice.estimators.networks.autoencoding import AutoencoderEstimator
    from suffice.estimators.networks.base import NeuralEstimator
    from suffice.estimators.networks.classifier import NeuralClassifier


SHOWN_ROWS = 12


def parameter_count(net: Network) -> int:
    """How many numbers a network learns."""
    import equinox as eqx
    import jax

    return sum(leaf.size for leaf in jax.tree.leaves(eqx.filter(net, eqx.is_inexact_array)))


def curve_pictures(estimator: NeuralEstimator) -> list[Picture]:
    """Loss and, where it is known, error of training and held-out rows by epoch."""
    shown = []
    for figure in ("loss", "error"):
        if f"training_{figure}" in estimator.trace_:
            caption = f"The {figure} after each epoch, measured on the network as it is used."
            panel = TrainingDisplay.of(estimator, figure=figure).panel()
            shown.append(picture(f"{figure.capitalize()} by epoch", caption, panel))
    return shown


def filter_pictures(estimator: NeuralEstimator) -> list[Picture]:
    """Weights of the first layer as images, where rows are images."""
    filters = first_filters(estimator.model_, getattr(estimator, "image_shape_", None))
    if filters is None:
        return []
    display = FilterDisplay(weights=filters.reshape(len(filters), -1).T, image_shape=filters.shape[1:])
    caption = "Weights of the first layer, those of largest norm first."
    return [picture("Filters", caption, display.panel(), wide=True)]


def first_filters(net: Network, image_shape: tuple[int, ...] | None) -> np.ndarray | None:
    """Weights of the first layer as images (n, height, width); None where rows are no images."""
    import equinox as eqx
    import jax

    arrays = [
        np.asarray(leaf) for leaf in jax.tree.leaves(eqx.filter(net, eqx.is_inexact_array)) if leaf.ndim in (2, 4)
    ]
    if image_shape is None or not arrays:
        return None
    if arrays[0].ndim == 4:
        return arrays[0].reshape(-1, *arrays[0].shape[2:])
    pixels = int(np.prod(image_shape))
    weights = arrays[0] if arrays[0].shape[1] == pixels else arrays[0].T
    return weights.reshape(-1, *image_shape[1:]) if weights.shape[1] == pixels else None


def mistake_pictures(estimator: NeuralClassifier, rows: np.ndarray, target: np.ndarray) -> list[Picture]:
    """Rows of which the classifier is most sure of a wrong class, where rows are images."""
    shape = getattr(estimator, "image_shape_", None)
    if shape is None or shape[0] not in (1, 3):
        return []
    display = MistakesDisplay.of(estimator, rows, target)
    if not len(display.shown_):
        return []
    caption = (
        "Rows of which the classifier is most sure of a wrong class: their class → the one given, and its probability."
    )
    return [picture("Confidently wrong", caption, display.panel(), wide=True)]


def reconstruction_picture(estimator: AutoencoderEstimator, rows: np.ndarray) -> Picture:
    """Rows, and what the hidden units keep of them."""
    shown = rows[:: max(1, len(rows) // SHOWN_ROWS)][:SHOWN_ROWS]
    shape = estimator.image_shape_
    pictured = None if shape is None else (shape[0] * shape[1], shape[2])
    said = estimator.inverse_transform(estimator.transform(shown))
    display = ReconstructionDisplay(rows=shown, reconstructed=said, image_shape=pictured)
    return picture("Reconstructions", "Rows, and what the hidden units keep of them.", display.panel(), wide=True)
