"""Marginal and conditional mixtures of a fitted one, as fitted estimators again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from suffice.latent.conditioning import check_given, check_value, positions

FIT_ATTRIBUTES = ("converged_", "n_iter_", "outcome_")
"""What stays true of the fit that the parameters come from; its log-likelihoods are those of all columns."""


class MixtureConditioning:
    """Methods of a fitted mixture estimator that give mixtures of some of its columns."""

    model_: Any
    n_features_in_: int
    feature_names_in_: np.ndarray
    get_params: Callable[..., dict[str, Any]]
    _set_model: Callable[..., None]

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
        kept = positions(columns, self.n_features_in_, getattr(self, "feature_names_in_", None))
        return self._over(self.model_.marginal(kept), kept)

    def conditional(self, given: Mapping[Any, Any]) -> Self:
        r"""The mixture of the other columns where some have given values, exactly.

        .. math:: p(x_B \mid x_A = a) = \sum_k \frac{\pi_k \, p(a \mid k)}{p(a)} \, p(x_B \mid a, k)

        The weights are computed from logarithms, so a value far from every component gives those nearest to it. Covariances keep
        their type.

        Parameters
        ----------
        given
            Value of each column that is known, by name (if the fit knew names) or position, as in ``X``.

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
            If a column is unknown, none or all are given, or no row can have a value (NaN, infinity, in a Bernoulli mixture with
            ``binarize=None`` anything but 0 and 1).

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
        columns = positions(given, self.n_features_in_, getattr(self, "feature_names_in_", None))
        cells = zip(columns, given.items(), strict=True)
        values = {c: check_value(self.model_.components, c, self._encoded(c, v), label) for c, (label, v) in cells}
        return self._over(self.model_.conditional(values), self.model_.components.other_columns(columns))

    def _encoded(self, column: int, value: Any) -> Any:
        """A value of ``X`` as the family takes it, or as it is where no row of ``X`` can have it."""
        return value

    def _parameters_without_columns(self) -> dict[str, Any]:
        """Parameters of an estimator of other columns: all but the arrays over columns."""
        parameters = self.get_params(deep=False)
        columnwise = [name for name in parameters if name.endswith("_init") and name != "n_init"]
        dropped = {"prior_mean", "prior_covariance", "frozen", "tied", *columnwise} & parameters.keys()
        return {**parameters, **dict.fromkeys(dropped)}

    def _hand_on(self, part: Any, columns: list[int]) -> None:
        """Give an estimator of these columns what else it needs to know of them."""

    def _over(self, model: Any, columns: list[int]) -> Self:
        """A fitted estimator of the columns at these positions."""
        part = type(self)(**self._parameters_without_columns())
        part.n_features_in_ = len(columns)
        if hasattr(self, "feature_names_in_"):
            part.feature_names_in_ = self.feature_names_in_[columns]
        self._hand_on(part, columns)
        part._set_model(model.holding(()))
        for name in FIT_ATTRIBUTES:
            if hasattr(self, name):
                setattr(part, name, getattr(self, name))
        return part
