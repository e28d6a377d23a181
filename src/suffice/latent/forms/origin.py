"""From where Gaussian moments are measured: the origin, or the mean of each component."""

from __future__ import annotations

from suffice.latent.forms.natural import Covariance, Moments, split
from suffice.latent.forms.triangles import bordered, packed
from suffice.runtime.arrays import Array
from suffice.runtime.either import jnp


def moved(moments: Moments, shift: Array, covariance_type: Covariance, about: str) -> Moments:
    """Moments of rows moved by ``shift`` (..., K, D) in each component, which are then measured from ``about``."""
    second, first, counts, weight = split(moments.total, shift.shape[-1], covariance_type)
    if covariance_type in ("full", "tied"):
        cross = first[..., :, None] * shift[..., None, :]
        added = cross + jnp.swapaxes(cross, -1, -2) + (counts * shift)[..., :, None] * shift[..., None, :]
        second = second + added if covariance_type == "full" else moments.common + added.sum(-3)
        return joined(second, first + counts * shift, weight[None], covariance_type, about)
    added = (2 * first + counts * shift) * shift
    second = second + (added if covariance_type == "diag" else added.sum(-1, keepdims=True))
    rest = moments.total[second.shape[-1] + first.shape[-1] :]
    return joined(second, first + counts * shift, rest, covariance_type, about)


def joined(second: Array, first: Array, rest: Array, covariance_type: Covariance, about: str) -> Moments:
    """Moments of second moments as ``split`` has them (tied: their sum), first moments (..., K, D), and weights (W, ..., K)."""
    if covariance_type == "full":
        return Moments(packed(bordered(second, jnp.concatenate([first, rest[0][..., None]], -1))), None, about)
    first = jnp.moveaxis(first, -1, 0)
    if covariance_type == "tied":
        return Moments(jnp.concatenate([first, rest]), second, about)
    return Moments(jnp.concatenate([jnp.moveaxis(second, -1, 0), first, rest]), None, about)
