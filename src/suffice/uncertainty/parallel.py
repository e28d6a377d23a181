"""How many factors: eigenvalues beside those of rows without any."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.utils import check_random_state

from suffice.rows.streams import is_stream, on_host
from suffice.runtime.types import ArrayLike, RandomState, TableLike
from suffice.validation import check_count, check_covariance


@dataclass(frozen=True)
class ParallelAnalysis:
    """What ``suffice.parallel_analysis`` found.

    Parameters
    ----------
    n_components
        How many factors there are: eigenvalues before the first that is not above its threshold.
    eigenvalues
        Eigenvalues of the columns' correlations, falling, ``(D,)``.
    thresholds
        What they are compared with, ``(D,)``.
    outcome
        A sentence.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.uncertainty.parallel import ParallelAnalysis
    >>> ParallelAnalysis(1, np.array([2.0, 0.5]), np.array([1.2, 0.9]), "One.").n_components
    1
    """

    n_components: int
    eigenvalues: np.ndarray
    thresholds: np.ndarray
    outcome: str


def parallel_analysis(
    X: ArrayLike,
    *,
    n_rows: int | None = None,
    samples: int = 200,
    quantile: float = 0.95,
    random_state: RandomState = None,
) -> ParallelAnalysis:
    """How many factors explain more than chance would: eigenvalues beside those of independent columns (Horn, 1965).

    Parameters
    ----------
    X
        Rows ``(n, D)``, NaN where cells are missing; or with ``n_rows`` their covariance or correlation matrix ``(D, D)``.
    n_rows
        Rows behind the matrix; None where ``X`` are the rows.
    samples
        Tables of independent normal columns drawn.
    quantile
        Of each of their eigenvalues, what those of ``X`` have to be above.
    random_state
        Seed, or NumPy random state, of the draws.

    Returns
    -------
    ParallelAnalysis
        ``n_components`` and the eigenvalues.

    Raises
    ------
    ValueError
        If the rows or a parameter cannot be used; the message says what to do.

    Examples
    --------
    >>> import numpy as np
    >>> import suffice
    >>> draw = np.random.default_rng(0)
    >>> X = draw.standard_normal((300, 2)) @ draw.standard_normal((2, 8)) + draw.standard_normal((300, 8))
    >>> suffice.parallel_analysis(X, samples=50, random_state=0).n_components
    2
    """
    check_count("samples", samples)
    if not 0 < quantile < 1:
        raise ValueError(f"quantile={quantile!r} was given; a number between 0 and 1 is expected, such as 0.95.")
    if is_stream(X):
        raise ValueError(
            "parallel_analysis takes rows in memory; give an array or a DataFrame, or a matrix and n_rows."
        )
    values = numbers_of(on_host(X))
    if values.ndim != 2 or values.shape[1] < 2 or np.isinf(values).any():
        raise ValueError(f"X has shape {values.shape}; finite rows (n, D) of at least two columns are expected.")
    missing, matrix = (np.isnan(values), correlations(values)) if n_rows is None else _given(values, n_rows)
    eigenvalues = np.linalg.eigvalsh(matrix)[::-1]
    generator = np.random.default_rng(check_random_state(random_state).randint(2**31 - 1))
    drawn = [_of_nothing(missing, generator) for _ in range(samples)]
    thresholds = np.quantile(drawn, quantile, axis=0)
    above = eigenvalues > thresholds
    count = len(above) if above.all() else int(np.argmin(above))
    said = (
        f"{count} factor{'' if count == 1 else 's'}: of the eigenvalues of the correlations so many, from the largest on, are "
        f"above the {100 * quantile:g} % quantile of those of {samples} tables of independent columns."
    )
    return ParallelAnalysis(count, eigenvalues, thresholds, said)


def correlations(values: np.ndarray) -> np.ndarray:
    """Correlations (D, D) of pairs of columns, over the rows that observe both."""
    seen = (~np.isnan(values)).astype(float)
    together = seen.T @ seen
    if len(values) < 3 or together.min() < 3:
        raise ValueError(
            "Two columns have fewer than three rows in common, too few for a correlation; drop one of them."
        )
    centred = np.where(seen > 0, values - np.nanmean(values, 0), 0.0)
    shift = centred.T @ seen / together
    covariance = centred.T @ centred / together - shift * shift.T
    squares = np.square(centred).T @ seen / together - np.square(shift)
    if np.diagonal(covariance).min() <= 0:
        constant = np.flatnonzero(np.diagonal(covariance) <= 0)
        raise ValueError(f"Columns {', '.join(map(str, constant[:20]))} hold one value only; leave them out.")
    return covariance / np.sqrt(squares * squares.T)


def _given(matrix: np.ndarray, rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Complete rows of this number, none of which is missing, and correlations."""
    check_matrix(matrix)
    check_count("n_rows", rows, 3)
    scale = np.sqrt(np.diagonal(matrix))
    return np.zeros((rows, len(matrix)), bool), matrix / scale / scale[:, None]


def numbers_of(given: TableLike) -> np.ndarray:
    """Rows or a matrix as numbers."""
    try:
        return np.asarray(given, float)
    except (TypeError, ValueError):
        raise ValueError(
            "Cells that are no numbers were given; numbers (n, D), or a covariance matrix (D, D), are expected."
        ) from None


def check_matrix(matrix: np.ndarray) -> None:
    """Refuse what is no covariance matrix (D, D) of columns that vary."""
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or not np.isfinite(matrix).all():
        wild = "" if np.isfinite(matrix).all() else " with cells that are not finite"
        raise ValueError(
            f"A matrix of shape {matrix.shape}{wild} was given; a covariance or correlation matrix (D, D) of finite numbers is "
            "expected."
        )
    if (np.diagonal(matrix) <= 0).any():
        raise ValueError(
            "The matrix has variances that are not above 0 on its diagonal; leave out columns of one value."
        )
    check_covariance("The matrix", matrix)


def _of_nothing(missing: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    rows = generator.standard_normal(missing.shape)
    matrix = correlations(np.where(missing, np.nan, rows)) if missing.any() else np.corrcoef(rows.T)
    return np.linalg.eigvalsh(matrix)[::-1]
