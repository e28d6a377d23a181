"""Sizes of layers and shapes of images, checked."""

from __future__ import annotations

from typing import Any

import numpy as np


def check_sizes(least: int = 1, **sizes: Any) -> None:
    """Refuses sizes that are not whole numbers of at least ``least``."""
    for name, size in sizes.items():
        if isinstance(size, bool) or not isinstance(size, (int, np.integer)) or size < least:
            raise ValueError(f"{name}={size!r}; {name} must be a whole number of at least {least}.")


def check_share(name: str, value: Any) -> float:
    """A probability of at least 0 and below 1."""
    if isinstance(value, bool) or not isinstance(value, (int, float, np.number)) or not 0 <= value < 1:
        raise ValueError(f"{name}={value!r}; {name} must be a number of at least 0 and below 1.")
    return float(value)


def check_images(shape: tuple[int, ...], channels: int, size: tuple[int, int] | None = None) -> None:
    """Refuses what is not a batch of images with channels first."""
    expected = (channels, *(size or ("height", "width")))
    fits = len(shape) == 4 and shape[1] == channels and (size is None or shape[2:] == size)
    if not fits:
        last = len(shape) == 4 and shape[3] == channels and shape[1] != channels
        raise ValueError(
            f"Images of shape ({', '.join(map(str, shape[1:]))}) given; this network takes "
            f"({', '.join(map(str, expected))})"
            + (": move the channels first, with numpy.moveaxis(images, -1, 1)." if last else ", channels first.")
        )
