"""What a fitted factor model says of how sure its parameters are."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from suffice.estimators.factors.scores import FittedFactors
from suffice.estimators.shared.uncertain import of_factors
from suffice.latent.factors.linear_gaussian import LinearGaussian
from suffice.runtime.types import ArrayLike, TableLike
from suffice.uncertainty.errors import Fitted, confidence_intervals, errors_and_intervals, standard_errors
from suffice.uncertainty.rotated import turned


class FactorInference(FittedFactors):
    """Of a fitted factor model how sure its parameters are."""

    def standard_errors(
        self, X: TableLike, *, method: str = "observed", samples: int = 400, sample_weight: ArrayLike | None = None
    ) -> dict[str, Any]:
        """Standard errors of the parameters: how far they would differ in other rows of the same kind.

        By the delta method; those of rotated loadings are of the rotation too, which follows the rows. Noise variances at their
        floor (Heywood cases), and directions that the rows do not tell, are held: their error is 0, and a warning names them.
        Errors are those at the maximum, to which Newton's steps go from the fit.

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

        Returns
        -------
        dict
            ``"mean_"``, ``"loadings_"`` and ``"noise_variance_"``, and of an oblique rotation ``"factor_correlation_"``, in the
            shapes of the attributes.

        Raises
        ------
        ValueError
            If the rows or a parameter cannot be used; the message says what to do.

        Warns
        -----
        HeldParameterWarning
            If parameters are at an edge, or not told by the rows.
        ConvergenceWarning
            If the parameters are at no maximum for these rows.

        Examples
        --------
        >>> import numpy as np
        >>> from suffice import FactorAnalysis
        >>> draw = np.random.default_rng(0)
        >>> X = draw.standard_normal((4000, 1)) * [2.0, 1.0, -1.0] + draw.standard_normal((4000, 3))
        >>> print(FactorAnalysis(n_components=1).fit(X).standard_errors(X)["loadings_"].round(2).ravel())
        [0.03 0.02 0.02]
        """
        return standard_errors(self._asked(X, sample_weight), method, samples, self._generator())

    def confidence_intervals(
        self, X: TableLike, *, level: float = 0.95, method: str = "observed", samples: int = 400,
        sample_weight: ArrayLike | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        """Confidence intervals of the parameters, within what is possible for them.

        Those of noise variances are normal on the scale of logarithms; the bootstrap's are percentiles of its draws.

        Parameters
        ----------
        X
            The rows of the fit.
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
        return confidence_intervals(self._asked(X, sample_weight), level, method, samples, self._generator())

    def errors_and_intervals(
        self, X: TableLike, *, level: float = 0.95, method: str = "observed", samples: int = 400,
        sample_weight: ArrayLike | None = None,
    ) -> tuple[dict[str, Any], dict[str, Any]]:  # fmt: skip
        """Standard errors and intervals at once, by the same refits or derivatives: half the time of asking for each.

        Parameters
        ----------
        X
            The rows of the fit.
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
        return errors_and_intervals(self._asked(X, sample_weight), level, method, samples, self._generator())

    def _asked(self, X: TableLike, sample_weight: ArrayLike | None) -> Fitted:
        check_is_fitted(self, "model_")
        rotation: str | None = getattr(self, "rotation", None)
        oblique = rotation is not None and not np.allclose(
            self._rotation().T @ self._rotation(), np.eye(self._n_features_out)
        )
        names = ("mean_", "loadings_", "noise_variance_", *(("factor_correlation_",) if oblique else ()))
        turn, loadings = self._rotation(), self.loadings_

        def read(model: LinearGaussian) -> dict[str, Any]:
            return turned(model, rotation, turn, loadings)

        return of_factors(self, X, sample_weight, names, read)
