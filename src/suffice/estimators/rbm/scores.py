"""What a fitted RBM says of rows, and its partition function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.utils.validation import check_is_fitted

from suffice.energy.rbm.ais import LogPartition, annealed_importance_sampling
from suffice.rows.each import each_row
from suffice.runtime.precision import cast
from suffice.validation import check_choice, check_count

METHODS = ("exact", "ais", "reverse_ais")
N_CHAINS, N_TEMPERATURES = 100, 10_000
STEPS_BEFORE_REVERSE = 1000


class RBMScores:
    """Log-likelihoods, free energies and the readings that are no likelihoods."""

    visible: str
    model_: Any
    base_: np.ndarray
    chains_: np.ndarray
    scale_: np.ndarray
    log_partitions_: dict[str, Any]
    _table: Callable[..., Any]
    _units: Callable[..., Any]
    _seed: Callable[[], int]

    def log_partition(
        self, method: str | None = None, *, n_chains: int = N_CHAINS, n_temperatures: int = N_TEMPERATURES
    ) -> LogPartition:
        r"""log Z of the fitted model in nats, with its standard error.

        Parameters
        ----------
        method
            ``"exact"`` sums over all states of the visible or the hidden units, of which one side may have at most 20.
            ``"ais"`` is annealed importance sampling from the base rate of the data (Salakhutdinov and Murray, 2008), on average
            too low; ``"reverse_ais"`` starts at samples of the model, ``chains_`` after 1000 steps, on average too high as far
            as they are such samples. None is exact where it is possible, else ``"ais"``. What was found last by each
            annealing is kept in ``log_partitions_``, and scores use the forward one.
        n_chains
            Number of chains of the annealings.
        n_temperatures
            Number of their steps.

        Returns
        -------
        LogPartition
            ``value``, ``standard_error`` (0 where exact) and the ``log_weights`` of the chains.

        Raises
        ------
        ValueError
            If neither side can be enumerated and ``"exact"`` is asked for, or a number is out of range.
        """
        check_is_fitted(self, "model_")
        if method is None:
            method = "exact" if self.model_.enumerable else "ais"
        check_choice("method", method, METHODS)
        if method == "exact":
            return LogPartition(float(cast(self.model_, "float64").log_partition()), 0.0, np.zeros(0))
        check_count("n_chains", n_chains, 2)
        check_count("n_temperatures", n_temperatures)
        start = self._model_rows(n_chains) if method == "reverse_ais" else None
        found = annealed_importance_sampling(
            self.model_, self.base_, n_chains=n_chains, n_temperatures=n_temperatures, key=self._seed(), start=start
        )
        self.log_partitions_[method] = found
        return found

    def score_samples(self, X: Any) -> np.ndarray:
        """Log-likelihood of each row in nats, ``(n,)``: minus its free energy, minus log Z.

        log Z is exact where one side has at most 20 units; else it is found by annealed importance sampling at the first call
        and kept, so that calls agree. A standard error of log Z is one of every row's log-likelihood alike.

        Parameters
        ----------
        X
            Rows ``(n, D)`` without missing cells.
        """
        check_is_fitted(self, "model_")
        free = self.free_energy(X)
        units = np.log(self.scale_).sum() if self.visible == "gaussian" else 0.0
        return -free - self._log_partition_value() - units

    def score(self, X: Any, y: Any = None) -> float:
        """Mean log-likelihood of a row, in nats.

        Parameters
        ----------
        X
            Rows ``(n, D)`` without missing cells.
        y
            Ignored; for scikit-learn's sake.
        """
        return float(self.score_samples(X).mean())

    def free_energy(self, X: Any) -> np.ndarray:
        """Free energy F(v) of each row in nats, ``(n,)``: lower is more probable, up to log Z that all rows share.

        Parameters
        ----------
        X
            Rows ``(n, D)`` without missing cells.
        """
        return each_row(self.model_.free_energy, self._complete(X), "float64")

    def pseudo_log_likelihood(self, X: Any) -> np.ndarray:
        """Sum over columns of log p(cell | all other cells of the row) in nats, ``(n,)``; no likelihood, and needs no log Z.

        Parameters
        ----------
        X
            Rows ``(n, D)`` of 0 and 1 or of categories, without missing cells.
        """
        return each_row(self.model_.pseudo_log_likelihood, self._complete(X), "float64")

    def reconstruction_cross_entropy(self, X: Any) -> np.ndarray:
        """Cross-entropy between each row and its mean-field reconstruction, summed over columns, in nats, ``(n,)``.

        A reading for people; learning does not minimise it, and it is no likelihood.

        Parameters
        ----------
        X
            Rows ``(n, D)`` without missing cells.
        """
        return each_row(self.model_.reconstruction_cross_entropy, self._complete(X), "float64")

    def _complete(self, X: Any) -> Any:
        check_is_fitted(self, "model_")
        units = self._units(self._table(X, reset=False))
        if not issparse(units) and np.isnan(units).any():
            raise ValueError(
                "X holds NaN, and the likelihood of a row with missing cells has no closed form here. Fill them in with "
                "impute(X), or drop these rows; fit, transform and impute take NaN."
            )
        return units

    def _log_partition_value(self) -> float:
        if self.model_.enumerable:
            return self.log_partition("exact").value
        kept = self.log_partitions_.get("ais")
        return (self.log_partition("ais") if kept is None else kept).value

    def _model_rows(self, count: int) -> np.ndarray:
        """Where the kept chains stand after some steps, as many of them as asked for."""
        start = self.chains_[np.arange(count) % len(self.chains_)]
        return self.model_.gibbs(start, key=self._seed(), steps=STEPS_BEFORE_REVERSE)
