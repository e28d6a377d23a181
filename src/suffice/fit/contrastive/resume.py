"""The state of contrastive learning as a record that files keep, and back."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np

from suffice.energy.rbm.machine import BoltzmannMachine
from suffice.fit.contrastive.epoch import ContrastState
from suffice.fit.contrastive.steps import Ascent
from suffice.runtime.keys import words_of_key
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
    with scope(precision):
        begin = ascent.optimizer_and_schedule()[0].init(record["model"])
    leaves, structure = jax.tree.flatten(begin)
    fits = [np.shape(leaf) for leaf in leaves] == [np.shape(leaf) for leaf in record["optimizer"]]
    return ContrastState(
        model=record["model"],
        optimizer_state=jax.tree.unflatten(structure, record["optimizer"]) if fits else begin,
        chains=record["chains"],
        key=words_of_key(seed, record["epoch"]),
        epoch=np.int32(record["epoch"]),
        average=average,
        centre=record["centre"],
        base=record.get("base", base),
    )
