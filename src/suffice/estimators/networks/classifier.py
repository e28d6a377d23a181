"""Classification by a neural network with scikit-learn's manners."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, field
from typing import Any, ClassVar, Self

import equinox as eqx
import numpy as np
from sklearn.utils.validation import check_is_fitted

from suffice.estimators.networks.answers import NetworkAnswers
from suffice.estimators.networks.classes import check_labels, check_left, class_codes, told_classes, weights_by_class
from suffice.estimators.networks.given_weights import weights_for
from suffice.estimators.networks.image_rows import as_inputs, pixels, warn_of_bytes
from suffice.estimators.networks.learned import Idle, Rows
from suffice.estimators.networks.logits import logits_of, loss_and_error
from suffice.estimators.networks.own_net import parts_for_file, put_into
from suffice.estimators.networks.standardized import check_standardize, in_units, learned_scale, standardizes, units_of
from suffice.estimators.shared.callbacks import with_callbacks
from suffice.estimators.shared.row_weights import row_weights
from suffice.fit.row_losses import Loss
from suffice.nets import classification_loss
from suffice.nets.batch_network import Network, NetworkState
from suffice.nets.by_name import MakesNet, check_net, check_outputs, classifier_network
from suffice.nets.initial_weights import begun_from
from suffice.nets.mlp import ACTIVATIONS
from suffice.runtime.keys import seed_of
from suffice.runtime.types import ArrayLike, PathLike, TableLike
from suffice.validation import check_choice, check_count


@dataclass(eq=False, repr=False)
class NeuralClassifier(NetworkAnswers):
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
        Units in each hidden layer of an MLP, or of its one layer; empty is multinomial logistic regression.
    activation
        Of an MLP: ``"relu"``, ``"sigmoid"`` or ``"tanh"``.
    channels
        Channels of a residual network.
    image_shape
        (channels, height, width), or (height, width) of grey images, where rows of a table are images; None takes it from X.
    pixel_scale
        Number that values are divided by, such as 255 for bytes; None takes them as they are, and refuses images above 1.
    standardize
        Whether columns are brought to mean 0 and variance 1, as they have them in the rows of the fit; ``"auto"`` does so with an
        MLP of tables whose values are not all between 0 and 1.
    optimizer
        ``"adam"``, ``"sgd"``, or an Optax transformation with a learning rate of its own, which is not saved to files.
    learning_rate
        Step size, above 0.
    batch_size
        Rows in a batch; None is the power of two below an eighth of the rows, 16 at least and 128 at most.
    epochs
        Passes over the rows; at most so many with ``patience``. None is as many as make 2,000 steps, 20 at least and 400 at most.
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
        The fitted network: where rows are held out, with the weights of the epoch with their smallest loss, else the
        last, or where that is worse than the start, the best that was met.
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
    mean_, scale_ : numpy.ndarray or None
        Of each column, where columns are standardised.
    n_iter_, best_epoch_ : int
        Epochs done, of a fit that diverged those up to the weights that are kept, and the one whose weights are kept.
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
    """

    earlier_params: ClassVar[dict[str, Any]] = {"standardize": False}
    net: Any = None
    _: KW_ONLY
    hidden_sizes: Sequence[int] | int = (100,)
    activation: str = "relu"
    channels: int = 16
    standardize: bool | str = "auto"
    class_weight: Any = None
    classes_: np.ndarray = field(init=False)
    own_weights_: Any = field(init=False)
    own_running_: Any = field(init=False)

    @with_callbacks
    def fit(
        self, X: TableLike, y: ArrayLike, sample_weight: ArrayLike | None = None, *,
        validation: tuple[TableLike, ArrayLike] | None = None, checkpoint: PathLike | None = None,
    ) -> Self:  # fmt: skip
        """Learn the network.

        Parameters
        ----------
        X
            Rows ``(n, D)``, or images ``(n, height, width)`` or ``(n, channels, height, width)``. Devices over which a JAX array
            is sharded share the rows of each batch. Or rows in files: a memory-mapped array, as ``numpy.load`` gives it with
            ``mmap_mode="r"``, or a stream of batches such as ``suffice.data.stream_parquet``, copied to a temporary file. Above
            32 MB they are learned from windows of so much: blocks of neighbours in random order, shuffled in the window.
        y
            Classes ``(n,)``, numbers or text; of rows in files also a stream of one column.
        sample_weight
            Row weights ``(n,)``, not negative; None is 1 for every row.
        validation
            ``(X, y)`` that are only read, for the learning curve, the best weights and ``patience``; None takes
            ``validation_fraction``.
        checkpoint
            File to keep the state of the fit in, after an epoch, every second or less often. If it is there, the fit goes on
            from it to what it would have given uninterrupted, bit for bit; that takes the same data, parameters and a fixed
            ``random_state``, only ``epochs`` may be more. It stays when the fit ends: remove it once the result is safe.

        Raises
        ------
        ValueError
            If a parameter, the data or the checkpoint cannot be used; the message says what to do.

        Warns
        -----
        UserWarning
            If learning diverged, the best weights met are kept; if rows look like pixels of bytes.
        """
        self._check_parameters()
        again = self.warm_start and hasattr(self, "model_")
        rows = self._training(X, y, sample_weight, self.classes_ if again else None, again)
        seed = seed_of(self.random_state)
        begin = self._begin_fit(again, seed)
        rows, codes = self._inputs(begin.model, rows), rows.arrays[1]
        others = None if validation is None else self._inputs(begin.model, self._validation(validation))
        self._fit(begin, rows, codes, others, seed, (X, y, sample_weight), checkpoint)
        return self

    @with_callbacks
    def partial_fit(
        self, X: TableLike, y: ArrayLike, classes: ArrayLike | None = None, sample_weight: ArrayLike | None = None
    ) -> Self:
        """One pass over some rows, from the weights and optimiser that the last call left.

        Parameters
        ----------
        X, y, sample_weight
            As for ``fit``.
        classes
            All classes there will be, for the first call.
        """
        self._check_parameters()
        again = hasattr(self, "model_")
        told = told_classes(classes, self.classes_ if again else None, self.class_weight)
        rows, seed = self._training(X, y, sample_weight, told, again), seed_of(self.random_state)
        begin = self._begin_pass(again, seed)
        self._fit_pass(begin, self._inputs(begin.model, rows), again, seed, (X, y, sample_weight))
        return self

    def _check_parameters(self) -> None:
        self._check_learning()
        check_net(self.net)
        check_choice("activation", self.activation, ACTIVATIONS)
        check_standardize(self.standardize)
        check_count("channels", self.channels)
        for size in self._sizes():
            check_count("each of hidden_sizes", size)

    def _sizes(self) -> tuple[int, ...]:
        sizes = np.atleast_1d(np.asarray(self.hidden_sizes))
        return tuple(sizes.tolist())

    def _rows(self, X: TableLike, y: ArrayLike, reset: bool) -> tuple[Any, np.ndarray]:
        """Checked rows (n, D), and their labels."""
        rows, labels = self._table(X, reset, y)
        check_labels(labels, reset)
        if (
            reset
            and self.image_shape_ is None
            and self.pixel_scale is None
            and not standardizes(self.standardize, self._of_tables, rows)
        ):
            warn_of_bytes(rows, stacklevel=6)
        return pixels(rows, self.pixel_scale, self.image_shape_), labels

    @property
    def _of_tables(self) -> bool:
        return self.net in (None, "mlp") and self.image_shape_ is None and self.pixel_scale is None

    def _training(
        self, X: TableLike, y: ArrayLike, sample_weight: ArrayLike | None, classes: np.ndarray | None, again: bool
    ) -> Rows:
        """Rows (n, D) with the places of their classes, which are learned where none are known."""
        rows, labels = self._rows(X, y, reset=not again)
        classes = np.unique(labels) if classes is None else classes
        codes = class_codes(labels, classes)
        self.classes_ = classes
        weight = row_weights(self._weights(X, sample_weight), rows)
        if not again:
            self.mean_, self.scale_ = learned_scale(self.standardize, self._of_tables, rows, weight)
        return Rows(
            (in_units(units_of(self), rows), codes), weights_by_class(self.class_weight, classes, codes, weight)
        )

    def _validation(self, validation: tuple[TableLike, ArrayLike]) -> Rows:
        if not (isinstance(validation, (tuple, list)) and len(validation) == 2):
            raise ValueError("validation is a pair (X, y) of rows and their classes.")
        rows, labels = self._rows(*validation, reset=False)
        return Rows((in_units(units_of(self), rows), class_codes(labels, self.classes_)), np.ones(len(rows)))

    def _inputs(self, net: Network, rows: Rows) -> Rows:
        inputs = as_inputs(net, rows.arrays[0], self.image_shape_)
        check_outputs(net, inputs, len(self.classes_))
        return rows._replace(arrays=(inputs, *rows.arrays[1:]))

    def _check_training(self, rows: Rows) -> None:
        check_left(self.classes_, rows.arrays[1], rows.weight)

    def _network(self, seed: int) -> Network:
        shape = (self.n_features_in_,) if self.image_shape_ is None else self.image_shape_
        net = classifier_network(
            self.net, shape, len(self.classes_), seed, hidden_sizes=self._sizes(), activation=self.activation,
            channels=int(self.channels),
        )  # fmt: skip
        return net if self.init is None else begun_from(net, weights_for(self.init, self.pixel_scale, units_of(self)))

    def _loss(self) -> Loss:
        return classification_loss

    def _idle(self, rows: Rows) -> Idle:
        shares = np.bincount(rows.arrays[1], rows.weight, len(self.classes_)) / rows.weight.sum()
        words = "It tells its own rows apart no better than naming the most frequent class would."
        return Idle("error", float(1 - shares.max()), words)

    def _figures(self, model: Network, running: NetworkState, rows: Rows) -> dict[str, float]:
        return loss_and_error(logits_of(model, running, rows.arrays[0], self.precision), rows.arrays[1], rows.weight)

    def _logits(self, X: TableLike) -> np.ndarray:
        check_is_fitted(self, "model_")
        rows = in_units(units_of(self), pixels(self._table(X, reset=False), self.pixel_scale, self.image_shape_))
        inputs = as_inputs(self.model_, rows, self.image_shape_)
        return logits_of(self.model_, self.running_, inputs, self.precision).astype(float)

    def _without_own_net(self, params: dict[str, Any], fitted: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        return parts_for_file(self.net, params, fitted)

    def _take_net(self, net: eqx.Module | MakesNet) -> None:
        check_net(net)
        self.net = net
        begin = self._begin(self._network(0), 0)
        self.model_ = put_into(begin.model, self.own_weights_)
        self.running_ = put_into(begin.running, self.own_running_)
        del self.own_weights_, self.own_running_
