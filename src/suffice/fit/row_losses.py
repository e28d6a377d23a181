"""Losses of rows: of a batch while training, of all rows in evaluation mode, their sums, and what is refused of them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Float, Key, PyTree

from suffice.fit.batches import check_rows, few, lengthened, typed
from suffice.nets.batch_network import BatchNetwork, Network, initial_state
from suffice.rows.place import place
from suffice.rows.stored import any_stored
from suffice.runtime.arrays import Array
from suffice.runtime.compiling import MOST, filter_jit, known_by
from suffice.runtime.precision import dtype_of, in_own_precision
from suffice.runtime.types import ArrayLike

TILE = 256

Loss = Callable[..., Any]


_taken: OrderedDict[Hashable, None] = OrderedDict()
"""Networks, losses and shapes of rows that were found to go together."""


class LossSums(NamedTuple):
    """Sums over rows of the weights, of weight times loss, and of weight times the loss's gradient."""

    weight: Float[Array, ""]
    loss: Float[Array, ""]
    gradient: PyTree[Array]


@in_own_precision
def loss_statistics(model: Network, loss: Loss, rows: tuple[Array, ...], weight: Float[Array, " n"]) -> LossSums:
    """Sums over rows of weight, weighted loss and its gradient; two of them add leaf by leaf."""

    def weighted(model: Network) -> Float[Array, ""]:
        return weight @ _evaluated(model, initial_state(model), loss, rows)

    value, gradient = eqx.filter_value_and_grad(weighted)(model)
    return LossSums(weight.sum(), value, gradient)


def batch_losses(
    model: Network, running: PyTree[Array], loss: Loss, rows: tuple[Array, ...], weight: Float[Array, " n"],
    key: Key[Array, ""] | None, training: bool, axis: str | None = None,
) -> tuple[Float[Array, " n"], PyTree[Array]]:  # fmt: skip
    """Loss of each row (n,), and the network's state after them."""
    if not isinstance(model, BatchNetwork):
        return jax.vmap(lambda row: loss(model, *row))(rows), running
    outputs, running = model.forward(rows[0], weight, running, key, training, axis)
    return jax.vmap(lambda output, row: loss(lambda inputs: output, *row))(outputs, rows), running


def check_losses(
    model: Network, running: PyTree[Array], loss: Loss, rows: tuple[Array, ...], count: int, name: str
) -> None:
    """Refuse a loss that is not finite for one of the first ``count`` rows, before any step is taken."""
    bad = np.flatnonzero(~np.isfinite(np.asarray(_all_losses(model, running, loss, rows))[:count]))
    if bad.size:
        raise ValueError(
            f"The loss of {bad.size} rows of {name} is not finite at the start, the first of them row {bad[0]} (rows of "
            "weight 0 not counted): check its values and label, and the size of the network's output."
        )


def check_loss(model: Network, running: PyTree[Array], loss: Loss, rows: tuple[Array, ...], name: str) -> None:
    """Refuse rows that the network does not take, and a loss that is not one number a row."""
    key = known_by(model, running, loss, rows)
    if key in _taken:
        return
    shapes = [array.shape[1:] for array in rows]
    try:
        shape = jax.eval_shape(lambda: _evaluated(model, running, loss, tuple(array[:1] for array in rows)))
    except (TypeError, ValueError) as error:
        raise ValueError(f"loss(model, *row) fails on one row of {name}, of shapes {shapes}: {error}") from error
    if getattr(shape, "shape", None) != (1,):
        raise ValueError(f"loss(model, *row) must be one number for one row of shapes {shapes}; it is {shape}.")
    _taken[key] = None
    if len(_taken) > MOST:
        _taken.popitem(last=False)


def check_batch_of_one(model: Network, running: PyTree[Array], loss: Loss, rows: tuple[Array, ...]) -> None:
    """Let a network that needs more rows in a batch say so."""
    one = tuple(array[:1] for array in rows)
    jax.eval_shape(lambda: batch_losses(model, running, loss, one, jnp.ones(1), jax.random.key(0), training=True)[0])


def validation_loss(
    model: Network, running: PyTree[Array], loss: Loss, validation: ArrayLike | tuple[ArrayLike, ...], precision: str
) -> Callable[[Network, PyTree[Array]], Float[Array, ""]]:
    """A function from model and running state to the mean loss of rows held out, which are checked first."""
    arrays = check_rows(validation, "validation")
    if any_stored(arrays):
        raise ValueError(
            "validation holds more than 32 MB of rows in files; they are read after every epoch: give fewer."
        )
    arrays, weight = typed(arrays, np.ones(len(arrays[0])), dtype_of(precision))
    check_loss(model, running, loss, arrays, "validation")
    longer = tuple(lengthened(array, TILE * few(-(-len(array) // TILE))) for array in arrays)
    check_losses(model, running, loss, longer, len(weight), "validation")
    rows = place(arrays, weight, precision=precision, tile=TILE)

    def mean_loss(model: Network, running: PyTree[Array]) -> Float[Array, ""]:
        sums = rows.total(eqx.Partial(_loss_sums, model, running, loss))
        return sums.loss / sums.weight

    return mean_loss


def _evaluated(model: Network, running: PyTree[Array], loss: Loss, rows: tuple[Array, ...]) -> Float[Array, " n"]:
    return batch_losses(model, running, loss, rows, jnp.ones(len(rows[0])), None, training=False)[0]


@filter_jit
def _all_losses(model: Network, running: PyTree[Array], loss: Loss, rows: tuple[Array, ...]) -> Float[Array, " n"]:
    count = len(rows[0])
    index = jnp.arange(-(-count // TILE) * TILE, dtype=jnp.int32).clip(max=count - 1).reshape(-1, TILE)
    tiles = lax.map(lambda tile: _evaluated(model, running, loss, tuple(array[tile] for array in rows)), index)
    return tiles.ravel()[:count]


def _loss_sums(
    model: Network, running: PyTree[Array], loss: Loss, rows: tuple[Array, ...], weight: Float[Array, " n"]
) -> LossSums:
    return LossSums(weight.sum(), weight @ _evaluated(model, running, loss, rows), None)
