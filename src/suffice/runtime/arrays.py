"""The type of arrays in modules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from suffice.runtime.either import is_jax

if TYPE_CHECKING:
    import jax

    Array: TypeAlias = jax.Array | np.ndarray
    """A JAX array while something is computed, a NumPy array in a module that is fitted, saved or just made."""
else:

    class _EitherArray(type):
        def __instancecheck__(cls, value: Any) -> bool:
            return isinstance(value, np.ndarray) or is_jax(value)

    class Array(metaclass=_EitherArray):
        """What ``jax.Array | np.ndarray`` is, without importing JAX."""
