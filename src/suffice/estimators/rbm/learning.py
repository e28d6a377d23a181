"""What the RBM estimators share: checks, the start from the data's means, and the fit."""

from __future__ import annotations

import warnings
from typing import Any, get_args

import equinox as eqx
import numpy as np
from scipy.sparse import issparse
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import _check_sample_weight

from suffice.choices import Sampler
from suffice.estimators.shared.visible_units import KINDS, VisibleRows
from suffice.fit.contrastive.epoch import ContrastState
from suffice.fit.contrastive.loop import contrast
from suffice.outcome import Outcome, SaturatedUnitWarning, Solution
from suffice.rows.each import each_row
from suffice.rows.survey import NO_WEIGHT
from suffice.runtime.precision import dtype_of
from suffice.validation import check_at_least, check_choice, check_count

SAMPLERS = get_args(Sampler)
SCHEDULES = ("constant", "linear", "cosine")
READ_ROWS = 2000
NEVER, ALWAYS = 0.01, 0.99


class RBMLearning(VisibleRows, BaseEstimator):
    """Base of the RBM estimators."""

    n_hidden: int
    sampler: str
    n_steps: int
    n_chains: int
    n_temperatures: int
    centred: bool
    learning_rate: float
    schedule: str
    momentum: float
    weight_decay: float
    averaging: float
    optimizer: Any
    batch_size: int
    epochs: int
    weight_scale: float
    validation_fraction: float | None
    largest_gap: float | None
    random_state: Any
    precision: str
    verbose: int

    def _check_parameters(self) -> None:
        for name in ("n_hidden", "n_steps", "n_chains", "n_temperatures", "batch_size", "epochs"):
            check_count(name, getattr(self, name))
        check_choice("visible", self.visible, KINDS)
        check_choice("sampler", self.sampler, SAMPLERS)
        check_choice("schedule", self.schedule, SCHEDULES)
        for name in ("learning_rate", "weight_decay", "weight_scale", "momentum", "averaging"):
            check_at_least(name, getattr(self, name), 0.0)
        for name in ("momentum", "averaging"):
            if getattr(self, name) >= 1:
                raise ValueError(f"{name}={getattr(self, name)!r} was given; a number below 1 is expected.")
        if self.learning_rate == 0:
            raise ValueError("learning_rate=0 was given; a number above 0 is expected.")
        self._check_validation()
        self._check_binarize()
        dtype_of(self.precision)

    def _check_validation(self) -> None:
        fraction = self.validation_fraction
        if fraction is not None:
            check_at_least("validation_fraction", fraction, 0.0)
            if not 0 < fraction < 1:
                raise ValueError(f"validation_fraction={fraction!r} was given; a number between 0 and 1 is expected.")
        if self.largest_gap is not None:
            check_at_least("largest_gap", self.largest_gap, 0.0)

    def _seed(self) -> int:
        return int(check_random_state(self.random_state).randint(2**31 - 1))

    def _weights_of(self, sample_weight: Any, rows: Any) -> np.ndarray:
        weight = _check_sample_weight(sample_weight, rows, dtype=np.float64, ensure_non_negative=True)
        if not weight.sum() > 0:
            raise ValueError(NO_WEIGHT)
        return weight

    def _begin(self, units: Any, weight: np.ndarray, seed: int) -> Any:
        """The module to start from, whose visible biases alone fit the means of the rows; sets ``base_``."""
        model = self._module(units.shape[1], seed)
        self.base_ = self._base_bias(_means(units, weight), len(weight)).astype(self.precision)
        return eqx.tree_at(lambda rbm: rbm.visible_bias, model, self.base_)

    def _module(self, n_visible: int, seed: int) -> Any:
        """The module of this kind of visible units, with random weights."""
        from suffice.energy import RBM, CategoricalRBM, GaussianRBM

        if self.visible == "categorical":
            sizes = [len(values) for values in self.categories_]
            return CategoricalRBM(sizes, self.n_hidden, key=seed, scale=self.weight_scale)
        module = GaussianRBM if self.visible == "gaussian" else RBM
        return module(n_visible, self.n_hidden, key=seed, scale=self.weight_scale)

    def _base_bias(self, means: np.ndarray, count: int) -> np.ndarray:
        """Biases whose units have these means; shares of 0 and 1 count as if half a row spoke against them."""
        if self.visible == "gaussian":
            return np.zeros_like(means)
        margin = 0.5 / (count + 1)
        shares = np.clip(means, margin, 1 - margin)
        return np.log(shares) if self.visible == "categorical" else np.log(shares / (1 - shares))

    def _schedule(self, steps: int) -> Any:
        """Learning rate at each batch: ``"linear"`` falls to 0 over the second half, ``"cosine"`` all the way."""
        if self.schedule == "constant":
            return float(self.learning_rate)
        rate = float(self.learning_rate)
        if self.schedule == "cosine":
            return lambda number: rate * (1 + np.cos(np.pi * number / steps)) / 2
        return lambda number: rate * np.minimum(1.0, (steps - number) / (steps - steps // 2))

    def _learn(
        self, model: Any, units: Any, weight: np.ndarray, held_out: Any, epochs: int, seed: int, **going_on: Any
    ):
        batches = -(-int((weight > 0).sum()) // min(self.batch_size, units.shape[0]))
        persistent = self.sampler != "cd"
        own = self.optimizer is not None
        rate = float(self.learning_rate) if going_on else self._schedule(epochs * batches)
        return contrast(
            model, units, weight=weight, steps=int(self.n_steps), persistent=persistent,
            n_chains=int(self.n_chains) if persistent else None,
            n_temperatures=int(self.n_temperatures) if self.sampler == "tempering" else 1,
            centred=self.centred, learning_rate=None if own else rate,
            momentum=0.0 if own else self.momentum, weight_decay=0.0 if own else self.weight_decay,
            optimizer=self.optimizer, averaging=self.averaging, batch_size=int(self.batch_size), epochs=epochs,
            random_state=seed, validation=held_out, largest_gap=None if held_out is None else self.largest_gap,
            precision=self.precision, progress=bool(self.verbose), **going_on,
        )  # fmt: skip

    def _split(self, units: Any, weight: np.ndarray, seed: int) -> tuple[Any, np.ndarray, Any]:
        """Rows to learn from, their weights, and complete rows held out."""
        if self.validation_fraction is None:
            if self.largest_gap is not None:
                raise ValueError(
                    "largest_gap needs rows held out: give fit validation rows, or set validation_fraction."
                )
            return units, weight, None
        order = np.random.default_rng(seed).permutation(units.shape[0])
        count = max(1, round(self.validation_fraction * len(order)))
        if count >= len(order):
            raise ValueError(
                f"{len(order)} rows cannot be divided by validation_fraction={self.validation_fraction!r}."
            )
        return units[order[count:]], self._kept_weight(weight[order[count:]]), _complete_rows(units[order[:count]])

    def _kept_weight(self, weight: np.ndarray) -> np.ndarray:
        if not weight.sum() > 0:
            raise ValueError("All rows of positive weight were held out; choose another random_state or fewer of them.")
        return weight

    def _keep(self, solution: Solution, units: Any, weight: np.ndarray) -> None:
        self.model_ = solution.model
        self.weights_ = solution.model.weights
        self.visible_bias_, self.hidden_bias_ = solution.model.visible_bias, solution.model.hidden_bias
        state = solution.details["state"]
        self.n_iter_ = int(state.epoch)
        done = solution.outcome is Outcome.STOPPED_AT_LIMIT
        self.trace_, self.outcome_ = solution.trace, "All epochs were done." if done else solution.outcome.value
        self.chains_ = self._chains(state, units, weight)
        self.log_partitions_ = {}
        self._warn(solution.outcome, units)

    def _chains(self, state: ContrastState, units: Any, weight: np.ndarray) -> np.ndarray:
        """Where sampling begins: the model's own chains, or complete rows."""
        if state.chains is not None:
            return state.chains if state.chains.ndim == 2 else state.chains[-1]
        if state.filled is not None:
            return state.filled[:: -(-len(state.filled) // self.n_chains)]
        used = np.flatnonzero(weight > 0)
        used = used[:: -(-len(used) // self.n_chains)]
        rows = units[used]
        return np.asarray(rows.toarray() if issparse(rows) else rows, self.precision)

    def _warn(self, outcome: Outcome, units: Any) -> None:
        if outcome is Outcome.DIVERGED:
            warnings.warn(
                f"{outcome.value} This was after {self.n_iter_} epochs; use a smaller learning_rate than {self.learning_rate:g}.",
                UserWarning, stacklevel=4,
            )  # fmt: skip
        shown = units[:: -(-units.shape[0] // READ_ROWS)]
        if not issparse(shown) and np.isnan(shown).any():
            return
        features = each_row(self.model_, "hidden_probability", shown, self.precision)
        stuck = np.flatnonzero((features.min(axis=0) > ALWAYS) | (features.max(axis=0) < NEVER))
        if len(stuck):
            named = ", ".join(str(j) for j in stuck[:20]) + (" and more" if len(stuck) > 20 else "")
            warnings.warn(
                f"Hidden units {named} are always 1 or always 0 on the rows of the fit: as features they say nothing. Use a "
                "smaller learning_rate, weight_decay, or fewer hidden units.", SaturatedUnitWarning, stacklevel=4,
            )  # fmt: skip


def _means(units: Any, weight: np.ndarray) -> np.ndarray:
    """Weighted mean of each unit over its known cells."""
    if issparse(units):
        return np.asarray(units.T @ weight).ravel() / weight.sum()
    known = ~np.isnan(units) * weight[:, None]
    return (known * np.nan_to_num(units)).sum(0) / np.maximum(known.sum(0), np.finfo(float).tiny)


def _complete_rows(units: Any) -> Any:
    """Rows without missing cells: others have no free energy to compare."""
    if issparse(units):
        return units
    complete = units[~np.isnan(units).any(axis=1)]
    if not len(complete):
        raise ValueError(
            "Every row held out has missing cells, so none has a free energy; leave out validation_fraction."
        )
    return complete
