"""Batches of images shared out to the cores, in blocks."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from suffice.runtime.threads import CORES, in_threads

FEWEST_PIXELS = 2**15


def in_blocks(method: Callable[[np.ndarray, int], Any], images: np.ndarray) -> list[Any]:
    """What ``method(block, number of its first image)`` gives for blocks of a batch, in order; one block where pixels are few."""
    count = min(CORES, len(images)) if images.size >= FEWEST_PIXELS else 1
    edges = np.linspace(0, len(images), count + 1).astype(int).tolist()
    return list(in_threads(lambda ends: method(images[slice(*ends)], ends[0]), pairwise(edges)))
