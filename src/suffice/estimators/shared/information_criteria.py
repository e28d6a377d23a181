"""Criteria that weigh the fit of a model against its size: of mixtures and factor models alike."""

from __future__ import annotations

from typing import Any

import numpy as np

from suffice.estimators.shared.rows import Input
from suffice.latent.readers import aic, bic, caic, sabic
from suffice.rows.streams import on_workers
from suffice.runtime.types import ArrayLike, TableLike


class InformationCriteria:
    """Of a fitted ``model_`` whose parameters can be counted."""

    model_: Any

    @property
    def _input(self) -> Input:
        raise NotImplementedError

    def score_samples(self, X: TableLike) -> np.ndarray:
        """Log-likelihood of each row, (n,)."""
        raise NotImplementedError

    def bic(
        self, X: TableLike, sample_weight: ArrayLike | None = None, *, covariates: TableLike | None = None
    ) -> float:
        r"""Bayesian information criterion, :math:`-2 \ell + p \log N`; lower is better (Schwarz, 1978).

        Parameters
        ----------
        X
            Rows ``(n, D)``.
        sample_weight
            Row weights ``(n,)``; N is their sum.
        covariates
            Of a mixture that was fitted with some, ``(n, q)`` as in ``fit``.
        """
        log_likelihood, rows = self._log_likelihood(X, sample_weight, covariates)
        return bic(log_likelihood, self._parameter_count(), rows)

    def aic(
        self, X: TableLike, sample_weight: ArrayLike | None = None, *, covariates: TableLike | None = None
    ) -> float:
        r"""Akaike information criterion, :math:`-2 \ell + 2 p`; lower is better (Akaike, 1974).

        Parameters
        ----------
        X
            Rows ``(n, D)``.
        sample_weight
            Row weights ``(n,)``.
        covariates
            Of a mixture that was fitted with some, ``(n, q)`` as in ``fit``.
        """
        return aic(self._log_likelihood(X, sample_weight, covariates)[0], self._parameter_count())

    def sabic(
        self, X: TableLike, sample_weight: ArrayLike | None = None, *, covariates: TableLike | None = None
    ) -> float:
        r"""BIC adjusted for the number of rows, :math:`-2 \ell + p \log((N + 2) / 24)`; lower is better (Sclove, 1987).

        Parameters
        ----------
        X
            Rows ``(n, D)``.
        sample_weight
            Row weights ``(n,)``; N is their sum.
        covariates
            Of a mixture that was fitted with some, ``(n, q)`` as in ``fit``.
        """
        log_likelihood, rows = self._log_likelihood(X, sample_weight, covariates)
        return sabic(log_likelihood, self._parameter_count(), rows)

    def caic(
        self, X: TableLike, sample_weight: ArrayLike | None = None, *, covariates: TableLike | None = None
    ) -> float:
        r"""Consistent AIC, :math:`-2 \ell + p (\log N + 1)`; lower is better (Bozdogan, 1987).

        Parameters
        ----------
        X
            Rows ``(n, D)``.
        sample_weight
            Row weights ``(n,)``; N is their sum.
        covariates
            Of a mixture that was fitted with some, ``(n, q)`` as in ``fit``.
        """
        log_likelihood, rows = self._log_likelihood(X, sample_weight, covariates)
        return caic(log_likelihood, self._parameter_count(), rows)

    def _parameter_count(self) -> int:
        return getattr(self, "membership_", self.model_).parameter_count()

    def _log_likelihood(
        self, X: TableLike, sample_weight: ArrayLike | None, covariates: TableLike | None = None
    ) -> tuple[float, float]:
        """Of all rows, and their weight."""
        self._check_covariates(covariates)
        if on_workers(X):
            from suffice.rows.cluster.sums import weighted_sums

            sums, weight = weighted_sums(X, sample_weight, self.score_samples)
            return float(sums[0]), weight
        given = {} if covariates is None else {"covariates": covariates}
        evidence = self.score_samples(X, **given)
        weight = self._input.weight_of(X, sample_weight, len(evidence))
        return float(weight @ evidence), float(weight.sum())

    def _check_covariates(self, covariates: TableLike | None) -> None:
        """Refuse the criteria of another model than was fitted."""
        if covariates is not None and not hasattr(self, "membership_"):
            raise ValueError("covariates were given, but the fit had none; leave them out.")
        if covariates is None and hasattr(self, "membership_"):
            raise ValueError(
                "The fit had covariates, and criteria without them would be those of another model; give covariates=, those of "
                "the rows."
            )
