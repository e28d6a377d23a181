"""Grids split into the two colours of a checkerboard: pixels of one colour have neighbours of the other only.

A colour of B images of H x W pixels is an array (B, margin + H * stride + margin). Row after row it has every second pixel and
one cell that holds 0, so that a step over the edge of the image finds 0; so do the margins above and below.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Bool, Num

from suffice.runtime.arrays import Array


class Layout(NamedTuple):
    """How many images there are, and their height and width in pixels."""

    count: int
    height: int
    width: int

    @property
    def stride(self) -> int:
        """Cells of a row: half of the pixels, and one for the edge."""
        return (self.width + 1) // 2 + 1

    @property
    def margin(self) -> int:
        """Cells before the first row, and after the last."""
        return self.stride + 1

    @property
    def cells(self) -> int:
        """Cells of the rows together."""
        return self.height * self.stride


def split(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The two colours of images (B, H, W); black has the pixel in the corner."""
    layout = Layout(*images.shape)
    colours = np.zeros((2, *images.shape[:2], layout.stride), images.dtype)
    for row in (0, 1):
        for column in (0, 1):
            part = images[:, row::2, column::2]
            colours[row ^ column, :, row::2, : part.shape[2]] = part
    flat = colours.reshape(2, layout.count, layout.cells)
    black, white = np.pad(flat, ((0, 0), (0, 0), (layout.margin, layout.margin)))
    return black, white


def join(colours: Sequence[Num[Array, "B padded"]], layout: Layout) -> np.ndarray:
    """Images (B, H, W) from their two colours."""
    shape = (layout.count, layout.height, layout.stride)
    rows = [np.asarray(inner(colour, layout)).reshape(shape) for colour in colours]
    images = np.empty(layout, rows[0].dtype)
    for row in (0, 1):
        for column in (0, 1):
            part = images[:, row::2, column::2]
            part[...] = rows[row ^ column][:, row::2, : part.shape[2]]
    return images


def odd_rows(layout: Layout) -> np.ndarray:
    """Which cells lie in odd rows, (1, H * stride)."""
    return np.repeat(np.arange(layout.height) % 2 == 1, layout.stride)[None]


def inner(colour: Num[Array, "B padded"], layout: Layout) -> Num[Array, "B cells"]:
    """A colour without its margins, (B, H * stride)."""
    return colour[:, layout.margin : layout.margin + layout.cells]


def replaced(colour: Num[Array, "B padded"], values: Num[Array, "B cells"], layout: Layout) -> Num[Array, "B padded"]:
    """The colour with other values (B, H * stride) between its margins."""
    return lax.dynamic_update_slice(colour, values, (0, layout.margin))


def neighbour_sum(
    other: Num[Array, "B padded"], to_the_right: Bool[Array, "1 cells"], layout: Layout
) -> Num[Array, "B cells"]:
    """Sum of the four neighbours of every cell of a colour, (B, H * stride)."""

    def shifted(by: int) -> Any:
        return other[:, layout.margin + by : layout.margin + by + layout.cells]

    beside = jnp.where(to_the_right, shifted(1), shifted(-1))
    return shifted(0) + shifted(-layout.stride) + shifted(layout.stride) + beside
