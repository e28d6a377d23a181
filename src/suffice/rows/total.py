"""The sum under every fit: a pytree added up over rows, wherever they live."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from suffice.rows.block import TILE
from suffice.rows.place import missing_layout, place
from suffice.rows.row_function import RowFunction
from suffice.runtime.precision import scope, to_numpy


def total(
    fn: Callable[..., Any], data: Any, weight: Any = None, *, tile: int = TILE, precision: str = "float64"
) -> Any:
    r"""Sum of ``fn(rows, weight)`` over all rows, :math:`\sum_n f(x_n, w_n)`.

    ``fn`` sees one tile of rows and the weights of these rows, and returns a pytree of sums over the tile. It must be a
    pytree itself (a bound method of a module, an Equinox module with ``__call__``) or a module-level function, so that one
    compilation serves every call. Rows of weight 0 fill up the last tile: what ``fn`` returns for them must be 0.

    Parameters
    ----------
    fn
        ``fn(rows, weight)`` with rows ``(tile, D)``, or a pytree of such arrays, and weight ``(tile,)``.
    data
        Array, table or list of rows ``(n, D)``; pytree of arrays with one first axis; a JAX array sharded over devices; a Dask
        array, DataFrame or list of delayed blocks; a list of batches (or of pairs of batch and weight), or an object that yields
        them anew each time it is iterated over, such as ``suffice.data.stream_parquet``.
    weight
        Row weights ``(n,)``; None is 1 for every row.
    tile
        Rows in one tile.
    precision
        ``"float64"`` or ``"float32"``.

    Returns
    -------
    pytree
        The sums, as NumPy arrays.

    Raises
    ------
    ValueError
        If there is no row, the arrays' lengths differ, or an iterator that can be read only once is given.

    Notes
    -----
    On a CPU, jaxlib 0.10 can wait for ever in a program that factorises or inverts two stacks of matrices at once, with or
    without this function; take the matrices one by one, with ``jax.lax.map``.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice import total
    >>> def moments(rows, weight):
    ...     return {"weight": weight.sum(), "first": weight @ rows}
    >>> sums = total(moments, np.arange(6.0).reshape(3, 2), weight=np.array([1.0, 0.0, 2.0]))
    >>> print(sums["weight"], sums["first"])
    3.0 [ 8. 11.]
    """
    with scope(precision):
        layout = missing_layout(fn.missing if isinstance(fn, RowFunction) else None, data)
        return to_numpy(place(data, weight, precision=precision, tile=tile, missing=layout).total(fn))
