"""Where contrastive learning begins: chains, missing cells and running means."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from sklearn.utils import check_random_state

from suffice.fit.contrastive.epoch import ContrastState
from suffice.runtime.compiling import filter_jit
from suffice.validation import check_sizes


def first_state(
    model: Any, optimizer: Any, rows: Any, known: Any, chains: tuple[int, ...], options: Any, random_state: Any
) -> ContrastState:
    """The state before the first epoch, inside a scope of the model's precision."""
    seed = np.int32(check_random_state(random_state).randint(np.iinfo(np.int32).max))
    drawn = _drawn_state(model, rows if known is not None else None, known, chains, options, seed)
    return drawn._replace(optimizer_state=optimizer.init(model))


def chain_shape(
    persistent: bool, n_chains: int | None, n_temperatures: int, batch_size: int, n_rows: int
) -> tuple[int, ...]:
    """Axes of the persistent chains: none, how many, or temperatures first."""
    check_sizes(n_temperatures=n_temperatures)
    if not persistent:
        if n_chains is not None or n_temperatures > 1:
            raise ValueError("n_chains and n_temperatures are of persistent chains; give persistent=True with them.")
        return ()
    if n_chains is not None:
        check_sizes(n_chains=n_chains)
    count = min(batch_size, n_rows) if n_chains is None else int(n_chains)
    return (count,) if n_temperatures == 1 else (int(n_temperatures), count)


@filter_jit
def _drawn_state(model: Any, rows: Any, known: Any, chains: tuple[int, ...], options: Any, seed: Any) -> ContrastState:
    key, chain_key, fill_key = jax.random.split(jax.random.key(seed, impl="threefry2x32"), 3)
    _, averaging, centred = options
    bias = jnp.asarray(model.visible_bias)
    return ContrastState(
        model=model,
        optimizer_state=None,
        chains=_drawn(model, bias, chains, chain_key) if chains else None,
        key=jax.random.key_data(key),
        epoch=jnp.zeros((), jnp.int32),
        average=jax.tree.map(jnp.asarray, model) if averaging else None,
        centre=(model.mean_at(bias), jax.nn.sigmoid(jnp.asarray(model.hidden_bias))) if centred else None,
        filled=None if known is None else jnp.where(known, rows, _drawn(model, bias, rows.shape[:1], fill_key)),
    )


def _drawn(model: Any, bias: Any, shape: tuple[int, ...], key: Any) -> Any:
    """Visible units drawn as if nothing were coupled."""
    return model.draw_at(jnp.broadcast_to(bias, (*shape, len(bias))), key)
