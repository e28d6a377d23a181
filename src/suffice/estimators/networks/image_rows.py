"""Rows that may be images, channel-first: their shape, checked, and rows in that shape."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, cast

import numpy as np

from suffice.nets import MLP
from suffice.nets.batch_network import Network
from suffice.rows.stored import Stored, mapped, spread
from suffice.rows.unit_interval import in_unit_interval
from suffice.runtime.types import ArrayLike, TableLike

CHANNELS = (1, 2, 3, 4)

SHOWN = 2000
"""Stored rows that are looked at."""
USUAL_SCALES = (16, 255, 4095, 65535)
"""Largest values of pixels of 4, 8, 12 and 16 bits (16 of scikit-learn's digits)."""

Shape = tuple[int, ...] | None


def image_shape_of(X: TableLike, image_shape: Sequence[int] | None) -> Shape:
    """(channels, height, width) of each row, as it was told or as X has it; None for tables."""
    if image_shape is not None:
        return _checked(image_shape)
    shape = getattr(X, "shape", ())
    return _of_arrays(shape) if len(shape) > 2 else None


def flattened(X: TableLike, shape: Shape) -> TableLike:
    """Rows of images made flat, whose shape is checked; tables stay what they are."""
    given = getattr(X, "shape", ())
    if len(given) < 3:
        return X
    found = _of_arrays(given)
    if found != shape:
        raise ValueError(
            f"X has shape {given}: images of (channels, height, width) {found}; {shape} is expected{_order(found, shape)}."
        )
    if isinstance(X, np.memmap):
        return X.reshape(given[0], -1)
    return np.asarray(cast("ArrayLike", X)).reshape(given[0], -1)


def scaled(rows: Any, pixel_scale: float | None) -> Any:
    """Rows divided by ``pixel_scale``."""
    return rows if pixel_scale is None else mapped(lambda part: part / np.asarray(pixel_scale, part.dtype), rows)


def pixels(rows: Any, pixel_scale: float | None, shape: Shape) -> Any:
    """Rows divided by ``pixel_scale``, refused where they are no images of this shape or of other numbers than 0 to 1."""
    rows = scaled(rows, pixel_scale)
    if shape is None:
        return rows
    if rows.shape[1] != np.prod(shape):
        raise ValueError(
            f"Rows of {rows.shape[1]} columns are no images of (channels, height, width) {shape}, which have "
            f"{int(np.prod(shape))} values; set image_shape to the shape of a row."
        )
    if rows.size and rows.min() >= 0 and not in_unit_interval(0, rows.max()):
        high = rows.max()
        scale = next((usual for usual in USUAL_SCALES if usual >= high), high)
        raise ValueError(
            f"Pixel values run from {rows.min():g} to {high:g}, and 0 to 1 is expected: set pixel_scale={scale:g} to divide by "
            "it, or centre the images."
        )
    return rows


def as_inputs(net: Network, rows: Any, shape: Shape) -> Any:
    """Rows (n, D) as a network takes them: images, if that is what they are, unless it is an MLP."""
    return rows if shape is None or isinstance(net, MLP) else mapped(lambda part: part.reshape(-1, *shape), rows)


def warn_of_bytes(rows: Any, stacklevel: int) -> None:
    """Say that rows (n, D) look like pixels of bytes, which a network does not learn well from."""
    rows = spread(rows, SHOWN) if isinstance(rows, Stored) else rows
    if _look_like_bytes(rows):
        warnings.warn(
            f"X holds whole numbers from 0 to {rows.max():g}, like pixels of bytes, and a network learns best from numbers "
            "of about 0 to 1: set pixel_scale=255 to divide by it.", UserWarning, stacklevel=stacklevel,
        )  # fmt: skip


def _look_like_bytes(rows: np.ndarray) -> bool:
    if rows.shape[1] < 64 or not rows.size or rows.min() < 0 or not 128 <= rows.max() <= 255:
        return False
    return bool((rows == np.round(rows)).all())


def _checked(shape: Sequence[int]) -> tuple[int, ...]:
    given = tuple(shape) if isinstance(shape, (tuple, list)) else ()
    whole = all(isinstance(size, (int, np.integer)) and size > 0 for size in given)
    if len(given) not in (2, 3) or not whole:
        raise ValueError(
            f"image_shape={shape!r} was given; (height, width) or (channels, height, width) is expected, such as (1, 28, 28)."
        )
    _refuse_channels_last(given)
    return (1, *given) if len(given) == 2 else given


def _of_arrays(shape: tuple[int, ...]) -> tuple[int, ...]:
    if len(shape) > 4 or not all(shape[1:]):
        raise ValueError(
            f"X has shape {shape}; rows (n, D), images (n, height, width) or (n, channels, height, width) are expected."
        )
    _refuse_channels_last(shape[1:])
    return (1, *shape[1:]) if len(shape) == 3 else shape[1:]


def _refuse_channels_last(shape: tuple[int, ...]) -> None:
    if len(shape) == 3 and shape[2] in CHANNELS and shape[0] not in CHANNELS:
        raise ValueError(
            f"Images of shape {shape} seem to have their {shape[2]} channels last; (channels, height, width) is expected: "
            "use numpy.moveaxis(X, -1, 1)."
        )


def _order(found: tuple[int, ...], expected: Shape) -> str:
    moved = expected is not None and found == (*expected[1:], expected[0])
    return ": channels come first, use numpy.moveaxis(X, -1, 1)" if moved else ""
