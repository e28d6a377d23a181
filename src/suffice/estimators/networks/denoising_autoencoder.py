"""Denoising autoencoders with scikit-learn's manners."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Any

from suffice.estimators.networks.autoencoding import AutoencoderEstimator
from suffice.nets import DenoisingAutoencoder as Module
from suffice.validation import check_share


@dataclass(eq=False, repr=False)
class DenoisingAutoencoder(AutoencoderEstimator):
    r"""``Autoencoder`` that learns to reconstruct rows of which values were dropped (Vincent et al., 2008).

    .. math:: \min_\theta \sum_n w_n \, E_m\big[\ell(x_n, f_\theta(m \odot x_n))\big], \qquad P(m_d = 0) = \text{rate}

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

    _: KW_ONLY
    rate: float = 0.1

    def _module(self, seed: int) -> Any:
        check_share("rate", self.rate)
        return Module(self.n_features_in_, int(self.n_hidden), rate=float(self.rate), tied=bool(self.tied), key=seed)
