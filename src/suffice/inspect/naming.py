"""Names that an author gives to values."""

from __future__ import annotations

import jax
from jax.ad_checkpoint import checkpoint_name


def name(x: jax.Array, label: str) -> jax.Array:
    """A value under a name, by which graphs know it; the value itself does not change.

    Variables give names too: this is for values that were never stored in one, or to be called otherwise.

    Parameters
    ----------
    x
        Array.
    label
        Name.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> from suffice.inspect import graph, name
    >>> graph(lambda x: 2.0 * name(jnp.exp(x), "e"), 1.0).labels
    ('x', 'e', 'v2')
    """
    return checkpoint_name(x, label)
