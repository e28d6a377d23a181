"""What every mixture estimator shares: checks, starts and the fit; scores are in ``scores.py``."""

from __future__ import annotations

import os
import warnings
from dataclasses import KW_ONLY, dataclass
from typing import Any, Self

import equinox as eqx
import jax
import numpy as np
from sklearn.base import BaseEstimator, DensityMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state

from suffice.estimators.conditioning import MixtureConditioning
from suffice.estimators.freezing import Freezing
from suffice.estimators.imputation import Imputation
from suffice.estimators.mixtures.fitted import MixtureScores
from suffice.estimators.online import OnlineLearning
from suffice.estimators.shared.callbacks import CallbackSupportMixin, Iterations, with_callbacks
from suffice.estimators.shared.rows import RowChecks
from suffice.estimators.tying import Tying
from suffice.fit.degenerate import DEGENERATE, Collapsing, traces_of
from suffice.fit.expectation_maximization import em
from suffice.fit.restarts import one_restart, restarts_at
from suffice.latent.collapsed import COLLAPSED
from suffice.latent.families.columns import Columns, surveyed
from suffice.latent.families.family import Family
from suffice.latent.known_components import codes_of, labelled_start
from suffice.latent.mixture import Mixture, MixturePrior, maximize_given_responsibilities
from suffice.latent.starts import STARTS
from suffice.model import Hyperparameters
from suffice.outcome import DegenerateComponentWarning, Outcome, Solution
from suffice.rows.memory import one_block
from suffice.rows.place import place
from suffice.rows.streams import on_host
from suffice.rows.survey import Survey, survey
from suffice.runtime.blas import one_blas_thread
from suffice.runtime.precision import cast, dtype_of, scope, to_numpy
from suffice.runtime.progress import progress
from suffice.validation import check_at_least, check_choice, check_count, check_shape

SAMPLE_ROWS = 4000
SAMPLE_ROWS_A_COMPONENT = 20
SAMPLE_ITERATIONS = 10
"""Iterations on the sample alone before those on all rows, where cells are missing."""
KNOWN_BEFORE = ("n_features_in_", "feature_names_in_", "encoder_")
"""Attributes that are set before the first iteration."""


@dataclass(eq=False, repr=False)
class MixtureEstimator(
    MixtureScores,
    MixtureConditioning,
    Imputation,
    OnlineLearning,
    Freezing,
    Tying,
    Collapsing,
    RowChecks,
    CallbackSupportMixin,
    DensityMixin,
    BaseEstimator,
):
    """Base of the mixture estimators; a family adds its parameters, its start and its fitted attributes."""

    n_components: int = 1
    _: KW_ONLY
    tol: float = 1e-3
    max_iter: int = 100
    n_init: int = 1
    init_params: str = "kmeans"
    weights_init: Any = None
    frozen: Any = None
    degenerate: str = "keep"
    weight_concentration_prior: float | None = None
    prior_strength: float = 0.0
    random_state: Any = None
    precision: str = "float64"
    warm_start: bool = False
    verbose: int = 0
    learning_decay: float = 0.7
    learning_offset: float = 10.0

    def _check_parameters(self) -> None:
        for name in ("n_components", "max_iter", "n_init"):
            check_count(name, getattr(self, name))
        check_at_least("tol", self.tol, 0.0)
        check_at_least("prior_strength", self.prior_strength, 0.0)
        check_choice("init_params", self.init_params, list(STARTS))
        check_choice("degenerate", self.degenerate, DEGENERATE)
        dtype_of(self.precision)
        if self.weight_concentration_prior is not None:
            check_at_least("weight_concentration_prior", self.weight_concentration_prior, 1.0)

    def _needs_sample(self) -> bool:
        """Whether any parameter to start from is not given."""
        return self._starts_from_rows() and not (self.warm_start and hasattr(self, "model_"))

    def _starts_from_rows(self) -> bool:
        given = [value for name, value in self.get_params().items() if name.endswith("_init")]
        return any(value is None for value in given if not isinstance(value, int))

    def _sample_size(self) -> int:
        needed = self._needs_sample() or self.degenerate == "restart"
        return max(SAMPLE_ROWS, SAMPLE_ROWS_A_COMPONENT * self.n_components) if needed else 0

    def _start(self, overview: Survey, origin: np.ndarray | None, restarts: int, generator: Any) -> Mixture:
        """Where to start, centred on ``origin``, one restart along each entry of the first axis."""
        family, columns = self._family(), self._columns(overview, origin)
        shape, prior = (restarts, self.n_components), self._prior(overview, origin)
        weights, components = np.full(shape, 1 / self.n_components), family.overall(columns, shape, prior)
        if self._starts_from_rows():
            blank = components if family.floored else family.overall(columns, shape, family.prior_from(columns, 1.0))
            rows = self._start_rows(overview)
            rows = rows if origin is None else rows - origin
            coordinates = family.coordinates(rows, columns)
            weights, found = self._from_shares(blank, coordinates, rows, overview.sample_weight, restarts, generator)
            components = eqx.tree_at(lambda c: c.prior, found, prior)
        return Mixture(
            self._weights_start(weights, restarts), self._with_given(components, origin), self._mixture_prior()
        )

    def _columns(self, overview: Survey, origin: np.ndarray | None) -> Columns:
        """What the family begins from."""
        return surveyed(overview, origin)

    def _with_given(self, components: Any, origin: np.ndarray | None) -> Any:
        """Components with the parameters that were given put in."""
        raise NotImplementedError

    def _start_rows(self, overview: Survey) -> np.ndarray:
        """Rows to start from, without missing cells (m, D), or with NaN where the family's own form takes it."""
        return overview.filled

    def _first_origin(self, overview: Survey) -> np.ndarray | None:
        """Where rows are measured from during the fit; None where a shift would change the family's distributions."""
        return None

    def _family(self) -> type[Family]:
        """What the components are."""
        raise NotImplementedError

    def _families(self) -> list[type[Family]]:
        """The families whose parameters may be frozen or tied."""
        return [self._family()]

    def _likelihood_of(self) -> str:
        """What the likelihood is of; models are compared only where they agree."""
        return f"likelihood of its own, as every {type(self).__name__} does"

    def _shared_starts(self) -> tuple[str, ...]:
        """Starting parameters that all components have in common."""
        return ()

    def _prior(self, overview: Survey, origin: np.ndarray | None) -> Hyperparameters:
        """What maximisation adds to rows centred on ``origin``."""
        raise NotImplementedError

    def _set_parameters(self, model: Mixture) -> None:
        """Set the family's fitted attributes."""
        raise NotImplementedError

    def _degenerate_components(self, overview: Survey) -> dict[str, np.ndarray]:
        """Components that are degenerate, by what is wrong with them."""
        return {
            "hold less than one row's weight": np.flatnonzero(self.weights_ * overview.weight < 1),
            COLLAPSED: np.flatnonzero(self._collapsed(overview)),
        }

    def _collapsed(self, overview: Survey) -> np.ndarray:
        """Which components (K,) have no spread in some direction."""
        return self.model_.components.collapsed(self._columns(overview, None), 0.0)

    def _warn_degenerate(self, overview: Survey) -> None:
        for what, components in self._degenerate_components(overview).items():
            if len(components):
                named = ", ".join(str(k) for k in components[:20]) + (" and more" if len(components) > 20 else "")
                warnings.warn(f"Components {named} {what}; use fewer components or a stronger prior.",
                              DegenerateComponentWarning, stacklevel=4)  # fmt: skip

    @with_callbacks
    def fit(
        self,
        X: Any,
        y: Any = None,
        sample_weight: Any = None,
        component_labels: Any = None,
        *,
        checkpoint: str | os.PathLike[str] | None = None,
    ) -> Self:
        r"""Fit by expectation-maximisation, all ``n_init`` restarts in one program, and keep the best.

        Parameters
        ----------
        X
            Rows ``(n, D)``: an array, a DataFrame, a JAX array sharded over devices, an object that yields batches (or pairs
            of batch and weight) anew each time it is iterated over, or for binary rows and counts a scipy.sparse matrix, made
            dense a block at a time. NaN is a missing cell.
        y
            Ignored; for scikit-learn's sake.
        sample_weight
            Row weights ``(n,)``, not negative; None is 1 for every row.
        component_labels
            Component of each row where it is known, ``(n,)`` from 0 to K - 1, and -1 where it is not; None is -1 for every row.
            A row with a label counts for its component alone, so that the fit maximises
            :math:`\sum_{known} w_n \log \pi_{z_n} p(x_n | z_n) + \sum_{unknown} w_n \log p(x_n)`. For arrays in memory.
        checkpoint
            File to keep the state of the fit in, every second or less often. If it is there, the fit goes on from it to what it
            would have given uninterrupted, bit for bit; that takes the same data, parameters and a fixed ``random_state``. It
            stays when the fit ends: remove it once the result is safe.

        Returns
        -------
        self
            The fitted estimator.

        Raises
        ------
        ValueError
            If a parameter, the data or the checkpoint cannot be used; the message says what to do.

        Warns
        -----
        ConvergenceWarning
            If the best restart did not converge within ``max_iter`` iterations.
        DegenerateComponentWarning
            If components hold hardly any row or have collapsed.
        """
        with one_blas_thread():
            return self._fit(X, sample_weight, component_labels, checkpoint)

    def _fit(self, X: Any, sample_weight: Any, component_labels: Any, checkpoint: Any) -> Self:
        self._check_parameters()
        self._check_repairable(component_labels, checkpoint)
        data, weight = self._checked(X, sample_weight)
        codes = None if component_labels is None else self._codes(data, weight, component_labels)
        generator = np.random.default_rng(check_random_state(self.random_state).randint(2**31 - 1))
        overview = survey(on_host(data), weight, self._sample_size(), generator)
        self._check_size(overview)
        metadata = {"sample_weight": sample_weight, "component_labels": component_labels}
        iterations = Iterations(self, X, {name: value for name, value in metadata.items() if value is not None})
        with scope("float64"):
            origin = self._first_origin(overview)
            if codes is None:
                start = self._first_model(overview, origin, generator)
            else:
                start = labelled_start(self, data, weight, codes, overview, origin, generator)
                data = data, codes
        gaps = start.missing if overview.missing else None

        def run(begin: Mixture) -> Solution:
            return self._run(begin, data, weight, origin, gaps, iterations, checkpoint)

        solution, repaired = self._repaired(run(start), run, overview, origin, generator)
        self._keep(solution, overview)
        self.outcome_ = f"{self.outcome_} {repaired}".strip()
        iterations.end(self._fitted_attributes)
        if solution.outcome is Outcome.INTERRUPTED:
            raise KeyboardInterrupt
        return self

    def _codes(self, data: Any, weight: np.ndarray | None, component_labels: Any) -> np.ndarray:
        if not isinstance(data, np.ndarray):
            raise ValueError("component_labels needs rows in memory; give an array or a DataFrame, neither batches, a sparse "
                             "matrix nor rows spread over devices.")  # fmt: skip
        return codes_of(component_labels, self.n_components, np.ones(len(data)) if weight is None else weight)

    def _check_size(self, overview: Survey) -> None:
        if overview.rows < max(self.n_components, self._least_rows):
            raise ValueError(
                f"n_samples={overview.rows} rows were given for n_components={self.n_components}; at least "
                f"{max(self.n_components, self._least_rows)} rows are needed: give more rows or fewer components."
            )
        self._refuse_empty(overview.observed)

    def _first_model(self, overview: Survey, origin: np.ndarray | None, generator: Any) -> Mixture:
        frozen, ties = self._frozen_names(), self._ties()
        if not (self.warm_start and hasattr(self, "model_")):
            start = self._tied_start(self._start(overview, origin, self.n_init, generator).holding(frozen, ties))
            return self._improved(start if origin is None else start.translated(origin), overview, origin)
        self._check_same_model(len(overview.mean), "warm_start=True")
        before = one_restart(self._restored(self.model_.holding(frozen, ties))).sharing()
        priors = self._mixture_prior(), self._prior(overview, origin if origin is None else np.zeros_like(origin))
        return eqx.tree_at(lambda m: (m.prior, m.components.prior), before, priors)

    def _improved(self, start: Mixture, overview: Survey, origin: np.ndarray | None) -> Mixture:
        """A start found from filled-in cells, after some iterations on the sample, in which cells are missing."""
        given = any(getattr(self, name) is not None for name in self.get_params() if name.endswith("s_init"))
        if given or not overview.missing or len(overview.sample) < max(1, self._sample_size()):
            return start
        with scope(self.precision):
            rows = place(overview.sample, overview.sample_weight, origin=origin, precision=self.precision, tile=start.tile,
                           missing=start.missing)  # fmt: skip
            return em(start, rows, tol=self.tol, max_iter=SAMPLE_ITERATIONS, precision=self.precision).model

    def _check_same_model(self, features: int, caller: str) -> None:
        components = self.model_.components
        before = type(components), (self.model_.log_weights.shape[-1], components.features)
        now = self._family(), (self.n_components, features)
        if before != now:
            said = [f"{family.__name__} of (components, columns) {shape}" for family, shape in (before, now)]
            raise ValueError(
                f"{caller} continues a fitted {said[0]}, but {said[1]} is asked for; fit a new estimator instead."
            )

    def _mixture_prior(self) -> MixturePrior:
        return MixturePrior(1.0 if self.weight_concentration_prior is None else float(self.weight_concentration_prior))

    def _from_shares(
        self, blank: Any, coordinates: np.ndarray, rows: np.ndarray, weight: np.ndarray, restarts: int, generator: Any
    ) -> tuple[np.ndarray, Any]:
        """Weights and components after one maximisation from starting responsibilities, found in these coordinates."""
        share = STARTS[self.init_params](coordinates, weight, self.n_components, restarts, generator)
        start = Mixture(np.full(share.shape[::2], 1 / self.n_components), cast(blank, "float64"), self._mixture_prior())
        block = one_block((rows, np.moveaxis(share, 0, 1)), weight, precision="float64", tile=start.tile)
        started = to_numpy(maximize_given_responsibilities(start, block))
        return started.weights, started.components

    def _weights_start(self, weights: Any, restarts: int) -> Any:
        if self.weights_init is None:
            return weights
        given = check_shape("weights_init", self.weights_init, (self.n_components,))
        if (given < 0).any() or not np.isclose(given.sum(), 1):
            raise ValueError(f"weights_init sums to {given.sum():g}; weights are at least 0 and sum to 1.")
        return np.broadcast_to(given, (restarts, self.n_components))

    def _run(
        self, start: Mixture, data: Any, weight: Any, origin: Any, gaps: Any, iterations: Iterations, checkpoint: Any
    ) -> Solution:
        with progress(self.verbose, self.max_iter, "fitting") as bar, scope(self.precision):
            rows = place(data, weight, origin=origin, precision=self.precision, tile=start.tile, missing=gaps)

            def on_step(done: int, objective: np.ndarray, model: Mixture) -> bool:
                bar(done, f"log-likelihood {np.nanmax(objective):.4f}" if np.isfinite(objective).any() else "")
                best = int(np.argmax(np.nan_to_num(objective, nan=-np.inf)))
                return iterations.wanted and iterations.step(done, lambda: self._attributes_of(model, best))

            return em(start, rows, tol=self.tol, max_iter=self.max_iter, precision=self.precision, on_step=on_step,
                      step_by_step=iterations.wanted, checkpoint=checkpoint)  # fmt: skip

    def _attributes_of(self, model: Mixture, restart: int) -> dict[str, Any]:
        probe = self._with_model(model, restart)
        return {name: value for name, value in vars(probe).items() if name.endswith("_")}

    def _with_model(self, model: Mixture, restart: int) -> Self:
        """Another estimator with one restart of a model for its own."""
        probe = type(self)(**self.get_params())
        vars(probe).update({name: vars(self)[name] for name in KNOWN_BEFORE if name in vars(self)})
        probe._set_model(to_numpy(restarts_at(model, restart)))
        return probe

    def _fitted_attributes(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name.endswith("_") and not name.startswith("_")}

    def _set_model(self, model: Mixture) -> None:
        model = jax.tree.map(lambda leaf: np.asarray(leaf, np.float64), model)
        self.model_ = self._restored(model)
        weights = self.model_.weights / self.model_.weights.sum()
        self.weights_ = self._frozen_value("weights") if "weights" in self.model_.frozen else weights
        self._set_parameters(self.model_)

    def _keep(self, solution: Solution, overview: Survey) -> None:
        traces, best = traces_of(solution)
        with scope(self.precision):
            self._set_model(restarts_at(solution.model, best))
        self.traces_, self.lower_bounds_ = traces, traces[best]
        self.lower_bound_ = float(traces[best][-1]) if len(traces[best]) else float("-inf")
        self.n_iter_ = len(traces[best])
        self.converged_ = bool(solution.details["converged"][best])
        stopped = solution.outcome in (Outcome.INTERRUPTED, Outcome.STOPPED_BY_CALLBACK)
        limit = Outcome.CONVERGED if self.converged_ else Outcome.STOPPED_AT_LIMIT
        self.outcome_ = str(solution.outcome if stopped else limit)
        self._after_fit(overview.weight)
        self._warn_degenerate(overview)
        if not self.converged_ and not stopped:
            warnings.warn(self.outcome_, ConvergenceWarning, stacklevel=3)
