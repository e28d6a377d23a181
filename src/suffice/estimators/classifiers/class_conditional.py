"""Classifiers that give each class a distribution: a mixture whose responsibilities are the labels."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from typing import Any, Self

import jax
import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.validation import check_is_fitted

from suffice.estimators.classifiers.base import Classifier
from suffice.fit.expectation_maximization import em
from suffice.latent.by_class import class_centres, class_moments, with_cells
from suffice.latent.families.family import Family
from suffice.latent.forms.natural import Moments
from suffice.latent.mixture import Mixture, MixturePrior, MixtureStatistics
from suffice.latent.readers import Evidence, LogJoint, MostProbable, Responsibilities, read, statistics
from suffice.outcome import DegenerateComponentWarning, Outcome
from suffice.rows.missing import any_missing
from suffice.rows.place import place
from suffice.runtime.arrays import Array
from suffice.runtime.blas import one_blas_thread
from suffice.runtime.compiling import filter_jit
from suffice.runtime.precision import cast, dtype_of, scope, to_numpy
from suffice.validation import check_at_least, check_count

ONE_PASS = "The parameters of highest likelihood were found in one pass over the rows."


@filter_jit
def maximized(model: Mixture, statistics: MixtureStatistics) -> tuple[Mixture, Array]:
    """The model after one maximisation, and which classes had parameters of highest likelihood."""
    return model.maximize(statistics), model.components.maximize(statistics.moments)[1]


@dataclass(eq=False, repr=False, kw_only=True)
class ClassConditional(Classifier):
    """Base of the classifiers that give each class a distribution of rows, and decide by Bayes' rule."""

    reg_covar: float = 1e-6
    prior_strength: float = 0.0
    tol: float = 1e-4
    max_iter: int = 200
    precision: str = "float64"

    model_: Mixture = field(init=False)

    def _check_parameters(self) -> None:
        check_count("max_iter", self.max_iter)
        for name in ("tol", "reg_covar", "prior_strength"):
            check_at_least(name, getattr(self, name), 0.0)
        dtype_of(self.precision)

    def _unit(self) -> Family:
        """A family of one component about the origin, whose moments are those of a class."""
        raise NotImplementedError

    def _movable(self) -> np.ndarray:
        """Which columns may be measured from anywhere, (D,)."""
        raise NotImplementedError

    def _overall(self, sums: Moments, centres: np.ndarray) -> Any:
        """What priors and floors take from all rows, whose moments about the centres of the classes are given."""
        raise NotImplementedError

    def _components(self, overall: Any, centres: np.ndarray) -> Family:
        """Classes about the centres (K, D), with the priors, and the spread of all rows."""
        raise NotImplementedError

    def _simpler(self) -> Self:
        """Not yet fitted, for the same columns: a classifier of independent columns and with a prior, to start from."""
        raise NotImplementedError

    def _begun(self, simpler: Self, overall: Any) -> Family:
        """The classes that a simpler classifier found, with this one's priors."""
        raise NotImplementedError

    def _flat(self, overall: Any) -> np.ndarray:
        """Which classes (K,) have no spread in some direction."""
        return np.zeros(len(self.classes_), bool)

    def _set_parameters(self, model: Mixture) -> None:
        """Set the family's fitted attributes."""
        raise NotImplementedError

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        r"""Fit the distribution of each class: in one pass where that is enough, else by expectation-maximisation.

        Rows of unknown class (``unlabelled``), and missing cells of columns that depend on one another given the class, take
        expectation-maximisation, which maximises
        :math:`\sum_{known} w_n \log \pi_{y_n} p(x_n | y_n) + \sum_{unknown} w_n \log p(x_n)`.

        Parameters
        ----------
        X
            Rows ``(n, D)``. NaN is a missing cell.
        y
            Class of each row, ``(n,)``: numbers or text.
        sample_weight
            Row weights ``(n,)``, not negative; None is 1 for every row. Rows of weight 0 are as if they were not there.

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
        """
        self._check_parameters()
        rows, codes, weight = self._labelled_rows(X, y, sample_weight)
        for name in ("model_", "running_statistics_"):
            vars(self).pop(name, None)
        with one_blas_thread():
            gaps = any_missing(rows)
            if gaps:
                _refuse_empty(rows)
            unit = self._unit()
            if (codes >= 0).all() and unit.one_pass and (not gaps or unit.missing == "mask"):
                self._fit_in_one_pass(rows, codes, weight, gaps)
            else:
                self._fit_by_em(rows, codes, weight, gaps)
        return self

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:
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
            Row weights ``(n,)``, not negative; None is 1 for every row.

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
                "The fit took expectation-maximisation, which leaves no sums to add to; fit all rows at once, or begin anew "
                "with a new estimator."
            )
        rows, codes, weight = self._batch_rows(X, y, classes, sample_weight, first)
        if any_missing(rows) and self._unit().missing == "patterns":
            raise ValueError(
                "Cells are missing (NaN), and columns depend on one another given the class, so that sums do not suffice; use "
                "fit, or covariance_type='diag', 'tied_diag' or 'spherical'."
            )
        if not self._unit().one_pass:
            raise ValueError(
                "Some columns are of a kind whose parameters take iterations, so that sums do not suffice; use fit, or another "
                "kind for them."
            )
        with one_blas_thread():
            self._add(rows, codes, weight)
        return self

    def _sums(
        self, rows: np.ndarray, codes: np.ndarray, weight: np.ndarray, centres: np.ndarray, gaps: bool
    ) -> Moments:
        with scope(self.precision):
            unit = cast(self._unit(), self.precision)
            return class_moments(unit, rows, codes, weight, centres, gaps=gaps)

    def _centres(self, rows: np.ndarray, codes: np.ndarray, count: int) -> np.ndarray:
        return np.where(self._movable(), class_centres(rows, codes, count), 0.0)

    def _fit_in_one_pass(self, rows: np.ndarray, codes: np.ndarray, weight: np.ndarray, gaps: bool) -> None:
        centres = self._centres(rows, codes, len(self.classes_))
        self._maximize(self._sums(rows, codes, weight, centres, gaps), centres)

    def _add(self, rows: np.ndarray, codes: np.ndarray, weight: np.ndarray) -> None:
        kept = getattr(self, "running_statistics_", None)
        centres = self._centres(rows, codes, len(self.classes_))
        if kept is not None:
            centres = np.where(kept["counts"][:, None] > 0, kept["centres"], centres)
        sums = with_cells(self._sums(rows, codes, weight, centres, any_missing(rows)), self._unit())
        if kept is not None:
            before = with_cells(jax.tree.unflatten(jax.tree.structure(sums), kept["sums"]), self._unit())
            sums = jax.tree.map(np.add, before, sums)
        self._maximize(sums, centres)

    def _maximize(self, sums: Moments, centres: np.ndarray) -> None:
        """Set the parameters of highest likelihood (and prior) given sums over labelled rows."""
        counts, overall = np.asarray(sums.total[-1], float), self._overall(sums, centres)
        model = self._mixture(self._components(overall, centres))
        with scope("float64"):
            statistics = cast(MixtureStatistics(sums, np.zeros(()), counts.sum()), "float64")
            model, valid = to_numpy(maximized(model, statistics))
        self._refuse_singular(~valid & (counts > 0))
        self.n_iter_, self.converged_, self.outcome_ = 1, True, ONE_PASS
        vars(self).pop("lower_bounds_", None)
        self._keep(model, overall)
        leaves = [np.asarray(leaf) for leaf in jax.tree.leaves(sums)]
        self.running_statistics_ = {"centres": centres, "sums": leaves, "counts": counts}

    def _fit_by_em(self, rows: np.ndarray, codes: np.ndarray, weight: np.ndarray, gaps: bool) -> None:
        known, one = codes >= 0, np.zeros(len(rows), np.int32)
        simpler = self._simpler()
        simpler.classes_ = self.classes_
        simpler._fit_in_one_pass(rows[known], codes[known], weight[known], gaps)
        centre = simpler._centres(rows, one, 1)
        overall = simpler._overall(simpler._sums(rows, one, weight, centre, gaps), centre)
        origin = centre[0]
        with scope(self.precision):
            start = self._mixture(self._begun(simpler, overall))
            layout = start.missing if gaps else None
            placed = place(
                (rows, codes + 1), weight, origin=origin, precision=self.precision, tile=start.tile, missing=layout
            )
            solution = em(start, placed, tol=self.tol, max_iter=self.max_iter, precision=self.precision)
        self.n_iter_, self.converged_ = len(solution.trace), bool(solution.details["converged"])
        self.outcome_, self.lower_bounds_ = str(solution.outcome), np.asarray(solution.trace, float)
        self._keep(solution.model, overall)
        if solution.outcome is Outcome.INTERRUPTED:
            raise KeyboardInterrupt
        if not self.converged_:
            warnings.warn(self.outcome_, ConvergenceWarning, stacklevel=3)

    def _mixture(self, components: Family) -> Mixture:
        """Equal or given class priors around the components."""
        given, count = self._class_prior(), len(self.classes_)
        weights, frozen = (np.full(count, 1 / count), ()) if given is None else (given, ("weights",))
        return Mixture(weights, components, MixturePrior(self._concentration()), frozen)

    def _keep(self, model: Mixture, overall: Any) -> None:
        self.model_ = jax.tree.map(lambda leaf: np.asarray(leaf, np.float64), model)
        self.class_prior_ = self.model_.weights / self.model_.weights.sum()
        self._set_parameters(self.model_)
        flat = self._flat(overall) & (self.class_prior_ > 0)
        if self.reg_covar == 0:
            self._refuse_singular(flat)
        elif flat.any():
            warnings.warn(self._said_of_flat(flat), DegenerateComponentWarning, stacklevel=4)

    def _said_of_flat(self, flat: np.ndarray) -> str:
        return (
            f"Classes {self._named(flat)} have no spread in some direction; give more rows, a prior_strength or classes that "
            "share their covariance."
        )

    def _refuse_singular(self, singular: np.ndarray) -> None:
        if singular.any():
            raise ValueError(
                f"The covariance of classes {self._named(singular)} is singular: they have too few rows, or columns that are "
                "constant or follow from others; set reg_covar or prior_strength above 0, or let classes share their covariance."
            )

    def _log_joint(self, rows: np.ndarray) -> np.ndarray:
        return read(self.model_, [rows], LogJoint, self.precision)

    def _drawn(self, codes: np.ndarray, generator: np.random.Generator) -> Any:
        return self._input.labelled(self.model_.components.draw(codes, generator))

    def _read(self, X: Any, reader: Any) -> Any:
        check_is_fitted(self, "model_")
        return read(self.model_, self._input.batches(X), reader, self.precision)

    def predict(self, X: Any) -> np.ndarray:
        """The most probable class of each row.

        Parameters
        ----------
        X
            Rows ``(n, D)``. NaN is a missing cell.

        Returns
        -------
        numpy.ndarray
            Classes ``(n,)``.
        """
        return self.classes_[self._read(X, MostProbable)]

    def predict_proba(self, X: Any) -> np.ndarray:
        r"""Probability of each class given the row, :math:`\pi_k p(x | k) / p(x)`.

        Parameters
        ----------
        X
            Rows ``(n, D)``. NaN is a missing cell.

        Returns
        -------
        numpy.ndarray
            ``(n, K)`` in the order of ``classes_``, each row summing to 1.
        """
        return self._read(X, Responsibilities)

    def score_samples(self, X: Any) -> np.ndarray:
        """Log-density of each row whatever its class, log p(x) in nats: low for rows unlike any class.

        Parameters
        ----------
        X
            Rows ``(n, D)``. NaN is a missing cell.

        Returns
        -------
        numpy.ndarray
            ``(n,)``.
        """
        return self._read(X, Evidence)

    def _labelled_statistics(self, X: Any, y: Any, sample_weight: Any) -> tuple[Mixture, MixtureStatistics]:
        """The model about an origin of its own, and its expected statistics given the labels."""
        check_is_fitted(self, "model_")
        rows, labels, weight = self._checked(X, y, sample_weight, reset=False)
        codes = self._codes(labels, ~self._is_unlabelled(labels)) + 1
        with one_blas_thread(), scope("float64"):
            sums, origin = statistics(self.model_, (rows, codes), weight)
            return self.model_ if origin is None else self.model_.translated(-origin), sums


def _refuse_empty(rows: np.ndarray) -> None:
    empty = np.flatnonzero(np.isnan(rows).all(0))
    if len(empty):
        named = ", ".join(map(str, empty[:20]))
        raise ValueError(f"Columns {named} hold no value: every cell is missing. Drop them.")
