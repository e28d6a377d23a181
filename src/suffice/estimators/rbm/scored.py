"""What a fitted RBM says of rows in nats: log-likelihoods, free energies, log Z."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.utils.validation import check_is_fitted

from suffice.energy.rbm.ais import LogPartition
from suffice.energy.rbm.chains import rows_with_missing
from suffice.energy.rbm.machine import BoltzmannMachine
from suffice.energy.rbm.partition import log_partition
from suffice.estimators.rbm.base import RBMEstimator
from suffice.estimators.shared.out_of_core import FileRows, comes_from_files
from suffice.estimators.shared.rows import validate
from suffice.estimators.shared.visible_units import VisibleUnits
from suffice.rows.each import each_row
from suffice.rows.streams import is_stream, on_host
from suffice.runtime.types import ArrayLike, TableLike

TABLES = (np.float64, np.float32, np.uint8, np.bool_)
NO_MISSING = "rows with missing cells are learned in memory only."
N_CHAINS, N_TEMPERATURES = 100, 10_000


class ScoredRBM(RBMEstimator):
    """Scores of rows."""

    visible: str
    model_: BoltzmannMachine
    chains_: np.ndarray
    log_partitions_: dict[str, LogPartition]

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
            method is kept in ``log_partitions_``, and scores use the exact one or the forward annealing.
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
        found = log_partition(
            self.model_, method, self.base_, self.chains_, n_chains=n_chains, n_temperatures=n_temperatures,
            random_state=self.random_state,
        )  # fmt: skip
        self.log_partitions_[method] = found
        return found

    def score_samples(self, X: TableLike) -> np.ndarray:
        """Log-likelihood of each row in nats, ``(n,)``: minus its free energy, minus log Z.

        log Z is exact where one side has at most 20 units, else by annealed importance sampling; the first call finds it and
        it is kept, so that calls agree. A standard error of log Z is one of every row's log-likelihood alike.

        Parameters
        ----------
        X
            Rows ``(n, D)`` without missing cells.
        """
        free_energy = self.free_energy(X)
        kept = self.log_partitions_.get("exact" if self.model_.enumerable else "ais")
        log_z = (self.log_partition() if kept is None else kept).value
        return -free_energy - log_z - self._units.log_scale()

    def score(self, X: TableLike, y: ArrayLike | None = None) -> float:
        """Mean log-likelihood of a row, in nats.

        Of binary units it is one of rows of 0 and 1. Values between are taken as probabilities; of rows drawn with these it is
        then a lower bound, since minus the free energy is convex.

        Parameters
        ----------
        X
            Rows ``(n, D)`` without missing cells.
        y
            Ignored; for scikit-learn's sake.
        """
        return float(self.score_samples(X).mean())

    def free_energy(self, X: TableLike) -> np.ndarray:
        """Free energy F(v) of each row in nats, ``(n,)``: lower is more probable, up to log Z that all rows share.

        Parameters
        ----------
        X
            Rows ``(n, D)`` without missing cells.
        """
        return self._of_each_row("free_energy", X)

    def pseudo_log_likelihood(self, X: TableLike) -> np.ndarray:
        """Sum over columns of log p(cell | all other cells of the row) in nats, ``(n,)``; no likelihood, and needs no log Z.

        Parameters
        ----------
        X
            Rows ``(n, D)`` of 0 and 1 or of categories, without missing cells.
        """
        return self._of_each_row("pseudo_log_likelihood", X)

    def reconstruction_cross_entropy(self, X: TableLike) -> np.ndarray:
        """Cross-entropy between each row and its mean-field reconstruction, summed over columns, in nats, ``(n,)``.

        A reading for people; learning does not minimise it, and it is no likelihood.

        Parameters
        ----------
        X
            Rows ``(n, D)`` without missing cells.
        """
        return self._of_each_row("reconstruction_cross_entropy", X)

    @property
    def _units(self) -> VisibleUnits:
        names = ("threshold", "mean", "scale", "categories")
        return VisibleUnits(self.visible, **{name: getattr(self, f"{name}_", None) for name in names})

    def _table(self, X: TableLike, reset: bool) -> Any:
        """Rows as given, in memory: numbers, without infinity, sparse ones in compressed rows."""
        if is_stream(X):
            return self._rows_and_weights(X, reset)[0][:]
        rows: Any = validate(
            self, on_host(X), reset=reset, dtype=TABLES, order="C",
            accept_sparse="csr" if self.visible == "bernoulli" else False, ensure_all_finite="allow-nan",
        )  # fmt: skip
        if issparse(rows) and np.isnan(rows.data).any():
            raise ValueError("X is sparse and holds NaN; missing cells are taken in dense arrays only.")
        return rows

    def _rows_and_weights(self, X: TableLike, reset: bool) -> tuple[Any, np.ndarray | None]:
        """The same, many of a file stored, and the weights that a stream brings."""
        if comes_from_files(X):
            return FileRows(self, TABLES, missing=NO_MISSING).read(X, reset)
        return self._table(X, reset), None

    def _of_each_row(self, method: str, X: TableLike) -> np.ndarray:
        check_is_fitted(self, "model_")
        units = self._units.encode(self._table(X, reset=False))
        if rows_with_missing(units).any():
            raise ValueError(
                "X holds NaN, and the likelihood of a row with missing cells has no closed form here. Fill them in with "
                "impute(X), or drop these rows; fit, transform and impute take NaN."
            )
        return each_row(getattr(self.model_, method), units, "float64")
