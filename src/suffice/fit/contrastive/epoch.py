"""One compiled pass of contrastive learning over batches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.sharding import NamedSharding
from jaxtyping import Bool, Float, Int, Key, PyTree, Shaped

from suffice.energy.rbm.machine import BoltzmannMachine, RBMStatistics
from suffice.energy.rbm.tempering import Path, base_of, tempered
from suffice.fit.spanning import on_all, split
from suffice.runtime.arrays import Array
from suffice.runtime.compiling import compiled
from suffice.runtime.keys import LARGEST_SEED

if TYPE_CHECKING:
    import optax


SLIDING = 0.01
"""Share of a new batch in the running means that the centred gradient measures from."""


Options: TypeAlias = tuple[int, float, bool]
"""Gibbs steps, the share of the old in the mean of the parameters, and whether the gradient is centred."""


class ContrastState(NamedTuple):
    """All that ``contrast`` needs to go on: parameters, optimiser, chains, random key, epochs done.

    ``base`` are the visible biases that tempering begins at, those before the first epoch.
    """

    model: BoltzmannMachine
    optimizer_state: optax.OptState
    chains: Float[Array, "*chains D"] | None
    key: Shaped[Array, " words"]
    epoch: Int[Array, ""] | np.integer
    average: BoltzmannMachine | None = None
    centre: tuple[Float[Array, " D"], Float[Array, " P"]] | None = None
    filled: Float[Array, "n D"] | None = None
    base: Float[Array, " D"] | None = None

    @property
    def best(self) -> Any:
        """The parameters to use: averaged where they are."""
        return self.model if self.average is None else self.average


class Batch(NamedTuple):
    """A batch: its number since the first epoch, its rows, what is true of them, the learning rate."""

    number: Int[Array, ""]
    index: Int[Array, " rows"]
    true: Bool[Array, " rows"]
    rate: Float[Array, ""]


class Batches(NamedTuple):
    """Batches of an epoch, as in ``Batch``, of which the first ``used`` are there."""

    number: Int[Array, " batches"]
    index: Int[Array, "batches rows"]
    true: Bool[Array, "batches rows"]
    rate: Float[Array, " batches"]
    used: Int[Array, ""] | np.int32


@compiled
def run_batches(
    state: ContrastState,
    rows: Float[Array, "n D"],
    weight: Float[Array, " n"],
    known: Bool[Array, "n D"] | None,
    batches: Batches,
    optimizer: optax.GradientTransformation,
    options: Options,
    sharding: NamedSharding | None = None,
) -> ContrastState:
    """The state after these batches; ``options`` are steps, averaging and whether the gradient is centred.

    A sharding says how rows lie over devices of several processes.
    """
    key = jax.random.wrap_key_data(jnp.asarray(state.key))

    def step(place: Int[Array, ""], state: ContrastState) -> ContrastState:
        batch = Batch(*(jnp.asarray(part)[place] for part in batches[:4]))
        batch_key = jax.random.fold_in(key, batch.number)
        state, data = _batch_rows(state, rows, known, batch, batch_key)
        data = split(data, sharding)
        batch_weight = weight[batch.index] * batch.true
        return _step(state, data, batch_weight, batch, batch_key, optimizer, options)

    begin = jax.tree.map(jnp.asarray, state)
    return on_all(lax.fori_loop(np.int32(0), batches.used, step, begin), sharding)


def _batch_rows(
    state: ContrastState,
    rows: Float[Array, "n D"],
    known: Bool[Array, "n D"] | None,
    batch: Batch,
    key: Key[Array, ""],
) -> tuple[ContrastState, Float[Array, "rows D"]]:
    """Rows of a batch; missing cells take a step of Gibbs sampling given the others, from where the last epoch left them."""
    if state.filled is None or known is None:
        return state, rows[batch.index]
    own = jax.random.fold_in(key, LARGEST_SEED)
    data = state.model.gibbs(state.filled[batch.index], key=own, known=known[batch.index])
    place = jnp.where(batch.true, batch.index, len(state.filled))
    return state._replace(filled=jnp.asarray(state.filled).at[place].set(data, mode="drop")), data


def _step(
    state: ContrastState,
    rows: Float[Array, "rows D"],
    weight: Float[Array, " rows"],
    batch: Batch,
    key: Key[Array, ""],
    optimizer: optax.GradientTransformation,
    options: Options,
) -> ContrastState:
    steps, averaging, _ = options
    model: PyTree[Array] = state.model
    chains, samples = _sampled(state, rows, key, steps)
    sample_weight = weight if chains is None else jnp.ones(len(samples), weight.dtype)
    data, sampled = _counted(model.statistics(rows, weight)), _counted(model.statistics(samples, sample_weight))
    share = weight.sum() / batch.true.sum()
    gradient = model.gradient(data, sampled)
    centre = state.centre
    if centre is not None:
        gradient = model.centred(gradient, *centre)
        slide = jnp.minimum(SLIDING * share, 1.0)
        centre = tuple((1 - slide) * c + slide * s / data.weight for c, s in zip(centre, data[1:3], strict=True))
    downhill = jax.tree.map(lambda leaf: -share * leaf, gradient)
    updates, optimizer_state = optimizer.update(downhill, state.optimizer_state, model)
    model = eqx.apply_updates(model, jax.tree.map(lambda leaf: batch.rate * leaf, updates)).bounded()
    average = _averaged(state.average, model, batch.number, averaging)
    return state._replace(model=model, optimizer_state=optimizer_state, chains=chains, average=average, centre=centre)


def _counted(statistics: RBMStatistics) -> RBMStatistics:
    """Statistics that may be divided by their weight: where that is 0, so are all sums."""
    return statistics._replace(weight=jnp.where(statistics.weight > 0, statistics.weight, 1))


def _sampled(
    state: ContrastState, rows: Float[Array, "rows D"], key: Key[Array, ""], steps: int
) -> tuple[Float[Array, "*chains D"] | None, Float[Array, "samples D"]]:
    """Chains to keep, if any, and samples of the model."""
    if state.chains is None:
        return None, state.model.gibbs(rows, key=key, steps=steps)
    if state.chains.ndim == 2:
        chains = state.model.gibbs(state.chains, key=key, steps=steps)
        return chains, chains
    base = state.model.visible_bias if state.base is None else state.base
    chains = tempered(Path(state.model, base_of(state.model, base)), state.chains, key, steps)
    return chains, chains[-1]


def _averaged(
    average: BoltzmannMachine | None, model: BoltzmannMachine, number: Int[Array, ""], averaging: float
) -> BoltzmannMachine | None:
    """The running mean; while few batches are behind it, it forgets faster."""
    if average is None:
        return None
    kept = jnp.minimum(averaging, (1 + number) / (10 + number))
    return jax.tree.map(lambda old, new: (kept * old + (1 - kept) * new).astype(new.dtype), average, model)
