"""Shapes of a network like LeNet on images of 28 x 28."""

from __future__ import annotations

import numpy as np

FIRST, SECOND = (20, 28, 5), (50, 12, 5)
"""Maps, side of what comes in, kernel."""


def length(size: int, kernel: int, stride: int = 1, padding: int = 0) -> int:
    """⌊(size + 2 padding − kernel) / stride⌋ + 1."""
    return (size + 2 * padding - kernel) // stride + 1


def _network():
    from suffice.nets import ConvNet

    return ConvNet([20, 50], key=0)


def _sides(stage: int) -> tuple[int, int]:
    """Sides of the maps of a stage before and after its pool, run on zeros."""
    from suffice.nets import max_pool
    from suffice.runtime.precision import scope

    maps = np.zeros((1, 1, 28, 28), np.float32)
    network = _network()
    with scope("float32"):
        for convolution in network.convolutions[:stage]:
            wide = convolution(maps)
            maps = max_pool(wide)
    return wide.shape[-1], maps.shape[-1]


def lenet_first() -> tuple[bool, str]:
    """Twenty kernels of 5 and cells of 2."""
    wide, pooled = _sides(1)
    return (wide, pooled) == (24, 12), f"28 → {wide} → {pooled}, run"


def lenet_second() -> tuple[bool, str]:
    """Fifty kernels of 5 and cells of 2."""
    wide, pooled = _sides(2)
    return (wide, pooled) == (8, 4), f"12 → {wide} → {pooled}, run"


def only_five() -> tuple[bool, str]:
    """Every kernel and stride that take 12 to 8 without padding."""
    found = [(k, s) for k in range(1, 13) for s in range(1, 13) if length(12, k, s) == 8]
    return found == [(5, 1)], f"of all kernels and strides up to 12: {found}"


def second_kernel() -> tuple[bool, str]:
    """Weights of the second convolution."""
    shape = _network().convolutions[1].weight.shape
    return shape == (50, 20, 5, 5), f"weights {shape}, {np.prod(shape):,} of them"
