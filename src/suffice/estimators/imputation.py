"""What a fitted mixture says of missing cells."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import equinox as eqx
import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from suffice.estimators.mixtures.fitted import Responsibilities
from suffice.latent.conditioning import positions
from suffice.latent.families.family import Family
from suffice.latent.mixture import normalised
from suffice.rows.missing import any_missing, with_nan
from suffice.rows.row_function import RowFunction
from suffice.rows.streams import on_host
from suffice.runtime.arrays import Array
from suffice.runtime.precision import cast
from suffice.validation import check_count, check_not_infinite


class Completion(RowFunction):
    """What each row's cells are expected to be given the observed ones, and standard deviations, (n, D) each."""

    expectation: Any
    components: Family

    def __call__(self, rows: Any, weight: Array) -> tuple[Array, Array]:
        form = self.expectation.of(rows)
        features = form.features(rows)
        _, share = normalised(form.log_density(features))
        return self.components.completed(form, features, share)


class Imputation:
    """Methods of a fitted mixture estimator that fill in missing cells."""

    model_: Any
    weights_: np.ndarray
    n_features_in_: int
    random_state: Any
    _table: Callable[..., np.ndarray]
    _prepared: Callable[..., np.ndarray]
    _each_of: Callable[..., Any]
    _origin: Callable[..., np.ndarray | None]
    precision: str

    def impute(self, X: Any, *, return_std: bool = False, draws: int | None = None) -> Any:
        r"""The rows with missing cells filled in by their conditional mean given the observed cells, or by draws.

        .. math:: E[x_m \mid x_o] = \sum_k r_k(x_o) \, E[x_m \mid x_o, k]

        Parameters
        ----------
        X
            Rows ``(n, D)``; NaN is a missing cell.
        return_std
            Whether to return the conditional standard deviations as well.
        draws
            Number of completed arrays to draw from the conditional distribution (multiple imputation) in place of the means;
            fixed by ``random_state``.

        Returns
        -------
        X : numpy.ndarray
            ``(n, D)``; with ``draws`` ``(draws, n, D)``.
        std : numpy.ndarray
            ``(n, D)``, 0 for observed cells; for categories the probability of any other. Only with ``return_std``.

        Raises
        ------
        ValueError
            If both ``return_std`` and ``draws`` are given.

        Examples
        --------
        >>> import numpy as np
        >>> from suffice import GaussianMixture
        >>> X = np.array([[1.0, 2.1], [2.0, 3.9], [3.0, 6.1], [4.0, 7.9], [5.0, np.nan]])
        >>> print(GaussianMixture(tol=1e-9, max_iter=1000).fit(X).impute(X)[4].round(1))
        [5. 9.9]
        """
        check_is_fitted(self, "model_")
        rows = self._table(on_host(X), reset=False)
        if draws is not None:
            check_count("draws", draws)
            if return_std:
                raise ValueError(
                    "return_std=True says how uncertain means are; draws show it themselves: give one of the two."
                )
            return self._labelled(self._drawn(rows, draws))
        filled, deviation = self._filled(rows)
        return (self._labelled(filled), deviation) if return_std else self._labelled(filled)

    def regress(self, X: Any, given: Any, *, return_std: bool = False) -> Any:
        r"""Regression from the mixture: conditional means of the other columns given some, for each row.

        Parameters
        ----------
        X
            Rows of the given columns ``(n, len(given))``.
        given
            Names or positions of these columns, in the order in which they stand in ``X``.
        return_std
            Whether to return the conditional standard deviations as well.

        Returns
        -------
        y : numpy.ndarray
            The other columns, in the order of the fit, ``(n, D - len(given))``.
        std : numpy.ndarray
            The same shape; only with ``return_std``.

        Raises
        ------
        ValueError
            If a column is unknown or given twice, or none is left.

        Examples
        --------
        >>> import numpy as np
        >>> from suffice import GaussianMixture
        >>> X = np.array([[1.0, 2.0], [2.0, 4.1], [3.0, 5.9], [4.0, 8.0]])
        >>> print(GaussianMixture().fit(X).regress([[2.5]], given=[0]).round(3))
        [[5.]]
        """
        check_is_fitted(self, "model_")
        columns = positions(given, self.n_features_in_, getattr(self, "feature_names_in_", None))
        cells = np.asarray(X, object)
        if cells.ndim != 2 or cells.shape[1] != len(columns):
            raise ValueError(
                f"X has shape {cells.shape}; (rows, {len(columns)}) is expected, a column for each of given."
            )
        if len(columns) == self.n_features_in_:
            raise ValueError("All columns are given; leave out those to be predicted.")
        others = self.model_.components.other_columns(columns)
        filled, deviation = self._filled(self._given_rows(cells, columns))
        labelled = self._labelled(filled)
        labelled = labelled.iloc[:, others] if hasattr(labelled, "iloc") else labelled[:, others]
        return (labelled, deviation[:, others]) if return_std else labelled

    def _given_rows(self, cells: np.ndarray, columns: list[int]) -> np.ndarray:
        """Rows as the family takes them of which only these columns are known."""
        rows = np.full((len(cells), self.n_features_in_), np.nan)
        rows[:, columns] = np.asarray(cells, float)
        check_not_infinite(rows, getattr(self, "feature_names_in_", None))
        return self._prepared(rows)

    def _labelled(self, values: np.ndarray) -> Any:
        """Completed rows as they are handed out."""
        return values

    def _filled(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Prepared rows with missing cells filled in, and standard deviations."""
        filled, deviation = with_nan(rows).astype(float), np.zeros(rows.shape)
        gaps = np.isnan(filled)
        held = np.flatnonzero(gaps.any(1))
        if len(held):
            mean, std = self._completed(rows[held])
            filled[gaps], deviation[gaps] = mean[gaps[held]], std[gaps[held]]
        return filled, deviation

    def _completed(self, rows: np.ndarray, model: Any = None) -> tuple[np.ndarray, np.ndarray]:
        model = self.model_ if model is None else model
        origin = self._origin(model)
        components = model.components if origin is None else model.components.translated(-origin)
        mean, deviation = self._each_of([rows], lambda fn: Completion(fn, cast(components, self.precision)), model)
        return (mean if origin is None else mean + origin), deviation

    def _drawn(self, rows: np.ndarray, draws: int) -> np.ndarray:
        generator = np.random.default_rng(check_random_state(self.random_state).randint(2**31 - 1))
        completed = np.broadcast_to(with_nan(rows).astype(float), (draws, *rows.shape)).copy()
        if not any_missing(rows):
            return completed
        level = np.cumsum(self._each_of([rows], Responsibilities), 1)
        component = (generator.random((draws, len(rows), 1)) * level[:, -1:] > level).sum(-1)
        star = self.model_.components.draw(component.ravel(), generator).reshape(completed.shape)
        gaps = np.isnan(completed)
        if self.model_.missing == "patterns":
            star = star + self._shift(completed, star, component)
        completed[gaps] = star[gaps]
        return completed

    def _shift(self, completed: np.ndarray, star: np.ndarray, component: np.ndarray) -> np.ndarray:
        """What conditional means given the rows' cells differ from those given the draws' (Matheron's rule)."""
        shift = np.zeros(star.shape)
        masked = np.where(np.isnan(completed), np.nan, star)
        for k in np.unique(component):
            here = component == k
            with np.errstate(divide="ignore"):
                only = eqx.tree_at(lambda m: m.log_weights, self.model_, np.log(np.arange(len(self.weights_)) == k))
            shift[here] = self._completed(completed[here], only)[0] - self._completed(masked[here], only)[0]
        return shift
