"""Networks of rectified linear units that sort."""

from __future__ import annotations

import equinox as eqx
import numpy as np
from scipy.linalg import block_diag

from suffice.nets.mlp import MLP
from suffice.validation import check_sizes

PAIR = np.array([[-1, 0], [1, 0], [1, -1], [0, 1], [0, -1]]), np.array([[-1, 1, -1, 0, 0], [0, 0, 1, 1, -1]])
"""Hidden and output weights that take (x, y) to (min, max)."""
SINGLE = np.array([[1], [-1]]), np.array([[1, -1]])
"""Those that pass a number on."""


def sort2() -> MLP:
    r"""Network with five hidden units that takes (x, y) to (min, max), exactly up to rounding.

    It rests on :math:`\min = x - r(x - y)`, :math:`\max = y + r(x - y)` and :math:`x = r(x) - r(-x)`, r the rectifier.

    Examples
    --------
    >>> from suffice.nets import sort2
    >>> sort2()([3.0, -1.0])
    array([-1.,  3.])
    """
    return sorting_network(2)


def sorting_network(size: int) -> MLP:
    """Network that sorts numbers, smallest first: odd-even transposition (Knuth, 1998, 5.3.4) with ``sort2`` for each pair.

    Parameters
    ----------
    size
        How many numbers, at least 2. There are as many hidden layers, for two numbers one.

    Raises
    ------
    ValueError
        When ``size`` is below 2.

    Examples
    --------
    >>> from suffice.nets import sorting_network
    >>> sorting_network(3)([2.0, 2.0, -7.0])
    array([-7.,  2.,  2.])
    """
    check_sizes(2, size=size)
    stages = [_stage(size, stage % 2) for stage in range(size if size > 2 else 1)]
    hidden, outputs = zip(*stages, strict=True)
    weights = [
        hidden[0],
        *(after @ before for before, after in zip(outputs[:-1], hidden[1:], strict=True)),
        outputs[-1],
    ]
    network = MLP(size, [len(weight) for weight in hidden], size, key=0)
    biases = [np.zeros(len(weight)) for weight in weights]
    return eqx.tree_at(
        lambda net: [part for layer in net.layers for part in (layer.weight, layer.bias)],
        network,
        [part.astype(float) for pair in zip(weights, biases, strict=True) for part in pair],
    )


def _stage(size: int, first: int) -> tuple[np.ndarray, np.ndarray]:
    """Weights that compare neighbours from the number ``first`` on, and pass on those left over."""
    pairs = (size - first) // 2
    parts = [SINGLE] * first + [PAIR] * pairs + [SINGLE] * (size - first - 2 * pairs)
    hidden, outputs = zip(*parts, strict=True)
    return np.asarray(block_diag(*hidden)), np.asarray(block_diag(*outputs))
