"""Dropout."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from suffice.runtime.arrays import Array
from suffice.runtime.keys import as_key
from suffice.runtime.types import KeyLike
from suffice.validation import check_share


def dropout(units: Float[Array, ...], rate: float, key: KeyLike | None) -> Float[Array, ...]:
    r"""Units of which each is set to 0 with a probability, the others scaled up by 1 / (1 - rate) (Srivastava et al., 2014).

    .. math:: y_d = \frac{m_d}{1 - \text{rate}} x_d, \qquad P(m_d = 0) = \text{rate}, \qquad E[y] = x

    Parameters
    ----------
    units
        Array of any shape.
    rate
        Probability, at least 0 and below 1; 0 gives the units back.
    key
        Whole number or JAX key.

    Raises
    ------
    ValueError
        When ``rate`` is out of range.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.nets import dropout
    >>> sorted(set(dropout(np.ones(100, np.float32), 0.5, key=0).tolist()))
    [0.0, 2.0]
    """
    check_share("rate", rate)
    if rate == 0:
        return units
    kept = jax.random.bernoulli(as_key(key), np.float32(1 - rate), np.shape(units))
    return jnp.where(kept, units / (1 - rate), 0)
