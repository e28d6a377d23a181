"""What a fitted mixture says of missing cells, and of some of its columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from suffice.estimators.mixtures.inference import MixtureInference
from suffice.estimators.shared.attributes import set_attributes
from suffice.estimators.shared.shown import notebook_bundle
from suffice.latent.conditioning import check_given, positions
from suffice.latent.imputation import draw_missing, impute, refuse_deviations
from suffice.latent.mixture import Mixture
from suffice.rows.cluster.lazily import lazily
from suffice.rows.streams import on_host
from suffice.runtime.precision import cast
from suffice.runtime.types import TableLike
from suffice.uncertainty.drawn import check_drawn, completed
from suffice.validation import summing_to_one

FIT_ATTRIBUTES = ("converged_", "n_iter_", "outcome_")
"""What stays true of the fit that the parameters come from; its log-likelihoods are those of all columns."""


class FittedMixture(MixtureInference):
    """Of a fitted mixture what it says of missing cells, and mixtures of some of its columns."""

    weights_init: Any
    _repr_mimebundle_ = notebook_bundle

    @lazily("cells")
    def impute(
        self, X: TableLike, *, return_std: bool = False, draws: int | None = None, parameters: str = "fixed"
    ) -> Any:
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
        parameters
            Of draws: ``"fixed"`` are those of the fit. ``"drawn"`` are those of a refit to rows drawn from ``X`` for each array
            (the approximate Bayesian bootstrap), so that ``suffice.pool`` of what is estimated from the arrays counts all that
            is not known.

        Returns
        -------
        X : numpy.ndarray
            ``(n, D)``; with ``draws`` ``(draws, n, D)``.
        std : numpy.ndarray
            ``(n, D)``, 0 for observed cells; for categories the probability of any other. Only with ``return_std``.

        Raises
        ------
        ValueError
            If both ``return_std`` and ``draws`` are given, or ``parameters="drawn"`` without ``draws``.

        Examples
        --------
        >>> import numpy as np
        >>> from suffice import GaussianMixture
        >>> X = np.array([[1.0, 2.1], [2.0, 3.9], [3.0, 6.1], [4.0, 7.9], [5.0, np.nan]])
        >>> print(GaussianMixture(tol=1e-9, max_iter=1000).fit(X).impute(X)[4].round(1))
        [5. 9.9]
        """
        check_is_fitted(self, "model_")
        check_drawn(draws, parameters)
        rows = self._input.table(on_host(X))
        if draws is not None:
            refuse_deviations(return_std)
            drawn = completed(draw_missing, self.model_, rows, draws, parameters, self._generator(), self.precision)
            return self._input.labelled(drawn)
        filled, deviation = impute(self.model_, rows, self.precision)
        return (self._input.labelled(filled), deviation) if return_std else self._input.labelled(filled)

    def regress(self, X: TableLike, given: Any, *, return_std: bool = False) -> Any:
        r"""Regression from the mixture: conditional means of the other columns given some, for each row.

        Parameters
        ----------
        X
            Rows of the given columns ``(n, len(given))``, as in ``fit``: labels where it had labels, NaN for a missing cell.
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
            If a column is unknown or given twice, none is left, or a cell holds no label or number of its column.

        Examples
        --------
        >>> import numpy as np
        >>> from suffice import GaussianMixture
        >>> X = np.array([[1.0, 2.0], [2.0, 4.1], [3.0, 5.9], [4.0, 8.0]])
        >>> print(GaussianMixture().fit(X).regress([[2.5]], given=[0]).round(3))
        [[5.]]
        """
        check_is_fitted(self, "model_")
        columns = self._positions(given)
        cells = np.asarray(X, object)
        if cells.ndim != 2 or cells.shape[1] != len(columns):
            raise ValueError(
                f"X has shape {cells.shape}; (rows, {len(columns)}) is expected, a column for each of given."
            )
        if len(columns) == self.n_features_in_:
            raise ValueError("All columns are given; leave out those to be predicted.")
        others = self.model_.components.other_columns(columns)
        rows = self._input.with_known(cells, columns)
        filled, deviation = impute(self.model_, rows, self.precision)
        labelled = self._input.labelled(filled)
        labelled = labelled.iloc[:, others] if hasattr(labelled, "iloc") else labelled[:, others]
        return (labelled, deviation[:, others]) if return_std else labelled

    def marginal(self, columns: Iterable[Any]) -> Self:
        r"""The mixture of some columns alone, :math:`p(x_A) = \sum_k \pi_k \, p(x_A \mid k)`, exactly.

        Parameters
        ----------
        columns
            Names (if the fit knew them) or positions, in the order wanted.

        Returns
        -------
        Self
            A fitted estimator of these columns. Parameters that are arrays over columns (starts, the prior's mean and
            covariance) are None; ``lower_bound_``, ``lower_bounds_`` and ``traces_``, which belong to the rows of the fit, are
            absent.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the estimator is not fitted.
        ValueError
            If a column is unknown or stands twice, or there is none.

        Examples
        --------
        >>> import numpy as np
        >>> from suffice import GaussianMixture
        >>> X = np.array([[1.0, 5.0], [1.2, 5.5], [0.8, 4.6], [9.0, 2.0], [9.2, 2.4], [8.8, 1.5]])
        >>> mixture = GaussianMixture(n_components=2, random_state=0).fit(X)
        >>> print(np.sort(mixture.marginal([1]).means_.ravel()).round(2))
        [1.97 5.03]
        """
        check_is_fitted(self, "model_")
        kept = self._positions(columns)
        return self._over(self.model_.marginal(kept), kept)

    def conditional(self, given: Mapping[Any, Any]) -> Self:
        r"""The mixture of the other columns where some have given values, exactly.

        .. math:: p(x_B \mid x_A = a) = \sum_k \frac{\pi_k \, p(a \mid k)}{p(a)} \, p(x_B \mid a, k)

        The weights are computed from logarithms, so a value far from every component gives those nearest to it. Covariances keep
        their type.

        Parameters
        ----------
        given
            Value of each column that is known, by name (if the fit knew names) or position, as in ``X``: a label where the fit
            had labels. None and NaN are missing: such a column tells nothing and is left out of the result, as in ``marginal``.

        Returns
        -------
        Self
            A fitted estimator of the other columns, in their order, without a prior in ``model_``; otherwise as ``marginal``
            says.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the estimator is not fitted.
        ValueError
            If a column is unknown, none or all are given, or no row can have a value (infinity, a label that the fit did not
            see, in a Bernoulli mixture with ``binarize=None`` anything but 0 and 1).

        Examples
        --------
        >>> import numpy as np
        >>> from suffice import GaussianMixture
        >>> X = np.array([[1.0, 5.0], [1.2, 5.5], [0.8, 4.6], [9.0, 2.0], [9.2, 2.4], [8.8, 1.5]])
        >>> mixture = GaussianMixture(n_components=2, random_state=0).fit(X)
        >>> near = mixture.conditional({0: 1.1})
        >>> print(near.weights_.max().round(6), near.means_[near.weights_.argmax()].round(1))
        1.0 [5.3]
        """
        check_is_fitted(self, "model_")
        check_given(given, self.n_features_in_)
        columns = self._positions(given)
        components, others = self.model_.components, self.model_.components.other_columns(columns)
        cells = zip(columns, given.items(), strict=True)
        values = {c: self._input.value(c, self._code(c, v), label, components) for c, (label, v) in cells}
        told = [column for column in columns if not np.isnan(values[column])]
        part = self.model_.marginal([*others, *told])
        if told:
            part = part.conditional({len(others) + place: values[column] for place, column in enumerate(told)})
        return self._over(part, others)

    def _positions(self, columns: Any) -> list[int]:
        return positions(columns, self.n_features_in_, self._input.names)

    def _code(self, column: int, value: Any) -> Any:
        """A value of ``X`` as the estimator reads it."""
        return value

    def _parameters(self, model: Mixture) -> dict[str, Any]:
        """The family's fitted attributes."""
        raise NotImplementedError

    def _attributes(self, model: Mixture) -> dict[str, Any]:
        """Fitted attributes that follow from a model, by name."""
        held = "weights" in model.frozen
        weights = summing_to_one(np.array(self.weights_init, float)) if held else model.weights / model.weights.sum()
        noise = {"noise_weight_": float(weights[-1])} if model.components.noise_components else {}
        return {"model_": model, "weights_": weights[: model.clusters], **noise, **self._parameters(model)}

    def _shared_starts(self) -> tuple[str, ...]:
        """Starting parameters that all components have in common."""
        return ()

    def _unfitted(self, columns: list[int]) -> Any:
        """An estimator of other columns: with all parameters but the arrays over columns."""
        parameters = self.get_params(deep=False)
        columnwise = [name for name in parameters if name.endswith("_init") and name != "n_init"]
        dropped = {"prior_mean", "prior_covariance", "frozen", "tied", *columnwise} & parameters.keys()
        return type(self)(**{**parameters, **dict.fromkeys(dropped)})

    def _over(self, model: Mixture, columns: list[int]) -> Any:
        """A fitted estimator of the columns at these positions."""
        part = self._unfitted(columns)
        fit = {name: getattr(self, name) for name in FIT_ATTRIBUTES if hasattr(self, name)}
        set_attributes(part, self._input.among(columns) | fit)
        return set_attributes(part, part._attributes(cast(model.holding(()), "float64")))
