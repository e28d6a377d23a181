"""Equal rows found, so that each is worked out once."""

from __future__ import annotations

import numpy as np

WORTH = 0.8
"""Rows are put together where the different ones are at most this share."""


def distinct_rows(codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows (m, D) of whole numbers among which all rows (n, D) are, and for each row its place there."""
    generator = np.random.default_rng(0)
    factors = generator.integers(1, 2**62, codes.shape[1]).astype(np.uint64) | np.uint64(1)
    mixed = codes.astype(np.uint64) @ factors
    _, first, place = np.unique(mixed, return_index=True, return_inverse=True)
    if len(first) > WORTH * len(codes) or np.any(codes[first][place] != codes):
        return codes, np.arange(len(codes))
    return codes[first], place
