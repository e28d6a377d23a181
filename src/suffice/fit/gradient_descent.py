"""Stochastic gradient descent on a weighted mean of losses."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, partial
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from jaxtyping import Bool, Float, Int, Key, Num, PyTree, Shaped

from suffice.fit.batched import batched
from suffice.fit.batches import Plan, rounds_of, shuffled_batches
from suffice.fit.devices import AXIS, shared_out
from suffice.fit.epochs import UNWATCHED, Figures, Watch, checkpoint_of, continued, run_epochs
from suffice.fit.optimizer_start import begun, begun_outline
from suffice.fit.row_losses import Loss, batch_losses, check_batch_of_one, check_loss, check_losses, validation_loss
from suffice.fit.spanning import OverProcesses, filled_up, on_all, spans_processes, split, together
from suffice.nets.batch_network import Network, initial_state
from suffice.outcome import Solution
from suffice.runtime.arrays import Array
from suffice.runtime.compiling import filter_jit
from suffice.runtime.forked import refuse_forked
from suffice.runtime.keys import seed_of, words_of_key
from suffice.runtime.precision import cast, precision_of, scope, to_numpy
from suffice.runtime.types import ArrayLike, RandomState
from suffice.validation import check_sizes

if TYPE_CHECKING:
    import optax


Learned: TypeAlias = "tuple[PyTree[Array], PyTree[Array], optax.OptState]"
"""Parameters, the network's state, the optimiser's."""
Spread: TypeAlias = "Mesh | OverProcesses | None"
"""Devices of this process that share each batch, or those of several processes."""


class DescendState(NamedTuple):
    """All that ``descend`` needs to go on: parameters, the network's state, optimiser, random key, epochs done."""

    model: Network
    running: PyTree[Array]
    optimizer_state: optax.OptState
    key: Shaped[Array, " words"]
    epoch: Int[Array, ""] | np.integer


def descend(
    model: Network | DescendState,
    data: ArrayLike | tuple[ArrayLike, ...],
    *,
    loss: Loss,
    weight: ArrayLike | None = None,
    optimizer: optax.GradientTransformation | None = None,
    batch_size: int = 128,
    epochs: int = 20,
    random_state: RandomState = 0,
    validation: ArrayLike | tuple[ArrayLike, ...] | None = None,
    precision: str = "float32",
    devices: Sequence[Any] | None = None,
    watch: Watch[DescendState] = UNWATCHED,
) -> Solution:
    r"""Fit a network by stochastic gradient descent on the weighted mean loss

    .. math:: \sum_n w_n \, \ell(\theta; x_n) / \sum_n w_n

    by batches: a batch's estimate is the sum over its rows, divided by how many they are and by the mean of all weights, so that
    a row of weight 2 counts as often as the row twice whatever the size of the batch. An epoch is one compiled pass over all rows
    in random order; the last batch may be short. Where a network keeps moments (BatchNorm), which a batch of few rows would
    disturb, as many batches differ by one row at most.

    Parameters
    ----------
    model
        Equinox module; its floating-point arrays are the parameters. A ``suffice.nets.BatchNetwork`` is given whole
        batches of ``data``'s first array, and its state goes from batch to batch. Or ``solution.details["state"]`` of an
        earlier call, to go on from there: it brings its parameters, optimiser and random key, and the losses of ``data`` are
        not looked at beforehand again.
    data
        Array with a row along the first axis, or a tuple of such arrays, ``(X, y)`` for instance, in memory or, as
        ``numpy.load(path, mmap_mode="r")`` gives it, in a file. Of rows in files above 32 MB a window of so much is in memory:
        blocks of neighbours come in random order, and the rows of a window are shuffled.
    loss
        ``loss(model, *row)``, one number for one row of each array; it calls ``model`` with the row's first array. Of a
        ``BatchNetwork``, ``model`` is only the function that gives this row's outputs. A module-level function compiles
        once; a new lambda compiles at every call.
    weight
        Row weights, at least 0, shape (n,); None is 1 for every row. Rows of weight 0 are left out.
    optimizer
        An Optax transformation; None is Adam with step size 0.001. One object serves many calls with one compilation.
    batch_size
        Rows in a batch; more than there are rows is all of them.
    epochs
        Passes over the data in all, those behind a state included.
    random_state
        Whole number, ``numpy.random.RandomState`` or None; one number gives the same parameters bit for bit.
    validation
        Rows of the same kind as ``data``, only read.
    precision
        ``"float32"`` or ``"float64"``.
    devices
        JAX devices that share the rows of each batch, every one with a copy of all rows; None is those over which ``data`` is
        sharded, if it is. The batches, and but for rounding and dropout the result, do not depend on them. Arrays that several
        processes share (``jax.distributed``) stay where they are: each has its part, and the rows of a batch are exchanged.
    watch
        A bar on a terminal, and a function told of each epoch; by default there is neither.

    Returns
    -------
    Solution
        ``trace`` holds an array a figure with one entry an epoch: ``epoch``, ``loss`` (mean over the epoch's batches,
        each before its step) and, with ``validation``, ``validation_loss`` (after the epoch, without dropout and with
        running moments). ``details["state"]`` is the ``DescendState`` to go on from; its ``running`` is the network's
        state, for ``suffice.nets.evaluate``. After Ctrl-C, or a step to parameters that are not finite, the model of the
        last good epoch is returned, and ``outcome`` says so.

    Raises
    ------
    ValueError
        When values are not finite, shapes do not fit, a number is out of range, or the loss of a row is not one finite
        number at the start.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.fit import descend
    >>> from suffice.nets import MLP, classification_loss
    >>> X = np.array([[0.0], [1.0], [2.0], [3.0]])
    >>> solution = descend(MLP(1, [8], 2, key=0), (X, [0, 0, 1, 1]), loss=classification_loss, epochs=5)
    >>> solution.trace["loss"].shape
    (5,)
    """
    refuse_forked()
    check_sizes(batch_size=batch_size, epochs=epochs)
    optimizer = _adam() if optimizer is None else optimizer
    before = model if isinstance(model, DescendState) else None
    model = model.model if isinstance(model, DescendState) else model
    with scope(precision):
        net: Network = cast(model, precision)
        begin = (
            first_state(net, optimizer, random_state)
            if before is None
            else continued(before, first_outline(net, optimizer))
        )
        alike = bool(jax.tree.leaves(begin.running))
        rows = batched(data, weight, int(batch_size), alike=alike, precision=precision, devices=devices)
        check_loss(begin.model, begin.running, loss, rows.shown, "data")
        if rows.smallest == 1:
            check_batch_of_one(begin.model, begin.running, loss, rows.shown)
        if before is None:
            check_losses(begin.model, begin.running, loss, rows.shown, rows.count, "data")
        held_out = None
        if validation is not None:
            held_out = validation_loss(begin.model, begin.running, loss, validation, precision)

        def run(state: DescendState, arrays: Any, weight: Any, plan: Plan, spread: Any) -> tuple[DescendState, Array]:
            return _epoch(state, arrays, weight, loss, optimizer, plan, rounds_of(int(plan.count)), spread)

        def epoch(state: DescendState) -> tuple[DescendState, Figures]:
            state, mean = rows.epoch(run, state)
            if held_out is None:
                return state, {"loss": mean}
            return state, {"loss": mean, "validation_loss": held_out(state.model, state.running)}

        shared, options = spans_processes(data), {"batch_size": int(batch_size), "precision": precision}
        kept = checkpoint_of(watch, begin, rows.content, shared=shared, **options)
        with together(shared):
            last, trace, outcome = run_epochs(epoch, begin, int(epochs), watch, checkpoint=kept)
            last = to_numpy(last)
    return Solution(last.model, trace, outcome, {"state": last})


@filter_jit
def _epoch(
    state: DescendState,
    rows: tuple[Num[Array, "n ..."], ...],
    weight: Float[Array, " n"],
    loss: Loss,
    optimizer: optax.GradientTransformation,
    plan: Plan,
    rounds: int,
    spread: Spread,
) -> tuple[DescendState, Float[Array, ""]]:
    key = jax.random.fold_in(jax.random.wrap_key_data(jnp.asarray(state.key)), state.epoch)
    parameters, fixed = eqx.partition(state.model, eqx.is_inexact_array)
    sharding = spread.sharding if isinstance(spread, OverProcesses) else None
    learned = partial(_batches_learned, fixed, loss, optimizer, sharding)
    begin, noise = (parameters, state.running, state.optimizer_state), jax.random.fold_in(key, 2)
    index, true = shuffled_batches(key, plan, rounds)
    if isinstance(spread, Mesh):
        same, parts = PartitionSpec(), PartitionSpec(None, AXIS)
        last, mean = jax.shard_map(
            partial(learned, AXIS), mesh=spread, in_specs=(*[same] * 5, parts, parts), out_specs=same, check_vma=False
        )(begin, rows, weight, noise, jnp.asarray(plan.used), *shared_out(index, true, spread))  # fmt: skip
    else:
        if spread is not None:
            index, true = filled_up(jnp.asarray(spread.kept)[index], true, sharding)
        last, mean = on_all(learned(None, begin, rows, weight, noise, plan.used, index, true), sharding)
    parameters, running, optimizer_state = last
    return DescendState(eqx.combine(parameters, fixed), running, optimizer_state, state.key, state.epoch + 1), mean


def _batches_learned(
    fixed: PyTree[Array], loss: Loss, optimizer: optax.GradientTransformation, sharding: NamedSharding | None, axis: str | None,
    begin: Learned, rows: tuple[Num[Array, "n ..."], ...], weight: Float[Array, " n"], noise: Key[Array, ""],
    used: Int[Array, ""] | np.int32, index: Int[Array, "batches rows"], true: Bool[Array, "batches rows"],
) -> tuple[Learned, Float[Array, ""]]:  # fmt: skip
    """Parameters, the network's state and the optimiser's after these batches, of which each device of ``axis`` has a part."""

    def over_devices(sums: PyTree[Array]) -> PyTree[Array]:
        return sums if axis is None else lax.psum(sums, axis)

    noise = noise if axis is None else jax.random.fold_in(noise, lax.axis_index(axis))

    def step(number: Int[Array, ""], carry: tuple[Learned, Float[Array, " batches 2"]]) -> Any:
        (parameters, running, optimizer_state), sums = carry
        here = index[number]
        batch_rows = tuple(split(array[here], sharding) for array in rows)
        batch_weight = weight[here] * true[number]
        count = over_devices(true[number].sum(dtype=weight.dtype))

        def batch_loss(parameters: PyTree[Array]) -> tuple[Float[Array, ""], PyTree[Array]]:
            model, chance = eqx.combine(parameters, fixed), jax.random.fold_in(noise, number)
            losses, after = batch_losses(
                model, running, loss, batch_rows, batch_weight, chance, training=True, axis=axis
            )
            return batch_weight @ losses / count, after

        (mean, running), gradient = jax.value_and_grad(batch_loss, has_aux=True)(parameters)
        mean, gradient = over_devices((mean, gradient))
        updates, optimizer_state = optimizer.update(gradient, optimizer_state, parameters)
        learned = eqx.apply_updates(parameters, updates), running, optimizer_state
        return learned, jnp.asarray(sums).at[number].set(jnp.stack([over_devices(batch_weight.sum()), count * mean]))

    nothing = jnp.zeros((len(index), 2), weight.dtype)
    last, sums = lax.fori_loop(jnp.zeros_like(used), used, step, (jax.tree.map(jnp.asarray, begin), nothing))
    weights, losses = sums.sum(0)
    return last, losses / weights


def first_state(model: Network, optimizer: optax.GradientTransformation, random_state: RandomState) -> DescendState:
    """Where ``descend`` begins, inside a scope of the model's precision."""
    refuse_forked()
    optimizer_state = begun(optimizer, eqx.filter(model, eqx.is_inexact_array))
    running = cast(initial_state(model), precision_of(model))
    return DescendState(model, running, optimizer_state, first_key(random_state), jnp.zeros((), jnp.int32))


def first_outline(model: Network, optimizer: optax.GradientTransformation) -> DescendState:
    """Shapes and types of the state before the first epoch, with which those of one that goes on are compared."""
    optimizer_state = begun_outline(optimizer, eqx.filter(model, eqx.is_inexact_array))
    running = cast(initial_state(model), precision_of(model))
    key: Any = jax.ShapeDtypeStruct((2,), np.uint32)
    return DescendState(model, running, optimizer_state, key, np.int32(0))


def first_key(random_state: RandomState) -> Shaped[Array, " words"]:
    """The words of the random key that ``descend`` begins with."""
    return words_of_key(seed_of(random_state))


@cache
def _adam() -> optax.GradientTransformation:
    import optax

    return optax.adam(1e-3)
