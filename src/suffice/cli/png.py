"""Grey pictures as PNG files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


def read_png(path: Path) -> np.ndarray:
    """Shades of grey from 0 to 255, (H, W) uint8; pictures stored in colour are taken where they show only greys."""
    import numpy as np

    from suffice.data import DataError

    pixels = np.round(255 * _decoded(path)).astype(np.uint8)
    if pixels.ndim == 2:
        return pixels
    if pixels.shape[2] in (2, 4):
        if (pixels[..., -1] < 255).any():
            raise DataError(f"{path} has transparent pixels; give a picture without transparency.")
        pixels = pixels[..., :-1]
    if (pixels != pixels[..., :1]).any():
        raise DataError(f"{path} is a colour picture; give a black and white one, or one channel of it.")
    return pixels[..., 0]


def write_png(path: Path, image: np.ndarray) -> None:
    """Write shades of grey."""
    from matplotlib.image import imsave

    imsave(path, image, cmap="gray", vmin=0, vmax=255)


def _decoded(path: Path) -> np.ndarray:
    from matplotlib.image import imread

    from suffice.data import DataError

    with path.open("rb") as file:
        try:
            return imread(file, format="png")
        except (OSError, SyntaxError, ValueError) as error:
            raise DataError(f"{path} cannot be read as a PNG file ({error}).") from None
