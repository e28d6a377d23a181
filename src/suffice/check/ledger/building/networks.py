"""Networks of the documents: the order of a backward pass, a residual network, networks that sort."""

from __future__ import annotations

import numpy as np

from suffice.check.problems.mathematics import sigmoid


def reverse_order() -> tuple[bool, str]:
    """Derivatives of w3 σ(w2 σ(w1 x)), each from the one before and what the forward pass stored."""
    w1, w2, w3, x = 0.7, -1.3, 2.1, 0.9
    s1 = sigmoid(w1 * x)
    d3 = sigmoid(w2 * s1)
    d2 = w3 * s1 * d3 * (1 - d3)
    d1 = d2 * w2 * x * (1 - s1)
    step = 1e-6
    direct = [
        w3 * (sigmoid((w2) * sigmoid((w1 + step) * x)) - sigmoid(w2 * sigmoid((w1 - step) * x))) / (2 * step),
        w3 * (sigmoid((w2 + step) * s1) - sigmoid((w2 - step) * s1)) / (2 * step),
        d3,
    ]
    found = np.array([d1, d2, d3])
    return bool(
        np.allclose(found, direct, rtol=1e-7)
    ), f"∇f = ({d1:.10f}, {d2:.10f}, {d3:.10f}) at w = (0.7, −1.3, 2.1), x = 0.9"


def silent_block() -> tuple[bool, str]:
    """A residual block whose last normalisation has scales of 0."""
    import equinox as eqx

    from suffice.nets import Block

    block = Block(3, key=0)
    still = eqx.tree_at(lambda held: held.norms[1].scale, block, np.zeros(3, np.float32))
    maps = np.random.default_rng(0).normal(size=(3, 5, 7, 7)).astype(np.float32)
    found, _ = still(maps, np.ones(5), still.initial_state(), training=False)
    difference = float(np.abs(found - np.maximum(maps, 0)).max())
    return difference == 0, f"largest difference from ReLU(x) {difference:.1g}"


def residual_network() -> tuple[bool, str]:
    """Parameters and outputs of ResNet(C) for the four sizes."""
    import jax
    import numpy as np

    from suffice.nets import ResNet, evaluate

    counts = {}
    for channels in (1, 2, 4, 64):
        network = ResNet(channels, key=0)
        counts[channels] = sum(leaf.size for leaf in jax.tree.leaves(network) if hasattr(leaf, "size"))
    shape = evaluate(ResNet(2, key=0), np.zeros((3, 1, 28, 28)), ResNet(2, key=0).initial_state()).shape
    sides = [28, (28 + 2 - 3) // 2 + 1, ((28 + 2 - 3) // 2 + 1) // 2]
    so = (
        all(count == 18 * c**2 + 25 * c + 10 for c, count in counts.items())
        and shape == (3, 10)
        and sides == [28, 14, 7]
    )
    return so, f"{', '.join(f'C = {c}: {count:,}' for c, count in counts.items())}; (3, 1, 28, 28) → {shape}"


HIDDEN = np.array([[-1, 1, 1, 0, 0], [0, 0, -1, 1, -1]])
"""Weights of x1 and x2 to the hidden units, as printed."""
OUTPUTS = np.array([[-1, 0], [1, 0], [-1, 1], [0, 1], [0, -1]])


def _pairs() -> np.ndarray:
    """Ten thousand pairs, negative ones and ties among them."""
    pairs = np.random.default_rng(0).normal(0, 3, (10_000, 2))
    pairs[:100, 1] = pairs[:100, 0]
    return np.concatenate([pairs, [[0, 0], [1, 1], [-1, -1], [2, -2], [-2, 2], [0, 5], [5, 0], [0, -5], [-5, 0]]])


def _sorted_by(hidden: np.ndarray, outputs: np.ndarray) -> float:
    pairs = _pairs()
    return float(np.abs(np.maximum(pairs @ hidden, 0) @ outputs - np.sort(pairs, 1)).max())


def sorts() -> tuple[bool, str]:
    """The five units with the weights printed."""
    error = _sorted_by(HIDDEN, OUTPUTS)
    return error < 1e-12, f"largest error {error:.1g} at 10,009 pairs, ties and negative numbers among them"


def sorts_with_four() -> tuple[bool, str]:
    """Half of sum and of difference: four units do as well."""
    hidden = np.array([[1, -1, 1, -1], [1, -1, -1, 1]])
    error = _sorted_by(hidden, 0.5 * np.array([[1, 1], [-1, -1], [-1, 1], [-1, 1]]))
    return not error < 1e-12, f"four units sort with largest error {error:.1g}"
