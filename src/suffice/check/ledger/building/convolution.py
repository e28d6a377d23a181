"""The backward pass of a convolution, a pool and a softmax, as printed and as it is."""

from __future__ import annotations

from typing import Any

import numpy as np

from suffice.check.problem import Point
from suffice.check.problems.convolutions import CONVOLUTION, POOL, STRIDE
from suffice.check.problems.mathematics import log_sum_exp
from suffice.runtime.either import jnp


def _windows(image: np.ndarray, kernel: int, size: int) -> np.ndarray:
    """image_(gs+a, hs+b) for all g, h, a, b: (n1, n1, k, k)."""
    every = np.lib.stride_tricks.sliding_window_view(image, (kernel, kernel))
    return every[::STRIDE, ::STRIDE][:size, :size]


def forward() -> tuple[bool, str]:
    """Maps, pooled values and probabilities, element by element from the equations."""
    point = CONVOLUTION.complete(CONVOLUTION.draw(np.random.default_rng(0)))
    image, theta = point["image"], point["theta"]
    size, kernel = point["a"].shape[1], theta.shape[1]
    maps = np.zeros((2, size, size))
    for m, g, h in np.ndindex(*maps.shape):
        window = image[g * STRIDE : g * STRIDE + kernel, h * STRIDE : h * STRIDE + kernel]
        maps[m, g, h] = sum(theta[m, a, b] * window[a, b] for a, b in np.ndindex(kernel, kernel)) + point["bias"][m]
    side = point["v"].shape[1]
    cells = np.zeros((2, side, side))
    for m, e, f in np.ndindex(*cells.shape):
        cells[m, e, f] = maps[m, POOL * e : POOL * (e + 1), POOL * f : POOL * (f + 1)].max()
    scores = np.array([(cells * point["w"][..., i]).sum() + point["beta"][i] for i in range(len(point["beta"]))])
    chances = np.exp(scores) / np.exp(scores).sum()
    worst = max(np.abs(maps - point["a"]).max(), np.abs(cells - point["v"]).max(), np.abs(chances - point["y"]).max())
    return bool(worst < 1e-12), f"maps, cells and probabilities to {worst:.1g}"


def of_cells(v: Any, w: Any, beta: Any, t: Any) -> Any:
    """Loss as a function of the pooled values."""
    scores = jnp.einsum("lef,lefi->i", v, w) + beta
    return log_sum_exp(scores) - scores[t]


def of_maps(a: Any, w: Any, beta: Any, t: Any) -> Any:
    """Loss as a function of the maps."""
    side = w.shape[1]
    cells = a[:, : POOL * side, : POOL * side].reshape(2, side, POOL, side, POOL)
    return of_cells(jnp.max(cells, axis=(2, 4)), w, beta, t)


def completed(generator: np.random.Generator) -> Point:
    """A point of the problem with all that it names."""
    return CONVOLUTION.complete(CONVOLUTION.draw(generator))


def map_gradient(v_bar: Any, winners: Any) -> np.ndarray:
    """∂J/∂a: what comes to a cell goes to its largest element (2, n1, n1)."""
    found = np.zeros(winners.shape)
    side = v_bar.shape[1] * POOL
    found[:, :side, :side] = np.repeat(np.repeat(v_bar, POOL, 1), POOL, 2) * winners[:, :side, :side]
    return found


def kernel_gradient(image: Any, theta: Any, v_bar: Any, winners: Any) -> np.ndarray:
    """Σ_gh ∂J/∂a_gh image_(gs+a, hs+b), (2, k, k)."""
    windows = _windows(image, theta.shape[1], winners.shape[1])
    return np.einsum("lgh,ghab->lab", map_gradient(v_bar, winners), windows)


def with_windows(generator: np.random.Generator) -> Point:
    """A point with ∂J/∂a (2, n1, n1) and the windows image_(gs+a, hs+b) (n1, n1, k, k)."""
    point = completed(generator)
    windows = _windows(point["image"], point["theta"].shape[1], point["winners"].shape[1])
    return {**point, "windows": windows, "a_bar": map_gradient(point["v_bar"], point["winners"])}


def draw(generator: np.random.Generator) -> Point:
    """An image and one kernel."""
    image, theta = generator.normal(size=(7, 7)), generator.normal(size=(3, 3))
    return {"image": image, "theta": theta, "windows": each_once(image, theta)}


def one_map(image: Any, theta: Any) -> Any:
    """a_gh = Σ_ab θ_ab image_(gs+a, hs+b) for one kernel (n1, n1)."""
    kernel = theta.shape[0]
    reach = image.shape[0] - kernel + 1
    return sum(
        theta[a, b] * image[a : a + reach : STRIDE, b : b + reach : STRIDE]
        for a in range(kernel)
        for b in range(kernel)
    )


def each_once(image: Any, theta: Any) -> np.ndarray:
    """∂a_gh/∂θ_ab = image_(gs+a, hs+b), (n1, n1, k, k)."""
    return _windows(image, theta.shape[0], (image.shape[0] - theta.shape[0]) // STRIDE + 1)
