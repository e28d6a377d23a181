"""What the autoencoder estimators share: rows as units, the fit, codes and reconstructions."""

from __future__ import annotations

import warnings
from typing import Any, Self, get_args

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from scipy.special import expit
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from suffice.choices import AutoencoderVisible
from suffice.estimators.networks.learning import NeuralLearning
from suffice.estimators.rbm.rbm import InitialWeights
from suffice.estimators.row_outputs import row_outputs
from suffice.estimators.shared.callbacks import Iterations, with_callbacks
from suffice.fit.devices import devices_of
from suffice.nets import evaluate, reconstruction_loss
from suffice.nets.initial_weights import check_fit, initial_weights
from suffice.outcome import Outcome
from suffice.rows.streams import on_host
from suffice.runtime.precision import dtype_of
from suffice.validation import check_choice, check_count

VISIBLE = get_args(AutoencoderVisible)


def squared_loss(model: Any, row: Any) -> Any:
    """Half the squared distance between a row and its reconstruction."""
    return jnp.square(model(row) - row).sum() / 2


LOSSES = {"bernoulli": reconstruction_loss, "gaussian": squared_loss}


class Autoencoding(ClassNamePrefixFeaturesOutMixin, TransformerMixin, NeuralLearning):
    """Base of the autoencoder estimators."""

    n_hidden: int
    visible: str
    tied: bool
    visible_: str
    mean_: np.ndarray
    scale_: np.ndarray

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = []
        return tags

    @property
    def _n_features_out(self) -> int:
        return len(self._plain.hidden_bias)

    @property
    def _plain(self) -> Any:
        """The module without corruption."""
        return getattr(self.model_, "autoencoder", self.model_)

    @property
    def weights_(self) -> np.ndarray:
        """Weights of the encoder, (D, P): a column for each hidden unit."""
        check_is_fitted(self, "model_")
        return self._plain.weight.T

    def _module(self, seed: int) -> Any:
        """The module with random weights."""
        raise NotImplementedError

    @with_callbacks
    def fit(
        self, X: Any, y: Any = None, sample_weight: Any = None, *, validation: Any = None, checkpoint: Any = None
    ) -> Self:
        """Learn to reconstruct rows.

        Parameters
        ----------
        X
            Rows ``(n, D)``, or images ``(n, height, width)`` or ``(n, channels, height, width)``. Devices over which a JAX array
            is sharded share the rows of each batch.
        y
            Ignored; for scikit-learn's sake.
        sample_weight
            Row weights ``(n,)``, not negative; None is 1 for every row.
        validation
            Rows that are only read, for the learning curve, the best weights and ``patience``; None takes
            ``validation_fraction``.
        checkpoint
            File to keep the state of the fit in, as for ``NeuralClassifier``.

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
            If values lie outside [0, 1] and ``visible="auto"``, or learning diverged: the last good weights are kept.
        """
        self._check_parameters()
        again = self.warm_start and hasattr(self, "model_")
        rows = self._rows(X, reset=not again)
        weight, seed = self._weights_of(sample_weight, rows), self._seed()
        if not again:
            self._learn_units(rows, weight)
        units = self._units(rows)
        held = self._held_out(np.zeros(len(units)), seed) if validation is None else np.zeros(len(units), bool)
        if not weight[~held].sum() > 0:
            raise ValueError("All rows of positive weight were held out; choose another random_state or fewer of them.")
        parts = {"training": (units[~held], weight[~held])}
        if held.any():
            parts["validation"] = units[held], weight[held]
        if validation is not None:
            others = self._units(self._rows(validation, reset=False))
            parts["validation"] = others, np.ones(len(others))
        if self.patience is not None and "validation" not in parts:
            raise ValueError("patience needs rows held out: give fit validation rows, or set validation_fraction.")
        begin = self._begin(self.model_, seed, self.running_) if again else self._begin(self._network(seed), seed)
        self.validation_rows_ = np.flatnonzero(held)
        solution = self._descend(begin, parts, int(self.epochs), seed, (X, sample_weight), checkpoint)
        if solution.outcome is Outcome.INTERRUPTED:
            raise KeyboardInterrupt
        return self

    @with_callbacks
    def partial_fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Self:
        """One pass over some rows, from the weights and optimiser that the last call left.

        The first call learns from its rows whether values are probabilities, and else means and deviations.

        Parameters
        ----------
        X
            Rows or images, as for ``fit``.
        y
            Ignored; for scikit-learn's sake.
        sample_weight
            Row weights ``(n,)``, not negative; None is 1 for every row.
        """
        self._check_parameters()
        begun = hasattr(self, "model_")
        rows = self._rows(X, reset=not begun)
        weight, seed = self._weights_of(sample_weight, rows), self._seed()
        if not begun:
            self._learn_units(rows, weight)
        parts = {"training": (self._units(rows), weight)}
        begin = self._going_on(seed) if begun else self._begin(self._network(seed), seed)
        self._one_pass(begin, begun, lambda epochs: self._descend(begin, parts, epochs, seed, (X, sample_weight), None))
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Hidden units of each row, ``(n, n_hidden)``, from 0 to 1.

        Parameters
        ----------
        X
            Rows or images, as for ``fit``.
        """
        return row_outputs(self._fitted._plain, (), self._checked_units(X), self.precision, _encoded)

    def inverse_transform(self, H: Any) -> np.ndarray:
        """Rows ``(n, D)`` reconstructed from hidden units.

        Parameters
        ----------
        H
            Hidden units ``(n, n_hidden)``.
        """
        hidden = np.asarray(H, self.precision)
        if hidden.ndim != 2 or hidden.shape[1] != self._fitted._n_features_out:
            raise ValueError(f"H has shape {hidden.shape}; (rows, {self._n_features_out}) hidden units are expected.")
        net = self._plain
        logits = hidden @ (net.weight if net.decoder_weight is None else net.decoder_weight.T) + net.visible_bias
        cells = logits * self.scale_ + self.mean_ if self.visible_ == "gaussian" else expit(logits)
        return np.asarray(cells if self.pixel_scale is None else cells * self.pixel_scale, self.precision)

    def reconstruction_loss(self, X: Any) -> np.ndarray:
        """What learning makes small, for each row, ``(n,)``: cross-entropy in nats, or half the squared distance, standardised.

        Parameters
        ----------
        X
            Rows or images, as for ``fit``.
        """
        return self._losses(self._fitted.model_, self.running_, self._checked_units(X))

    def score(self, X: Any, y: Any = None) -> float:
        """Minus the mean of ``reconstruction_loss``; more is better.

        Parameters
        ----------
        X
            Rows or images, as for ``fit``.
        y
            Ignored; for scikit-learn's sake.
        """
        return -float(self.reconstruction_loss(X).mean())

    def as_initial_weights(self) -> InitialWeights:
        """Weights for the first layer of a classifier or another autoencoder: copies, in the units of the rows given to ``fit``.

        Returns
        -------
        InitialWeights
            ``weights`` (D, n_hidden), ``hidden_bias`` (n_hidden,) and ``visible_bias`` (D,).
        """
        net = self._fitted._plain
        if self.visible_ != "gaussian":
            return InitialWeights(net.weight.T.copy(), net.hidden_bias.copy(), net.visible_bias.copy())
        weights = net.weight.T / self.scale_[:, None]
        return InitialWeights(
            weights, net.hidden_bias - self.mean_ @ weights, net.visible_bias * self.scale_ + self.mean_
        )

    @property
    def _fitted(self) -> Self:
        check_is_fitted(self, "model_")
        return self

    def _check_parameters(self) -> None:
        self._check_learning()
        check_count("n_hidden", self.n_hidden)
        check_choice("visible", self.visible, VISIBLE)

    def _rows(self, X: Any, reset: bool) -> np.ndarray:
        flat = self._flat(on_host(X), reset)
        rows: Any = validate_data(self, flat, reset=reset, dtype=dtype_of(self.precision))
        return rows if self.pixel_scale is None else rows / np.asarray(self.pixel_scale, rows.dtype)

    def _learn_units(self, rows: np.ndarray, weight: np.ndarray) -> None:
        """Set what turns rows into units."""
        inside = rows.min() >= 0 and rows.max() <= 1
        self.visible_ = self.visible if self.visible != "auto" else "bernoulli" if inside else "gaussian"
        if self.visible == "auto" and not inside:
            warnings.warn(
                f"X runs from {rows.min():g} to {rows.max():g}, outside [0, 1]: columns were taken as real numbers and "
                "standardised (visible='gaussian'). If they are pixels, set pixel_scale to the largest value, such as 255.",
                UserWarning, stacklevel=5,
            )  # fmt: skip
        if self.visible_ == "gaussian":
            self.mean_ = np.average(rows, axis=0, weights=weight).astype(np.float64)
            spread = np.sqrt(np.average((rows - self.mean_) ** 2, axis=0, weights=weight))
            self.scale_ = np.where(spread > 1e-6 * (1 + np.abs(self.mean_)), spread, 1.0)

    def _units(self, rows: np.ndarray) -> np.ndarray:
        """Rows as the network reconstructs them."""
        if self.visible_ == "gaussian":
            return np.asarray((rows - self.mean_) / self.scale_, self.precision)
        if rows.min() < 0 or rows.max() > 1:
            raise ValueError(
                f"X runs from {rows.min():g} to {rows.max():g}, and values from 0 to 1 are expected: set pixel_scale to the "
                "largest value, such as 255, or visible='gaussian' for real numbers."
            )
        return rows

    def _checked_units(self, X: Any) -> np.ndarray:
        return self._fitted._units(self._rows(X, reset=False))

    def _network(self, seed: int) -> Any:
        net = self._module(seed)
        if self.init is None:
            return net
        found = initial_weights(self.init)
        if isinstance(found, list):
            raise ValueError("init is a stack, and an autoencoder has one hidden layer: give one RBM of it.")
        plain = getattr(net, "autoencoder", net)
        weights = check_fit("weights", found.weights, plain.weight.shape[::-1])
        new = self._standardised(weights, found.hidden_bias, found.visible_bias)
        plain = eqx.tree_at(lambda n: (n.weight, n.hidden_bias, n.visible_bias), plain, new)
        if not self.tied:
            plain = eqx.tree_at(lambda n: n.decoder_weight, plain, new[0].T.copy())
        return plain if not hasattr(net, "autoencoder") else eqx.tree_at(lambda n: n.autoencoder, net, plain)

    def _standardised(self, weights: Any, hidden_bias: Any, visible_bias: Any) -> tuple[np.ndarray, ...]:
        """Weights (P, D) and biases for units, from those for rows."""
        if self.visible_ == "gaussian":
            hidden_bias = hidden_bias + self.mean_ @ weights
            weights, visible_bias = weights * self.scale_[:, None], (visible_bias - self.mean_) / self.scale_
        return tuple(np.array(array, np.float32) for array in (weights.T, hidden_bias, visible_bias))

    def _losses(self, net: Any, running: Any, units: np.ndarray) -> np.ndarray:
        return row_outputs(net, running, units, self.precision, SUMMED[self.visible_])

    def _descend(self, begin: Any, parts: dict[str, Any], epochs: int, seed: int, given: Any, checkpoint: Any) -> Any:
        def measure(state: Any) -> dict[str, float]:
            return {
                f"{name}_loss": float(np.average(self._losses(state.model, state.running, units), weights=weight))
                for name, (units, weight) in parts.items()
            }

        X, sample_weight = given
        metadata = {} if sample_weight is None else {"sample_weight": sample_weight}
        told = Iterations(self, X, metadata, most=epochs - int(begin.epoch))
        units, weight = parts["training"]
        return self._learn(
            begin, (units,), weight, loss=LOSSES[self.visible_], epochs=epochs, measure=measure, told=told, seed=seed,
            checkpoint=checkpoint, devices=devices_of(X),
        )  # fmt: skip


def _encoded(net: Any, rows: Any, running: Any) -> Any:
    return jax.vmap(net.encode)(rows)


def _cross_entropies(net: Any, rows: Any, running: Any) -> Any:
    return _row_losses(reconstruction_loss, net, rows, running)


def _squares(net: Any, rows: Any, running: Any) -> Any:
    return _row_losses(squared_loss, net, rows, running)


def _row_losses(loss: Any, net: Any, rows: Any, running: Any) -> Any:
    outputs = evaluate(net, rows, running)
    return jax.vmap(lambda output, row: loss(lambda inputs: output, row))(outputs, rows)


SUMMED = {"bernoulli": _cross_entropies, "gaussian": _squares}
