"""Contrastive divergence: statistics under the data minus statistics under samples of the model."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from sklearn.utils import check_random_state

from suffice.fit.batches import check_count, check_rows, check_weight, on_device, shuffled_batches
from suffice.fit.epochs import Record, continued, run_epochs
from suffice.outcome import Solution
from suffice.precision import cast, dtype_of, scope, to_numpy
from suffice.rows import as_rows

if TYPE_CHECKING:
    import optax

READ_ROWS = 10_000
TILE = 1024
LEARNING_RATE = 0.1


class ContrastState(NamedTuple):
    """All that ``contrast`` needs to go on: parameters, optimiser, chains, random key, epochs done."""

    model: Any
    optimizer_state: Any
    chains: Any
    key: Any
    epoch: Any


class ContrastSums(NamedTuple):
    """Sums over rows for the reader: of weights, free energies and reconstruction cross-entropies."""

    weight: Any
    free_energy: Any
    reconstruction: Any


def contrast(
    model: Any,
    data: Any,
    *,
    weight: Any = None,
    steps: int = 1,
    persistent: bool = False,
    learning_rate: float | None = None,
    optimizer: optax.GradientTransformation | None = None,
    batch_size: int = 100,
    epochs: int = 10,
    random_state: Any = 0,
    validation: Any = None,
    state: ContrastState | None = None,
    precision: str = "float32",
    progress: bool = False,
) -> Solution:
    r"""Learn an energy model by contrastive divergence, CD-k or persistent.

    Each batch moves the parameters along

    .. math:: \langle T \rangle_{\text{data}} - \langle T \rangle_{\text{samples}}

    with the same expected statistics T on both sides: weighted means over the rows of the batch, and over samples that
    ``steps`` steps of block Gibbs sampling make of these rows (Hinton 2002) or, persistent, of chains that go on from
    batch to batch (Tieleman 2008). Visible units are sampled. In the statistics the hidden units enter by their
    probability, which has the same expectation as a sample and less variance. An epoch is one compiled pass over all
    rows in random order; the last batch may be short.

    Parameters
    ----------
    model
        Energy model such as ``suffice.energy.RBM``: offers ``statistics``, ``gradient``, ``gibbs``, ``free_energy`` and
        ``reconstruction_cross_entropy``.
    data
        Values from 0 to 1, shape (n, D), in memory.
    weight
        Row weights, at least 0, shape (n,); None is 1 for every row. Rows of weight 0 are left out.
    steps
        Gibbs steps from data to sample, k of CD-k, at least 1.
    persistent
        Whether the chains go on from batch to batch instead of beginning at the data.
    learning_rate
        Step size of plain gradient ascent; None is 0.1. Not together with ``optimizer``.
    optimizer
        An Optax transformation to use instead, such as ``optax.sgd(0.1, momentum=0.5)``. One object serves many calls
        with one compilation.
    batch_size
        Rows in a batch; more than there are rows is all of them. Also the number of persistent chains.
    epochs
        Passes over the data in all, those behind ``state`` included.
    random_state
        Whole number, ``numpy.random.RandomState`` or None; one number gives the same parameters bit for bit.
    validation
        Values from 0 to 1, shape (m, D), only read.
    state
        ``solution.details["state"]`` of an earlier call, to go on from there: its parameters, optimiser, chains and
        random key are used in the place of ``model``'s parameters and ``random_state``.
    precision
        ``"float32"`` or ``"float64"``.
    progress
        Whether to draw a bar, on a terminal.

    Returns
    -------
    Solution
        ``trace`` holds an array a figure with one entry an epoch: ``epoch``, ``reconstruction`` (cross-entropy summed
        over units, nats a row, on at most 10,000 rows spread evenly) and, with ``validation``,
        ``validation_reconstruction`` and ``free_energy_gap`` (mean free energy of validation rows minus that of
        training rows, nats; it grows when the model overfits). ``details["state"]`` is the ``ContrastState`` to go on
        from. After Ctrl-C, or a step to parameters that are not finite, the model of the last good epoch is returned,
        and ``outcome`` says so.

    Raises
    ------
    ValueError
        When values lie outside 0 to 1 or are not finite, shapes do not fit, a number is out of range, or both
        ``learning_rate`` and ``optimizer`` are given.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.energy import RBM
    >>> from suffice.fit import contrast
    >>> rows = np.repeat([[1, 1, 0, 0], [0, 0, 1, 1]], 50, axis=0)
    >>> solution = contrast(RBM(4, 2, key=0), rows, epochs=30, batch_size=10, random_state=0)
    >>> bool(solution.trace["reconstruction"][-1] < solution.trace["reconstruction"][0])
    True
    """
    steps, epochs = check_count("steps", steps), check_count("epochs", epochs)
    dtype = dtype_of(precision)
    rows = _check_units(data, model, "data", dtype)
    held_out = None if validation is None else _check_units(validation, model, "validation", dtype)
    batch_size = check_count("batch_size", batch_size)
    optimizer = _chosen(optimizer, learning_rate)
    with scope(precision):
        (rows,), weight = on_device((rows,), check_weight(weight, len(rows)), dtype)
        batch_size = min(batch_size, len(rows))
        reader = _Reader(rows, weight, held_out, precision)
        begin = _initial(cast(model, precision), optimizer, rows, batch_size if persistent else 0, random_state)
        begin = begin if state is None else continued(state, begin)

        def epoch(state: ContrastState) -> tuple[ContrastState, Record]:
            state = _epoch(state, rows, weight, optimizer, steps, batch_size)
            return state, reader.read(state.model)

        last, trace, outcome = run_epochs(epoch, begin, epochs, progress)
        last = to_numpy(last)
    return Solution(last.model, trace, outcome, {"state": last})


@eqx.filter_jit
def _epoch(state: ContrastState, rows: Any, weight: Any, optimizer: Any, steps: int, batch_size: int) -> ContrastState:
    shuffle_key, key = jax.random.split(jax.random.fold_in(jax.random.wrap_key_data(state.key), state.epoch))
    index, true = shuffled_batches(shuffle_key, rows.shape[0], batch_size)

    def step(carry: Any, batch: Any) -> tuple[Any, None]:
        number, index, true = batch
        batch_rows, batch_weight = rows[index], weight[index] * true
        return _step(carry, batch_rows, batch_weight, jax.random.fold_in(key, number), optimizer, steps), None

    batches = (jnp.arange(len(index), dtype=jnp.int32), index, true)
    start = (state.model, state.optimizer_state, state.chains)
    (model, optimizer_state, chains), _ = lax.scan(step, start, batches)
    return ContrastState(model, optimizer_state, chains, state.key, state.epoch + 1)


def _step(carry: Any, rows: Any, weight: Any, key: Any, optimizer: Any, steps: int) -> Any:
    model, optimizer_state, chains = carry
    persistent = chains is not None
    samples = model.gibbs(chains if persistent else rows, key=key, steps=steps)
    sample_weight = jnp.ones(len(chains), weight.dtype) if persistent else weight
    gradient = model.gradient(model.statistics(rows, weight), model.statistics(samples, sample_weight))
    downhill = jax.tree.map(jnp.negative, gradient)
    updates, optimizer_state = optimizer.update(downhill, optimizer_state, model)
    return eqx.apply_updates(model, updates), optimizer_state, samples if persistent else None


def _initial(model: Any, optimizer: Any, rows: Any, n_chains: int, random_state: Any) -> ContrastState:
    seed = check_random_state(random_state).randint(np.iinfo(np.int32).max)
    key, chain_key = jax.random.split(jax.random.key(seed, impl="threefry2x32"))
    chains = jax.random.bernoulli(chain_key, jnp.asarray(0.5, rows.dtype), (n_chains, rows.shape[1])).astype(rows.dtype)
    epoch = jnp.zeros((), jnp.int32)
    return ContrastState(model, optimizer.init(model), chains if n_chains else None, jax.random.key_data(key), epoch)


class _Reader:
    """Reads the figures of the trace from a model, through the same sum over rows as everything else."""

    def __init__(self, rows: Any, weight: Any, validation: Any, precision: str):
        stride = -(-len(rows) // READ_ROWS)
        self.train = as_rows(rows[::stride], weight[::stride], precision=precision, tile=TILE)
        self.validation = None if validation is None else as_rows(validation, None, precision=precision, tile=TILE)

    def read(self, model: Any) -> Record:
        train = _means(model, self.train)
        if self.validation is None:
            return {"reconstruction": train.reconstruction}
        held_out = _means(model, self.validation)
        return {
            "reconstruction": train.reconstruction,
            "validation_reconstruction": held_out.reconstruction,
            "free_energy_gap": held_out.free_energy - train.free_energy,
        }


def _means(model: Any, rows: Any) -> ContrastSums:
    sums = to_numpy(rows.total(eqx.Partial(_sums, model)))
    return ContrastSums(*(figure / sums.weight for figure in sums))


def _sums(model: Any, rows: Any, weight: Any) -> ContrastSums:
    return ContrastSums(
        weight.sum(), weight @ model.free_energy(rows), weight @ model.reconstruction_cross_entropy(rows)
    )


def _check_units(data: Any, model: Any, name: str, dtype: Any) -> np.ndarray:
    (rows,) = check_rows((np.asarray(data),), name)
    n_visible = len(model.visible_bias)
    if rows.ndim != 2 or rows.shape[1] != n_visible:
        raise ValueError(
            f"{name} has shape {rows.shape}; this model needs (rows, {n_visible}), a column a visible unit."
        )
    low, high = rows.min(), rows.max()
    if low < 0 or high > 1:
        raise ValueError(
            f"{name} runs from {low:g} to {high:g}; binary units need values from 0 to 1: scale or binarise."
        )
    return np.asarray(rows, dtype)


def _chosen(optimizer: Any, learning_rate: float | None) -> Any:
    if optimizer is None:
        rate = LEARNING_RATE if learning_rate is None else float(learning_rate)
        if not 0 < rate < np.inf:
            raise ValueError(f"learning_rate={learning_rate}; it must be a number above 0.")
        return _plain_descent(rate)
    if learning_rate is not None:
        raise ValueError("Give either learning_rate or optimizer; an optimizer brings its own learning rate.")
    return optimizer


@cache
def _plain_descent(rate: float) -> optax.GradientTransformation:
    import optax

    return optax.sgd(rate)
