"""Learning from one batch after another, in bounded memory: ``partial_fit``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

import equinox as eqx
import jax
import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils.validation import _check_sample_weight

from suffice.fit.online import advanced, effective_rows, step_size
from suffice.fit.restarts import restarts_at
from suffice.latent.known_components import codes_of, labelled_start, refuse_contradiction
from suffice.latent.restrictions import fixed_ties
from suffice.model import EStep
from suffice.rows.place import missing_layout, place
from suffice.rows.row_function import prepared
from suffice.rows.streams import is_stream, on_host
from suffice.rows.survey import NO_WEIGHT, survey
from suffice.runtime.blas import one_blas_thread
from suffice.runtime.precision import cast, scope, to_numpy
from suffice.validation import check_at_least

OF_A_FIT = ("traces_", "lower_bounds_", "n_iter_", "converged_", "outcome_")
"""Fitted attributes that say how ``fit`` went, and nothing of steps after it."""


class OnlineLearning:
    """Online expectation-maximisation for mixture estimators."""

    model_: Any
    random_state: Any
    n_components: int
    n_init: int
    precision: str
    learning_decay: float = 0.7
    learning_offset: float = 10.0
    n_steps_: int
    effective_rows_: float
    lower_bound_: float
    running_statistics_: dict[str, Any]
    _first_origin: Callable[..., Any]
    _table: Callable[..., np.ndarray]
    _origin: Callable[..., Any]
    _set_model: Callable[..., None]
    _check_parameters: Callable[..., None]
    _check_same_model: Callable[..., None]
    _check_size: Callable[..., None]
    _first_model: Callable[..., Any]
    frozen: Any
    tied: Any
    _frozen_names: Callable[[], tuple[str, ...]]
    _ties: Callable[[], dict[str, np.ndarray]]
    _sample_size: Callable[[], int]

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
        self._check_schedule()
        if is_stream(X):
            raise ValueError(
                "Several batches were given; partial_fit takes one batch (rows, D) a call, fit takes a stream."
            )
        maximize_given_responsibilities = hasattr(self, "model_")
        rows = self._table(on_host(X), reset=not maximize_given_responsibilities)
        weight = self._batch_weight(sample_weight, rows, maximize_given_responsibilities)
        codes = None if component_labels is None else codes_of(component_labels, self.n_components, weight)
        if not weight.any():
            return self
        if maximize_given_responsibilities:
            self._check_same_model(rows.shape[1], "partial_fit")
            self._check_same_restrictions()
            if codes is not None:
                refuse_contradiction(self.model_.weights, codes)
            state = self._continued()
        else:
            state = self._begun(rows, weight, codes)
        self._step(rows, weight, codes, *state)
        return self

    def _check_schedule(self) -> None:
        self._check_parameters()
        check_at_least("learning_offset", self.learning_offset, 0.0)
        check_at_least("learning_decay", self.learning_decay, 0.5)
        if not 0.5 < self.learning_decay <= 1:
            raise ValueError(
                f"learning_decay={self.learning_decay!r} was given; a number above 0.5 and at most 1 is expected."
            )

    def _check_same_restrictions(self) -> None:
        if self._frozen_names() != self.model_.frozen:
            raise ValueError(
                f"frozen={self.frozen!r} was given, but {list(self.model_.frozen)} are frozen in the fitted model; set it as it "
                "was, or fit anew."
            )
        if fixed_ties(self._ties()) != self.model_.tied:
            raise ValueError(
                f"tied={self.tied!r} was given, but {dict(self.model_.tied)} is tied in the fitted model; set it as it was, or "
                "fit anew."
            )

    def _batch_weight(self, sample_weight: Any, rows: np.ndarray, maximize_given_responsibilities: bool) -> np.ndarray:
        if np.shape(sample_weight) != (len(rows),) or np.any(sample_weight):
            return _check_sample_weight(sample_weight, rows, dtype=np.float64, ensure_non_negative=True)
        if not maximize_given_responsibilities:
            raise ValueError(NO_WEIGHT)
        return np.zeros(len(rows))

    def _begun(self, rows: np.ndarray, weight: np.ndarray, codes: np.ndarray | None) -> tuple[Any, Any, Any]:
        """Where ``fit`` would start: the model, the origin of rows, and no statistics."""
        generator = np.random.default_rng(check_random_state(self.random_state).randint(2**31 - 1))
        overview = survey(rows, weight, self._sample_size(), generator)
        self._check_size(overview)
        with scope("float64"):
            origin = self._first_origin(overview)
            if codes is None:
                starts = self._first_model(overview, origin, generator)
            else:
                starts = labelled_start(self, rows, weight, codes, overview, origin, generator)
            starts = cast(starts if origin is None else starts.translated(-origin), "float64")
        best = 0
        if self.n_init > 1:
            best = int(np.nanargmax(self._expected(starts, rows, weight, codes, origin).log_likelihood))
        return restarts_at(starts, best), origin, None

    def _continued(self) -> tuple[Any, Any, Any]:
        """The model, the origin of rows, and the statistics so far; None where they are not known."""
        kept = getattr(self, "running_statistics_", None)
        if kept is not None:
            origin = kept["origin"]
            return self._centred(origin), origin, kept["sums"]
        origin = self._origin(self.model_)
        model = self._centred(origin)
        fitted = getattr(self, "effective_rows_", None)
        with scope("float64"):
            sums = None if fitted is None else model.statistics_at(fitted)
        return model, origin, None if sums is None else [np.asarray(leaf) / fitted for leaf in jax.tree.leaves(sums)]

    def _centred(self, origin: Any) -> Any:
        return cast(self.model_ if origin is None else self.model_.translated(-origin), "float64")

    def _expected(self, model: Any, rows: np.ndarray, weight: np.ndarray, codes: np.ndarray | None, origin: Any) -> Any:
        """Statistics of a batch about zero; of independent columns always with their cells counted, so that all can be added."""
        lowered = cast(model, self.precision)
        with scope(self.precision):
            counted = lowered.components.counts_cells and lowered.components.missing_form(True) is not None
            gaps = model.missing if counted else missing_layout(model.missing, rows)
            data = rows if codes is None else (rows, codes)
            placed = place(data, weight, origin=origin, precision=self.precision, tile=model.tile, missing=gaps)
            sums = to_numpy(placed.total(prepared(EStep(lowered, lowered.needs_centring()))))
        with scope("float64"):
            moments = cast(lowered, "float64").components.about_zero(cast(sums.moments, "float64"))
            return cast(to_numpy(eqx.tree_at(lambda s: s.moments, sums, moments)), "float64")

    def _step(
        self,
        rows: np.ndarray,
        weight: np.ndarray,
        codes: np.ndarray | None,
        model: Any,
        origin: Any,
        kept: list[np.ndarray] | None,
    ) -> None:
        batch, size = self._expected(model, rows, weight, codes, origin), float(weight.sum())
        leaves, structure = jax.tree.flatten(batch)
        step = getattr(self, "n_steps_", 0) + 1
        rho, effective = 1.0, size
        if kept is not None:
            rho = step_size(step, self.learning_decay, self.learning_offset)
            effective = effective_rows(self.effective_rows_, size, rho)
        running = jax.tree.unflatten(structure, [np.zeros_like(leaf) for leaf in leaves] if kept is None else kept)
        with scope("float64"):
            model, running = advanced(model, batch, running, np.asarray(rho), np.asarray(effective))
            self._set_model(to_numpy(model if origin is None else model.translated(origin)))
        self.running_statistics_ = {"origin": origin, "sums": jax.tree.leaves(to_numpy(running))}
        self.n_steps_, self.effective_rows_ = step, effective
        self.lower_bound_ = float(batch.log_likelihood) / size
        self._forget(OF_A_FIT)

    def _after_fit(self, weight: float) -> None:
        """Note how many rows the parameters of ``fit`` rest on; steps before it no longer count."""
        self._forget(("running_statistics_", "n_steps_"))
        self.effective_rows_ = float(weight)

    def _forget(self, names: tuple[str, ...]) -> None:
        for name in names:
            vars(self).pop(name, None)
