"""What signatures call the things that users may pass."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.sparse import issparse, sparray, spmatrix

from suffice.runtime.arrays import Array

if TYPE_CHECKING:
    from typing_extensions import TypeIs


class Frame(Protocol):
    """A table with named columns: a DataFrame of pandas or polars, a pyarrow Table, a ``MixedTable``."""

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        ...


class Sparse(Protocol):
    """A matrix or array of ``scipy.sparse``, (n, D), by rows."""

    data: np.ndarray

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        ...

    @property
    def dtype(self) -> np.dtype:
        """Type of the cells."""
        ...

    @property
    def T(self) -> Sparse:
        """The transpose."""
        ...

    def __getitem__(self, rows: slice | np.ndarray) -> Sparse: ...

    def __matmul__(self, other: np.ndarray) -> np.ndarray: ...

    def __gt__(self, other: float) -> Sparse: ...

    def astype(self, dtype: DType) -> Sparse:
        """The same cells as numbers of another type."""
        ...

    def toarray(self) -> np.ndarray:
        """All cells."""
        ...


def is_sparse(rows: TableLike) -> TypeIs[Sparse]:
    """Whether rows are a matrix or array of ``scipy.sparse``."""
    return issparse(rows)


ArrayLike: TypeAlias = npt.ArrayLike | Array
"""What ``numpy.asarray`` takes: arrays of NumPy and JAX, numbers, nested lists, a Series of pandas."""
Cell: TypeAlias = str | float | bool | np.generic | None
"""What stands in a cell of a table: a number or a label, or nothing."""
Batch: TypeAlias = ArrayLike | Frame | tuple[ArrayLike | Frame, ArrayLike]
"""Rows of a stream, or a pair of rows and their weights."""
TableLike: TypeAlias = ArrayLike | Frame | sparray | spmatrix | Iterable[Batch]
"""Rows (n, D): an array, a table, a sparse matrix, or an iterable of batches of them, with their weights or without."""
KeyLike: TypeAlias = int | np.integer | Array | np.ndarray
"""A whole number from which a random key is made, or a JAX key."""
RandomState: TypeAlias = int | np.random.RandomState | None
"""What scikit-learn calls a random state: a seed, a generator of the old kind, or None, which takes NumPy's own."""
DType: TypeAlias = type[np.number] | np.dtype | str
"""A type of numbers, by its class or its name."""
PathLike: TypeAlias = str | os.PathLike[str]
"""A file by its path."""
