"""Rows that may be images, channel-first: their shape, checked, and rows in that shape."""

from __future__ import annotations

from typing import Any

import numpy as np

from suffice.nets import MLP

CHANNELS = (1, 2, 3, 4)


class ImageRows:
    """Rows of a table, or images (channels, height, width), for the estimators of networks."""

    image_shape: tuple[int, ...] | None
    pixel_scale: float | None
    image_shape_: tuple[int, ...] | None

    def _flat(self, X: Any, reset: bool) -> Any:
        """Rows of images made flat, whose shape is checked, and with ``reset`` learned; tables stay what they are."""
        if reset:
            self.image_shape_ = None if self.image_shape is None else _checked(self.image_shape)
        if getattr(X, "ndim", 2) < 3:
            return X
        found = _of_arrays(X.shape)
        if reset and self.image_shape_ is None:
            self.image_shape_ = found
        if found != self.image_shape_:
            raise ValueError(
                f"X has shape {X.shape}: images of (channels, height, width) {found}; {self.image_shape_} is expected"
                f"{_order(found, self.image_shape_)}."
            )
        return np.asarray(X).reshape(len(X), -1)

    def _scaled(self, rows: np.ndarray) -> np.ndarray:
        """Checked rows (n, D) divided by ``pixel_scale``."""
        rows = rows if self.pixel_scale is None else rows / np.asarray(self.pixel_scale, rows.dtype)
        if self.image_shape_ is None:
            return rows
        if rows.shape[1] != np.prod(self.image_shape_):
            raise ValueError(
                f"Rows of {rows.shape[1]} columns are no images of (channels, height, width) {self.image_shape_}, which have "
                f"{int(np.prod(self.image_shape_))} values; set image_shape to the shape of a row."
            )
        _refuse_bytes(rows)
        return rows

    def _inputs(self, net: Any, rows: np.ndarray) -> np.ndarray:
        """Rows as a network takes them: images, if that is what they are, unless it is an MLP."""
        shape = None if isinstance(net, MLP) else self.image_shape_
        return rows if shape is None else rows.reshape(-1, *shape)


def looks_like_bytes(rows: np.ndarray) -> bool:
    """Whether rows of many columns hold whole numbers from 0 to 255, as the pixels of pictures do."""
    if rows.shape[1] < 64 or not rows.size or rows.min() < 0 or not 128 <= rows.max() <= 255:
        return False
    return bool((rows == np.round(rows)).all())


def _refuse_bytes(rows: np.ndarray) -> None:
    if rows.size and rows.min() >= 0 and rows.max() > 1:
        high = rows.max()
        scale = 255 if high > 16 else 16 if high == 16 else high
        raise ValueError(
            f"Pixel values run from {rows.min():g} to {high:g}, and 0 to 1 is expected: set pixel_scale={scale:g} to divide by "
            "it, or centre the images."
        )


def _checked(shape: Any) -> tuple[int, ...]:
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


def _order(found: tuple[int, ...], expected: tuple[int, ...] | None) -> str:
    moved = expected is not None and found == (*expected[1:], expected[0])
    return ": channels come first, use numpy.moveaxis(X, -1, 1)" if moved else ""
