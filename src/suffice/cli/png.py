"""Grey pictures, read from files of any kind and written as PNG."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


def read_grey(path: Path) -> np.ndarray:
    """Shades of grey from 0 to 255, (H, W) uint8; pictures stored in colour are taken where they show only greys."""
    import numpy as np

    from suffice.data import DataError
    from suffice.data.image_files import read_image

    pixels = np.round(255 * read_image(path)).astype(np.uint8)
    if pixels.ndim == 2:
        return pixels
    if (pixels != pixels[..., :1]).any():
        raise DataError(f"{path} is a colour picture; give a black and white one, or one channel of it.")
    return pixels[..., 0]


def write_png(path: Path, image: np.ndarray) -> None:
    """Write shades of grey."""
    from matplotlib.image import imsave

    imsave(path, image, cmap="gray", vmin=0, vmax=255)
