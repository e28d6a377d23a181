"""What every mixture estimator shares: hyper-parameters, checks, and the fit; the algorithms are in ``latent`` and ``fit``."""

from __future__ import annotations

import warnings
from dataclasses import KW_ONLY, dataclass, field
from typing import Any, Self

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from suffice.estimators.mixtures.beginning import Beginning, has_collapsed
from suffice.estimators.mixtures.cells import MixtureCells
from suffice.estimators.mixtures.fitted import FittedMixture
from suffice.estimators.mixtures.membership import OF_MEMBERSHIP, with_covariates
from suffice.estimators.mixtures.start import FitRows, first_step, last_objective, running_from, start_of, surveyed_for
from suffice.estimators.shared.attributes import forget, progress_attributes, set_attributes, was_stopped
from suffice.estimators.shared.callbacks import Iterations, with_callbacks
from suffice.estimators.shared.climb import climb
from suffice.fit.degenerate import DEGENERATE, check_repairable, maximized_once, put_on_worst, repaired, warn_degenerate
from suffice.fit.online import check_schedule, online_step
from suffice.fit.ranking import best_of, degenerate_in, judged
from suffice.fit.restarts import restarts_at
from suffice.latent.known_components import codes_of, known_codes
from suffice.latent.mixture import Mixture
from suffice.latent.restrictions import restored
from suffice.latent.spread import precision_for, said_of
from suffice.latent.starts import STARTS
from suffice.outcome import Outcome, Solution
from suffice.rows.frequencies import weighed
from suffice.rows.streams import is_stream, on_host
from suffice.runtime.blas import one_blas_thread
from suffice.runtime.precision import cast, dtype_of, scope
from suffice.runtime.types import ArrayLike, PathLike, TableLike
from suffice.validation import check_at_least, check_choice, check_count, check_tolerance

OF_A_FIT = ("traces_", "lower_bounds_", "n_iter_", "converged_", "outcome_", "degenerate_", "rows_digest_")
"""Fitted attributes that say how ``fit`` went, and nothing of steps after it."""
OF_STEPS = ("running_statistics_", "n_steps_")


@dataclass(eq=False, repr=False)
class MixtureEstimator(MixtureCells, FittedMixture):
    """Base of the mixture estimators; a family adds its parameters, its start and its fitted attributes."""

    n_components: int = 1
    _: KW_ONLY
    tol: float | None = None
    max_iter: int = 1000
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
        for name in ("n_components", "n_init"):
            check_count(name, getattr(self, name))
        check_count("max_iter", self.max_iter, 0)
        check_tolerance(self.tol)
        check_at_least("prior_strength", self.prior_strength, 0.0)
        check_choice("init_params", self.init_params, list(STARTS))
        check_choice("degenerate", self.degenerate, DEGENERATE)
        dtype_of(self.precision)
        if self.weight_concentration_prior is not None:
            check_at_least("weight_concentration_prior", self.weight_concentration_prior, 1.0)
        self._check_own()

    def _check_own(self) -> None:
        """Refuse what cannot be used of the parameters that only this kind of mixture has."""

    def _beginning(self) -> Beginning:
        """How the components begin, once the columns are learned."""
        raise NotImplementedError

    def _likelihood_of(self) -> str:
        """What the likelihood is of; models are compared only where they agree."""
        raise NotImplementedError

    @with_callbacks
    def fit(
        self,
        X: TableLike,
        y: object = None,
        sample_weight: ArrayLike | None = None,
        component_labels: ArrayLike | None = None,
        *,
        checkpoint: PathLike | None = None,
        covariates: TableLike | None = None,
    ) -> Self:
        r"""Fit by expectation-maximisation, all ``n_init`` restarts side by side, and keep the best.

        Parameters
        ----------
        X
            Rows ``(n, D)``: an array, a DataFrame, a JAX array sharded over devices, a Dask collection, an object that yields
            batches (or pairs of batch and weight) anew each time it is iterated over, or for binary rows and counts a
            scipy.sparse matrix, of which the stored cells alone are worked at. NaN is a missing cell.
        y
            Ignored; for scikit-learn's sake.
        sample_weight
            Row weights ``(n,)``, not negative, as numbers of rows: 2 is the row twice; None is 1 for every row. Weights that sum
            to less than the number of rows that carry any (or to more than 2^53) are relative: they are scaled to sum to that
            number, and ``outcome_`` says so. Weights that come with batches likewise.
        component_labels
            Component of each row where it is known, ``(n,)`` from 0 to K - 1, and -1 where it is not; None is -1 for every row.
            A row with a label counts for its component alone, so that the fit maximises
            :math:`\sum_{known} w_n \log \pi_{z_n} p(x_n | z_n) + \sum_{unknown} w_n \log p(x_n)`. For arrays in memory.
        checkpoint
            File to keep the state of the fit in, every second or less often. If it is there, the fit goes on from it to what it
            would have given uninterrupted, bit for bit; that takes the same data, parameters and a fixed ``random_state``. It
            stays when the fit ends: remove it once the result is safe.
        covariates
            Numbers ``(n, q)`` that the weights follow, by a multinomial logit whose first component is the reference: after the
            fit, ``membership_coefficients_`` ``(K, 1 + q)``, intercept first. From the best fit without them, this goes on to the
            maximum of :math:`\sum_n w_n \log \sum_k \pi_k(z_n) p(x_n | k)`; ``weights_`` are then mean memberships.

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
            forget(self, OF_MEMBERSHIP)
            self._fit(X, sample_weight, component_labels, checkpoint)
            return self if covariates is None else with_covariates(self, X, covariates, sample_weight, component_labels)

    def _fit(
        self,
        X: TableLike,
        sample_weight: ArrayLike | None,
        component_labels: ArrayLike | None,
        checkpoint: PathLike | None,
    ) -> Self:
        self._check_parameters()
        metadata = {"sample_weight": sample_weight, "component_labels": component_labels}
        check_repairable(self.degenerate, {"frozen": self.frozen, "tied": self.tied, "component_labels": component_labels,
                                           "checkpoint": checkpoint})  # fmt: skip
        columns, (X, sample_weight, scaled) = self._input, weighed(X, sample_weight)
        data, weight = columns.learn(X, sample_weight)
        rows = FitRows(data, weight, known_codes(component_labels, self.n_components, data, weight))
        kind, generator = self._beginning().seeing(data, weight), self._generator()
        overview = surveyed_for(self, columns, kind, rows, generator)
        iterations = Iterations(self, X, {name: value for name, value in metadata.items() if value is not None})
        start, origin = start_of(self, kind, rows, overview, generator)
        gaps = start.missing if overview.missing else None
        previous = last_objective(self, overview, rows)

        def own(model: Mixture) -> Mixture:
            return restored(cast(model, "float64"), kind.given)

        unbounded = kind.unbounded and "covariances" not in start.frozen

        def run(begin: Mixture, previous: float = -np.inf) -> Solution:
            solution = climb(self, begin, rows.with_codes, weight, origin=origin, missing=gaps, iterations=iterations,
                             attributes=lambda model: columns.known() | self._attributes(own(model)),
                             checkpoint=checkpoint, previous=previous)  # fmt: skip
            ends = solution.model
            if unbounded:
                ends = maximized_once(
                    kind.barely_floored(ends, overview), rows.with_codes, weight, origin=origin, missing=gaps
                )
            with scope(self.precision):
                each = [own(restarts_at(ends, restart)) for restart in range(len(begin.weights))]
            found = [kind.degenerate(end, overview, columns.named) for end in each]
            return judged(solution, found, [unbounded and has_collapsed(one) for one in found])

        def restart(model: Mixture, components: np.ndarray) -> Mixture:
            return put_on_worst(model, components, kind.parts.rows(overview), overview, origin, generator)

        solution, said = repaired(self.degenerate, run(start, previous), run, restart)
        with scope(self.precision):
            model = own(restarts_at(solution.model, best_of(solution)))
        attributes: dict[str, Any] = self._attributes(model) | progress_attributes(solution)
        of_rows = {"effective_rows_": overview.weight, "rows_digest_": rows.digest(overview)}
        attributes |= {**of_rows, "degenerate_": said}
        forget(self, OF_STEPS)
        warn_degenerate(degenerate_in(solution), stacklevel=4)
        if not attributes["converged_"] and not was_stopped(solution):
            warnings.warn(attributes["outcome_"], ConvergenceWarning, stacklevel=3)
        widened = said_of(precision_for(start, self.precision), self.precision)
        attributes["outcome_"] = " ".join(filter(None, (attributes["outcome_"], said, scaled, widened)))
        set_attributes(self, attributes)
        iterations.end(lambda: columns.known() | attributes)
        if solution.outcome is Outcome.INTERRUPTED:
            raise KeyboardInterrupt
        return self

    def partial_fit(
        self,
        X: TableLike,
        y: object = None,
        sample_weight: ArrayLike | None = None,
        component_labels: ArrayLike | None = None,
    ) -> Self:
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
            Row weights ``(n,)``, not negative, read as in ``fit``, each batch on its own; None is 1 for every row. A later batch
            without any weight is no step.
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

    def _partial_fit(self, X: TableLike, sample_weight: ArrayLike | None, component_labels: ArrayLike | None) -> Self:
        self._check_parameters()
        check_schedule(self.learning_decay, self.learning_offset)
        if is_stream(X):
            raise ValueError(
                "Several batches were given; partial_fit takes one batch (rows, D) a call, fit takes a stream."
            )
        begun = hasattr(self, "model_")
        rows = self._input.rows(on_host(X), reset=not begun)
        weight = self._input.weight_of_batch(sample_weight, rows, needed=not begun)
        codes = None if component_labels is None else codes_of(component_labels, self.n_components, weight)
        if not weight.any():
            return self
        kind, batch = (
            self._beginning() if begun else self._beginning().seeing(rows, weight),
            FitRows(rows, weight, codes),
        )
        before = running_from(self, kind, batch) if begun else first_step(self, kind, batch, self._generator())
        now, log_likelihood = online_step(before, batch.with_codes, weight, decay=self.learning_decay,
                                          offset=self.learning_offset, precision=self.precision)  # fmt: skip
        with scope("float64"):
            model = now.model if now.origin is None else now.model.translated(now.origin)
            attributes = self._attributes(restored(cast(model, "float64"), kind.given))
        forget(self, (*OF_A_FIT, *OF_MEMBERSHIP))
        steps = {"running_statistics_": {"origin": now.origin, "sums": now.sums}, "n_steps_": now.steps}
        of_rows = {"effective_rows_": now.rows, "lower_bound_": log_likelihood / float(weight.sum())}
        return set_attributes(self, attributes | steps | of_rows)
