"""What a fitted mixture says of single cells."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from suffice.latent.conditioning import positions
from suffice.rows.streams import on_host
from suffice.runtime.types import TableLike
from suffice.uncertainty.cells import cell_chances, cell_intervals
from suffice.uncertainty.errors import check_level


class MixtureCells:
    """Of a fitted mixture the distribution of a cell given the others of its row."""

    model_: Any

    def cell_probabilities(self, X: TableLike, column: Any) -> np.ndarray:
        r"""Probabilities of a column's labels given the other observed cells of each row, whatever the cell itself holds.

        .. math:: p(x_d = c \mid x_o) = \sum_k r_k(x_o) \, p_{kdc}

        Parameters
        ----------
        X
            Rows ``(n, D)``; NaN is a missing cell.
        column
            Name or position of a column of labels.

        Returns
        -------
        numpy.ndarray
            ``(n, C)``: the labels in the order of ``categories_[column]``; 0 and 1 where there are none.

        Raises
        ------
        ValueError
            If the column is unknown or holds numbers.

        Examples
        --------
        >>> import numpy as np
        >>> from suffice import CategoricalMixture
        >>> X = np.array([[0.0, 0], [0, 0], [0, 0], [1, 1], [1, 1], [1, 1]])
        >>> classes = CategoricalMixture(2, random_state=0).fit(X)
        >>> print(classes.cell_probabilities([[0, np.nan]], 1).round(2))
        [[1. 0.]]
        """
        rows, place = self._cells(X, column)
        return cell_chances(self.model_, rows, place)

    def cell_intervals(self, X: TableLike, column: Any, *, level: float = 0.95) -> np.ndarray:
        """Quantiles of a column's number given the other observed cells of each row, whatever the cell itself holds.

        They are those of the fitted distribution, with as much probability below as above; that parameters are estimates is
        not counted (draws with ``impute(draws=, parameters="drawn")`` count it).

        Parameters
        ----------
        X
            Rows ``(n, D)``; NaN is a missing cell.
        column
            Name or position of a column of numbers.
        level
            Probability between the ends, between 0 and 1.

        Returns
        -------
        numpy.ndarray
            Lower and upper ends, ``(n, 2)``.

        Raises
        ------
        ValueError
            If the column is unknown or holds labels, or ``level`` is no probability.

        Examples
        --------
        >>> import numpy as np
        >>> from suffice import GaussianMixture
        >>> X = np.random.default_rng(0).standard_normal((1000, 1))
        >>> print(GaussianMixture().fit(X).cell_intervals([[np.nan]], 0).round(0))
        [[-2.  2.]]
        """
        check_level(level)
        rows, place = self._cells(X, column)
        return cell_intervals(self.model_, rows, place, level)

    def _cells(self, X: TableLike, column: Any) -> tuple[np.ndarray, int]:
        check_is_fitted(self, "model_")
        own: Any = self
        return own._input.table(on_host(X)), positions([column], own.n_features_in_, own._input.names)[0]
