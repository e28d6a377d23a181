"""Many small images on one pair of axes."""

from __future__ import annotations

import numpy as np

from suffice.runtime.types import ArrayLike


def check_images(rows: ArrayLike, image_shape: tuple[int, ...]) -> np.ndarray:
    """Rows as images (n, height, width); refuses a shape with another number of pixels."""
    rows = np.asarray(rows, dtype=float)
    if len(image_shape) != 2 or np.prod(image_shape) != rows.shape[-1]:
        raise ValueError(f"image_shape {image_shape} is not (height, width) of {rows.shape[-1]} columns")
    return rows.reshape(*rows.shape[:-1], *image_shape)


def mosaic(images: np.ndarray, across: int) -> np.ndarray:
    """Images (n, height, width) in rows of ``across``, NaN between them."""
    count, height, width = images.shape
    down = -(-count // across)
    sheet = np.full((down * (height + 1) + 1, across * (width + 1) + 1), np.nan)
    for place, image in enumerate(images):
        y, x = place // across * (height + 1) + 1, place % across * (width + 1) + 1
        sheet[y : y + height, x : x + width] = image
    return sheet
