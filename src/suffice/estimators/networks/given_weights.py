"""What ``init`` names: the weights of an RBM, an autoencoder or a stack of RBMs."""

from __future__ import annotations

import os
from typing import Protocol

from suffice.estimators.shared.visible_units import VisibleUnits
from suffice.files import load
from suffice.nets.initial_weights import InitialWeights, layers_of
from suffice.runtime.types import PathLike


class GivesWeights(Protocol):
    """A fitted RBM, autoencoder or stack of RBMs."""

    def as_initial_weights(self) -> InitialWeights | list[InitialWeights]:
        """Weights of one layer, or of several, the lowest first."""
        ...


def given_weights(init: GivesWeights | PathLike) -> InitialWeights | list[InitialWeights]:
    """What ``as_initial_weights()`` of an estimator gives, of the estimator itself or of a file with it."""
    source = load(init) if isinstance(init, (str, os.PathLike)) else init
    if not hasattr(source, "as_initial_weights"):
        raise ValueError(
            f"init is a {type(source).__name__}; a fitted RBM or autoencoder, or the path of a saved one, is expected."
        )
    return source.as_initial_weights()


def weights_for(
    init: GivesWeights | PathLike, pixel_scale: float | None, units: VisibleUnits | None
) -> list[InitialWeights]:
    """Weights of layers for rows that are divided by ``pixel_scale`` and brought to these units, the lowest first."""
    lowest, *others = layers_of(given_weights(init))
    scaled = lowest.of_scaled(pixel_scale, units is not None)
    return [scaled if units is None else units.weights_for_units(scaled), *others]
