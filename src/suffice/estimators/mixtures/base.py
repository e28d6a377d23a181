"""What every mixture estimator shares: hyper-parameters, checks, and the fit; the algorithms are in ``latent`` and ``fit``."""

from __future__ import annotations

import os
import warnings
from dataclasses import KW_ONLY, dataclass, field
from functools import partial
from typing import Any, Self

import equinox as eqx
import numpy as np
from sklearn.exceptions import ConvergenceWarning

from suffice.estimators.mixtures.fitted import FittedMixture
from suffice.estimators.shared.attributes import forget, progress_attributes, set_attributes, was_stopped
from suffice.estimators.shared.callbacks import Iterations, with_callbacks
from suffice.estimators.shared.climb import climb
from suffice.fit.degenerate import DEGENERATE, check_repairable, put_on_worst, repaired, traces_of, warn_degenerate
from suffice.fit.online import Running, check_schedule, expected, online_step, resumed, running_at
from suffice.fit.restarts import restarts_at
from suffice.fit.start import check_same_model, continued, improved
from suffice.latent.begin import from_shares, mixture_prior, sample_size, weights_from
from suffice.latent.collapsed import COLLAPSED
from suffice.latent.families.columns import Columns, surveyed
from suffice.latent.families.family import Family
from suffice.latent.given import Given, GivenParameters
from suffice.latent.known_components import codes_of, known_codes, labelled_start, refuse_contradiction
from suffice.latent.mixture import Mixture, MixturePrior
from suffice.latent.restrictions import parameter_names, restored, restrictions, tied_start
from suffice.latent.starts import STARTS
from suffice.model import Hyperparameters
from suffice.outcome import Outcome, Solution
from suffice.rows.streams import is_stream, on_host
from suffice.rows.survey import Survey, survey
from suffice.runtime.blas import one_blas_thread
from suffice.runtime.precision import cast, dtype_of, scope
from suffice.validation import check_at_least, check_choice, check_count

LEAST_WEIGHT = "hold less than one row's weight"
OF_A_FIT = ("traces_", "lower_bounds_", "n_iter_", "converged_", "outcome_")
"""Fitted attributes that say how ``fit`` went, and nothing of steps after it."""
OF_STEPS = ("running_statistics_", "n_steps_")


@dataclass(eq=False, repr=False)
class MixtureEstimator(FittedMixture):
    """Base of the mixture estimators; a family adds its parameters, its start and its fitted attributes."""

    n_components: int = 1
    _: KW_ONLY
    tol: float = 1e-3
    max_iter: int = 100
    n_init: int = 1
    init_params: str = "kmeans"
    weights_init: Any = None
    frozen: Any = None
    tied: Any = field(default=None, init=False)
    degenerate: str = "keep"
    weight_concentration_prior: float | None = None
    prior_strength: float = 0.0
    random_state: Any = None
    precision: str = "float64"
    warm_start: bool = False
    verbose: int = 0
    learning_decay: float = 0.7
    learning_offset: float = 10.0

    effective_rows_: float = field(init=False)
    n_steps_: int = field(init=False)

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

    def _check_size(self, overview: Survey) -> None:
        least = max(self.n_components, self._input.least_rows)
        if overview.rows < least:
            raise ValueError(
                f"n_samples={overview.rows} rows were given for n_components={self.n_components}; at least {least} rows are "
                "needed: give more rows or fewer components."
            )
        self._input.refuse_empty(overview.observed)

    def _family(self) -> type[Family]:
        """What the components are."""
        raise NotImplementedError

    def _families(self) -> list[type[Family]]:
        """The families whose parameters may be frozen or tied."""
        return [self._family()]

    def _given(self) -> Given:
        """Parameters that are given to start from."""
        names = parameter_names(self._families())
        return GivenParameters({name: getattr(self, f"{name}_init", None) for name in names})

    def _likelihood_of(self) -> str:
        """What the likelihood is of; models are compared only where they agree."""
        return f"likelihood of its own, as every {type(self).__name__} does"

    def _shared_starts(self) -> tuple[str, ...]:
        """Starting parameters that all components have in common."""
        return ()

    def _first_origin(self, overview: Survey) -> np.ndarray | None:
        """Where rows are measured from during the fit; None where a shift would change the family's distributions."""
        return None

    def _prior(self, overview: Survey, origin: np.ndarray | None) -> Hyperparameters:
        """What maximisation adds to rows centred on ``origin``."""
        raise NotImplementedError

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
        weights = weights_from(self.weights_init, weights)
        return Mixture(weights, self._with_given(components, origin), self._mixture_prior())

    def _columns(self, overview: Survey, origin: np.ndarray | None) -> Columns:
        """What the family begins from."""
        return surveyed(overview, origin)

    def _with_given(self, components: Any, origin: np.ndarray | None) -> Any:
        """Components with the parameters that were given put in."""
        raise NotImplementedError

    def _start_rows(self, overview: Survey) -> np.ndarray:
        """Rows to start from, without missing cells (m, D), or with NaN where the family's own form takes it."""
        return overview.filled

    def _needs_sample(self) -> bool:
        """Whether any parameter to start from is not given."""
        return self._starts_from_rows() and not self._is_resumed

    def _starts_from_rows(self) -> bool:
        given = [value for name, value in self.get_params().items() if name.endswith("_init")]
        return any(value is None for value in given if not isinstance(value, int))

    def _parameters(self, model: Mixture) -> dict[str, Any]:
        """The family's fitted attributes."""
        raise NotImplementedError

    def _degenerate_components(self, model: Mixture, overview: Survey) -> dict[str, np.ndarray]:
        """Components of a model that are degenerate, by what is wrong with them."""
        share = model.weights / model.weights.sum()
        return {
            LEAST_WEIGHT: np.flatnonzero(share * overview.weight < 1),
            COLLAPSED: np.flatnonzero(self._collapsed(model.components, overview)),
        }

    def _collapsed(self, components: Family, overview: Survey) -> np.ndarray:
        """Which components (K,) have no spread in some direction."""
        return components.collapsed(self._columns(overview, None), 0.0)

    @property
    def _is_resumed(self) -> bool:
        return self.warm_start and hasattr(self, "model_")

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
        metadata = {"sample_weight": sample_weight, "component_labels": component_labels}
        check_repairable(self.degenerate, {"frozen": self.frozen, "tied": self.tied, "component_labels": component_labels,
                                           "checkpoint": checkpoint})  # fmt: skip
        data, weight = self._input.learn(X, sample_weight)
        codes = known_codes(component_labels, self.n_components, data, weight)
        generator = self._generator()
        overview = survey(on_host(data), weight, self._sample_size(), generator)
        self._check_size(overview)
        iterations = Iterations(self, X, {name: value for name, value in metadata.items() if value is not None})
        start, origin = self._begin(data, weight, codes, overview, generator)
        rows = data if codes is None else (data, codes)
        gaps = start.missing if overview.missing else None

        def run(begin: Mixture) -> Solution:
            return climb(self, begin, rows, weight, origin=origin, missing=gaps, iterations=iterations,
                         attributes=lambda model: self._input.known() | self._attributes(self._own(model)),
                         checkpoint=checkpoint)  # fmt: skip

        def degenerate(model: Mixture) -> np.ndarray:
            found = self._degenerate_components(self._own(model), overview)
            return np.unique(np.concatenate(list(found.values())))

        def restart(model: Mixture, components: np.ndarray) -> Mixture:
            return put_on_worst(model, components, self._start_rows(overview), overview, origin, generator)

        solution, said = repaired(self.degenerate, run(start), run, degenerate, restart)
        self._keep(solution, said, overview, iterations)
        return self

    def _sample_size(self) -> int:
        """Rows to look at; 0 where the start is given."""
        return sample_size(self.n_components) if self._needs_sample() or self.degenerate == "restart" else 0

    def _begin(
        self, data: Any, weight: np.ndarray | None, codes: np.ndarray | None, overview: Survey, generator: Any
    ) -> tuple[Mixture, np.ndarray | None]:
        """Where a fit of these rows starts, measured from an origin; and this."""
        with scope("float64"):
            origin = self._first_origin(overview)
            first = partial(self._first_model, origin=origin, generator=generator)
            if codes is None:
                return first(overview), origin
            start = labelled_start(first, data, weight, codes, overview, size=self._sample_size(), origin=origin,
                                   complete=self._start_rows, given=self._given(), generator=generator)  # fmt: skip
            return start, origin

    def _first_model(self, overview: Survey, origin: np.ndarray | None, generator: Any) -> Mixture:
        shape, given = (self.n_components, len(overview.mean)), self._given()
        held = restrictions(self.frozen, self.tied, self._families(), shape, given)
        if self._is_resumed:
            check_same_model(self.model_, self._family(), shape, "warm_start=True")
            model = restored(held.hold(self.model_), given)
            zero = origin if origin is None else np.zeros_like(origin)
            return continued(model, self._mixture_prior(), self._prior(overview, zero))
        start = tied_start(held.hold(self._start(overview, origin, self.n_init, generator)), given)
        start = start if origin is None else start.translated(origin)
        free = not (given.has("weights") or given.names())
        if free and overview.missing and len(overview.sample) >= max(1, self._sample_size()):
            return improved(start, overview, origin, self.tol, self.precision)
        return start

    def _mixture_prior(self) -> MixturePrior:
        return mixture_prior(self.weight_concentration_prior)

    def _from_shares(
        self, blank: Any, coordinates: np.ndarray, rows: np.ndarray, weight: np.ndarray, restarts: int, generator: Any
    ) -> tuple[np.ndarray, Any]:
        """Weights and components after one maximisation from starting responsibilities, found in these coordinates."""
        share = STARTS[self.init_params](coordinates, weight, self.n_components, restarts, generator)
        return from_shares(blank, rows, weight, share, self._mixture_prior())

    def _own(self, model: Mixture) -> Mixture:
        """A model without restarts in double precision; what is frozen is as it was given."""
        return restored(cast(model, "float64"), self._given())

    def _attributes(self, model: Mixture) -> dict[str, Any]:
        """Fitted attributes that follow from a model, by name."""
        weights = self._given().weights() if "weights" in model.frozen else model.weights / model.weights.sum()
        return {"model_": model, "weights_": weights, **self._parameters(model)}

    def _keep(self, solution: Solution, said: str, overview: Survey, iterations: Iterations) -> None:
        with scope(self.precision):
            model = self._own(restarts_at(solution.model, traces_of(solution)[1]))
        attributes: dict[str, Any] = self._attributes(model) | progress_attributes(solution)
        attributes["effective_rows_"] = overview.weight
        forget(self, OF_STEPS)
        warn_degenerate(self._degenerate_components(model, overview), stacklevel=5)
        if not attributes["converged_"] and not was_stopped(solution):
            warnings.warn(attributes["outcome_"], ConvergenceWarning, stacklevel=4)
        attributes["outcome_"] = f"{attributes['outcome_']} {said}".strip()
        set_attributes(self, attributes)
        iterations.end(lambda: self._input.known() | attributes)
        if solution.outcome is Outcome.INTERRUPTED:
            raise KeyboardInterrupt

    def partial_fit(self, X: Any, y: Any = None, sample_weight: Any = None, component_labels: Any = None) -> Self:
        r"""One step of online expectation-maximisation with a batch of rows.

        .. math:: s \leftarrow (1 - \rho_t) s + \rho_t s_{batch}, \quad \rho_t = \min(1, (t + t_0)^{-\alpha}), \quad
            \theta \leftarrow \text{M-step}(N_{eff} s)

        s are the expected statistics for each unit of row weight, :math:`\alpha` is ``learning_decay`` and :math:`t_0`
        ``learning_offset`` (Cappé and Moulines, 2009). Priors count against ``effective_rows_``, the number of equally weighted
        rows in s (Kish, 1965).

        The first call starts as ``fit`` would with this batch, from the best of ``n_init`` starts, and replaces s whole; give
        it enough rows to tell the components apart. The origin of ``reg_covar`` and of priors, the columns' means and variances,
        stays that of the first batch. After ``fit``, steps go on from its parameters; memory does not grow with their number.

        Parameters
        ----------
        X
            Rows ``(n, D)``, one at least, in the first call as many as ``fit`` needs. NaN is a missing cell.
        y
            Ignored; for scikit-learn's sake.
        sample_weight
            Row weights ``(n,)``, not negative; None is 1 for every row. A later batch without any weight is no step.
        component_labels
            Component of each row where it is known, ``(n,)`` from 0 to K - 1, and -1 where it is not, as in ``fit``; None is -1
            for every row. Those of the first batch decide which component is which.

        Returns
        -------
        self
            The estimator, with ``lower_bound_`` the mean log-likelihood of this batch before the step, ``n_steps_`` and
            ``effective_rows_``.

        Raises
        ------
        ValueError
            If a parameter or the batch cannot be used, or its columns are not those of the first; the message says what to do.

        Examples
        --------
        >>> import numpy as np
        >>> from suffice import GaussianMixture
        >>> draw = np.random.default_rng(0)
        >>> mixture = GaussianMixture(n_components=2, random_state=0)
        >>> for _ in range(20):
        ...     centres = draw.choice([0.0, 9.0], size=(200, 1))
        ...     mixture = mixture.partial_fit(centres + draw.standard_normal((200, 1)))
        >>> print(np.sort(abs(mixture.means_.ravel())).round(), mixture.n_steps_)
        [0. 9.] 20
        """
        with one_blas_thread():
            return self._partial_fit(X, sample_weight, component_labels)

    def _partial_fit(self, X: Any, sample_weight: Any, component_labels: Any) -> Self:
        self._check_parameters()
        check_schedule(self.learning_decay, self.learning_offset)
        if is_stream(X):
            raise ValueError(
                "Several batches were given; partial_fit takes one batch (rows, D) a call, fit takes a stream."
            )
        begun = hasattr(self, "model_")
        rows = self._input.table(on_host(X), reset=not begun)
        weight = self._input.weight_of_batch(sample_weight, rows, needed=not begun)
        codes = None if component_labels is None else codes_of(component_labels, self.n_components, weight)
        if not weight.any():
            return self
        before = self._running(rows.shape[1], codes) if begun else self._first_step(rows, weight, codes)
        data = rows if codes is None else (rows, codes)
        now, log_likelihood = online_step(before, data, weight, decay=self.learning_decay, offset=self.learning_offset,
                                          precision=self.precision)  # fmt: skip
        with scope("float64"):
            model = now.model if now.origin is None else now.model.translated(now.origin)
            attributes = self._attributes(self._own(model))
        forget(self, OF_A_FIT)
        steps = {"running_statistics_": {"origin": now.origin, "sums": now.sums}, "n_steps_": now.steps}
        of_rows = {"effective_rows_": now.rows, "lower_bound_": log_likelihood / float(weight.sum())}
        return set_attributes(self, attributes | steps | of_rows)

    def _first_step(self, rows: np.ndarray, weight: np.ndarray, codes: np.ndarray | None) -> Running:
        """Where ``fit`` would start with this batch."""
        generator = self._generator()
        overview = survey(rows, weight, self._sample_size(), generator)
        self._check_size(overview)
        starts, origin = self._begin(rows, weight, codes, overview, generator)
        with scope("float64"):
            starts, best = cast(starts if origin is None else starts.translated(-origin), "float64"), 0
        if self.n_init > 1:
            data = rows if codes is None else (rows, codes)
            best = int(np.nanargmax(expected(starts, data, weight, origin, self.precision).log_likelihood))
        return Running(restarts_at(starts, best), origin)

    def _running(self, features: int, codes: np.ndarray | None) -> Running:
        """Where the last step, or the fit, has led."""
        shape = (self.n_components, features)
        check_same_model(self.model_, self._family(), shape, "partial_fit")
        held = restrictions(self.frozen, self.tied, self._families(), shape, self._given())
        held.check_held(self.model_, self.frozen, self.tied)
        if codes is not None:
            refuse_contradiction(self.model_.weights, codes)
        kept = getattr(self, "running_statistics_", None)
        if kept is None:
            return running_at(self.model_, getattr(self, "effective_rows_", None))
        return resumed(self.model_, kept["origin"], kept["sums"], self.effective_rows_, self.n_steps_)
