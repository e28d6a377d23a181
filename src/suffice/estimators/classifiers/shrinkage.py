"""How far covariances of classes are shrunk towards round ones: as given, or as rows of the classes suggest."""

from __future__ import annotations

from numbers import Real
from typing import Any

import numpy as np

SUGGESTED = ("ledoit_wolf", "oas")
LEAST_ROWS = 2


def check_shrinkage(shrinkage: Any, covariance_type: str) -> None:
    """Refuse what is neither a number from 0 to 1 nor a method for covariances that are matrices."""
    number = isinstance(shrinkage, Real) and not isinstance(shrinkage, bool)
    if not (shrinkage in SUGGESTED if isinstance(shrinkage, str) else number and 0 <= float(shrinkage) <= 1):  # type: ignore[arg-type]
        raise ValueError(
            f"shrinkage={shrinkage!r} was given; a number from 0 to 1, 'ledoit_wolf' or 'oas' is expected."
        )
    if isinstance(shrinkage, str) and covariance_type not in ("tied", "full"):
        raise ValueError(
            f"shrinkage={shrinkage!r} is for covariances that are matrices, and covariance_type={covariance_type!r} was given; "
            "use 'tied' or 'full', or a number."
        )


def suggested(shrinkage: str, covariance_type: str, rows: np.ndarray, codes: np.ndarray, weight: np.ndarray) -> Any:
    """Shares from 0 to 1, of the one covariance or of each class (K,), by scikit-learn from complete rows of equal weight."""
    if (weight != weight[0]).any():
        raise ValueError(
            f"shrinkage={shrinkage!r} takes rows of equal weight; leave sample_weight out, or give a number."
        )
    known = (codes >= 0) & ~np.isnan(rows).any(1)
    rows, codes = rows[known], codes[known]
    count = codes.max(initial=-1) + 1
    if not count or np.bincount(codes, minlength=count).min() < LEAST_ROWS:
        raise ValueError(
            f"shrinkage={shrinkage!r} needs at least {LEAST_ROWS} complete rows of each class; give a number from 0 to 1."
        )
    centred = [rows[codes == k] - rows[codes == k].mean(0) for k in range(count)]
    if covariance_type == "tied":
        return _share(shrinkage, np.concatenate(centred))
    return np.array([_share(shrinkage, part) for part in centred])


def _share(shrinkage: str, rows: np.ndarray) -> float:
    from sklearn.covariance import ledoit_wolf_shrinkage, oas

    if shrinkage == "ledoit_wolf":
        return float(ledoit_wolf_shrinkage(rows, assume_centered=True))
    return _oas_of_products(rows) if len(rows) < rows.shape[1] else float(oas(rows, assume_centered=True)[1])


def _oas_of_products(rows: np.ndarray) -> float:
    """What ``oas`` finds, from products of rows, which are fewer than columns (Chen et al., 2010, equation 23)."""
    count, features = rows.shape
    products = rows @ rows.T / count
    squares, mean = np.square(products).sum() / features**2, products.trace() / features
    above, below = squares + mean**2, (count + 1) * (squares - mean**2 / features)
    return float(min(above / below, 1.0)) if below > 0 else 1.0
