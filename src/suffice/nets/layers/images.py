"""Shapes of images, checked."""

from __future__ import annotations


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
