"""Random keys and seeds, from a plain number, from JAX or from NumPy."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from sklearn.utils import check_random_state

from suffice.runtime.forked import refuse_forked

LARGEST_SEED = 2**31 - 1


def as_key(key: Any) -> Any:
    """A JAX random key from a whole number; a JAX key is passed through."""
    refuse_forked()
    if isinstance(key, (int, np.integer)) and not isinstance(key, bool):
        if not 0 <= key <= LARGEST_SEED:
            raise ValueError(f"key={key} is out of range; use a whole number from 0 to {LARGEST_SEED}.")
        return jax.random.key(int(key), impl="threefry2x32")
    if not isinstance(key, (np.ndarray, jax.Array)):
        raise TypeError(f"key={key!r} is no random key; use a whole number such as 0, or jax.random.key(0).")
    return key if jnp.issubdtype(key.dtype, jax.dtypes.prng_key) else jax.random.wrap_key_data(jnp.asarray(key))


def seed_of(random_state: Any) -> int:
    """A whole number drawn from what scikit-learn calls a random state: the same for the same number."""
    return _seed_of_number(random_state) if type(random_state) is int else _drawn(random_state)


def words_of_key(seed: int, number: int = 0) -> np.ndarray:
    """The words of a random key for a seed, without JAX at work: those of ``as_key(seed)``, or of further ones by number."""
    return np.array([number, seed], np.uint32)


def _drawn(random_state: Any) -> int:
    return int(check_random_state(random_state).randint(LARGEST_SEED))


_seed_of_number = lru_cache(_drawn)
"""Making a generator takes longer than a small step of learning; its first number stays the same."""
