"""What a fitted classifier says of how sure its parameters are."""

from __future__ import annotations

from typing import Any

from suffice.estimators.classifiers.base import Classifier
from suffice.estimators.shared.uncertain import of_classes
from suffice.latent.mixture import Mixture
from suffice.runtime.types import ArrayLike, TableLike
from suffice.uncertainty.errors import confidence_intervals, errors_and_intervals, standard_errors


class ClassInference(Classifier):
    """Of a classifier that gives each class a distribution how sure the parameters of these are."""

    model_: Mixture

    def _parameters(self, model: Mixture, class_prior: Any) -> dict[str, Any]:
        """The classifier's own fitted attributes; it may have another model than the one found."""
        raise NotImplementedError

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
            Their classes; ``unlabelled`` ones are unknown, as in ``fit``.
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
            ``"class_prior_"`` and the other parameters by the names of the attributes, in their shapes.

        Raises
        ------
        ValueError
            If the rows or a parameter cannot be used; the message says what to do.

        Warns
        -----
        HeldParameterWarning
            If parameters are at an edge, not told by the rows, or bootstrap samples lost a class.
        ConvergenceWarning
            If the parameters are at no maximum for these rows.

        Examples
        --------
        >>> import numpy as np
        >>> from suffice import GaussianClassifier
        >>> X, y = np.random.default_rng(0).standard_normal((400, 1)), np.repeat([0, 1], 200)
        >>> print(GaussianClassifier().fit(X, y).standard_errors(X, y)["means_"].round(2))
        [[0.07]
         [0.07]]
        """
        return standard_errors(of_classes(self, X, y, sample_weight), method, samples, self._generator())

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
        return confidence_intervals(of_classes(self, X, y, sample_weight), level, method, samples, self._generator())

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
        return errors_and_intervals(of_classes(self, X, y, sample_weight), level, method, samples, self._generator())
