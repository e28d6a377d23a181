"""Forms and moments of independent columns whose log-density is linear in the cells."""

from __future__ import annotations

from jaxtyping import Float

from suffice.latent.forms.natural import Moments, Natural, linear_statistics
from suffice.runtime.arrays import Array
from suffice.runtime.either import jnp


def of_rows(slope: Float[Array, "... K D"], constant: Float[Array, "... K D"]) -> Natural:
    """Products with [x, 1]."""
    return Natural(jnp.concatenate([slope, constant.sum(-1, keepdims=True)], -1), linear_statistics)


def of_cells(slope: Float[Array, "... K D"], constant: Float[Array, "... K D"]) -> Natural:
    """Products with [x, observed, 1], the last the place of the log-weights."""
    return Natural(jnp.concatenate([slope, constant, jnp.zeros_like(constant[..., :1])], -1), linear_statistics)


def counted(first: Float[Array, "... K D"], counts: Float[Array, "... K"], common: Array | None = None) -> Moments:
    """Moments about zero of rows of weight ``counts`` without missing cells, whose cells are counted."""
    cells = jnp.broadcast_to(counts[..., None], first.shape)
    return Moments(jnp.moveaxis(jnp.concatenate([first, cells, counts[..., None]], -1), -1, 0), common, "zero")
