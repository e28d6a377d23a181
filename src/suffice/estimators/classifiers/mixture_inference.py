"""What a classifier with a mixture for each class says of how sure its parameters are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from suffice.estimators.classifiers.base import Classifier
from suffice.rows.frequencies import frequencies, taken_as_counts
from suffice.runtime.types import ArrayLike, TableLike
from suffice.uncertainty.errors import check_level
from suffice.uncertainty.intervals import intervals


class MixtureClassInference(Classifier):
    """Of a classifier that gives each class a mixture how sure the parameters of these are."""

    mixtures_: list[Any]

    def standard_errors(
        self, X: TableLike, y: ArrayLike, *, method: str = "observed", samples: int = 400,
        sample_weight: ArrayLike | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        """Standard errors of the parameters: how far they would differ in other rows of the same kind.

        Weights, probabilities, means, covariances and so on by the delta method from parameters without constraints. A parameter
        at an edge (a probability of 0), and directions that the rows do not tell, are held there: their error is 0, and a
        warning names them. Errors are those at the maximum, to which Newton's steps go from the fit. Priors count.

        Parameters
        ----------
        X
            The rows of the fit.
        y
            Their classes, all of them known.
        method
            ``"observed"``: from the second derivatives of the log-likelihood. ``"robust"``: from these and the rows' scores (the
            sandwich), which holds where the model is wrong. ``"bootstrap"``: from refits to rows drawn from ``X``.
            ``"parametric"``: from refits to rows drawn from the model.
        samples
            Refits of the bootstrap, whose draws are fixed by ``random_state``: ends of intervals are quantiles of them, and fewer
            than 400 make these too narrow; for standard errors alone half as many do, in half the time.
        sample_weight
            Row weights ``(n,)`` as in ``fit``.

        Returns
        -------
        dict
            ``"class_prior_"`` and ``"mixtures_"``, a list with what ``standard_errors`` of each mixture gives.

        Raises
        ------
        ValueError
            If rows are unlabelled, or the rows or a parameter cannot be used; the message says what to do.

        Warns
        -----
        HeldParameterWarning
            If parameters are at an edge, not told by the rows, or bootstrap samples lost a class.
        ConvergenceWarning
            If the parameters are at no maximum for these rows.
        """

        def of_class(mixture: Any, rows: np.ndarray, weight: np.ndarray) -> Any:
            return mixture.standard_errors(rows, method=method, samples=samples, sample_weight=weight)

        error, found = self._by_class(X, y, sample_weight, of_class)
        return {"class_prior_": error, "mixtures_": found}

    def confidence_intervals(
        self, X: TableLike, y: ArrayLike, *, level: float = 0.95, method: str = "observed", samples: int = 400,
        sample_weight: ArrayLike | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        """Confidence intervals of the parameters, within what is possible for them.

        Those of shares are normal on the scale of log-odds, those of variances, rates and dispersions of logarithms; the
        bootstrap's are percentiles of its draws.

        Parameters
        ----------
        X, y
            The rows of the fit and their classes.
        level
            Probability with which an interval should hold its parameter, between 0 and 1.
        method, samples, sample_weight
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
        given: dict[str, Any] = {"level": level, "method": method, "samples": samples, "sample_weight": sample_weight}
        return self.errors_and_intervals(X, y, **given)[1]

    def errors_and_intervals(
        self, X: TableLike, y: ArrayLike, *, level: float = 0.95, method: str = "observed", samples: int = 400,
        sample_weight: ArrayLike | None = None,
    ) -> tuple[dict[str, Any], dict[str, Any]]:  # fmt: skip
        """Standard errors and intervals at once, by the same refits or derivatives: half the time of asking for each.

        Parameters
        ----------
        X, y
            The rows of the fit and their classes.
        level
            Probability with which an interval should hold its parameter, between 0 and 1.
        method, samples, sample_weight
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
        check_level(level)

        def of_class(mixture: Any, rows: np.ndarray, weight: np.ndarray) -> Any:
            return mixture.errors_and_intervals(rows, level=level, method=method, samples=samples, sample_weight=weight)

        error, found = self._by_class(X, y, sample_weight, of_class)
        errors, ends = zip(*found, strict=True)
        prior = intervals(self.class_prior_, error, np.full(len(error), "share"), level)
        return {"class_prior_": error, "mixtures_": [*errors]}, {"class_prior_": prior, "mixtures_": [*ends]}

    def _by_class(
        self, X: TableLike, y: ArrayLike, sample_weight: ArrayLike | None, of_class: Callable[..., Any]
    ) -> tuple[np.ndarray, list[Any]]:
        """Standard errors of the class probabilities, and what each class' mixture says of its rows."""
        check_is_fitted(self, "mixtures_")
        rows, labels, given = self._checked(X, y, sample_weight, reset=False)
        if self._is_unlabelled(labels).any():
            raise ValueError(
                f"Rows are unlabelled ({self.unlabelled!r}), so that the mixtures depend on one another; give the labelled rows "
                "alone, after a fit to these."
            )
        codes, weight = self._codes(labels, np.ones(len(labels), bool)), frequencies(given)
        share = self.class_prior_
        error = np.sqrt(share * (1 - share) / weight.sum()) if self.priors is None else np.zeros(len(share))
        with taken_as_counts():
            found = [of_class(one, rows[codes == k], weight[codes == k]) for k, one in enumerate(self.mixtures_)]
        return error, found
