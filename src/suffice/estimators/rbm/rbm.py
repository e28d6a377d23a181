"""Restricted Boltzmann machines with scikit-learn's manners."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from suffice.energy.rbm.categorical_rbm import CategoricalRBM
from suffice.energy.rbm.chains import rows_with_missing
from suffice.energy.rbm.gaussian_rbm import GaussianRBM
from suffice.energy.rbm.given_cells import N_STEPS, conditional_draws
from suffice.energy.rbm.machine import BoltzmannMachine
from suffice.energy.rbm.rbm import RBM as Module
from suffice.estimators.rbm.fitted import FittedRBM
from suffice.estimators.shared.out_of_core import one_weight
from suffice.estimators.shared.row_weights import row_weights
from suffice.estimators.shared.visible_units import VisibleUnits
from suffice.fit.contrastive.epoch import ContrastState
from suffice.fit.contrastive.resume import state_of_record, state_record
from suffice.nets.initial_weights import InitialWeights
from suffice.outcome import Outcome, Solution
from suffice.rows.stored import mapped
from suffice.runtime.keys import seed_of
from suffice.runtime.types import ArrayLike, PathLike, TableLike

LASTING = ("n_hidden", "sampler", "n_chains", "n_temperatures", "centred", "precision")
"""Parameters that the chains and running means depend on."""


@dataclass(eq=False, repr=False)
class RBM(FittedRBM):
    r"""Restricted Boltzmann machine: binary hidden features of binary, real or categorical rows.

    .. math:: p(v, h) \propto \exp(v'Wh + b'v + a'h), \qquad p(v) = \sum_h p(v, h)

    (Smolensky, 1986; Hinton, 2002). Real columns are standardised and have a learned variance,
    :math:`- \tfrac12 \sum_d \lambda_d v_d^2` in the exponent; a column of categories is one unit for each, of which one is 1.
    Learned by stochastic gradient ascent on the log-likelihood, whose negative part comes from Markov chains.

    Parameters
    ----------
    n_hidden
        Number of hidden units P.
    visible
        ``"bernoulli"`` for values from 0 to 1, taken as probabilities of a 1; ``"gaussian"`` for real numbers;
        ``"categorical"`` for numbers that name categories.
    binarize
        For binary units: ``"auto"`` takes values in [0, 1] as they are, and where any lies outside counts cells above 0 as 1
        with a warning; a number is the threshold above which a cell counts as 1; None refuses values outside [0, 1].
    sampler
        ``"tempering"``: chains at several temperatures that exchange states and go on from batch to batch (Desjardins et al.,
        2010). ``"pcd"``: such chains at one temperature (persistent contrastive divergence; Tieleman, 2008), a tenth of the work,
        which may stay in one group of rows. ``"cd"``: chains that begin at the rows of the batch (Hinton, 2002).
    n_steps
        Steps k of Gibbs sampling for each batch.
    n_chains
        Number of persistent chains.
    n_temperatures
        Temperatures of each chain of ``"tempering"``.
    centred
        Whether to follow the centred gradient (Montavon and Müller, 2012).
    learning_rate
        Size of the first steps, above 0.
    schedule
        How it goes on: ``"constant"``; ``"linear"``, constant for half of the epochs and falling to 0 over the other half; or
        ``"cosine"``, falling to 0 along half a cosine. ``partial_fit`` takes steps of constant size.
    momentum
        Share of the last step that is taken again, from 0 to below 1.
    weight_decay
        Pull of the weights to 0: half this times their squares is subtracted from the mean log-likelihood.
    averaging
        Share of the old in a running mean of the parameters that becomes the model, from 0 to below 1; 0 is no mean.
    optimizer
        An Optax transformation in place of learning_rate, schedule, momentum and weight_decay. Not saved to files.
    batch_size
        Rows in a batch; None is the power of two below a quarter of the rows, 8 at least and 128 at most, for ``partial_fit``
        all rows of a call, 256 at most.
    epochs
        Passes over the rows; None is as many as make 4,000 steps, 10 at least and 200 at most.
    weight_scale
        Standard deviation of the initial weights; None is 0.01, of real columns 1 / sqrt(D). Visible biases begin where they fit
        the means of the data, hidden ones at 0.
    validation_fraction
        Share of the rows to hold out where ``fit`` is given no validation rows; None is none.
    largest_gap
        Stop before the mean free energy of rows held out exceeds that of training rows by more than so many nats; None goes on.
    random_state
        Seed, or NumPy random state; the same seed gives the same result bit for bit.
    precision
        ``"float32"`` or ``"float64"``, of learning and sampling; free energies and likelihoods are float64.
    verbose
        1 shows a progress bar on a terminal.

    Attributes
    ----------
    weights_ : numpy.ndarray
        W, ``(D, P)``; D counts units, several for a column of categories.
    visible_bias_, hidden_bias_ : numpy.ndarray
        b ``(D,)`` and a ``(P,)``.
    model_ : suffice.energy.RBM
        The fitted module.
    trace_ : dict of numpy.ndarray
        For each epoch ``epoch``, ``reconstruction`` (cross-entropy, nats a row) and, with rows held out,
        ``validation_reconstruction`` and ``free_energy_gap``.
    n_iter_ : int
        Epochs done, or steps of ``partial_fit``.
    outcome_ : str
        How the fit ended, a sentence.
    chains_ : numpy.ndarray
        States ``(n_chains, D)`` at which sampling begins.
    base_ : numpy.ndarray
        Visible biases ``(D,)`` that alone fit the means of the data: where the fit and annealing begin.
    log_partitions_ : dict of suffice.energy.LogPartition
        What annealing has found so far.
    learning_state_ : dict
        What ``partial_fit`` goes on from: parameters before averaging, the optimiser's arrays, chains at all temperatures, the
        running means that the gradient is centred at, epochs done, and under which settings.
    threshold_ : float or None
        Above it a cell counts as 1; None takes values as they are. For binary units.
    mean_, scale_ : numpy.ndarray
        Of each column, for real ones.
    categories_ : list of numpy.ndarray
        Values of each column, for categories.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice import RBM
    >>> X = np.repeat([[1, 1, 0, 0], [0, 0, 1, 1]], 50, axis=0)
    >>> rbm = RBM(2, epochs=60, batch_size=10, learning_rate=0.2, random_state=0).fit(X)
    >>> bool(rbm.score(X) > rbm.score(1 - X[:1] * [0, 1, 0, 1]))
    True
    >>> rbm.transform(X).shape
    (100, 2)
    """

    visible: str = "bernoulli"

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.sparse = self.visible == "bernoulli"
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    def fit(
        self,
        X: TableLike,
        y: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        *,
        validation: TableLike | None = None,
        checkpoint: PathLike | None = None,
    ) -> Self:
        """Learn the parameters.

        Parameters
        ----------
        X
            Rows ``(n, D)``: an array or a DataFrame, in which NaN is a missing cell, or for binary units a scipy.sparse matrix,
            of which some batches at a time are made dense. Or complete rows in files: a memory-mapped array, as ``numpy.load``
            gives it with ``mmap_mode="r"``, or a stream of batches such as ``suffice.data.stream_parquet``, which is copied to a
            temporary file. Above 32 MB they are learned from windows of so much: blocks of neighbours in random order, shuffled
            in the window.
        y
            Ignored; for scikit-learn's sake.
        sample_weight
            Row weights ``(n,)``, not negative; None is 1 for every row.
        validation
            Complete rows ``(m, D)`` that are only read, for the trace and ``largest_gap``; None takes ``validation_fraction``.
        checkpoint
            File to keep the state of the fit in, after an epoch, every second or less often. If it is there, the fit goes on
            from it to what it would have given uninterrupted, bit for bit; that takes the same data, parameters and a fixed
            ``random_state``. It stays when the fit ends: remove it once the result is safe.

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
        UserWarning
            If values lie outside [0, 1] and ``binarize="auto"``, or learning diverged: the last good parameters are kept.
        SaturatedUnitWarning
            If hidden units are always 1 or always 0.
        """
        self._check_parameters()
        rows, brought = self._rows_and_weights(X, reset=True)
        weight = row_weights(one_weight(sample_weight, brought), rows)
        visible = self._learn_units(self.visible, rows, weight)
        units, seed = mapped(visible.encode, rows), seed_of(self.random_state)
        held_out = None if validation is None else visible.encode(self._table(validation, reset=False))
        model = self._module(visible, units.shape[1], seed)
        self._remember(self._fit(model, units, weight, held_out, seed, checkpoint))
        return self

    def partial_fit(self, X: TableLike, y: ArrayLike | None = None, sample_weight: ArrayLike | None = None) -> Self:
        """One pass over some rows, from the parameters, chains and momentum that the last call left.

        That is one step on all of them, where ``batch_size`` is None and they are at most 256; ever new numbers of rows take no
        new program. It goes on so after loading from a file too. An optimiser of another kind than before begins from rest. The
        first call chooses the start, the threshold, means and categories from its rows; give it rows enough.

        Parameters
        ----------
        X
            Rows ``(n, D)``; NaN is a missing cell, drawn given the others before the pass.
        y
            Ignored; for scikit-learn's sake.
        sample_weight
            Row weights ``(n,)``, not negative; None is 1 for every row.

        Raises
        ------
        ValueError
            As ``fit``, and where parameters that the chains depend on have other values than at the last call.
        """
        self._check_parameters()
        begun = hasattr(self, "model_")
        rows, brought = self._rows_and_weights(X, reset=not begun)
        weight = row_weights(one_weight(sample_weight, brought), rows)
        visible = self._units if begun else self._learn_units(self.visible, rows, weight)
        units, seed = mapped(visible.encode, rows), seed_of(self.random_state)
        done, state = (self.n_iter_, self._state(seed)) if begun else (0, None)
        if begun and isinstance(units, np.ndarray) and rows_with_missing(units).any():
            key = seed_of(self.random_state)
            units = conditional_draws(self.model_, units, self.base_, N_STEPS, key=key)
        model = self.model_ if begun else self._begun(self._module(visible, units.shape[1], seed), units, weight)
        self._remember(self._go_on(model if state is None else state, units, weight, seed))
        self.n_iter_ = done + 1
        return self

    def as_initial_weights(self) -> InitialWeights:
        """Weights for the first layer of a classifier or an autoencoder: copies, in the units of the rows given to ``fit``.

        Where a threshold cuts binary columns, they are for its zeros and ones.

        Returns
        -------
        InitialWeights
            ``weights`` (D, P), ``hidden_bias`` (P,) and ``visible_bias`` (D,).
        """
        check_is_fitted(self, "model_")
        model = self.model_
        visible_bias = model.mean_at(model.visible_bias) if self.visible == "gaussian" else model.visible_bias
        return self._units.weights_for_rows(*map(np.asarray, (model.weights, model.hidden_bias, visible_bias)))

    def _module(self, visible: VisibleUnits, n_visible: int, seed: int) -> BoltzmannMachine:
        """The module of this kind of visible units, with random weights."""
        scale = self._weight_scale(n_visible, visible.kind)
        if visible.kind == "categorical":
            sizes = [len(values) for values in visible.categories]
            return CategoricalRBM(sizes, self.n_hidden, key=seed, scale=scale)
        module = GaussianRBM if visible.kind == "gaussian" else Module
        return module(n_visible, self.n_hidden, key=seed, scale=scale)

    def _remember(self, solution: Solution) -> None:
        """Keep what ``partial_fit`` goes on from."""
        settings = {name: getattr(self, name) for name in LASTING}
        self.learning_state_ = state_record(solution.details["state"]) | {"settings": settings}
        if solution.outcome is Outcome.INTERRUPTED:
            raise KeyboardInterrupt

    def _state(self, seed: int) -> ContrastState:
        """What the last call left, refused where its chains would be others."""
        settings = self.learning_state_["settings"]
        for name, value in settings.items():
            if getattr(self, name) != value:
                raise ValueError(
                    f"{name}={getattr(self, name)!r} was given, and partial_fit goes on from {name}={value!r}: set it back, or "
                    "begin anew with fit."
                )
        average = self.model_ if self.averaging else None
        return state_of_record(self.learning_state_, average, self.base_, seed, self._ascent(), self.precision)
