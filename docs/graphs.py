"""Graphs of small networks with their values and derivatives, as docs/inspect.md shows them: python docs/graphs.py."""

from __future__ import annotations

import argparse
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

from suffice.inspect import draw, graph
from suffice.nets import ResidualBlock

FOLDER = Path(__file__).parent / "figures"


def scalar_network(w1, w2, w3, x):
    """Two sigmoid layers of one unit each."""
    x1 = w1 * x
    s1 = jax.nn.sigmoid(x1)
    x2 = w2 * s1
    s2 = jax.nn.sigmoid(x2)
    f = w3 * s2
    return f


def sorted_pair(a, b):
    """Five rectified units that take two numbers to the smaller and the larger."""
    h1 = jax.nn.relu(-a)
    h2 = jax.nn.relu(a)
    h3 = jax.nn.relu(a - b)
    h4 = jax.nn.relu(b)
    h5 = jax.nn.relu(-b)
    low = h2 - h1 - h3
    high = h3 + h4 - h5
    return low, high


def residual_block(W, b, V, c, x):
    """Two layers with a connection past each of them."""
    z = W @ x + b
    h = jnp.tanh(z) + x
    r = V @ h + c
    y = jnp.tanh(r) + h
    return y


def softmax_rows(Z):
    """Rows of exponentials, each divided by its sum."""
    E = jnp.exp(Z)
    r = E.sum(axis=1, keepdims=True)
    Y = E / r
    return Y


def main() -> None:
    """Draw all four."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    block = ResidualBlock(4, key=0)
    parts = [np.asarray(part) for layer in (block.first, block.second) for part in (layer.weight, layer.bias)]
    pictures = {
        "graph-scalar": (graph(scalar_network, 0.7, -1.3, 2.1, 0.9, parameters=["w1", "w2", "w3"]), None),
        "graph-sort": (graph(sorted_pair, 3.0, -1.0), [1.0, 0.0]),
        "graph-residual": (graph(residual_block, *parts, np.ones(4), parameters="WbVc"), np.ones(4)),
        "graph-softmax": (
            graph(softmax_rows, np.array([[0.7, 0.23, 3.45], [4.0, 5.1, 0.654]])),
            np.array([[0.1, 1.2, 1.0], [1.0, 1.0, 1.08]]),
        ),
    }
    for name, (traced, cotangent) in pictures.items():
        drawing = draw(traced, traced.forward(), traced.backward(cotangent), title=name)
        print(f"{drawing.save(FOLDER / f'{name}.svg').name}\n{drawing}\n")


if __name__ == "__main__":
    main()
