"""How well a mixture tells its classes apart."""

from __future__ import annotations

import numpy as np

from suffice.latent.readers import entropy


def relative_entropy(share: np.ndarray, weight: np.ndarray) -> float:
    """1 less the rows' mean entropy as a part of the largest, from responsibilities (n, K); 1 for a single class."""
    count = share.shape[1]
    return 1.0 if count == 1 else 1 - float(weight @ entropy(share)) / (weight.sum() * float(np.log(count)))


def classification_table(share: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Mean responsibilities (K, K) of the rows whose most probable class is that of the line; NaN where it is none's."""
    modal = share.argmax(1)[:, None] == np.arange(share.shape[1])
    total = weight @ modal
    sums = (modal * weight[:, None]).T @ share
    return np.where(total[:, None] > 0, sums / np.where(total > 0, total, 1.0)[:, None], np.nan)
