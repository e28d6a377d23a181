"""What probabilistic PCA and factor analysis share: the pass over the rows and the fit; scores are in ``factor_scores.py``."""

from __future__ import annotations

import warnings
from dataclasses import KW_ONLY, dataclass
from typing import Any, Self

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from suffice.estimators.factors.begun import begun, first_mean
from suffice.estimators.factors.inference import FactorInference
from suffice.estimators.shared.attributes import forget, progress_attributes, set_attributes
from suffice.estimators.shared.callbacks import Iterations, with_callbacks
from suffice.estimators.shared.climb import climb
from suffice.fit.ranking import best_of
from suffice.fit.restarts import restarts_at
from suffice.latent.factors.canonical import canonical
from suffice.latent.factors.factor_maxima import Factors
from suffice.latent.factors.linear_gaussian import LinearGaussian, NoiseFloor
from suffice.latent.factors.spectra import Spectrum
from suffice.latent.spread import precision_for, said_of
from suffice.outcome import Outcome, Solution
from suffice.rows.frequencies import weighed
from suffice.rows.place import missing_layout
from suffice.runtime.arrays import Array
from suffice.runtime.blas import one_blas_thread
from suffice.runtime.precision import cast, dtype_of
from suffice.runtime.types import ArrayLike, PathLike, TableLike
from suffice.validation import (
    check_at_least,
    check_choice,
    check_count,
    check_shape,
    check_squares,
    check_tolerance,
    squares_lost,
)

ALGORITHMS = ("auto", "em")


@dataclass(eq=False, repr=False)
class FactorEstimator(FactorInference):
    """Base of the factor estimators; each adds its noise, its maximum without rows and its fitted attributes."""

    n_components: int = 1
    _: KW_ONLY
    mean: Any = None
    algorithm: str = "auto"
    noise_floor: float = 1e-6
    tol: float | None = None
    max_iter: int = 1000
    n_init: int = 1
    random_state: Any = None
    precision: str = "float64"
    verbose: int = 0

    def _check_parameters(self) -> None:
        for name in ("n_components", "max_iter", "n_init"):
            check_count(name, getattr(self, name))
        check_choice("algorithm", self.algorithm, ALGORITHMS)
        check_tolerance(self.tol)
        check_at_least("noise_floor", self.noise_floor, 0.0)
        if self.noise_floor == 0:
            raise ValueError(
                "noise_floor=0 was given; a number above 0 is expected, since without noise no density exists."
            )
        dtype_of(self.precision)
        self._check_own()

    def _check_own(self) -> None:
        """Refuse what cannot be used of the parameters that only this kind of model has."""

    def _likelihood_of(self) -> str:
        """What the likelihood is of; models are compared only where they agree."""
        return "density of real numbers"

    def _least_noise(self, variance: np.ndarray) -> np.ndarray:
        """Smallest noise variance, (1,) or (D,), for columns of these variances."""
        raise NotImplementedError

    def _maximum(self, spectrum: Spectrum, least: np.ndarray, close: float) -> Factors:
        """Factors of highest likelihood for rows of this covariance about the mean; a search ends where slopes are so small."""
        raise NotImplementedError

    def _parameters(self, model: LinearGaussian) -> dict[str, Any]:
        """The estimator's own fitted attributes."""
        raise NotImplementedError

    def _warn_degenerate(self, noise: np.ndarray, least: np.ndarray, constant: np.ndarray) -> None:
        """Warn where the noise variance is at its floor, and of columns (D,) that are ``constant``."""
        raise NotImplementedError

    @with_callbacks
    def fit(
        self,
        X: TableLike,
        y: object = None,
        sample_weight: ArrayLike | None = None,
        *,
        checkpoint: PathLike | None = None,
    ) -> Self:
        """Fit by maximum likelihood: from one pass over complete rows, by expectation-maximisation where cells are missing.

        Parameters
        ----------
        X
            Rows ``(n, D)``: an array, a DataFrame, a JAX array sharded over devices, a Dask collection, or an object that yields
            batches (or pairs of batch and weight) anew each time it is iterated over. NaN is a missing cell; a row that misses
            every cell tells nothing.
        y
            Ignored; for scikit-learn's sake.
        sample_weight
            Row weights ``(n,)``, not negative, as numbers of rows; None is 1 for every row. Those that sum to less than the
            number of rows that carry any are relative: they are scaled to sum to that number, and ``outcome_`` says so.
        checkpoint
            File to keep the state of expectation-maximisation in, every second or less often. If it is there, the fit goes on
            from it. It stays when the fit ends: remove it once the result is safe.

        Returns
        -------
        self
            The fitted estimator.

        Raises
        ------
        ValueError
            If a parameter or the data cannot be used; the message says what to do.

        Warns
        -----
        ConvergenceWarning
            If the best start did not converge within ``max_iter`` iterations.
        DegenerateComponentWarning
            If a noise variance went to zero and was held at its floor.
        """
        with one_blas_thread():
            return self._fit(X, sample_weight, checkpoint)

    def _fit(self, X: TableLike, sample_weight: ArrayLike | None, checkpoint: PathLike | None) -> Self:
        self._check_parameters()
        X, sample_weight, scaled = weighed(X, sample_weight)
        data, weight = self._input.learn(X, sample_weight)
        self._check_size()
        if isinstance(data, np.ndarray):
            check_squares(self._input.named(np.flatnonzero(squares_lost(data))))
        origin = first_mean(data)
        gaps = missing_layout("mask", data)
        iterations = Iterations(self, X, {} if sample_weight is None else {"sample_weight": sample_weight})
        one = begun(self, data, weight, origin, gaps)

        def attributes(model: LinearGaussian) -> dict[str, Any]:
            return {"eigenvalues_": one.eigenvalues, **self._attributes(model)}

        if one.found is not None and self.algorithm == "auto":
            solution = solved(one.model, one.found)
        else:
            starts = self._starts(one.model)
            solution = climb(self, starts, data, weight, origin=origin, missing=gaps, iterations=iterations,
                             attributes=lambda model: self._input.known() | attributes(model), checkpoint=checkpoint)  # fmt: skip
        fitted = attributes(restarts_at(solution.model, best_of(solution))) | progress_attributes(solution)
        widened = said_of(precision_for(one.model, self.precision), self.precision)
        fitted["outcome_"] = " ".join(filter(None, (fitted["outcome_"], scaled, widened)))
        forget(self, ("fit_statistics_",))
        set_attributes(self, fitted)
        iterations.end(lambda: self._input.known() | fitted)
        if solution.outcome is Outcome.INTERRUPTED:
            raise KeyboardInterrupt
        if not fitted["converged_"] and solution.outcome is not Outcome.STOPPED_BY_CALLBACK:
            warnings.warn(fitted["outcome_"], ConvergenceWarning, stacklevel=3)
        self._warn_degenerate(np.asarray(self.model_.noise_variance), np.asarray(one.model.floor.least), one.constant)
        return self

    def _model(
        self, mean: np.ndarray, loadings: np.ndarray, noise_variance: np.ndarray, least: np.ndarray
    ) -> LinearGaussian:
        frozen = [name for name in ("mean", "noise_variance") if getattr(self, name, None) is not None]
        floor = NoiseFloor(least)
        return LinearGaussian(mean, loadings, noise_variance, expanded=True, frozen=frozen, floor=floor)

    def _check_size(self) -> None:
        features = self.n_features_in_
        if self.n_components > features:
            raise ValueError(
                f"n_components={self.n_components} was given for {features} column{'' if features == 1 else 's'}; at most as "
                "many components as columns are expected."
            )

    def _given_mean(self) -> np.ndarray:
        features = self.n_features_in_
        given = np.broadcast_to(self.mean, features) if np.ndim(self.mean) == 0 else self.mean
        return check_shape("mean", given, (features,))

    def _unit(self, variance: np.ndarray) -> np.ndarray:
        """Units of the columns (D,) in which eigenvalues tell how many components there are."""
        raise NotImplementedError

    def _starts(self, first: LinearGaussian) -> LinearGaussian:
        """``n_init`` starts along a first axis: the one given, then random loadings of the same size."""
        generator = self._generator()
        size = np.sqrt(np.square(first.loadings).mean() + np.mean(first.noise_variance) / 10)
        random = size * generator.standard_normal((self.n_init - 1, *first.loadings.shape))

        def repeated(value: Array) -> np.ndarray:
            return np.repeat(np.asarray(value)[None], self.n_init, 0)

        loadings = np.concatenate([first.loadings[None], random])
        return LinearGaussian(repeated(first.mean), loadings, repeated(first.noise_variance), frozen=first.frozen,
                              expanded=True, floor=first.floor)  # fmt: skip

    def _attributes(self, model: LinearGaussian) -> dict[str, Any]:
        """Fitted attributes that follow from a model, by name."""
        model = canonical(cast(model, "float64"))
        return {"model_": model, "mean_": model.mean, **self._parameters(model)}


def solved(start: LinearGaussian, found: Factors) -> Solution:
    """What was found in one pass, as a solution with one start."""
    model = LinearGaussian(start.mean[None], found.loadings[None], found.noise_variance[None], frozen=start.frozen,
                           floor=start.floor)  # fmt: skip
    converged = np.array([found.outcome is not Outcome.STOPPED_AT_LIMIT])
    trace = np.array([[found.log_likelihood]])
    return Solution(model, trace, found.outcome, {"converged": converged, "iterations": found.iterations})
