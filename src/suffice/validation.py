"""Checks of parameters and data, each ending in a sentence that says what to do."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np

from suffice.rows.finite import sum_of
from suffice.runtime.types import ArrayLike

SMALLEST_STRENGTH, LARGEST_STRENGTH = 1e-100, 1e100
COPIES = 12
"""Arrays of the size of its second moments that a fit holds at a time."""


def check_count(name: str, value: Any, least: int = 1) -> None:
    """Refuse anything but a whole number of at least ``least``."""
    if not _is_count(value, least):
        raise ValueError(f"{name}={value!r} was given; a whole number of at least {least} is expected.")


def check_sizes(least: int = 1, **sizes: Any) -> None:
    """Refuse sizes that are not whole numbers of at least ``least``."""
    for name, size in sizes.items():
        if not _is_count(size, least):
            raise ValueError(f"{name}={size!r}; {name} must be a whole number of at least {least}.")


def check_at_least(name: str, value: Any, least: float) -> None:
    """Refuse anything but a finite number of at least ``least``."""
    if not isinstance(value, Real) or not np.isfinite(float(value)) or value < least:
        raise ValueError(f"{name}={value!r} was given; a finite number of at least {least:g} is expected.")


def check_tolerance(tol: Any) -> None:
    """Refuse anything but None or a finite number of at least 0."""
    if tol is not None and (not isinstance(tol, Real) or not np.isfinite(float(tol)) or tol < 0):
        raise ValueError(
            f"tol={tol!r} was given; None, or a finite number of at least 0, is expected: None stops where hardly anything is "
            "left to gain."
        )


def check_positive(name: str, value: Any) -> None:
    """Refuse anything but a finite number above 0."""
    check_at_least(name, value, 0.0)
    if value == 0:
        raise ValueError(f"{name}={value!r} was given; a number above 0 is expected.")


def check_share(name: str, value: Any) -> None:
    """Refuse anything but a number from 0 to below 1."""
    if isinstance(value, bool) or not isinstance(value, Real) or not 0 <= float(value) < 1:
        raise ValueError(f"{name}={value!r}; {name} must be a number of at least 0 and below 1.")


def check_fraction(name: str, value: Any) -> None:
    """Refuse anything but a number between 0 and 1, or None."""
    if value is not None and not (isinstance(value, Real) and 0 < float(value) < 1):
        raise ValueError(f"{name}={value!r} was given; a number between 0 and 1 is expected.")


def check_strength(name: str, value: Any, *, positive: bool = False) -> None:
    """Refuse anything but a number from 0, or from 1e-100, to 1e100, so that energies neither overflow nor vanish."""
    check_at_least(name, value, 0)
    if value > LARGEST_STRENGTH or (positive and value < SMALLEST_STRENGTH):
        least = f"above 0, from {SMALLEST_STRENGTH:g}" if positive else "from 0"
        raise ValueError(f"{name}={value!r} was given; a number {least} to {LARGEST_STRENGTH:g} is expected.")


def check_choice(name: str, value: Any, choices: Iterable[str]) -> None:
    """Refuse anything but one of the choices."""
    if value not in choices:
        raise ValueError(f"{name}={value!r} was given; expected one of {', '.join(map(repr, choices))}.")


def check_shape(name: str, value: ArrayLike | None, shape: tuple[int, ...]) -> np.ndarray:
    """An array of finite numbers of one shape."""
    array = np.asarray(np.nan if value is None else value, float)
    if array.shape != shape:
        raise ValueError(f"{name} has shape {array.shape}; {shape} is expected.")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} holds values that are not finite; give finite numbers.")
    return array


def check_covariance(name: str, matrix: np.ndarray) -> None:
    """Refuse a matrix (D, D) that is no covariance: not symmetric, or of negative variance in some direction."""
    scale = np.sqrt(np.maximum(np.diagonal(matrix), np.finfo(float).tiny))
    units = matrix / scale[:, None] / scale
    if not np.allclose(units, units.T, atol=1e-6) or np.linalg.eigvalsh(units)[0] < -1e-6:
        raise ValueError(
            f"{name} is no covariance: a symmetric matrix is expected, of which no variance, in any direction, is below 0."
        )


def summing_to_one(probabilities: np.ndarray) -> np.ndarray:
    """Probabilities that sum to 1 along the last axis to the last digits; as they are where they already do."""
    total = probabilities.sum(-1, keepdims=True)
    return np.where(np.abs(total - 1) <= 1e-12, probabilities, probabilities / total)


def unmasked(array: Any) -> Any:
    """A masked array of NumPy with NaN in place of what is masked; others as they are."""
    if not isinstance(array, np.ma.MaskedArray) or not np.ma.is_masked(array) or array.dtype.kind not in "biuf":
        return array
    kind = array.dtype if array.dtype.kind == "f" else np.dtype(np.float64)
    return np.ma.filled(array.astype(kind), np.nan)


def check_not_infinite(rows: np.ndarray, columns: Sequence[str] | np.ndarray | None, first: int = 0) -> None:
    """Refuse infinite cells, and name the first one."""
    if rows.dtype.kind != "f" or np.isfinite(sum_of(rows)) or not np.isinf(rows).any():
        return
    row, column = np.argwhere(np.isinf(rows))[0]
    name = f" ({columns[column]!r})" if columns is not None else ""
    raise ValueError(
        f"Input X contains infinity at row {first + row}, column {column}{name}. Infinite cells are not supported: drop these "
        "rows or columns, or make the cells NaN, which means missing."
    )


def check_varying(constant: str) -> None:
    """Refuse constant columns where no covariance floor makes up for them."""
    if constant:
        raise ValueError(
            f"Columns {constant} are constant and reg_covar=0: their variance is 0, so no density exists. Drop them, or set "
            "reg_covar above 0."
        )


HEAD = 64
"""Rows in which most columns vary already."""


def _spread(rows: np.ndarray) -> np.ndarray:
    return (np.fmax.reduce(rows) - np.fmin.reduce(rows)).astype(float)


def squares_lost(rows: np.ndarray) -> np.ndarray:
    """Whether the values of each column, (D,), differ by so much or so little that their squares are no double."""
    with np.errstate(over="ignore"):
        if (
            rows.dtype.kind == "f"
            and np.einsum("ij,ij->", rows, rows) < 1e290
            and (_spread(rows[:HEAD]) > 1e-145).all()
        ):
            return np.zeros(rows.shape[1], bool)
        spread = _spread(rows)
    return (spread > 0) & ~((spread > 1e-145) & (spread < 1e145))


def check_squares(columns: str) -> None:
    """Refuse columns whose squares are too large or small for a double."""
    if columns:
        raise ValueError(
            f"The values of columns {columns} differ by so much or so little (more than 1e145, or less than 1e-145) that their "
            "squares are no double; give them in other units."
        )


def matrix_bytes(components: int, features: int) -> float:
    """About what a fit of so many full covariances takes."""
    return COPIES * 8.0 * components * features**2


def check_memory(components: int, features: int) -> None:
    """Refuse full covariances that cannot fit into this machine's memory, before trying."""
    needed, available = matrix_bytes(components, features), _memory()
    if needed > available:
        raise ValueError(
            f"{components} full covariances of {features} x {features} need about {needed / 2**30:.0f} GiB in a fit, and this "
            f"machine has {available / 2**30:.0f} GiB; use MixtureOfPPCA (low rank), covariance_type='diag' or 'spherical', "
            "fewer components or columns."
        )


def fits_second_moments(features: int) -> bool:
    """Whether second moments of pairs of columns fit into this machine's memory in a fit."""
    return matrix_bytes(1, features) <= _memory()


def check_matrix(what: str, features: int, instead: str, count: int = 1) -> None:
    """Refuse to put together matrices of columns by columns that cannot fit into this machine's memory, before trying."""
    needed, available = 3 * 8.0 * count * features**2, _memory()
    if needed > available:
        raise ValueError(
            f"{what} of {features} x {features} numbers takes about {needed / 2**30:.0f} GiB to put together, and this machine "
            f"has {available / 2**30:.0f} GiB; {instead}."
        )


def _is_count(value: Any, least: int) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool) and int(value) >= least


def _memory() -> int:
    """Bytes that this machine has."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
