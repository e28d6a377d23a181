"""Colours of numbers: few anchors and straight lines between them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

# ColorBrewer (Cynthia Brewer, Apache 2.0), as matplotlib has them.
RED_TO_BLUE = "67001f b2182b d6604d f4a582 fddbc7 f7f7f7 d1e5f0 92c5de 4393c3 2166ac 053061"
BLUES = "f7fbff deebf7 c6dbef 9ecae1 6baed6 4292c6 2171b5 08519c 08306b"


def _anchors(colours: Sequence[str]) -> np.ndarray:
    return np.array([list(bytes.fromhex(colour.removeprefix("#"))) for colour in colours], dtype=float)


MAPS = {
    "RdBu": _anchors(RED_TO_BLUE.split()),
    "RdBu_r": _anchors(RED_TO_BLUE.split()[::-1]),
    "Blues": _anchors(BLUES.split()),
    "gray_r": _anchors(["ffffff", "000000"]),
}


def coloured(values: np.ndarray, colours: str | Sequence[str], low: float, high: float) -> np.ndarray:
    """Red, green, blue and opacity, (..., 4) from 0 to 255, of numbers from ``low`` to ``high`` or of codes; NaN is clear."""
    values = np.asarray(values, dtype=float)
    clear, anchors = np.isnan(values), MAPS[colours] if isinstance(colours, str) else _anchors(colours)
    if isinstance(colours, str):
        low, high = low if np.isfinite(low) else 0.0, high if np.isfinite(high) else 1.0
        half = high / 2 - low / 2 or 0.5
        shares = np.clip((np.nan_to_num(values) / 2 - low / 2) / half, 0.0, 1.0) * (len(anchors) - 1)
    else:
        shares = np.clip(np.nan_to_num(values), 0, len(anchors) - 1).astype(int)
    below = np.minimum(shares.astype(int), len(anchors) - 2) if len(anchors) > 1 else np.zeros(values.shape, int)
    weight = (shares - below)[..., None]
    above = np.minimum(below + 1, len(anchors) - 1)
    mixed = (1 - weight) * anchors[below] + weight * anchors[above]
    return np.concatenate([np.round(mixed), np.where(clear, 0, 255)[..., None]], axis=-1).astype(np.uint8)


def of_light(values: np.ndarray) -> np.ndarray:
    """Shares of red, green and blue light, (h, w, 3), as numbers from 0 to 255 with full opacity, (h, w, 4)."""
    light = np.round(255 * np.clip(np.nan_to_num(values), 0, 1))
    return np.concatenate([light, np.full((*values.shape[:2], 1), 255.0)], axis=-1).astype(np.uint8)
