"""Classification by a neural network with scikit-learn's manners."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from scipy.special import log_softmax, softmax
from sklearn.base import ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from suffice.estimators.networks.image_rows import looks_like_bytes
from suffice.estimators.networks.learning import NeuralLearning
from suffice.estimators.networks.own_net import OwnNet
from suffice.estimators.row_outputs import row_outputs
from suffice.estimators.shared.callbacks import Iterations, with_callbacks
from suffice.estimators.shared.classes import WeightedClasses
from suffice.fit.devices import devices_of
from suffice.nets import classification_loss
from suffice.nets.by_name import check_net, check_outputs, classifier_network
from suffice.nets.initial_weights import begun_from
from suffice.nets.mlp import ACTIVATIONS
from suffice.outcome import Outcome
from suffice.rows.streams import on_host
from suffice.runtime.precision import dtype_of
from suffice.validation import check_choice, check_count


class NeuralClassifier(ClassifierMixin, OwnNet, WeightedClasses, NeuralLearning):
    r"""Classifier by a neural network, learned by stochastic gradient descent on the cross-entropy

    .. math:: - \sum_n w_n \log p(y_n \mid x_n) / \sum_n w_n, \qquad p(k \mid x) = e^{z_k(x)} / \sum_j e^{z_j(x)}

    of the network's outputs z, its logits.

    Parameters
    ----------
    net
        None or ``"mlp"`` for fully connected layers; ``"convnet"`` or ``"resnet"`` for images; an Equinox module from a row to
        its logits, which is where learning starts; or a function or class of ``(inputs, n_classes, key)`` that makes one, where
        ``inputs`` is the number of columns, or (channels, height, width) of images, and ``key`` a JAX key. Of a net of your
        own a saved file holds the weights alone; ``suffice.load`` is then given the net.
    hidden_sizes
        Units in each hidden layer of an MLP; empty is multinomial logistic regression.
    activation
        Of an MLP: ``"relu"``, ``"sigmoid"`` or ``"tanh"``.
    channels
        Channels of a residual network.
    image_shape
        (channels, height, width), or (height, width) of grey images, where rows of a table are images; None takes it from X.
    pixel_scale
        Number that values are divided by, such as 255 for pixels of bytes; None takes them as they are, and refuses images
        above 1.
    optimizer
        ``"adam"``, ``"sgd"``, or an Optax transformation with a learning rate of its own, which is not saved to files.
    learning_rate
        Step size, above 0.
    batch_size
        Rows in a batch.
    epochs
        Passes over the rows; at most so many with ``patience``.
    class_weight
        A dict from classes to weights, 1 for those not named; ``"balanced"`` for weights in inverse proportion to how many rows
        a class has; None for 1. They multiply row weights.
    validation_fraction
        Share of the rows of each class to hold out where ``fit`` is given no validation rows; None is none.
    patience
        Stop after so many epochs in which the loss of rows held out was not smaller than before; None goes on to ``epochs``.
    init
        Fitted RBM, stack of RBMs or autoencoder whose weights the first layers of an MLP start from, or the path of a saved
        one; None starts from random weights.
    warm_start
        Whether ``fit`` starts from the weights of the last one.
    random_state
        Seed, or NumPy random state, of initial weights, order of the rows and rows held out; the same seed gives the same
        result bit for bit.
    precision
        ``"float32"`` or ``"float64"``.
    verbose
        1 shows a progress bar on a terminal.

    Attributes
    ----------
    classes_ : numpy.ndarray
        The classes.
    model_ : equinox.Module
        The fitted network: where rows are held out, with the weights of the epoch with their smallest loss, else the last.
    running_ : tuple
        Its state beside the weights, such as running moments; empty for most.
    trace_ : dict of numpy.ndarray
        For each epoch, beginning at 0 before the first: ``epoch``, ``training_loss`` (nats a row), ``training_error`` (share of
        wrong predictions) and, with rows held out, ``validation_loss`` and ``validation_error``, all measured in evaluation
        mode after the epoch.
    learning_curve_ : pandas.DataFrame
        The same as a table.
    validation_rows_ : numpy.ndarray
        Which rows of X ``validation_fraction`` held out.
    n_iter_, best_epoch_ : int
        Epochs done, and the one whose weights are kept.
    outcome_ : str
        How the fit ended, a sentence.
    image_shape_ : tuple of int or None
        (channels, height, width) where rows are images.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice import NeuralClassifier
    >>> X = np.repeat([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], 25, axis=0)
    >>> y = np.repeat(["even", "odd", "odd", "even"], 25)
    >>> classifier = NeuralClassifier(learning_rate=0.01, batch_size=20, epochs=30, random_state=0).fit(X, y)
    >>> classifier.predict([[0, 1], [1, 1]])
    array(['odd', 'even'], dtype='<U4')
    >>> classifier.trace_["training_error"][-1]
    np.float64(0.0)
    """

    def __init__(
        self,
        net: Any = None,
        *,
        hidden_sizes: Sequence[int] = (100,),
        activation: str = "relu",
        channels: int = 16,
        image_shape: tuple[int, ...] | None = None,
        pixel_scale: float | None = None,
        optimizer: Any = "adam",
        learning_rate: float = 1e-3,
        batch_size: int = 128,
        epochs: int = 50,
        class_weight: Any = None,
        validation_fraction: float | None = None,
        patience: int | None = None,
        init: Any = None,
        warm_start: bool = False,
        random_state: Any = None,
        precision: str = "float32",
        verbose: int = 0,
    ):
        self.net = net
        self.hidden_sizes = hidden_sizes
        self.activation = activation
        self.channels = channels
        self.image_shape = image_shape
        self.pixel_scale = pixel_scale
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.epochs = epochs
        self.class_weight = class_weight
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.init = init
        self.warm_start = warm_start
        self.random_state = random_state
        self.precision = precision
        self.verbose = verbose

    @with_callbacks
    def fit(self, X: Any, y: Any, sample_weight: Any = None, *, validation: Any = None, checkpoint: Any = None) -> Self:
        """Learn the network.

        Parameters
        ----------
        X
            Rows ``(n, D)``, or images ``(n, height, width)`` or ``(n, channels, height, width)``. Devices over which a JAX array
            is sharded share the rows of each batch.
        y
            Classes ``(n,)``, numbers or text.
        sample_weight
            Row weights ``(n,)``, not negative; None is 1 for every row.
        validation
            ``(X, y)`` that are only read, for the learning curve, the best weights and ``patience``; None takes
            ``validation_fraction``.
        checkpoint
            File to keep the state of the fit in, after an epoch, every second or less often. If it is there, the fit goes on
            from it to what it would have given uninterrupted, bit for bit; that takes the same data, parameters and a fixed
            ``random_state``, only ``epochs`` may be more. It stays when the fit ends: remove it once the result is safe.

        Returns
        -------
        self
            The fitted estimator.

        Raises
        ------
        ValueError
            If a parameter, the data or the checkpoint cannot be used; the message says what to do.

        Warns
        -----
        UserWarning
            If learning diverged, the last good weights are kept; if rows look like pixels of bytes.
        """
        self._check_parameters()
        again = self.warm_start and hasattr(self, "model_")
        rows, labels = self._rows(X, y, reset=not again)
        codes = self._codes(labels, None if not again else self.classes_)
        weight, seed = self._weight(sample_weight, rows, codes), self._seed()
        held = self._held_out(codes, seed) if validation is None else np.zeros(len(codes), bool)
        train, parts = ~held, {"training": (rows[~held], codes[~held], weight[~held])}
        self._check_left(codes[train], weight[train])
        if held.any():
            parts["validation"] = rows[held], codes[held], weight[held]
        if validation is not None:
            parts["validation"] = self._validation_rows(validation)
        if self.patience is not None and "validation" not in parts:
            raise ValueError("patience needs rows held out: give fit validation rows, or set validation_fraction.")
        begin = self._begin(self.model_, seed, self.running_) if again else self._begin(self._network(seed), seed)
        self.validation_rows_ = np.flatnonzero(held)
        solution = self._descend(begin, parts, int(self.epochs), seed, (X, y, sample_weight), checkpoint)
        if solution.outcome is Outcome.INTERRUPTED:
            raise KeyboardInterrupt
        return self

    @with_callbacks
    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:
        """One pass over some rows, from the weights and optimiser that the last call left.

        Parameters
        ----------
        X
            Rows or images, as for ``fit``.
        y
            Their classes ``(n,)``.
        classes
            All classes there will be, for the first call.
        sample_weight
            Row weights ``(n,)``, not negative; None is 1 for every row.
        """
        self._check_parameters()
        maximize_given_responsibilities = hasattr(self, "model_")
        told = self._told_classes(classes, maximize_given_responsibilities)
        rows, labels = self._rows(X, y, reset=not maximize_given_responsibilities)
        codes = self._codes(labels, told)
        weight, seed = self._weight(sample_weight, rows, codes), self._seed()
        begin = self._going_on(seed) if maximize_given_responsibilities else self._begin(self._network(seed), seed)
        parts = {"training": (rows, codes, weight)}
        self._one_pass(
            begin,
            maximize_given_responsibilities,
            lambda epochs: self._descend(begin, parts, epochs, seed, (X, y, sample_weight), None),
        )
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        """Probability of each class given the row, ``(n, classes)``.

        Parameters
        ----------
        X
            Rows or images, as for ``fit``.
        """
        return softmax(self._logits(X), axis=1)

    def predict_log_proba(self, X: Any) -> np.ndarray:
        """Logarithm of ``predict_proba``, safe where that is 0, ``(n, classes)``.

        Parameters
        ----------
        X
            Rows or images, as for ``fit``.
        """
        return log_softmax(self._logits(X), axis=1)

    def predict(self, X: Any) -> np.ndarray:
        """The most probable class of each row, ``(n,)``.

        Parameters
        ----------
        X
            Rows or images, as for ``fit``.
        """
        best = self._logits(X).argmax(axis=1)
        return self.classes_[best]

    def _check_parameters(self) -> None:
        self._check_learning()
        check_net(self.net)
        check_choice("activation", self.activation, ACTIVATIONS)
        check_count("channels", self.channels)
        for size in self.hidden_sizes:
            check_count("each of hidden_sizes", size)

    def _rows(self, X: Any, y: Any, reset: bool) -> tuple[np.ndarray, np.ndarray]:
        """Checked rows (n, D), and their labels."""
        flat = self._flat(on_host(X), reset)
        checked: Any = validate_data(self, flat, y, reset=reset, dtype=dtype_of(self.precision))
        rows, labels = checked
        check_classification_targets(labels)
        if reset and self.image_shape_ is None and self.pixel_scale is None and looks_like_bytes(rows):
            warnings.warn(
                f"X holds whole numbers from 0 to {rows.max():g}, like pixels of bytes, and a network learns best from numbers "
                "of about 0 to 1: set pixel_scale=255 to divide by it.", UserWarning, stacklevel=4,
            )  # fmt: skip
        return self._scaled(rows), labels

    def _validation_rows(self, validation: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        if not (isinstance(validation, (tuple, list)) and len(validation) == 2):
            raise ValueError("validation is a pair (X, y) of rows and their classes.")
        rows, labels = self._rows(*validation, reset=False)
        return rows, self._codes(labels, self.classes_), np.ones(len(rows))

    def _network(self, seed: int) -> Any:
        shape = (self.n_features_in_,) if self.image_shape_ is None else self.image_shape_
        net = classifier_network(
            self.net, shape, len(self.classes_), seed, hidden_sizes=self.hidden_sizes, activation=self.activation,
            channels=int(self.channels),
        )  # fmt: skip
        return net if self.init is None else begun_from(net, self.init)

    def _check_begin(self, begin: Any, arrays: tuple[np.ndarray, ...]) -> None:
        check_outputs(begin.model, arrays[0], len(self.classes_))

    def _descend(self, begin: Any, parts: dict[str, Any], epochs: int, seed: int, given: Any, checkpoint: Any) -> Any:
        parts = {name: (self._inputs(begin.model, part[0]), *part[1:]) for name, part in parts.items()}

        def measure(state: Any) -> dict[str, float]:
            figures = {}
            for name, (rows, codes, weight) in parts.items():
                logits = row_outputs(state.model, state.running, rows, self.precision)
                figures[f"{name}_loss"], figures[f"{name}_error"] = _loss_and_error(logits, codes, weight)
            return figures

        X, y, sample_weight = given
        metadata = {} if sample_weight is None else {"sample_weight": sample_weight}
        told = Iterations(self, X, metadata, y, most=epochs - int(begin.epoch))
        rows, codes, weight = parts["training"]
        return self._learn(
            begin, (rows, codes), weight, loss=classification_loss, epochs=epochs, measure=measure, told=told, seed=seed,
            checkpoint=checkpoint, devices=devices_of(X),
        )  # fmt: skip

    def _logits(self, X: Any) -> np.ndarray:
        check_is_fitted(self, "model_")
        flat = self._flat(on_host(X), reset=False)
        rows: Any = validate_data(self, flat, reset=False, dtype=dtype_of(self.precision))
        inputs = self._inputs(self.model_, self._scaled(rows))
        return row_outputs(self.model_, self.running_, inputs, self.precision).astype(np.float64)


def _loss_and_error(logits: np.ndarray, codes: np.ndarray, weight: np.ndarray) -> tuple[float, float]:
    """Weighted mean cross-entropy in nats, and share of wrong predictions."""
    own = np.take_along_axis(log_softmax(logits.astype(np.float64), axis=1), codes[:, None], 1)[:, 0]
    return float(np.average(-own, weights=weight)), float(np.average(logits.argmax(1) != codes, weights=weight))
