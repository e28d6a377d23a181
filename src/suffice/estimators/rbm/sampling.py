"""Markov chains of a fitted RBM: hidden features, samples, and missing cells."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from scipy.sparse import issparse
from sklearn.utils.validation import check_is_fitted

from suffice.energy.random_words import bernoulli
from suffice.energy.rbm.mixing import Mixing, mixing
from suffice.rows.each import each_row
from suffice.runtime.keys import as_key
from suffice.runtime.precision import scope
from suffice.validation import check_count

FILLING_STEPS = 200


class RBMSampling:
    """Transform, Gibbs steps, samples and imputation for RBM estimators."""

    visible: str
    precision: str
    model_: Any
    chains_: np.ndarray
    _table: Callable[..., Any]
    _units: Callable[..., Any]
    _cells: Callable[..., np.ndarray]
    _seed: Callable[[], int]

    def transform(self, X: Any) -> np.ndarray:
        """Probability that each hidden unit is 1, ``(n, n_hidden)``, for each row.

        Where cells are missing it is the mean over what Gibbs sampling puts there given the others.

        Parameters
        ----------
        X
            Rows ``(n, D)``; NaN is a missing cell.
        """
        check_is_fitted(self, "model_")
        rows = self._table(X, reset=False)
        units = self._units(rows)
        features = each_row(self.model_.hidden_probability, _withoutgaps(units), self.precision)
        missing = gaps(units)
        if missing.any():
            features[missing] = self._filled(units[missing], FILLING_STEPS)[1]
        return features.astype(np.float32 if rows.dtype == np.float32 else np.float64)

    def gibbs(self, X: Any, n_steps: int = 1) -> np.ndarray:
        """Rows after steps of block Gibbs sampling, hidden units then visible ones, ``(n, D)``.

        Parameters
        ----------
        X
            Rows ``(n, D)`` where the chains begin; NaN is refused.
        n_steps
            Number of steps.
        """
        check_is_fitted(self, "model_")
        check_count("n_steps", n_steps)
        units = self._units(self._table(X, reset=False))
        if gaps(units).any():
            raise ValueError("X holds NaN; a chain begins at complete rows. impute(X) draws missing cells.")
        start = units.toarray() if issparse(units) else units
        return self._cells(self.model_.gibbs(start, key=self._seed(), steps=int(n_steps)))

    def sample(self, n_samples: int = 1, *, n_steps: int = 1000) -> tuple[np.ndarray, Mixing]:
        """Rows drawn from the fitted model, one of each of ``n_samples`` Markov chains, and how well these have mixed.

        Chains begin where the chains of the fit stand (rows of the data, if it kept none).

        Parameters
        ----------
        n_samples
            Number of rows, and of chains.
        n_steps
            Steps of block Gibbs sampling.

        Returns
        -------
        X : numpy.ndarray
            Rows ``(n_samples, D)``.
        mixing : suffice.energy.Mixing
            ``r_hat``, ``effective_size`` and the free energy of every chain at every step.
        """
        check_is_fitted(self, "model_")
        check_count("n_samples", n_samples)
        check_count("n_steps", n_steps)
        start = self.chains_[np.arange(n_samples) % len(self.chains_)]
        with scope(self.precision):
            rows, trace = _traced(self.model_, start, as_key(self._seed()), n_steps)
        return self._cells(np.asarray(rows)), mixing(trace)

    def drawn_from_hidden(self, hidden: Any) -> np.ndarray:
        """Rows drawn given the hidden units, ``(n, D)``.

        Parameters
        ----------
        hidden
            States 0 or 1 of the hidden units, ``(n, n_hidden)``.
        """
        check_is_fitted(self, "model_")
        hidden = np.asarray(hidden, self.precision)
        if hidden.ndim != 2 or hidden.shape[1] != self.model_.weights.shape[1]:
            raise ValueError(f"hidden has shape {hidden.shape}; (rows, {self.model_.weights.shape[1]}) is expected.")
        with scope(self.precision):
            field = jnp.asarray(hidden) @ self.model_.weights.T + self.model_.visible_bias
            drawn = np.asarray(self.model_.draw_at(field, as_key(self._seed())))
        return self._cells(drawn)

    def impute(self, X: Any, *, draws: int | None = None, n_steps: int = FILLING_STEPS) -> np.ndarray:
        """Missing cells filled in given the others: their conditional means, or draws.

        Known cells keep their values; the others are sampled by block Gibbs sampling, the first half of whose steps is left
        out of the means. Of categories the most probable stands for the mean; of binary units the mean is a probability.

        Parameters
        ----------
        X
            Rows ``(n, D)``; NaN is a missing cell.
        draws
            Number of independent chains to take a draw of each from; None gives means instead.
        n_steps
            Steps of Gibbs sampling, at least 2.

        Returns
        -------
        numpy.ndarray
            ``(n, D)``, or with draws ``(draws, n, D)``.
        """
        check_is_fitted(self, "model_")
        check_count("n_steps", n_steps, 2)
        rows = self._table(X, reset=False)
        units = self._units(rows)
        units = units.toarray() if issparse(units) else np.asarray(units)
        if draws is None:
            return self._restored(rows, units, self._filled(units, n_steps)[0])
        check_count("draws", draws)
        drawn = self._drawn(np.tile(units, (draws, 1)), n_steps).reshape(draws, *units.shape)
        return np.stack([self._restored(rows, units, one) for one in drawn])

    def _restored(self, rows: Any, units: np.ndarray, filled: np.ndarray) -> np.ndarray:
        given = rows.toarray() if issparse(rows) else rows
        cells = self._cells(np.where(np.isnan(units), filled, units))
        return np.where(np.isnan(given), cells, given) if given.dtype.kind == "f" else given

    def _filled(self, units: np.ndarray, n_steps: int) -> tuple[np.ndarray, np.ndarray]:
        """Means of visible and of hidden units given the known ones."""
        _, mean, hidden = self._clamped(units, n_steps)
        return mean, hidden

    def _drawn(self, units: np.ndarray, n_steps: int) -> np.ndarray:
        return self._clamped(units, n_steps)[0]

    def _clamped(self, units: np.ndarray, n_steps: int) -> tuple[np.ndarray, ...]:
        units = np.asarray(units, self.precision)
        with scope(self.precision):
            found = _clamped(self.model_, units, ~np.isnan(units), as_key(self._seed()), n_steps)
        return tuple(np.asarray(part) for part in found)


def gaps(units: Any) -> np.ndarray:
    """Which rows have missing cells, ``(n,)``."""
    return np.zeros(units.shape[0], bool) if issparse(units) else np.isnan(units).any(axis=1)


def _withoutgaps(units: Any) -> Any:
    return units if issparse(units) else np.nan_to_num(units)


@eqx.filter_jit
def _traced(model: Any, visible: Any, key: Any, steps: int) -> tuple[Any, Any]:
    def step(visible: Any, number: Any) -> tuple[Any, Any]:
        moved = model.gibbs(visible, key=jax.random.fold_in(key, number))
        return moved, model.free_energy(moved)

    return lax.scan(step, visible, jnp.arange(steps, dtype=jnp.int32))


@eqx.filter_jit
def _clamped(model: Any, visible: Any, known: Any, key: Any, steps: int) -> tuple[Any, Any, Any]:
    """A draw, the mean of visible units and the mean of hidden units, over the second half of the steps."""
    first, rest = jax.random.split(key)
    field = jnp.broadcast_to(jnp.asarray(model.visible_bias), visible.shape)
    visible = jnp.where(known, visible, model.draw_at(field, first))

    def step(number: Any, carry: Any) -> Any:
        visible, mean, hidden_mean = carry
        hidden_key, visible_key = jax.random.split(jax.random.fold_in(rest, number))
        chance = model.hidden_probability(visible)
        hidden = bernoulli(hidden_key, chance)
        field = hidden @ model.weights.T + model.visible_bias
        counted = (number >= steps // 2) / (steps - steps // 2)
        mean = mean + (counted * model.mean_at(field)).astype(visible.dtype)
        hidden_mean = hidden_mean + (counted * chance).astype(visible.dtype)
        return jnp.where(known, visible, model.draw_at(field, visible_key)), mean, hidden_mean

    begin = visible, jnp.zeros_like(visible), jnp.zeros((len(visible), model.weights.shape[1]), visible.dtype)
    return lax.fori_loop(0, steps, step, begin)
