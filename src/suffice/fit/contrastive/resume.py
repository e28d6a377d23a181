"""The state of contrastive learning as a record that files keep, and back."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
from jaxtyping import Shaped

from suffice.energy.rbm.machine import BoltzmannMachine
from suffice.fit.contrastive.epoch import ContrastState
from suffice.fit.contrastive.steps import Ascent
from suffice.runtime.arrays import Array
from suffice.runtime.compiling import filter_jit
from suffice.runtime.precision import scope


def state_record(state: ContrastState) -> dict[str, Any]:
    """The state as numbers, arrays and a module."""
    return {
        "model": state.model,
        "optimizer": jax.tree.leaves(state.optimizer_state),
        "chains": state.chains,
        "centre": state.centre,
        "base": state.base,
        "epoch": int(state.epoch),
    }


def state_of_record(
    record: dict[str, Any],
    average: BoltzmannMachine | None,
    base: np.ndarray,
    seed: int,
    ascent: Ascent,
    precision: str,
) -> ContrastState:
    """The state that was kept, with a key of its own; an optimiser of another shape begins anew.

    ``base`` are visible biases for records that hold none.
    """
    key = _key_after(np.uint32(seed), np.uint32(record["epoch"]))
    with scope(precision):
        begin = ascent.optimizer_and_schedule()[0].init(record["model"])
    leaves, structure = jax.tree.flatten(begin)
    fits = [np.shape(leaf) for leaf in leaves] == [np.shape(leaf) for leaf in record["optimizer"]]
    return ContrastState(
        model=record["model"],
        optimizer_state=jax.tree.unflatten(structure, record["optimizer"]) if fits else begin,
        chains=record["chains"],
        key=np.asarray(key),
        epoch=np.int32(record["epoch"]),
        average=average,
        centre=record["centre"],
        base=record.get("base", base),
    )


@filter_jit
def _key_after(seed: np.integer, epoch: np.integer) -> Shaped[Array, " words"]:
    return jax.random.key_data(jax.random.fold_in(jax.random.key(seed, impl="threefry2x32"), epoch))
