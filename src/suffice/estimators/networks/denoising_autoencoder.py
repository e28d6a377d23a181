"""Denoising autoencoders with scikit-learn's manners."""

from __future__ import annotations

from typing import Any

from suffice.estimators.networks.autoencoding import Autoencoding
from suffice.nets import DenoisingAutoencoder as Module
from suffice.validation import check_at_least


class DenoisingAutoencoder(Autoencoding):
    """``Autoencoder`` that learns to reconstruct rows of which values were dropped (Vincent et al., 2008).

    While it learns, each value is set to 0 (real numbers to their mean) with probability ``rate``, and the loss compares with
    the row as it was. Whatever is measured or transformed afterwards is not corrupted.

    Parameters
    ----------
    n_hidden
        Number of hidden units.
    rate
        Probability with which a value is dropped, at least 0 and below 1; 0 is the plain ``Autoencoder``.
    visible, tied, image_shape, pixel_scale
        As in ``Autoencoder``.
    optimizer, learning_rate, batch_size, epochs
        As in ``NeuralClassifier``.
    validation_fraction, patience
        As in ``NeuralClassifier``.
    init
        As in ``Autoencoder``.
    warm_start, random_state, precision, verbose
        As in ``NeuralClassifier``.

    Attributes
    ----------
    model_ : suffice.nets.DenoisingAutoencoder
        The fitted module.
    weights_, visible_, mean_, scale_, trace_, learning_curve_, validation_rows_, n_iter_, best_epoch_, outcome_
        As in ``Autoencoder``.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice import DenoisingAutoencoder
    >>> X = np.repeat([[1, 1, 0, 0], [0, 0, 1, 1]], 50, axis=0)
    >>> autoencoder = DenoisingAutoencoder(2, rate=0.25, learning_rate=0.05, batch_size=20, random_state=0).fit(X)
    >>> bool(autoencoder.score(X) > -0.5)
    True
    """

    def __init__(
        self,
        n_hidden: int = 100,
        *,
        rate: float = 0.1,
        visible: str = "auto",
        tied: bool = False,
        image_shape: tuple[int, ...] | None = None,
        pixel_scale: float | None = None,
        optimizer: Any = "adam",
        learning_rate: float = 1e-3,
        batch_size: int = 128,
        epochs: int = 50,
        validation_fraction: float | None = None,
        patience: int | None = None,
        init: Any = None,
        warm_start: bool = False,
        random_state: Any = None,
        precision: str = "float32",
        verbose: int = 0,
    ):
        self.n_hidden = n_hidden
        self.rate = rate
        self.visible = visible
        self.tied = tied
        self.image_shape = image_shape
        self.pixel_scale = pixel_scale
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.epochs = epochs
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.init = init
        self.warm_start = warm_start
        self.random_state = random_state
        self.precision = precision
        self.verbose = verbose

    def _check_parameters(self) -> None:
        super()._check_parameters()
        check_at_least("rate", self.rate, 0.0)
        if self.rate >= 1:
            raise ValueError(f"rate={self.rate!r} was given; a number below 1 is expected.")

    def _module(self, seed: int) -> Any:
        return Module(self.n_features_in_, int(self.n_hidden), rate=float(self.rate), tied=bool(self.tied), key=seed)
