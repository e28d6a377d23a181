"""A convolution, a maximum over cells and a softmax, with every step of the backward pass named."""

from __future__ import annotations

from typing import Any

import numpy as np

from suffice.check.problem import Point, Problem
from suffice.check.problems.mathematics import log_sum_exp, softmax
from suffice.runtime.arrays import Array
from suffice.runtime.either import jnp

Generator = np.random.Generator
STRIDE, POOL = 2, 2


def _draw(generator: Generator, size: int = 11, kernel: int = 3, classes: int = 5) -> Point:
    pooled = ((size - kernel) // STRIDE + 1) // POOL
    return {
        "image": generator.normal(0.2, 1.0, (size, size)),
        "theta": generator.normal(size=(2, kernel, kernel)) * 0.6,
        "bias": generator.normal(size=2) * 0.6,
        "w": generator.normal(size=(2, pooled, pooled, classes)) * 0.6,
        "beta": generator.normal(size=classes) * 0.6,
        "t": np.int64(generator.integers(classes)),
    }


def convolved(image: Array, theta: Array, bias: Array) -> Any:
    """Maps a^l_gh = Σ_ab θ^l_ab image_(gs+a, hs+b) + θ_l, (2, n1, n1)."""
    kernel = theta.shape[1]
    size = (image.shape[0] - kernel) // STRIDE + 1
    reach = STRIDE * (size - 1) + 1
    maps = bias[:, None, None] * np.ones((1, size, size))
    for a in range(kernel):
        for b in range(kernel):
            maps = maps + theta[:, a, b, None, None] * image[a : a + reach : STRIDE, b : b + reach : STRIDE]
    return maps


def _cells(maps: Array) -> Any:
    pooled = maps.shape[1] // POOL
    return maps[:, : pooled * POOL, : pooled * POOL].reshape(2, pooled, POOL, pooled, POOL)


def pooled(image: Array, theta: Array, bias: Array) -> Any:
    """Largest value of each cell, (2, n2, n2)."""
    return jnp.max(_cells(convolved(image, theta, bias)), axis=(2, 4))


def _winners(image: Array, theta: Array, bias: Array) -> Any:
    maps = convolved(image, theta, bias)
    cells = _cells(maps)
    largest = (cells == jnp.max(cells, axis=(2, 4), keepdims=True)) * 1.0
    side = cells.shape[1] * POOL
    short = maps.shape[1] - side
    return jnp.pad(largest.reshape(2, side, side), ((0, 0), (0, short), (0, short)))


def _scores(image: Array, theta: Array, bias: Array, w: Array, beta: Array) -> Any:
    return jnp.einsum("lef,lefi->i", pooled(image, theta, bias), w) + beta


def _loss(image: Array, theta: Array, bias: Array, w: Array, beta: Array, t: Array) -> Any:
    scores = _scores(image, theta, bias, w, beta)
    return log_sum_exp(scores) - scores[t]


def _error(image: Array, theta: Array, bias: Array, w: Array, beta: Array, t: Array) -> Any:
    return softmax(_scores(image, theta, bias, w, beta)) - (np.arange(w.shape[-1]) == t)


CONVOLUTION = Problem(
    name="conv-pool-softmax",
    title=f"convolution of stride s = {STRIDE} to two maps, maximum over {POOL} x {POOL} cells, softmax; loss -log y_t",
    objective=_loss,
    draw=_draw,
    draw_other=lambda generator: _draw(generator, 9, 3, 4),
    notation={
        "image": "input (d, d)",
        "theta": "kernels θ^l (2, k, k)",
        "bias": "biases of the maps θ_l (2,)",
        "w": "weights of the softmax (2, n2, n2, m)",
        "beta": "biases of the softmax (m,)",
        "t": "true class, 0 to m - 1",
        "a": "maps after the convolution (2, n1, n1)",
        "v": "largest values of the cells (2, n2, n2)",
        "y": "probabilities of the classes (m,)",
        "delta": "y - 1[i = t] (m,)",
        "v_bar": "gradient in v (2, n2, n2)",
        "winners": "1 where a map has the largest value of its cell, else 0 (2, n1, n1)",
        "s": "stride",
        "pool": "side of a cell",
    },
    intermediates={
        "a": convolved,
        "v": pooled,
        "y": lambda image, theta, bias, w, beta: softmax(_scores(image, theta, bias, w, beta)),
        "delta": _error,
        "v_bar": lambda image, theta, bias, w, beta, t: w @ _error(image, theta, bias, w, beta, t),
        "winners": _winners,
        "s": lambda theta: STRIDE,
        "pool": lambda theta: POOL,
    },
    example='check_gradient("conv-pool-softmax", wrt="beta", claim="delta")',
)
