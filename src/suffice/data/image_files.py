"""Pictures in files, by Pillow: PNG of every depth, JPEG, TIFF, BMP and GIF."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from suffice.data.table import DataError

ENDINGS = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".gif")
MOST_PIXELS = 100_000_000
_KINDS = {"1": "L", "L": "L", "I": "I", "I;16": "I", "I;16B": "I", "LA": "LA", "P": "RGBA", "PA": "RGBA", "F": "F"}


def read_image(path: Path) -> np.ndarray:
    """Shades from 0 to 1, (height, width) of grey pictures, else (height, width, 3); refused are transparent pixels."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise DataError(
                    f"{path} has {picture.width:,} x {picture.height:,} pixels; at most {MOST_PIXELS:,} are read: make it "
                    "smaller."
                )
            kind = _KINDS.get(picture.mode, "RGBA" if "A" in picture.mode or "transparency" in picture.info else "RGB")
            return _shades(np.asarray(picture.convert(kind)), kind, path)
    except DataError:
        raise
    except FileNotFoundError:
        raise DataError(f"There is no file {path}.") from None
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise DataError(f"{path} cannot be read as a picture ({str(error).splitlines()[0]}).") from None


def _shades(pixels: np.ndarray, kind: str, path: Path) -> np.ndarray:
    if kind in ("I", "F"):
        most = 65535 if kind == "I" else 1
        if pixels.min() < 0 or pixels.max() > most:
            raise DataError(f"{path} has values from {pixels.min():g} to {pixels.max():g}; 0 to {most} are expected.")
        return (pixels / most).astype(np.float32)
    if kind in ("LA", "RGBA"):
        if (pixels[..., -1] < 255).any():
            raise DataError(f"{path} has transparent pixels; give a picture without transparency.")
        pixels = pixels[..., :-1]
    shades = (pixels / np.float32(255)).astype(np.float32)
    return shades[..., 0] if shades.ndim == 3 and shades.shape[2] == 1 else shades
