"""What the autoencoder estimators share: rows as units, the fit, codes and reconstructions."""

from __future__ import annotations

import warnings
from abc import abstractmethod
from dataclasses import KW_ONLY, dataclass, field
from typing import TYPE_CHECKING, Any, Self, get_args

import numpy as np
from scipy.special import expit
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from suffice.choices import AutoencoderVisible
from suffice.estimators.networks.base import NeuralEstimator
from suffice.estimators.networks.given_weights import given_weights
from suffice.estimators.networks.image_rows import scaled
from suffice.estimators.networks.learned import Idle, Rows
from suffice.estimators.networks.reconstruction import (
    LOSSES,
    decoded,
    encoded,
    loss_of_means,
    losses_of_rows,
    plain,
    said_of_components,
)
from suffice.estimators.shared.callbacks import with_callbacks
from suffice.estimators.shared.row_weights import row_weights
from suffice.estimators.shared.visible_units import VisibleUnits
from suffice.nets.batch_network import NetworkState
from suffice.nets.initial_weights import AnyAutoencoder, InitialWeights, autoencoder_from, check_fit
from suffice.rows.stored import mapped
from suffice.rows.unit_interval import in_unit_interval
from suffice.runtime.keys import seed_of
from suffice.runtime.types import ArrayLike, PathLike, TableLike
from suffice.validation import check_choice, check_count

if TYPE_CHECKING:
    from suffice.fit.row_losses import Loss


VISIBLE = get_args(AutoencoderVisible)


@dataclass(eq=False, repr=False)
class AutoencoderEstimator(ClassNamePrefixFeaturesOutMixin, TransformerMixin, NeuralEstimator):
    """Base of the autoencoder estimators."""

    n_hidden: int = 100
    _: KW_ONLY
    learning_rate: float = 1e-2
    visible: str = "auto"
    tied: bool = False
    visible_: str = field(init=False)
    mean_: np.ndarray = field(init=False)
    scale_: np.ndarray = field(init=False)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = []
        return tags

    @abstractmethod
    def _module(self, seed: int) -> AnyAutoencoder:
        """The module with random weights."""

    @property
    def weights_(self) -> np.ndarray:
        """Weights of the encoder, (D, P): a column for each hidden unit."""
        check_is_fitted(self, "model_")
        return np.asarray(plain(self.model_).weight).T

    @with_callbacks
    def fit(
        self,
        X: TableLike,
        y: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        *,
        validation: TableLike | None = None,
        checkpoint: PathLike | None = None,
    ) -> Self:
        """Learn to reconstruct rows.

        Parameters
        ----------
        X
            Rows ``(n, D)``, or images ``(n, height, width)`` or ``(n, channels, height, width)``. Devices over which a JAX array
            is sharded share the rows of each batch. Or rows in files: a memory-mapped array, as ``numpy.load`` gives it with
            ``mmap_mode="r"``, or a stream of batches such as ``suffice.data.stream_parquet``, copied to a temporary file. Above
            32 MB they are learned from windows of so much: blocks of neighbours in random order, shuffled in the window.
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
            If values lie outside [0, 1] and ``visible="auto"``, or learning diverged: the best weights met are kept.
        """
        self._check_parameters()
        again = self.warm_start and hasattr(self, "model_")
        training, seed = self._training(X, sample_weight, again), seed_of(self.random_state)
        begin, others = self._begin_fit(again, seed), None
        if validation is not None:
            units = _as_units(self, self._rows(validation, reset=False))
            others = Rows((units,), np.ones(len(units)))
        strata = np.zeros(len(training.weight))
        self._fit(begin, training, strata, others, seed, (X, None, sample_weight), checkpoint)
        self.outcome_ = " ".join(filter(None, (self.outcome_, _beside_components(self, training))))
        return self

    @with_callbacks
    def partial_fit(self, X: TableLike, y: ArrayLike | None = None, sample_weight: ArrayLike | None = None) -> Self:
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
        again = hasattr(self, "model_")
        training, seed = self._training(X, sample_weight, again), seed_of(self.random_state)
        self._fit_pass(self._begin_pass(again, seed), training, again, seed, (X, None, sample_weight))
        return self

    def transform(self, X: TableLike) -> np.ndarray:
        """Hidden units of each row, ``(n, n_hidden)``, from 0 to 1.

        Parameters
        ----------
        X
            Rows or images, as for ``fit``.
        """
        check_is_fitted(self, "model_")
        return encoded(self.model_, _as_units(self, self._rows(X, reset=False)), self.precision)

    def inverse_transform(self, H: ArrayLike) -> np.ndarray:
        """Rows ``(n, D)`` reconstructed from hidden units.

        Parameters
        ----------
        H
            Hidden units ``(n, n_hidden)``.
        """
        check_is_fitted(self, "model_")
        hidden = np.asarray(H, self.precision)
        if hidden.ndim != 2 or hidden.shape[1] != self._n_features_out:
            raise ValueError(f"H has shape {hidden.shape}; (rows, {self._n_features_out}) hidden units are expected.")
        logits = decoded(self.model_, hidden)
        cells = self._visible_units.decode(logits) if self.visible_ == "gaussian" else expit(logits)
        return np.asarray(cells if self.pixel_scale is None else cells * self.pixel_scale, self.precision)

    def reconstruction_loss(self, X: TableLike) -> np.ndarray:
        """What learning makes small, for each row, ``(n,)``: cross-entropy in nats, or half the squared distance, standardised.

        Parameters
        ----------
        X
            Rows or images, as for ``fit``.
        """
        check_is_fitted(self, "model_")
        units = _as_units(self, self._rows(X, reset=False))
        return losses_of_rows(self.model_, self.running_, units, self.precision, self.visible_)

    def score(self, X: TableLike, y: ArrayLike | None = None) -> float:
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
        check_is_fitted(self, "model_")
        net = plain(self.model_)
        found = self._visible_units.weights_for_rows(
            *map(np.asarray, (net.weight.T, net.hidden_bias, net.visible_bias))
        )
        back = None if self.pixel_scale is None else 1 / self.pixel_scale
        return found.of_scaled(back, self.visible_ == "gaussian")

    @property
    def _n_features_out(self) -> int:
        return len(plain(self.model_).hidden_bias)

    @property
    def _visible_units(self) -> VisibleUnits:
        return VisibleUnits(self.visible_, mean=getattr(self, "mean_", None), scale=getattr(self, "scale_", None))

    def _check_parameters(self) -> None:
        self._check_learning()
        check_count("n_hidden", self.n_hidden)
        check_choice("visible", self.visible, VISIBLE)

    def _rows(self, X: TableLike, reset: bool) -> Any:
        """Checked and scaled rows (n, D)."""
        return scaled(self._table(X, reset), self.pixel_scale)

    def _training(self, X: TableLike, sample_weight: ArrayLike | None, again: bool) -> Rows:
        """Rows as units, which are learned unless a fit goes on, and their weights."""
        rows = self._rows(X, reset=not again)
        weight = row_weights(self._weights(X, sample_weight), rows)
        if not again:
            units = VisibleUnits.learn(_kind_of(rows) if self.visible == "auto" else self.visible, rows, weight)
            self.visible_ = units.kind
            if units.kind == "gaussian":
                self.mean_, self.scale_ = units.mean, units.scale
        return Rows((_as_units(self, rows),), weight)

    def _network(self, seed: int) -> AnyAutoencoder:
        net = self._module(seed)
        if self.init is None:
            return net
        found = given_weights(self.init)
        if isinstance(found, list):
            raise ValueError("init is a stack, and an autoencoder has one hidden layer: give one RBM of it.")
        check_fit("weights", found.weights, plain(net).weight.shape[::-1])
        scaled = found.of_scaled(self.pixel_scale, self.visible_ == "gaussian")
        return autoencoder_from(net, self._visible_units.weights_for_units(scaled))

    def _loss(self) -> Loss:
        return LOSSES[self.visible_]

    def _figures(self, model: AnyAutoencoder, running: NetworkState, rows: Rows) -> dict[str, float]:
        losses = losses_of_rows(model, running, rows.arrays[0], self.precision, self.visible_)
        return {"loss": float(np.average(losses, weights=rows.weight))}

    def _idle(self, rows: Rows) -> Idle:
        loss = loss_of_means(rows.arrays[0], rows.weight, self.visible_)
        return Idle("loss", loss, "It reconstructs its own rows no better than the means of the columns would.")

    def _check_training(self, rows: Rows) -> None:
        if not rows.weight.sum() > 0:
            raise ValueError("All rows of positive weight were held out; choose another random_state or fewer of them.")


def _kind_of(rows: Any) -> str:
    """The kind of units of these rows (n, D)."""
    if in_unit_interval(rows.min(), rows.max()):
        return "bernoulli"
    warnings.warn(
        f"X runs from {rows.min():g} to {rows.max():g}, outside [0, 1]: columns were taken as real numbers and standardised "
        "(visible='gaussian'). If they are pixels, set pixel_scale to the largest value, such as 255.",
        UserWarning, stacklevel=5,
    )  # fmt: skip
    return "gaussian"


def _as_units(fitted: AutoencoderEstimator, rows: Any) -> Any:
    if fitted.visible_ == "bernoulli" and not in_unit_interval(rows.min(), rows.max()):
        raise ValueError(
            f"X runs from {rows.min():g} to {rows.max():g}, and values from 0 to 1 are expected: set pixel_scale to the "
            "largest value, such as 255, or visible='gaussian' for real numbers."
        )
    return mapped(lambda part: np.asarray(fitted._visible_units.encode(part), fitted.precision), rows)


def _beside_components(fitted: AutoencoderEstimator, given: Rows) -> str:
    if fitted.visible_ != "gaussian":
        return ""
    (units,), weight = given.without(np.isin(np.arange(len(given.weight)), fitted.validation_rows_)).shown()
    reached = fitted.trace_["training_loss"][np.flatnonzero(fitted.trace_["epoch"] == fitted.best_epoch_)[-1]]
    return said_of_components(units, weight, fitted._n_features_out, float(reached))
