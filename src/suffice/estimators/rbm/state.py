"""What a call of ``partial_fit`` leaves for the next one, in a form that files keep."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np

from suffice.fit.contrastive.epoch import ContrastState
from suffice.fit.contrastive.steps import chosen
from suffice.runtime.precision import scope

LASTING = ("n_hidden", "sampler", "n_chains", "n_temperatures", "centred", "precision")
"""Parameters that the chains and running means depend on."""


def learning_state(estimator: Any, state: ContrastState) -> dict[str, Any]:
    """The state as numbers, arrays and a module."""
    return {
        "model": state.model,
        "optimizer": jax.tree.leaves(state.optimizer_state),
        "chains": state.chains,
        "centre": state.centre,
        "epoch": int(state.epoch),
        "settings": {name: getattr(estimator, name) for name in LASTING},
    }


def state_before(estimator: Any, seed: int) -> ContrastState:
    """The state that was left, with a key of its own; an optimiser of another shape begins anew."""
    kept = estimator.learning_state_
    _refuse_changes(estimator, kept["settings"])
    key = jax.random.fold_in(jax.random.key(seed, impl="threefry2x32"), kept["epoch"])
    own = estimator.optimizer is not None
    momentum, decay = (0.0, 0.0) if own else (estimator.momentum, estimator.weight_decay)
    with scope(estimator.precision):
        begin = chosen(estimator.optimizer, None, momentum, decay)[0].init(kept["model"])
    leaves, structure = jax.tree.flatten(begin)
    fits = [np.shape(leaf) for leaf in leaves] == [np.shape(leaf) for leaf in kept["optimizer"]]
    return ContrastState(
        model=kept["model"],
        optimizer_state=jax.tree.unflatten(structure, kept["optimizer"]) if fits else begin,
        chains=kept["chains"],
        key=np.asarray(jax.random.key_data(key)),
        epoch=np.int32(kept["epoch"]),
        average=estimator.model_ if estimator.averaging else None,
        centre=kept["centre"],
    )


def _refuse_changes(estimator: Any, settings: dict[str, Any]) -> None:
    changed = [name for name, value in settings.items() if getattr(estimator, name) != value]
    if changed:
        name = changed[0]
        raise ValueError(
            f"{name}={getattr(estimator, name)!r} was given, and partial_fit goes on from {name}={settings[name]!r}: "
            "set it back, or begin anew with fit."
        )
