"""The type of arrays in modules."""

from typing import Any, TypeAlias

Array: TypeAlias = Any
"""A JAX array while something is computed, a NumPy array in a module that is fitted, saved or just made."""
