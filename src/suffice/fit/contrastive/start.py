"""Where contrastive learning begins: chains, missing cells and running means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool, Float, Key, PyTree
from sklearn.utils import check_random_state

from suffice.energy.rbm.machine import BoltzmannMachine
from suffice.fit.contrastive.epoch import ContrastState, Options
from suffice.fit.optimizer_start import begun, begun_outline
from suffice.runtime.arrays import Array
from suffice.runtime.compiling import filter_jit
from suffice.runtime.types import RandomState, Sparse
from suffice.validation import check_sizes

if TYPE_CHECKING:
    import optax


@dataclass(frozen=True)
class Gibbs:
    """How samples of the model are drawn for ``contrast``: by block Gibbs sampling from the rows, or from chains that go on.

    Parameters
    ----------
    steps
        Gibbs steps from data to sample, k of CD-k, at least 1.
    persistent
        Whether the chains go on from batch to batch instead of beginning at the data.
    n_chains
        Number of persistent chains; None is as many as rows in a batch.
    n_temperatures
        Temperatures of each persistent chain, equally spaced from the data's base rate to the model; more than 1 is parallel
        tempering (Desjardins et al., 2010).

    Raises
    ------
    ValueError
        When it is used: for sizes below 1, or several temperatures without chains that go on.

    Examples
    --------
    >>> from suffice.fit import Gibbs
    >>> Gibbs(steps=5), Gibbs(persistent=True, n_chains=100)
    (Gibbs(steps=5, ...), Gibbs(steps=1, persistent=True, n_chains=100, n_temperatures=1))
    """

    steps: int = 1
    persistent: bool = False
    n_chains: int | None = None
    n_temperatures: int = 1

    def chain_shape(self, batch_size: int, n_rows: int) -> tuple[int, ...]:
        """Axes of the persistent chains: none, how many, or temperatures first."""
        check_sizes(n_temperatures=self.n_temperatures)
        if not self.persistent:
            if self.n_chains is not None or self.n_temperatures > 1:
                raise ValueError(
                    "n_chains and n_temperatures are of persistent chains; give persistent=True with them."
                )
            return ()
        if self.n_chains is not None:
            check_sizes(n_chains=self.n_chains)
        count = min(batch_size, n_rows) if self.n_chains is None else int(self.n_chains)
        return (count,) if self.n_temperatures == 1 else (int(self.n_temperatures), count)


CD_1 = Gibbs()


def first_state(
    model: BoltzmannMachine,
    optimizer: optax.GradientTransformation,
    rows: Array | Sparse,
    known: Bool[Array, "n D"] | None,
    chains: tuple[int, ...],
    options: Options,
    random_state: RandomState,
) -> ContrastState:
    """The state before the first epoch, inside a scope of the model's precision."""
    seed = np.int32(check_random_state(random_state).randint(np.iinfo(np.int32).max))
    drawn = _drawn_state(model, rows if known is not None else None, known, chains, options, seed)
    parameters: PyTree[Array] = model
    return drawn._replace(optimizer_state=begun(optimizer, parameters))


def first_outline(
    model: BoltzmannMachine,
    optimizer: optax.GradientTransformation,
    rows: Array | Sparse,
    known: Bool[Array, "n D"] | None,
    chains: tuple[int, ...],
    options: Options,
) -> ContrastState:
    """Shapes and types of the state before the first epoch, with which those of one that goes on are compared."""
    drawn = _drawn_state.outline(model, rows if known is not None else None, known, chains, options, np.int32(0))
    return drawn._replace(optimizer_state=begun_outline(optimizer, model))


@filter_jit
def _drawn_state(
    model: BoltzmannMachine,
    rows: Float[Array, "n D"] | None,
    known: Bool[Array, "n D"] | None,
    chains: tuple[int, ...],
    options: Options,
    seed: np.integer,
) -> ContrastState:
    key, chain_key, fill_key = jax.random.split(jax.random.key(seed, impl="threefry2x32"), 3)
    _, averaging, centred = options
    bias = jnp.asarray(model.visible_bias)
    return ContrastState(
        model=model,
        optimizer_state=(),
        chains=_drawn(model, bias, chains, chain_key) if chains else None,
        key=jax.random.key_data(key),
        base=bias,
        epoch=jnp.zeros((), jnp.int32),
        average=jax.tree.map(jnp.asarray, model) if averaging else None,
        centre=(model.mean_at(bias), jax.nn.sigmoid(jnp.asarray(model.hidden_bias))) if centred else None,
        filled=None
        if known is None or rows is None
        else jnp.where(known, rows, _drawn(model, bias, rows.shape[:1], fill_key)),
    )


def _drawn(
    model: BoltzmannMachine, bias: Float[Array, " D"], shape: tuple[int, ...], key: Key[Array, ""]
) -> Float[Array, "... D"]:
    """Visible units drawn as if nothing were coupled."""
    return model.draw_at(jnp.broadcast_to(bias, (*shape, len(bias))), key)
