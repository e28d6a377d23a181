"""What a fitted RBM says of rows: hidden features, samples, missing cells, likelihoods."""

from __future__ import annotations

import numpy as np
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from suffice.energy.rbm.chains import draw_visible, rows_with_missing, sample_chains
from suffice.energy.rbm.given_cells import (
    N_STEPS,
    GivenCells,
    conditional_draws,
    conditional_means,
    hidden_features,
)
from suffice.energy.rbm.mixing import Mixing, mixing
from suffice.estimators.rbm.learned import warn_of_doubt
from suffice.estimators.rbm.scored import ScoredRBM
from suffice.runtime.keys import seed_of
from suffice.runtime.types import ArrayLike, TableLike
from suffice.validation import check_count


class FittedRBM(ClassNamePrefixFeaturesOutMixin, TransformerMixin, ScoredRBM):
    """What ``RBM`` offers once it is fitted."""

    def transform(self, X: TableLike) -> np.ndarray:
        """Probability that each hidden unit is 1, ``(n, n_hidden)``, for each row.

        Where cells are missing it is the mean given the others: exact with at most 12 hidden units, else over annealed chains, as
        for ``impute``.

        Parameters
        ----------
        X
            Rows ``(n, D)``; NaN is a missing cell.

        Warns
        -----
        UserWarning
            If the chains of a row disagree.
        """
        check_is_fitted(self, "model_")
        rows = self._table(X, reset=False)
        units = self._units.encode(rows)
        features, missing = hidden_features(self.model_, units), rows_with_missing(units)
        if isinstance(units, np.ndarray) and missing.any():
            found = self._given_cells(units[missing], N_STEPS)
            warn_of_doubt(found, np.flatnonzero(missing))
            features[missing] = found.hidden
        return features.astype(np.float32 if rows.dtype == np.float32 else np.float64)

    def gibbs(self, X: TableLike, n_steps: int = 1) -> np.ndarray:
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
        units = self._units.encode(self._table(X, reset=False))
        if rows_with_missing(units).any():
            raise ValueError("X holds NaN; a chain begins at complete rows. impute(X) draws missing cells.")
        start = units if isinstance(units, np.ndarray) else units.toarray()
        return self._units.decode(self.model_.gibbs(start, key=seed_of(self.random_state), steps=int(n_steps)))

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
        units, trace = sample_chains(self.model_, start, n_steps, key=seed_of(self.random_state))
        return self._units.decode(units), mixing(trace)

    def drawn_from_hidden(self, hidden: ArrayLike) -> np.ndarray:
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
        return self._units.decode(draw_visible(self.model_, hidden, key=seed_of(self.random_state)))

    def impute(
        self, X: TableLike, *, draws: int | None = None, n_steps: int = N_STEPS, return_standard_error: bool = False
    ) -> np.ndarray | tuple[np.ndarray, np.ndarray]:
        """Missing cells filled in given the others: their conditional means, or draws.

        With at most 12 hidden units they are exact, sums over the hidden units' states. With more, eight chains a row begin at
        independent columns, and half of the steps raise the couplings while the known cells stay (annealed importance sampling;
        Neal, 2001), so that competing explanations count by their weight. Of categories the most probable stands for the mean; of
        binary units the mean is a probability.

        Parameters
        ----------
        X
            Rows ``(n, D)``; NaN is a missing cell.
        draws
            Number of independent chains to take a draw of each from; None gives means instead.
        n_steps
            Steps of Gibbs sampling of each chain, at least 2.
        return_standard_error
            Whether to give the standard errors of the means too, ``(n, D)``, by how far the chains differ: 0 where they are
            exact, and of known cells. Not with ``draws``, nor of categories.

        Returns
        -------
        numpy.ndarray
            ``(n, D)``, or with draws ``(draws, n, D)``.

        Warns
        -----
        UserWarning
            If the chains of a row disagree, so that a mean has a standard error above a tenth.
        """
        check_is_fitted(self, "model_")
        check_count("n_steps", n_steps, 2)
        if draws is not None:
            check_count("draws", draws)
        if return_standard_error and (draws is not None or self.visible == "categorical"):
            raise ValueError("return_standard_error is of means of numbers: leave out draws; categories have none.")
        rows = self._table(X, reset=False)
        units = self._units.encode(rows)
        rows, units = (part if isinstance(part, np.ndarray) else part.toarray() for part in (rows, units))
        if draws is not None:
            copies, seed = np.tile(units, (draws, 1)), seed_of(self.random_state)
            drawn = conditional_draws(self.model_, copies, self.base_, n_steps, key=seed)
            return np.stack([self._completed(rows, units, one) for one in drawn.reshape(draws, *units.shape)])
        found = self._given_cells(units, n_steps)
        warn_of_doubt(found, np.arange(len(units)))
        cells = self._completed(rows, units, found.visible)
        return (
            (cells, self._units.errors(np.where(np.isnan(units), found.visible_error, 0.0)))
            if return_standard_error
            else cells
        )

    @property
    def _n_features_out(self) -> int:
        return self.model_.weights.shape[1]

    def _given_cells(self, units: np.ndarray, n_steps: int) -> GivenCells:
        return conditional_means(self.model_, units, self.base_, n_steps, key=seed_of(self.random_state))

    def _completed(self, rows: np.ndarray, units: np.ndarray, filled: np.ndarray) -> np.ndarray:
        cells = self._units.decode(np.where(np.isnan(units), filled, units))
        return np.where(np.isnan(rows), cells, rows) if rows.dtype.kind == "f" else rows
