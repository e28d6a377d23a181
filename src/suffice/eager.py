"""Methods and functions that give the same numbers called directly and inside a compiled loop."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import equinox as eqx
import jax
import numpy as np
from jax.core import Tracer

from suffice.precision import scope


def in_own_precision(function: Callable[..., Any]) -> Callable[..., Any]:
    """Computes in the precision of the first argument, and gives NumPy arrays outside compiled code.

    Parameters
    ----------
    function
        Method of a module, or function of a module or array; its first argument holds a floating-point array.

    Examples
    --------
    >>> import equinox as eqx, numpy as np
    >>> from suffice.eager import in_own_precision
    >>> class Scale(eqx.Module):
    ...     factor: np.ndarray
    ...     @in_own_precision
    ...     def __call__(self, x):
    ...         return self.factor * x
    >>> Scale(np.array(2.0))(3.0)
    array(6.)
    """

    @wraps(function)
    def run(first: Any, *args: Any, **kwargs: Any) -> Any:
        with scope(precision_of(first)):
            return jax.tree.map(_settle, function(first, *args, **kwargs))

    return run


def precision_of(module: Any) -> str:
    """``"float64"`` when the parameters of a module are float64, else ``"float32"``.

    Parameters
    ----------
    module
        A module with at least one floating-point array.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.eager import precision_of
    >>> precision_of([np.zeros(3)])
    'float64'
    """
    dtypes = [leaf.dtype for leaf in jax.tree.leaves(module) if eqx.is_inexact_array(leaf)]
    return "float64" if np.dtype(np.float64) in dtypes else "float32"


def _settle(leaf: Any) -> Any:
    return leaf if isinstance(leaf, Tracer) or not eqx.is_array(leaf) else np.asarray(leaf)
