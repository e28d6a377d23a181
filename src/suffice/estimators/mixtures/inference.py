"""What a fitted mixture says of how sure its parameters are."""

from __future__ import annotations

from typing import Any

from suffice.estimators.mixtures.scores import MixtureScores
from suffice.estimators.shared.uncertain import of_mixture
from suffice.runtime.types import ArrayLike, TableLike
from suffice.uncertainty.errors import confidence_intervals, standard_errors


class MixtureInference(MixtureScores):
    """Of a fitted mixture how sure its parameters are."""

    def standard_errors(
        self, X: TableLike, *, method: str = "observed", samples: int = 200, sample_weight: ArrayLike | None = None,
        component_labels: ArrayLike | None = None,
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
            Refits of the bootstrap; their draws are fixed by ``random_state``.
        sample_weight
            Row weights ``(n,)`` as in ``fit``.
        component_labels
            Known components as in ``fit``.

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
        fitted = of_mixture(self, X, sample_weight, component_labels)
        return standard_errors(fitted, method, samples, self._generator())

    def confidence_intervals(
        self, X: TableLike, *, level: float = 0.95, method: str = "observed", samples: int = 200,
        sample_weight: ArrayLike | None = None, component_labels: ArrayLike | None = None,
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
        method, samples, sample_weight, component_labels
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
        fitted = of_mixture(self, X, sample_weight, component_labels)
        return confidence_intervals(fitted, level, method, samples, self._generator())
