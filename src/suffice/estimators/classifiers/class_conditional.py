"""Classifiers that give each class a distribution: a mixture whose responsibilities are the labels."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.validation import check_is_fitted

from suffice.estimators.classifiers.base import precision_of_spread, refuse_empty, refuse_wild
from suffice.estimators.classifiers.inference import ClassInference
from suffice.estimators.classifiers.on_workers import learned_on_workers
from suffice.estimators.shared.attributes import forget, set_attributes
from suffice.fit.expectation_maximization import em
from suffice.latent.class_distributions import (
    ClassDistributions,
    added,
    centres_of,
    counted,
    maximized,
    start_of,
)
from suffice.latent.expectation import MixtureStatistics
from suffice.latent.families.family import Family
from suffice.latent.labelled_rows import Facts, LabelledRows, RowsInMemory, RowsOnWorkers
from suffice.latent.mixture import Mixture, MixturePrior
from suffice.latent.readers import Evidence, LogJoint, MostProbable, Responsibilities, read, statistics
from suffice.latent.spread import said_of
from suffice.outcome import Outcome, Solution
from suffice.rows.frequencies import weighed
from suffice.rows.missing import any_missing
from suffice.rows.streams import is_collection
from suffice.runtime import tree
from suffice.runtime.blas import one_blas_thread
from suffice.runtime.precision import cast, dtype_of, scope
from suffice.runtime.types import ArrayLike, TableLike
from suffice.validation import check_at_least, check_count, check_tolerance


@dataclass(eq=False, repr=False, kw_only=True)
class ClassConditional(ClassInference):
    """Base of the classifiers that give each class a distribution of rows, and decide by Bayes' rule."""

    reg_covar: float = 1e-6
    prior_strength: float = 0.0
    tol: float | None = None
    max_iter: int = 1000
    precision: str = "float64"

    model_: Mixture = field(init=False)

    def _check_parameters(self) -> None:
        check_count("max_iter", self.max_iter)
        check_tolerance(self.tol)
        for name in ("reg_covar", "prior_strength"):
            check_at_least(name, getattr(self, name), 0.0)
        dtype_of(self.precision)
        self._check_own()

    def _check_own(self) -> None:
        """Refuse what cannot be used of the parameters that only this kind of classifier has."""

    def _kind(self) -> ClassDistributions:
        """What distribution every class has."""
        raise NotImplementedError

    def _learn_shares(self, table: LabelledRows) -> None:
        """Take from rows and their classes what is done to parameters after the fit."""

    def _fit_rows(self, table: LabelledRows, facts: Facts, kept: Any) -> bool:
        """Fit rows, and sums kept of others, whose shape suits that better than moments do; whether that was so."""
        return False

    def _check_spread(self, fitted: dict[str, Any], overall: Any) -> None:
        """Refuse, or warn of, classes without spread in some direction, where variances need a floor."""

    def fit(self, X: TableLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        r"""Fit the distribution of each class: in one pass where that is enough, else by expectation-maximisation.

        Rows of unknown class (``unlabelled``), and missing cells of columns that depend on one another given the class, take
        expectation-maximisation, which maximises
        :math:`\sum_{known} w_n \log \pi_{y_n} p(x_n | y_n) + \sum_{unknown} w_n \log p(x_n)`.

        Parameters
        ----------
        X
            Rows ``(n, D)``, in memory or a Dask collection. NaN is a missing cell.
        y
            Class of each row, ``(n,)``: numbers or text; of a Dask collection another one of the same partitions.
        sample_weight
            Row weights ``(n,)``, not negative, as numbers of rows: 2 is the row twice; None is 1 for every row. Those that sum to
            less than the number of rows that carry any are relative: they are scaled to sum to it, and ``outcome_`` says so.

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
            If expectation-maximisation did not converge within ``max_iter`` iterations.
        DegenerateComponentWarning
            If a class has no spread in some direction.
        UserWarning
            If a covariance that classes share, of more columns than rows, takes a matrix of them that is much memory.
        """
        self._check_parameters()
        if is_collection(X):
            data, scaled = learned_on_workers(self, X, y, sample_weight)
            table: LabelledRows = RowsOnWorkers(data)
        else:
            X, sample_weight, scaled = weighed(X, sample_weight)
            table = RowsInMemory(*self._labelled_rows(X, y, sample_weight))
        kind, facts = self._kind(), table.facts()
        refuse_wild(facts.spread, kind.movable)
        forget(self, ("model_", "running_statistics_", "lower_bounds_", "coef_", "intercept_"))
        refuse_empty(np.isnan(facts.least))
        self._learn_shares(table)
        with one_blas_thread():
            if not self._fit_rows(table, facts, None):
                unit = kind.unit
                if not facts.unknown and unit.one_pass and (not facts.gaps or unit.missing == "mask"):
                    self._fit_in_one_pass(table, facts, None)
                else:
                    self._fit_by_em(table, facts)
        precision = precision_of_spread(facts.spread, kind.movable, self.precision)
        self.outcome_ = " ".join(filter(None, (self.outcome_, scaled, said_of(precision, self.precision))))
        return self

    def partial_fit(
        self, X: TableLike, y: ArrayLike, classes: ArrayLike | None = None, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Add labelled rows to those seen before: sums are kept, and the result is that of ``fit`` to all rows at once.

        After a ``fit`` in one pass it goes on from the rows of this fit.

        Parameters
        ----------
        X
            Rows ``(n, D)``. NaN is a missing cell, where columns are independent given the class.
        y
            Class of each row, ``(n,)``; every one is labelled.
        classes
            All classes that there will be, ``(K,)``; needed in the first call.
        sample_weight
            Row weights ``(n,)``, not negative; None is 1 for every row. Those of all calls are read together, as in ``fit``.

        Returns
        -------
        self
            The estimator. Classes without rows so far have probability 0 unless ``priors`` are given.

        Raises
        ------
        ValueError
            If a parameter or the rows cannot be used, or a class is not one of ``classes``; the message says what to do.
        """
        self._check_parameters()
        first = not hasattr(self, "model_")
        if not first and not hasattr(self, "running_statistics_"):
            raise ValueError(
                "The fit took expectation-maximisation, which leaves no sums to add to; fit all rows at once, or begin anew with "
                "a new estimator."
            )
        rows, codes, weight = self._batch_rows(X, y, classes, sample_weight, first)
        unit = self._kind().unit
        if any_missing(rows) and unit.missing == "patterns":
            raise ValueError(
                "Cells are missing (NaN), and columns depend on one another given the class, so that sums do not suffice; use "
                "fit, or covariance_type='diag', 'tied_diag' or 'spherical'."
            )
        if not unit.one_pass:
            raise ValueError(
                "Some columns are of a kind whose parameters take iterations, so that sums do not suffice; use fit, or another "
                "kind for them."
            )
        with one_blas_thread():
            table, kept = RowsInMemory(rows, codes, weight), getattr(self, "running_statistics_", None)
            facts = table.facts()
            if not self._fit_rows(table, facts, kept):
                self._fit_in_one_pass(table, facts, kept)
        return self

    def _fit_in_one_pass(self, table: LabelledRows, facts: Facts, kept: Any) -> None:
        """Set the parameters of highest likelihood (and prior) given labelled rows, and sums kept of others."""
        kind, online = self._kind(), kept is not None
        centres = centres_of(kind, table, len(self.classes_))
        centres = np.where(kept["counts"][:, None] > 0, kept["centres"], centres) if online else centres
        precision = precision_of_spread(facts.spread, kind.movable, self.precision)
        sums = table.sums(kind.unit, centres, facts.gaps, precision)
        if online:
            sums = added(kept["sums"], sums, kind.unit)
        counts = np.asarray(sums.total[-1], float)
        carrying = facts.rows + (kept.get("rows", kept["counts"].sum()) if online else 0)
        whole = counted(sums, carrying)
        overall = kind.overall(whole, centres)
        model, valid = maximized(self._mixture(kind.components(overall, centres)), whole)
        refuse_singular(self, ~valid & (counts > 0))
        self._keep(model, overall, {"n_iter_": 1, "converged_": True, "outcome_": str(Outcome.ONE_PASS)})
        kept = {"centres": centres, "counts": counts, "rows": np.asarray(carrying)}
        self.running_statistics_ = kept | {"sums": [np.asarray(leaf) for leaf in tree.leaves(sums)]}

    def _fit_by_em(self, table: LabelledRows, facts: Facts) -> None:
        kind, gaps = self._kind(), facts.gaps
        precision = precision_of_spread(facts.spread, kind.movable, self.precision)
        found, overall, origin = start_of(kind, table, len(self.classes_), gaps=gaps, precision=precision)
        with scope(precision):
            start = self._mixture(found)
            layout = start.missing if gaps else None
            options = {"precision": precision, "tile": start.tile, "missing": layout, "width": start.width}
            placed = table.place(origin, options)
            solution = em(start, placed, tol=self.tol, max_iter=self.max_iter, precision=precision)
        self._end(solution, overall)

    def _end(self, solution: Solution, overall: Any) -> None:
        """Keep what expectation-maximisation found, and say how it ended."""
        converged, said = bool(solution.details["converged"]), str(solution.outcome)
        went, trace = {"n_iter_": len(solution.trace), "converged_": converged, "outcome_": said}, solution.trace
        self._keep(solution.model, overall, {**went, "lower_bounds_": trace[np.isfinite(trace)]})
        if solution.outcome is Outcome.INTERRUPTED:
            raise KeyboardInterrupt
        if not converged:
            warnings.warn(said, ConvergenceWarning, stacklevel=4)

    def _mixture(self, components: Family) -> Mixture:
        """Equal or given class priors around the components."""
        given, count = self._class_prior(), len(self.classes_)
        weights, frozen = (np.full(count, 1 / count), ()) if given is None else (given, ("weights",))
        return Mixture(weights, components, MixturePrior(self._concentration()), frozen)

    def _keep(self, model: Mixture, overall: Any, went: dict[str, Any]) -> None:
        model = cast(model, "float64")
        class_prior = np.asarray(model.weights / model.weights.sum())
        fitted = {"model_": model, "class_prior_": class_prior} | self._parameters(model, class_prior)
        self._check_spread(fitted, overall)
        set_attributes(self, fitted | went)

    def _log_joint(self, rows: np.ndarray) -> np.ndarray:
        return read(self.model_, [rows], LogJoint, self.precision)

    def _drawn(self, codes: np.ndarray, generator: np.random.Generator) -> Any:
        return self._input.labelled(self.model_.components.draw(codes, generator))

    def _read(self, X: TableLike, reader: Callable[[Any], Any]) -> Any:
        check_is_fitted(self, "model_")
        return read(self.model_, self._input.batches(X), reader, self.precision)

    def _most_probable(self, X: TableLike) -> np.ndarray:
        return self._read(X, MostProbable)

    def _probabilities(self, X: TableLike) -> np.ndarray:
        return self._read(X, Responsibilities)

    def _evidence(self, X: TableLike) -> np.ndarray:
        return self._read(X, Evidence)

    def _labelled_statistics(
        self, X: TableLike, y: ArrayLike, sample_weight: ArrayLike | None
    ) -> tuple[Mixture, MixtureStatistics]:
        """The model about an origin of its own, and its expected statistics given the labels."""
        check_is_fitted(self, "model_")
        rows, labels, weight = self._checked(X, y, sample_weight, reset=False)
        codes = self._codes(labels, ~self._is_unlabelled(labels)) + 1
        with one_blas_thread(), scope("float64"):
            sums, origin = statistics(self.model_, (rows, codes), weight)
            return self.model_ if origin is None else self.model_.translated(-origin), sums


def refuse_singular(classifier: ClassConditional, singular: np.ndarray) -> None:
    """Refuse classes (K,) whose covariance is singular."""
    if singular.any():
        raise ValueError(
            f"The covariance of classes {classifier._named(singular)} is singular: they have too few rows, or columns that are "
            "constant or follow from others; set reg_covar or prior_strength above 0, or let classes share their covariance."
        )
