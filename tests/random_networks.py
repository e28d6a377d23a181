"""Random networks of images, drawn by hypothesis, with counts and fields worked out place by place, apart from ``suffice``."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import jax
import jax.numpy as jnp
import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from jax import lax

CHANNELS = 4
EVERY = settings(max_examples=500, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
USUAL = settings(EVERY, max_examples=60)
"""The same networks each time; tests of ``EVERY`` are marked ``whole``."""


@dataclass(frozen=True)
class Layer:
    """One step, "convolution", "max pooling", "average pooling", "add" or "relu"; ``of`` numbers values, 0 the input."""

    kind: str
    of: tuple[int, ...]
    kernel: tuple[int, int] = (1, 1)
    stride: tuple[int, int] = (1, 1)
    padding: tuple[tuple[int, int], tuple[int, int]] = ((0, 0), (0, 0))
    dilation: tuple[int, int] = (1, 1)
    groups: int = 1
    outputs: int = CHANNELS
    weights: int = -1
    bias: bool = False


@dataclass(frozen=True)
class Network:
    """Layers in order; the last value is the output. ``shapes`` are (channels, height, width) of all values."""

    layers: tuple[Layer, ...]
    shapes: tuple[tuple[int, int, int], ...]

    @property
    def convolutions(self):
        """Layers with weights."""
        return [layer for layer in self.layers if layer.kind == "convolution"]

    def parameter_shapes(self):
        """(kernel, bias or None) of each set of weights, in the order of their first use."""
        found = {}
        for layer in self.convolutions:
            inputs = self.shapes[layer.of[0]][0] // layer.groups
            bias = (layer.outputs,) if layer.bias else None
            found.setdefault(layer.weights, ((layer.outputs, inputs, *layer.kernel), bias))
        return found

    def parameters(self, seed=0):
        """Positive weights: no path through the network cancels another."""
        draw = np.random.default_rng(seed)
        shapes = self.parameter_shapes().items()
        return {
            k: (draw.uniform(0.5, 1.5, w), None if b is None else draw.uniform(0.5, 1.5, b)) for k, (w, b) in shapes
        }

    def __call__(self, parameters, image):
        """Output for one image (channels, height, width), by JAX."""
        values = [image[None]]
        for layer in self.layers:
            values.append(run(layer, parameters, [values[number] for number in layer.of]))
        return values[-1][0]


def run(layer, parameters, values):
    first, window = values[0], (1, 1, *layer.kernel)
    if layer.kind == "add":
        return first + values[1]
    if layer.kind == "relu":
        return jax.nn.relu(first)
    if layer.kind == "max pooling":
        return lax.reduce_window(first, -np.inf, lax.max, window, (1, 1, *layer.stride), "VALID")
    if layer.kind == "average pooling":
        return lax.reduce_window(first, 0.0, lax.add, window, (1, 1, *layer.stride), "VALID") / np.prod(layer.kernel)
    kernel, bias = parameters[layer.weights]
    maps = lax.conv_general_dilated(
        first,
        jnp.asarray(kernel, first.dtype),
        layer.stride,
        layer.padding,
        rhs_dilation=layer.dilation,
        feature_group_count=layer.groups,
    )
    return maps if bias is None else maps + jnp.asarray(bias, first.dtype)[:, None, None]


def windows(length, kernel, stride, padding, dilation):
    """First places of the windows along an axis, counted on the unpadded one."""
    return range(-padding[0], length + padding[1] - dilation * (kernel - 1), stride)


def starts(layer, shape):
    """First places of the windows along both axes."""
    settings = zip(shape[1:], layer.kernel, layer.stride, layer.padding, layer.dilation, strict=True)
    return [windows(*along) for along in settings]


@st.composite
def layers(draw, values, sets):
    """One more layer on values of these shapes, with fresh weights or those of an earlier layer that fit."""
    last = len(values) - 1
    same = [(i, last) for i in range(last) if values[i] == values[last]]
    kinds = ["convolution"] * 4 + ["max pooling", "average pooling", "relu"] + ["add"] * (2 * bool(same))
    kind = draw(st.sampled_from(kinds))
    if kind == "add":
        return Layer(kind, draw(st.sampled_from(same)))
    if kind == "relu":
        return Layer(kind, (last,))
    pair = st.tuples(st.integers(1, 3), st.integers(1, 3))
    if kind != "convolution":
        return Layer(kind, (last,), draw(pair), draw(pair))
    inputs = values[last][0]
    shared = [layer for layer in sets if layer.kind == "convolution" and values[layer.of[0]][0] == inputs]
    margin = st.tuples(st.integers(0, 2), st.integers(0, 2))
    moves = {"stride": draw(pair), "padding": (draw(margin), draw(margin)), "dilation": draw(pair)}
    if shared and draw(st.integers(0, 3)) == 0:
        other = draw(st.sampled_from(shared))
        kept = {name: getattr(other, name) for name in ("kernel", "groups", "outputs", "weights", "bias")}
        return Layer(kind, (last,), **kept, **moves)
    groups = draw(st.sampled_from([size for size in (1, 2, 4) if inputs % size == 0]))
    outputs = draw(st.sampled_from([size for size in (2, 4) if size % groups == 0]))
    number = len({layer.weights for layer in sets if layer.kind == "convolution"})
    settings = {"groups": groups, "outputs": outputs, "weights": number, "bias": draw(st.booleans())}
    return Layer(kind, (last,), draw(pair), **settings, **moves)


def shape_after(layer, shape):
    """(channels, height, width) of a layer's value; None where no window fits."""
    sides = [len(places) for places in starts(layer, shape)]
    return (layer.outputs if layer.kind == "convolution" else shape[0], *sides) if min(sides) else None


@st.composite
def networks(draw):
    """A network of up to six layers on images of up to 10 x 10."""
    sides = (draw(st.integers(4, 10)), draw(st.integers(4, 10)))
    values, made = [(draw(st.sampled_from([1, 2, 4])), *sides)], []
    for _ in range(draw(st.integers(1, 6))):
        layer = draw(layers(values, made))
        shape = values[layer.of[0]] if layer.kind in ("add", "relu") else shape_after(layer, values[layer.of[0]])
        if shape is not None:
            made.append(layer)
            values.append(shape)
    return Network(tuple(made), tuple(values))


def taps(layer, shape):
    """For each place of a layer's maps, the places of its operand that it reads, padding among them."""
    for place in product(*starts(layer, shape)):
        yield [
            tuple(start + tap * step for start, tap, step in zip(place, offsets, layer.dilation, strict=True))
            for offsets in np.ndindex(layer.kernel)
        ]


def on_map(place, shape):
    return all(0 <= at < side for at, side in zip(place, shape[1:], strict=True))


def brute_force(network, *, padding_taps=True, bias=False, pool=False):
    """Units, weights, biases and connections, place by place."""
    units = connections = 0
    for layer in network.layers:
        shape = network.shapes[layer.of[0]]
        if layer.kind in ("add", "relu") or (layer.kind != "convolution" and not pool):
            continue
        channels, inputs = (layer.outputs, shape[0] // layer.groups) if layer.kind == "convolution" else (shape[0], 1)
        for read in taps(layer, shape):
            units += channels
            counted = len(read) if padding_taps else sum(on_map(place, shape) for place in read)
            connections += channels * (inputs * counted + (bias and layer.bias))
    shapes = network.parameter_shapes().values()
    weights, biases = sum(int(np.prod(w)) for w, _ in shapes), sum(int(np.prod(b)) for _, b in shapes if b)
    return units, weights, biases, connections


def fields(network):
    """What each place of the last value sees of the image, shape (height, width, image height, image width)."""
    image = network.shapes[0]
    eye = np.eye(image[1] * image[2], dtype=bool).reshape(*image[1:], *image[1:])
    values = [eye]
    for layer in network.layers:
        values.append(_field_after(layer, [values[number] for number in layer.of], network.shapes[layer.of[0]]))
    return values[-1]


def _field_after(layer, values, shape):
    if layer.kind == "add":
        return values[0] | values[1]
    if layer.kind == "relu":
        return values[0]
    rows = [
        np.any([values[0][place] for place in read if on_map(place, shape)] or [np.zeros(values[0].shape[2:], bool)], 0)
        for read in taps(layer, shape)
    ]
    sides = [len(places) for places in starts(layer, shape)]
    return np.reshape(rows, (*sides, *values[0].shape[2:]))
