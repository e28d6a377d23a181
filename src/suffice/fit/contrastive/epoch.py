"""One compiled pass of contrastive learning over batches."""

from __future__ import annotations

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import lax

from suffice.energy.rbm.tempering import Path, base_of, tempered
from suffice.runtime.keys import LARGEST_SEED

SLIDING = 0.01
"""Share of a new batch in the running means that the centred gradient measures from."""


class ContrastState(NamedTuple):
    """All that ``contrast`` needs to go on: parameters, optimiser, chains, random key, epochs done."""

    model: Any
    optimizer_state: Any
    chains: Any
    key: Any
    epoch: Any
    average: Any = None
    centre: Any = None
    filled: Any = None

    @property
    def best(self) -> Any:
        """The parameters to use: averaged where they are."""
        return self.model if self.average is None else self.average


class Batches(NamedTuple):
    """Batches of an epoch: numbers since the first epoch, rows of each, what is true of them, learning rates."""

    number: Any
    index: Any
    true: Any
    rate: Any


@eqx.filter_jit
def run_batches(
    state: ContrastState, rows: Any, weight: Any, known: Any, batches: Batches, base: Any, optimizer: Any, options: Any
) -> ContrastState:
    """The state after these batches; ``options`` are steps, averaging and whether the gradient is centred."""
    key = jax.random.wrap_key_data(state.key)

    def step(state: ContrastState, batch: Batches) -> tuple[ContrastState, None]:
        batch_key = jax.random.fold_in(key, batch.number)
        state, data = _batch_rows(state, rows, known, batch, batch_key)
        batch_weight = weight[batch.index] * batch.true
        return _step(state, data, batch_weight, batch, base, batch_key, optimizer, options), None

    return lax.scan(step, state, batches)[0]


def _batch_rows(state: ContrastState, rows: Any, known: Any, batch: Batches, key: Any) -> tuple[ContrastState, Any]:
    """Rows of a batch; missing cells take a step of Gibbs sampling given the others, from where the last epoch left them."""
    if state.filled is None:
        return state, rows[batch.index]
    own = jax.random.fold_in(key, LARGEST_SEED)
    data = state.model.gibbs(state.filled[batch.index], key=own, known=known[batch.index])
    place = jnp.where(batch.true, batch.index, len(state.filled))
    return state._replace(filled=state.filled.at[place].set(data, mode="drop")), data


def _step(
    state: ContrastState, rows: Any, weight: Any, batch: Batches, base: Any, key: Any, optimizer: Any, options: Any
) -> ContrastState:
    steps, averaging, centred = options
    model = state.model
    chains, samples = _sampled(state, rows, base, key, steps)
    sample_weight = weight if chains is None else jnp.ones(len(samples), weight.dtype)
    data = model.statistics(rows, weight)
    gradient = model.gradient(data, model.statistics(samples, sample_weight))
    centre = state.centre
    if centred:
        gradient = model.centred(gradient, *centre)
        centre = tuple((1 - SLIDING) * c + SLIDING * s / data.weight for c, s in zip(centre, data[1:3], strict=True))
    downhill = jax.tree.map(jnp.negative, gradient)
    updates, optimizer_state = optimizer.update(downhill, state.optimizer_state, model)
    model = eqx.apply_updates(model, jax.tree.map(lambda leaf: batch.rate * leaf, updates))
    average = _averaged(state.average, model, batch.number, averaging)
    return state._replace(model=model, optimizer_state=optimizer_state, chains=chains, average=average, centre=centre)


def _sampled(state: ContrastState, rows: Any, base: Any, key: Any, steps: int) -> tuple[Any, Any]:
    """Chains to keep, if any, and samples of the model."""
    if state.chains is None:
        return None, state.model.gibbs(rows, key=key, steps=steps)
    if state.chains.ndim == 2:
        chains = state.model.gibbs(state.chains, key=key, steps=steps)
        return chains, chains
    chains = tempered(Path(state.model, base_of(state.model, base)), state.chains, key, steps)
    return chains, chains[-1]


def _averaged(average: Any, model: Any, number: Any, averaging: float) -> Any:
    """The running mean; while few batches are behind it, it forgets faster."""
    if average is None:
        return None
    kept = jnp.minimum(averaging, (1 + number) / (10 + number))
    return jax.tree.map(lambda old, new: (kept * old + (1 - kept) * new).astype(new.dtype), average, model)
