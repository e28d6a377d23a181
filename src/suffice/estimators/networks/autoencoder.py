"""Autoencoders with scikit-learn's manners."""

from __future__ import annotations

from typing import Any

from suffice.estimators.networks.autoencoding import AutoencoderEstimator
from suffice.nets import Autoencoder as Module


class Autoencoder(AutoencoderEstimator):
    r"""Transformer that learns sigmoid hidden units h from which rows can be reconstructed:

    .. math:: h = \sigma(W x + b), \qquad \hat x = \sigma(V h + c)

    Learned by stochastic gradient descent on the cross-entropy
    :math:`- \sum_d x_d \log \hat x_d + (1 - x_d) \log(1 - \hat x_d)` of values from 0 to 1. Real columns are standardised, and
    reconstructed by V h + c with half the squared distance as the loss.

    Parameters
    ----------
    n_hidden
        Number of hidden units.
    visible
        ``"bernoulli"`` for values from 0 to 1; ``"gaussian"`` for real numbers; ``"auto"`` takes the first where all values lie
        in [0, 1], else the second with a warning.
    tied
        Whether V is W transposed.
    image_shape
        (channels, height, width), or (height, width) of grey images, where rows of a table are images; None takes it from X.
    pixel_scale
        Number that values are divided by, such as 255 for pixels of bytes; None takes them as they are.
    optimizer, learning_rate, batch_size, epochs
        As in ``NeuralClassifier``.
    validation_fraction, patience
        As in ``NeuralClassifier``.
    init
        Fitted RBM or autoencoder whose weights and biases to start from, or the path of a saved one; None starts from random
        weights.
    warm_start, random_state, precision, verbose
        As in ``NeuralClassifier``.

    Attributes
    ----------
    model_ : suffice.nets.Autoencoder
        The fitted module: where rows are held out, with the weights of the epoch with their smallest loss, else the last.
    weights_ : numpy.ndarray
        Weights of the encoder, ``(D, n_hidden)``.
    visible_ : str
        ``"bernoulli"`` or ``"gaussian"``.
    mean_, scale_ : numpy.ndarray
        Of each column, for real numbers.
    trace_ : dict of numpy.ndarray
        For each epoch, beginning at 0 before the first: ``epoch``, ``training_loss`` (a row) and, with rows held out,
        ``validation_loss``, measured in evaluation mode after the epoch.
    learning_curve_, validation_rows_, n_iter_, best_epoch_, outcome_
        As in ``NeuralClassifier``.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice import Autoencoder
    >>> X = np.repeat([[1, 1, 0, 0], [0, 0, 1, 1]], 50, axis=0)
    >>> autoencoder = Autoencoder(2, learning_rate=0.05, batch_size=20, epochs=40, random_state=0).fit(X)
    >>> codes = autoencoder.transform(X)
    >>> codes.shape, bool(np.abs(autoencoder.inverse_transform(codes) - X).max() < 0.1)
    ((100, 2), True)
    """

    def _module(self, seed: int) -> Any:
        return Module(self.n_features_in_, int(self.n_hidden), tied=bool(self.tied), key=seed)
