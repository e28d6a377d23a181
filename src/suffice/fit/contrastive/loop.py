"""Contrastive divergence: statistics under the data minus statistics under samples of the model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax
import numpy as np
from jax.sharding import NamedSharding
from jaxtyping import Bool, Float

from suffice.energy.rbm.machine import BoltzmannMachine
from suffice.fit.batched import seed_of_epoch
from suffice.fit.batches import check_weight, few, lengthened, relative, room
from suffice.fit.contrastive.epoch import Batches, ContrastState, Options, run_batches
from suffice.fit.contrastive.rows import check_visible, tiles
from suffice.fit.contrastive.start import CD_1, Gibbs, first_outline, first_state
from suffice.fit.contrastive.steps import PLAIN, Ascent, Schedule
from suffice.fit.contrastive.trace import check_gap, reader_of, verdict
from suffice.fit.contrastive.windowed import after_shared, after_windows, batches_in_order
from suffice.fit.epochs import UNWATCHED, Record, Watch, checkpoint_of, continued, run_epochs
from suffice.fit.spanning import Shared, together, weights_of
from suffice.outcome import Solution
from suffice.rows.stored import Stored
from suffice.runtime.arrays import Array
from suffice.runtime.forked import refuse_forked
from suffice.runtime.precision import cast, dtype_of, scope, to_numpy
from suffice.runtime.types import ArrayLike, DType, RandomState, Sparse, is_sparse
from suffice.validation import check_share, check_sizes

if TYPE_CHECKING:
    import optax

SMALL_BATCH = 128
"""Rows of a batch up to which few rows are filled up, so that one program serves any number of them."""


def contrast(
    model: BoltzmannMachine | ContrastState,
    data: ArrayLike | Sparse,
    *,
    weight: ArrayLike | None = None,
    sampling: Gibbs = CD_1,
    ascent: Ascent = PLAIN,
    batch_size: int = 100,
    epochs: int = 10,
    random_state: RandomState = 0,
    validation: ArrayLike | Sparse | None = None,
    largest_gap: float | None = None,
    precision: str = "float32",
    watch: Watch[ContrastState] = UNWATCHED,
) -> Solution:
    r"""Learn an energy model by contrastive divergence, CD-k or persistent.

    Each batch moves the parameters along

    .. math:: \langle T \rangle_{\text{data}} - \langle T \rangle_{\text{samples}}

    with the same expected statistics T on both sides: weighted means over the rows of the batch, and over samples that
    some steps of block Gibbs sampling make of these rows (Hinton 2002) or, persistent, of chains that go on from
    batch to batch (Tieleman 2008). Visible units are sampled. In the statistics the hidden units enter by their
    probability, which has the same expectation as a sample and less variance. An epoch is one compiled pass over all
    rows in random order; the last batch may be short. Missing cells take one Gibbs step given the others each time their
    row comes up, from where the last epoch left them.

    Parameters
    ----------
    model
        Energy model such as ``suffice.energy.RBM``: offers ``statistics``, ``gradient``, ``gibbs``, ``free_energy`` and
        ``reconstruction_cross_entropy``. Or ``solution.details["state"]`` of an earlier call, to go on from there: it brings
        its parameters, optimiser, chains and random key.
    data
        Values that the visible units may have, from 0 to 1 if they are binary, shape (n, D), in memory: an array, where NaN is a
        missing cell, or a scipy.sparse matrix, of which a few batches at a time are made dense. Or a memory-mapped array of
        complete rows; above 32 MB a window of so much is in memory: blocks in random order, whose rows are shuffled. Or an array
        of complete rows that several processes share (``jax.distributed``), split along its rows, which stay where they are.
    weight
        Row weights, at least 0, shape (n,); None is 1 for every row. Rows of weight 0 are left out. The step of a batch is as
        large as its mean weight, over that of all rows: a row of weight 2 counts as the row twice at any size of batches.
    sampling
        How samples of the model are drawn; one Gibbs step from each row by default.
    ascent
        How parameters follow the gradient: learning rate, momentum and what else there is to it.
    batch_size
        Rows in a batch; more than there are rows is all of them.
    epochs
        Passes over the data in all, those behind a state included.
    random_state
        Whole number, ``numpy.random.RandomState`` or None; one number gives the same parameters bit for bit.
    validation
        Rows of the same kind, shape (m, D), only read.
    largest_gap
        Stop before the free-energy gap exceeds so many nats; None goes on. Needs ``validation``.
    precision
        ``"float32"`` or ``"float64"``.
    watch
        A bar on a terminal, and a function told of each epoch; by default there is neither.

    Returns
    -------
    Solution
        ``trace`` holds an array a figure with one entry an epoch: ``epoch``, ``reconstruction`` (cross-entropy summed
        over units, nats a row, on at most 2,000 rows spread evenly) and, with ``validation``,
        ``validation_reconstruction`` and ``free_energy_gap`` (mean free energy of validation rows minus that of
        training rows, nats; it grows when the model overfits; where training rows have gaps, validation rows are given the
        same ones, and both are filled by as many steps). ``details["state"]`` is the ``ContrastState`` to go on
        from, ``details["start"]`` the one before the first epoch. After Ctrl-C, or an epoch that leads to parameters that are
        not finite or that reconstruct rows twice as badly as those at the start, the model of the last good epoch is
        returned, and ``outcome`` says so.

    Raises
    ------
    ValueError
        When values lie outside the units' range or are infinite, shapes do not fit, a number is out of range, or both
        ``optimizer`` and what it replaces are given.

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
    refuse_forked()
    check_sizes(steps=sampling.steps, epochs=epochs, batch_size=batch_size)
    check_share("averaging", ascent.averaging)
    dtype, before = dtype_of(precision), model if isinstance(model, ContrastState) else None
    model = model.model if isinstance(model, ContrastState) else model
    rows = check_visible(data, model, "data", dtype, missing=True)
    held_out = None if validation is None else check_visible(validation, model, "validation", dtype)
    check_gap(largest_gap, held_out)
    optimizer, schedule = ascent.optimizer_and_schedule()
    options = int(sampling.steps), float(ascent.averaging), bool(ascent.centred)
    chains = sampling.chain_shape(int(batch_size), rows.shape[0])
    rows, weight = _weighted_rows(rows, relative(check_weight(weights_of(weight), rows.shape[0])))
    count = int((weight > 0).sum())
    batch_size = min(int(batch_size), room(count, int(batch_size), SMALL_BATCH))
    length = batch_size * few(-(-count // batch_size))
    with scope(precision):
        sharding = rows.sharding if isinstance(rows, Shared) else None
        placed, weights, known = _placed(rows, weight.astype(dtype), length)
        start = cast(model, precision), optimizer, placed, known, chains, options
        if before is None:
            begin = first_state(*start, random_state)
        else:
            begin = continued(_filled_up(before, length), first_outline(*start))
        reader = reader_of(rows, weight, held_out, precision)

        def run(state: ContrastState, rows: Any, weight: Any, batches: Batches) -> ContrastState:
            return _epoch(state, rows, weight, known, batches, optimizer, options, sharding)

        def epoch(state: ContrastState) -> tuple[ContrastState, Record]:
            if isinstance(rows, Shared):
                state = after_shared(run, state, rows, batch_size, schedule, dtype)
            elif isinstance(rows, Stored):
                state = after_windows(run, state, rows, weight.astype(dtype), batch_size, schedule, dtype)
            else:
                state = run(state, placed, weights, _shuffled(state, count, batch_size, schedule, dtype))
            state = state._replace(epoch=state.epoch + 1)
            return state, reader.read(state)

        first = reader.read(begin)
        judge = verdict(first["reconstruction"], largest_gap)
        rates = np.asarray(schedule(2 ** np.arange(31)), np.float64)
        moves = [ascent.momentum, ascent.weight_decay, batch_size, *map(float, rates)]
        content, words = _arrays_of(rows, weight), list(map(str, options))
        kept = checkpoint_of(watch, begin, content, shared=sharding is not None, options=words, ascent=moves)
        with together(sharding is not None):
            last, trace, outcome = run_epochs(epoch, begin, int(epochs), watch, judge, kept)
            last = _without_filling(to_numpy(last), count)
    trace = trace or {name: np.zeros(0) for name in ("epoch", *first)}
    return Solution(last.best, trace, outcome, {"state": last, "start": _without_filling(to_numpy(begin), count)})


def _epoch(
    state: ContrastState,
    rows: Float[Array, "n D"] | Sparse,
    weight: Float[Array, " n"],
    known: Bool[Array, "n D"] | None,
    batches: Batches,
    optimizer: optax.GradientTransformation,
    options: Options,
    sharding: NamedSharding | None,
) -> ContrastState:
    if not is_sparse(rows):
        return run_batches(state, rows, weight, known, batches, optimizer, options, sharding)
    for here, tile, tile_weight in tiles(rows, np.asarray(weight), np.asarray(batches.index)[: batches.used]):
        part = _stretch(batches, here, len(tile) // batches.index.shape[1])
        state = run_batches(state, tile, tile_weight, None, part, optimizer, options)
    return state


def _shuffled(state: ContrastState, count: int, batch_size: int, schedule: Schedule, dtype: DType) -> Batches:
    """Rows in random order, cut into batches."""
    draw = np.random.default_rng(seed_of_epoch(state))
    first = int(state.epoch) * -(-count // batch_size)
    return batches_in_order(draw.permutation(count), first, batch_size, schedule, dtype)


def _stretch(batches: Batches, here: slice, count: int) -> Batches:
    """Some batches of sparse rows, which were made dense in their order, filled up to ``count``."""
    used = len(batches.index[: batches.used][here])
    own = np.arange(count * batches.index.shape[1], dtype=np.int32).reshape(count, -1)
    number, true, rate = (
        lengthened(np.asarray(part)[: batches.used][here], count)
        for part in (batches.number, batches.true, batches.rate)
    )
    return Batches(number, own, true, rate, np.int32(used))


def _filled_up(state: ContrastState, length: int) -> ContrastState:
    return state if state.filled is None else state._replace(filled=lengthened(np.asarray(state.filled), length))


def _without_filling(state: ContrastState, count: int) -> ContrastState:
    return state if state.filled is None else state._replace(filled=np.asarray(state.filled)[:count])


def _weighted_rows(rows: Any, weight: np.ndarray) -> tuple[Any, np.ndarray]:
    """Rows of positive weight; stored ones are left out as they are read, and those of other processes as they are drawn."""
    if isinstance(rows, Shared):
        return Shared(rows.arrays, weight.astype(rows.arrays[0].dtype)), weight
    return (rows, weight) if weight.all() or isinstance(rows, Stored) else (rows[weight > 0], weight[weight > 0])


def _arrays_of(rows: Any, weight: np.ndarray) -> tuple[Any, ...]:
    sparse: Any = rows
    if isinstance(rows, Shared):
        return (*rows.shown(), weight)
    return (sparse.data, sparse.indices, sparse.indptr, weight) if is_sparse(rows) else (rows, weight)


def _placed(rows: Any, weight: np.ndarray, length: int) -> tuple[Any, Array, Array | None]:
    """Rows and weights on the device, filled up to one length for few rows, and which cells are known if not all are."""
    if is_sparse(rows) or isinstance(rows, (Stored, Shared)):
        return rows, weight, None
    rows, weight = lengthened(rows, length), lengthened(weight, length)
    known = ~np.isnan(rows)
    return jax.device_put(rows), jax.device_put(weight), None if known.all() else jax.device_put(known)
