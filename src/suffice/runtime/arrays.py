"""The type of arrays in modules."""

from typing import TypeAlias

import jax
import numpy as np

Array: TypeAlias = jax.Array | np.ndarray
"""A JAX array while something is computed, a NumPy array in a module that is fitted, saved or just made."""
