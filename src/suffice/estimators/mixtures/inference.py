"""What a fitted mixture says of how sure its parameters are, and how well it fits."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from suffice.estimators.mixtures.scores import MixtureScores
from suffice.estimators.shared.uncertain import of_mixture
from suffice.latent.mixture import Mixture
from suffice.rows.missing import with_nan
from suffice.runtime.types import ArrayLike, TableLike
from suffice.uncertainty.classes import classification_table, relative_entropy
from suffice.uncertainty.errors import confidence_intervals, errors_and_intervals, standard_errors
from suffice.uncertainty.tables import absolute_fit, bivariate_residuals


class MixtureInference(MixtureScores):
    """Of a fitted mixture how sure its parameters are."""

    def _attributes(self, model: Mixture) -> dict[str, Any]:
        """Fitted attributes that follow from a model, by name."""
        raise NotImplementedError

    def standard_errors(
        self, X: TableLike, *, method: str = "observed", samples: int = 400, sample_weight: ArrayLike | None = None,
        component_labels: ArrayLike | None = None,
        covariates: TableLike | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        """Standard errors of the parameters: how far they would differ in other rows of the same kind.

        Weights, probabilities, means, covariances and so on by the delta method from parameters without constraints. A parameter
        at an edge (a probability of 0), and directions that the rows do not tell, are held there: their error is 0, and a
        warning names them. Errors are those at the maximum, to which Newton's steps go from the fit. Priors count.

        Parameters
        ----------
        X
            The rows of the fit.
        method
            ``"observed"``: from the second derivatives of the log-likelihood. ``"robust"``: from these and the rows' scores (the
            sandwich), which holds where the model is wrong. ``"bootstrap"``: from refits to rows drawn from ``X``.
            ``"parametric"``: from refits to rows drawn from the model.
        samples
            Refits of the bootstrap, whose draws are fixed by ``random_state``: ends of intervals are quantiles of them, and fewer
            than 400 make these too narrow; for standard errors alone half as many do, in half the time.
        sample_weight
            Row weights ``(n,)`` as in ``fit``.
        component_labels, covariates
            Known components, or covariates, as in ``fit``.

        Returns
        -------
        dict
            ``"weights_"`` and the other parameters by the names of the attributes, in their shapes.

        Raises
        ------
        ValueError
            If the rows or a parameter cannot be used; the message says what to do.

        Warns
        -----
        HeldParameterWarning
            If parameters are at an edge, not told by the rows, or bootstrap samples lost a component.
        ConvergenceWarning
            If the parameters are at no maximum for these rows.

        Examples
        --------
        >>> import numpy as np
        >>> from suffice import PoissonMixture
        >>> X = np.random.default_rng(0).poisson(4.0, (400, 1))
        >>> print(PoissonMixture().fit(X).standard_errors(X)["rates_"].round(1))
        [[0.1]]
        """
        fitted = of_mixture(self, X, sample_weight, component_labels, covariates)
        return standard_errors(fitted, method, samples, self._generator())

    def confidence_intervals(
        self, X: TableLike, *, level: float = 0.95, method: str = "observed", samples: int = 400,
        sample_weight: ArrayLike | None = None, component_labels: ArrayLike | None = None,
        covariates: TableLike | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        """Confidence intervals of the parameters, within what is possible for them.

        Those of shares are normal on the scale of log-odds, those of variances, rates and dispersions of logarithms; the
        bootstrap's are percentiles of its draws.

        Parameters
        ----------
        X
            The rows of the fit.
        level
            Probability with which an interval should hold its parameter, between 0 and 1.
        method, samples, sample_weight, component_labels, covariates
            As in ``standard_errors``.

        Returns
        -------
        dict
            As ``standard_errors`` gives, with lower and upper ends along a last axis.

        Raises
        ------
        ValueError
            If the rows or a parameter cannot be used; the message says what to do.
        """
        fitted = of_mixture(self, X, sample_weight, component_labels, covariates)
        return confidence_intervals(fitted, level, method, samples, self._generator())

    def errors_and_intervals(
        self, X: TableLike, *, level: float = 0.95, method: str = "observed", samples: int = 400,
        sample_weight: ArrayLike | None = None, component_labels: ArrayLike | None = None,
        covariates: TableLike | None = None,
    ) -> tuple[dict[str, Any], dict[str, Any]]:  # fmt: skip
        """Standard errors and intervals at once, by the same refits or derivatives: half the time of asking for each.

        Parameters
        ----------
        X
            The rows of the fit.
        level
            Probability with which an interval should hold its parameter, between 0 and 1.
        method, samples, sample_weight, component_labels, covariates
            As in ``standard_errors``.

        Returns
        -------
        errors : dict
            As ``standard_errors`` gives.
        intervals : dict
            As ``confidence_intervals`` gives.

        Raises
        ------
        ValueError
            If the rows or a parameter cannot be used; the message says what to do.
        """
        fitted = of_mixture(self, X, sample_weight, component_labels, covariates)
        return errors_and_intervals(fitted, level, method, samples, self._generator())

    def relative_entropy(
        self, X: TableLike, sample_weight: ArrayLike | None = None, *, covariates: TableLike | None = None
    ) -> float:
        r"""How well rows tell the components apart, :math:`1 + \sum_{nk} w_n r_{nk} \log r_{nk} / (N \log K)`, from 0 to 1.

        Parameters
        ----------
        X
            Rows ``(n, D)``.
        sample_weight
            Row weights ``(n,)``; None is 1 for every row.
        covariates
            ``(n, q)`` as in ``fit``, where it had some; None takes the mean memberships.
        """
        return relative_entropy(*self._shares(X, sample_weight, covariates))

    def classification_table(
        self, X: TableLike, sample_weight: ArrayLike | None = None, *, covariates: TableLike | None = None
    ) -> np.ndarray:
        """Mean responsibilities of the rows of each modal component; on the diagonal the average posterior probabilities.

        Parameters
        ----------
        X
            Rows ``(n, D)``.
        sample_weight
            Row weights ``(n,)``; None is 1 for every row.
        covariates
            ``(n, q)`` as in ``fit``, where it had some; None takes the mean memberships.

        Returns
        -------
        numpy.ndarray
            ``(K, K)``, a line for the rows of each most probable component, which sums to 1; NaN where there are none.
        """
        return classification_table(*self._shares(X, sample_weight, covariates))

    def bivariate_residuals(self, X: TableLike, sample_weight: ArrayLike | None = None) -> np.ndarray:
        """Which pairs of columns of labels the mixture misses: Pearson's statistic of each table over its degrees of freedom.

        About 1 or less where the mixture explains how the two go together, and large where it does not. Rows that miss one of
        the two cells are left out.

        Parameters
        ----------
        X
            Rows ``(n, D)``.
        sample_weight
            Row weights ``(n,)``; None is 1 for every row.

        Returns
        -------
        numpy.ndarray
            ``(D, D)``, NaN on the diagonal.

        Raises
        ------
        ValueError
            If a column holds no labels.
        """
        rows = self._coded(X)
        return bivariate_residuals(self.model_, rows, self._input.weight_of(X, sample_weight, len(rows)))

    def absolute_fit(self, X: TableLike, sample_weight: ArrayLike | None = None) -> dict[str, float]:
        r"""How well a mixture of labels reproduces the table of all columns: :math:`G^2` and :math:`X^2`.

        .. math:: G^2 = 2 \sum_c o_c \log \frac{o_c}{e_c}, \quad X^2 = \sum_c \frac{(o_c - e_c)^2}{e_c}

        Both are chi-squared where the model holds and few cells are expected to be nearly empty.

        Parameters
        ----------
        X
            Rows ``(n, D)`` without missing cells.
        sample_weight
            Row weights ``(n,)``; None is 1 for every row.

        Returns
        -------
        dict
            ``"g2"``, ``"x2"``, ``"dof"``, ``"g2_p_value"`` and ``"x2_p_value"``, which are 1 without degrees of freedom,
            where nothing can be tested.

        Raises
        ------
        ValueError
            If a column holds no labels, a cell is missing, or the table has more than a million cells.
        """
        rows = self._coded(X)
        return absolute_fit(self.model_, rows, self._input.weight_of(X, sample_weight, len(rows)))

    def _shares(
        self, X: TableLike, sample_weight: ArrayLike | None, covariates: TableLike | None
    ) -> tuple[np.ndarray, np.ndarray]:
        share = self.predict_proba(X, covariates)
        return share, self._input.weight_of(X, sample_weight, len(share))

    def _coded(self, X: TableLike) -> np.ndarray:
        """Codes of labels (n, D), NaN where cells are missing."""
        check_is_fitted(self, "model_")
        return np.concatenate([with_nan(rows).astype(float) for rows in self._input.batches(X)])
