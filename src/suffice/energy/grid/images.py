"""Images as fields take them: checked, in a batch, with the values they came with to go back to."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from suffice.runtime.types import ArrayLike

LARGEST_BATCH = 2**26


class TwoValued(NamedTuple):
    """Images of -1 and +1 as ``spins`` (B, H, W) int8, what -1 and +1 were, and whether a single image was given."""

    spins: np.ndarray
    values: np.ndarray
    single: bool

    def restored(self, spins: np.ndarray) -> np.ndarray:
        """Spins (B, H, W) in the values, the type and the shape that the images had."""
        images = self.values[(spins > 0).astype(np.int8)]
        return images[0] if self.single else images


def grids(name: str, images: ArrayLike) -> tuple[np.ndarray, bool]:
    """A batch (B, H, W) of numbers, and whether it was one image."""
    array = _array(name, images)
    if array.ndim not in (2, 3):
        raise ValueError(f"{name} has shape {array.shape}; one image (height, width) or a batch (images, height, width) "
                         "is expected.")  # fmt: skip
    if array.ndim == 3 and array.shape[2] in (3, 4) and min(array.shape[:2]) > 4:
        raise ValueError(
            f"{name} has shape {array.shape}, which looks like a colour image (height, width, channels): take one channel, "
            f"{name}[..., 0], or make it grey. Transpose the images of a batch that are so narrow; the field is the same."
        )
    if array.size == 0:
        raise ValueError(f"{name} has shape {array.shape}: there is no pixel in it.")
    if array.size > LARGEST_BATCH:
        raise ValueError(
            f"{name} has {array.size:,} pixels; at most {LARGEST_BATCH:,} are taken at once. Give fewer images, or tiles of an "
            "image that overlap by some 30 pixels."
        )
    if array.dtype.kind in "fc" and not np.isfinite(array).all():
        where = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        raise ValueError(
            f"{name} holds {array[where]} at pixel {where}: every pixel needs one of two values. Fill it in first."
        )
    return (array[None], True) if array.ndim == 2 else (array, False)


def two_valued(name: str, images: ArrayLike) -> TwoValued:
    """Images with two values, as spins: the lower value is -1. Where only one occurs, it is of -1 and 1, 0 and 1 or 0 and 255."""
    array, single = grids(name, images)
    found = np.unique(array)
    if len(found) > 2:
        raise ValueError(
            f"{name} has {len(found):,} different values, from {found[0]} to {found[-1]}; two are expected. Threshold it, for "
            f"instance {name} > {(float(found[0]) + float(found[-1])) / 2:g}, or use PottsDenoiser for more labels."
        )
    values = found if len(found) == 2 else _pair(name, found[0], array.dtype)
    return TwoValued(np.where(array == values[1], np.int8(1), np.int8(-1)), values, single)


def _array(name: str, images: ArrayLike) -> np.ndarray:
    try:
        array = np.asarray(images)
    except ValueError:
        raise ValueError(f"{name} holds images of different shapes: give them one by one.") from None
    if array.dtype.kind not in "buif":
        raise ValueError(f"{name} holds {array.dtype}; numbers or truth values are expected.")
    return array


def _pair(name: str, value: np.generic, dtype: np.dtype) -> np.ndarray:
    for low, high in ((-1, 1), (0, 1), (0, 255)):
        if value in (low, high):
            return np.array([low, high]).astype(dtype)
    raise ValueError(
        f"{name} has the value {value} in every pixel, so which other it could have is unknown: give -1 and 1, or 0 and 1."
    )
