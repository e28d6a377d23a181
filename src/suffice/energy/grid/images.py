"""Images as fields take them: checked, in a batch, with the values they came with to go back to."""

from __future__ import annotations

from functools import reduce
from typing import NamedTuple, TypeAlias

import numpy as np

from suffice.runtime.types import ArrayLike

LARGEST_BATCH = 2**26
Values: TypeAlias = tuple[float, float] | None
"""What -1 and +1 are in images; None takes the values that occur."""


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
        raise ValueError(f"{name} holds {array[where]} at pixel {where}: every pixel needs a value. Fill it in first.")
    return (array[None], True) if array.ndim == 2 else (array, False)


def two_valued(name: str, images: ArrayLike, values: Values = None) -> TwoValued:
    """Images with two values, as spins: the lower value is -1. Where only one occurs, it is of -1 and 1, 0 and 1 or 0 and 255."""
    array, single = grids(name, images)
    known = _values_of({name: np.unique(array)}, values).astype(array.dtype)
    return _spins(name, array, known, single)


def two_valued_pair(
    names: tuple[str, str], first: ArrayLike, second: ArrayLike, values: Values = None
) -> tuple[TwoValued, TwoValued]:
    """Two sets of images of the same two values, which both together tell."""
    grid_1, grid_2 = (grids(name, images) for name, images in zip(names, (first, second), strict=True))
    known = _values_of(dict(zip(names, (np.unique(grid_1[0]), np.unique(grid_2[0])), strict=True)), values)
    return _spins(names[0], *grid_1[:1], known, grid_1[1]), _spins(names[1], *grid_2[:1], known, grid_2[1])


def matching(x: ArrayLike, y: ArrayLike, values: Values) -> tuple[tuple[np.ndarray, np.ndarray], bool]:
    """Spins (B, H, W) of clean and noisy images of one size, of which one noisy image may stand for a batch; if x is single."""
    left, right = two_valued_pair(("x", "y"), x, y, values)
    if left.spins.shape[1:] != right.spins.shape[1:] or len(right.spins) not in (1, len(left.spins)):
        raise ValueError(f"x has shape {np.shape(x)} and y {np.shape(y)}; images of one size are expected.")
    return (left.spins, right.spins), left.single


def _values_of(found: dict[str, np.ndarray], values: Values) -> np.ndarray:
    """The two values, the lower first: those given, those that occur, or those that the only one belongs to."""
    if values is not None:
        return _given(values)
    together = reduce(np.union1d, found.values())
    for name, own in found.items():
        if len(own) > 2:
            raise ValueError(
                f"{name} has {len(own):,} different values, from {own[0]} to {own[-1]}; two are expected. Threshold it, for "
                f"instance {name} > {(float(own[0]) + float(own[-1])) / 2:g}, or use PottsDenoiser for more labels."
            )
    if len(together) > 2:
        raise ValueError(
            f"{' and '.join(found)} have the values {together.tolist()} together; the same two are expected in both."
        )
    return together if len(together) == 2 else _pair(" and ".join(found), together[0], together.dtype)


def _given(values: Values) -> np.ndarray:
    pair = np.unique(np.asarray(values))
    if len(pair) != 2 or pair.dtype.kind not in "buif" or not np.isfinite(pair.astype(float)).all():
        raise ValueError(f"values={values!r} was given; two different numbers are expected, such as (0, 1).")
    return pair


def _spins(name: str, array: np.ndarray, known: np.ndarray, single: bool) -> TwoValued:
    strange = array[(array != known[0]) & (array != known[1])]
    if strange.size:
        raise ValueError(f"{name} holds {strange[0]}, which is none of the values {known.tolist()}.")
    return TwoValued(np.where(array == known[1], np.int8(1), np.int8(-1)), known.astype(array.dtype), single)


def _array(name: str, images: ArrayLike) -> np.ndarray:
    if np.ma.isMaskedArray(images) and np.ma.getmaskarray(images).any():
        raise ValueError(
            f"{name} is masked: pixels that were not seen are not taken. Fill them in first, by images.filled(...)."
        )
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
        f"{name} has the value {value} in every pixel, so which other it could have is unknown: give values=(low, high), or "
        "images of -1 and 1 or of 0 and 1."
    )
