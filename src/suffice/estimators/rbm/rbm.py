"""Restricted Boltzmann machines with scikit-learn's manners."""

from __future__ import annotations

from typing import Any, NamedTuple, Self

import numpy as np
from sklearn.base import TransformerMixin
from sklearn.utils.validation import check_is_fitted

from suffice.estimators.rbm.learning import RBMLearning
from suffice.estimators.rbm.sampling import FILLING_STEPS, RBMSampling, gaps
from suffice.estimators.rbm.scores import RBMScores
from suffice.estimators.rbm.state import learning_state, state_before
from suffice.outcome import Outcome, Solution


class InitialWeights(NamedTuple):
    """Where a network may start: ``sigmoid(X @ weights + hidden_bias)`` is ``transform(X)`` of the RBM."""

    weights: np.ndarray
    hidden_bias: np.ndarray
    visible_bias: np.ndarray


class RBM(RBMScores, RBMSampling, TransformerMixin, RBMLearning):
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
        ``"pcd"``: chains that go on from batch to batch (persistent contrastive divergence; Tieleman, 2008). ``"cd"``: chains
        that begin at the rows of the batch (Hinton, 2002). ``"tempering"``: persistent chains at several temperatures that
        exchange states (Desjardins et al., 2010).
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
        Rows in a batch.
    epochs
        Passes over the rows.
    weight_scale
        Standard deviation of the initial weights. Visible biases begin where they fit the means of the data, hidden ones at 0.
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

    def __init__(
        self,
        n_hidden: int = 128,
        visible: str = "bernoulli",
        *,
        binarize: float | str | None = "auto",
        sampler: str = "pcd",
        n_steps: int = 1,
        n_chains: int = 100,
        n_temperatures: int = 10,
        centred: bool = True,
        learning_rate: float = 0.1,
        schedule: str = "linear",
        momentum: float = 0.0,
        weight_decay: float = 0.0,
        averaging: float = 0.0,
        optimizer: Any = None,
        batch_size: int = 100,
        epochs: int = 20,
        weight_scale: float = 0.01,
        validation_fraction: float | None = None,
        largest_gap: float | None = None,
        random_state: Any = None,
        precision: str = "float32",
        verbose: int = 0,
    ):
        self.n_hidden = n_hidden
        self.visible = visible
        self.binarize = binarize
        self.sampler = sampler
        self.n_steps = n_steps
        self.n_chains = n_chains
        self.n_temperatures = n_temperatures
        self.centred = centred
        self.learning_rate = learning_rate
        self.schedule = schedule
        self.momentum = momentum
        self.weight_decay = weight_decay
        self.averaging = averaging
        self.optimizer = optimizer
        self.batch_size = batch_size
        self.epochs = epochs
        self.weight_scale = weight_scale
        self.validation_fraction = validation_fraction
        self.largest_gap = largest_gap
        self.random_state = random_state
        self.precision = precision
        self.verbose = verbose

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.sparse = self.visible == "bernoulli"
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    @property
    def _n_features_out(self) -> int:
        return self.weights_.shape[1]

    def fit(self, X: Any, y: Any = None, sample_weight: Any = None, *, validation: Any = None) -> Self:
        """Learn the parameters.

        Parameters
        ----------
        X
            Rows ``(n, D)``: an array or a DataFrame, in which NaN is a missing cell, or for binary units a scipy.sparse matrix,
            of which some batches at a time are made dense.
        y
            Ignored; for scikit-learn's sake.
        sample_weight
            Row weights ``(n,)``, not negative; None is 1 for every row.
        validation
            Complete rows ``(m, D)`` that are only read, for the trace and ``largest_gap``; None takes ``validation_fraction``.

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
        rows = self._table(X, reset=True)
        weight = self._weights_of(sample_weight, rows)
        self._learn_units(rows, weight)
        units, seed = self._units(rows), self._seed()
        if validation is None:
            units, weight, held_out = self._split(units, weight, seed)
        else:
            held_out = self._units(self._table(validation, reset=False))
        solution = self._learn(self._begin(units, weight, seed), units, weight, held_out, int(self.epochs), seed)
        self._keep(solution, units, weight)
        if solution.outcome is Outcome.INTERRUPTED:
            raise KeyboardInterrupt
        return self

    def partial_fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Self:
        """One pass over some rows, from the parameters, chains and momentum that the last call left.

        That holds after loading from a file too. An optimiser of another kind than before begins from rest. The first call
        chooses the start, the threshold, means and categories from its rows; give it rows enough.

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
        maximize_given_responsibilities = hasattr(self, "model_")
        rows = self._table(X, reset=not maximize_given_responsibilities)
        weight = self._weights_of(sample_weight, rows)
        if not maximize_given_responsibilities:
            self._learn_units(rows, weight)
        units, seed, done = self._units(rows), self._seed(), self.n_iter_ if maximize_given_responsibilities else 0
        if maximize_given_responsibilities and gaps(units).any():
            units = np.where(np.isnan(units), self._drawn(units, FILLING_STEPS), units)
        state = state_before(self, seed) if maximize_given_responsibilities else None
        model = self.model_ if maximize_given_responsibilities else self._begin(units, weight, seed)
        epochs = 1 if state is None else int(state.epoch) + 1
        self._keep(self._learn(model, units, weight, None, epochs, seed, state=state), units, weight)
        self.n_iter_ = done + 1
        return self

    def as_initial_weights(self) -> InitialWeights:
        """Weights for the first layer of a classifier or an autoencoder: copies, in the units of the rows given to ``fit``.

        Returns
        -------
        InitialWeights
            ``weights`` (D, P), ``hidden_bias`` (P,) and ``visible_bias`` (D,).
        """
        check_is_fitted(self, "model_")
        model = self.model_
        if self.visible != "gaussian":
            return InitialWeights(model.weights.copy(), model.hidden_bias.copy(), model.visible_bias.copy())
        weights = model.weights / self.scale_[:, None]
        decoded = self.mean_ + self.scale_ * model.mean_at(model.visible_bias)
        return InitialWeights(weights, model.hidden_bias - self.mean_ @ weights, np.asarray(decoded))

    def _keep(self, solution: Solution, units: Any, weight: np.ndarray) -> None:
        super()._keep(solution, units, weight)
        self.learning_state_ = learning_state(self, solution.details["state"])
