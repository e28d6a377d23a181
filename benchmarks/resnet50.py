"""A residual network of fifty layers (He et al., 2016) of our layers, and how long it takes to trace, to count and to draw it.

``python benchmarks/resnet50.py`` prints milliseconds, the best of five; ``--image 64`` takes smaller images.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp

from suffice.inspect import account, draw
from suffice.nets import BatchNetwork, BatchNorm, Conv2d, adaptive_average_pool, max_pool

STAGES = ((3, 64), (4, 128), (6, 256), (3, 512))
TRIES = 5


class Branch(eqx.Module):
    """A convolution without bias, and BatchNorm."""

    convolution: Conv2d
    norm: BatchNorm

    def __init__(self, inputs: int, outputs: int, size: int, *, stride: int = 1, key: Any):
        self.convolution = Conv2d(inputs, outputs, size, stride=stride, padding=size // 2, bias=False, key=key)
        self.norm = BatchNorm(outputs)

    def initial_state(self) -> Any:
        """Running moments."""
        return self.norm.initial_state()

    def __call__(self, maps: Any, weight: Any, state: Any, training: bool) -> tuple[Any, Any]:
        """Maps, and running moments."""
        return self.norm(self.convolution(maps), weight, state, training)


class Bottleneck(eqx.Module):
    """ReLU(s(x) + f(x)), f of three convolutions, the middle one 3 x 3; s is x, or brings it to the shape of f(x)."""

    layers: tuple[Branch, Branch, Branch]
    shortcut: Branch | None

    def __init__(self, inputs: int, channels: int, stride: int, key: Any):
        keys = jax.random.split(key, 4)
        self.layers = (
            Branch(inputs, channels, 1, key=keys[0]),
            Branch(channels, channels, 3, stride=stride, key=keys[1]),
            Branch(channels, 4 * channels, 1, key=keys[2]),
        )
        changes = inputs != 4 * channels or stride != 1
        self.shortcut = Branch(inputs, 4 * channels, 1, stride=stride, key=keys[3]) if changes else None

    def initial_state(self) -> Any:
        """Running moments of all layers."""
        return [one.initial_state() for one in (*self.layers, self.shortcut) if one is not None]

    def __call__(self, maps: Any, weight: Any, state: Any, training: bool) -> tuple[Any, Any]:
        """Maps, and running moments."""
        inner, after = maps, []
        for place, (layer, moments) in enumerate(zip(self.layers, state[:3], strict=True)):
            inner, moments = layer(inner, weight, moments, training)
            inner = jax.nn.relu(inner) if place < 2 else inner
            after.append(moments)
        if self.shortcut is not None:
            maps, moments = self.shortcut(maps, weight, state[3], training)
            after.append(moments)
        return jax.nn.relu(inner + maps), after


class ResNet50(BatchNetwork):
    """A stem, sixteen bottlenecks in four stages, the mean of each map, and a linear layer."""

    stem: Branch
    blocks: tuple[tuple[Bottleneck, ...], ...]
    linear: eqx.nn.Linear

    def __init__(self, classes: int = 1000, *, key: Any):
        first, last, *keys = jax.random.split(key, 2 + len(STAGES))
        self.stem, inputs, blocks = Branch(3, 64, 7, stride=2, key=first), 64, []
        for number, ((count, channels), own) in enumerate(zip(STAGES, keys, strict=True)):
            parts, stage = jax.random.split(own, count), []
            for place in range(count):
                stage.append(Bottleneck(inputs, channels, 2 if number and not place else 1, parts[place]))
                inputs = 4 * channels
            blocks.append(tuple(stage))
        self.blocks = tuple(blocks)
        self.linear = eqx.nn.Linear(inputs, classes, dtype=jnp.float32, key=last)

    def initial_state(self) -> Any:
        """Running moments of all layers."""
        return self.stem.initial_state(), [[block.initial_state() for block in stage] for stage in self.blocks]

    def forward(self, rows, weight, state, key, training, axis_name=None):
        """Logits (n, classes) of images (n, 3, height, width), and running moments."""
        maps, stem = self.stem(jnp.swapaxes(rows, 0, 1), weight, state[0], training)
        maps = max_pool(jnp.pad(jax.nn.relu(maps), ((0, 0), (0, 0), (1, 1), (1, 1))), 3, 2)
        after = []
        for stage, moments in zip(self.blocks, state[1], strict=True):
            after.append([])
            for block, own in zip(stage, moments, strict=True):
                maps, own = block(maps, weight, own, training)
                after[-1].append(own)
        means = adaptive_average_pool(maps)[:, :, 0, 0]
        return jax.vmap(self.linear, in_axes=1)(means), (stem, after)


def network() -> ResNet50:
    """The network; called while shapes alone are wanted, nothing is allocated."""
    return ResNet50(key=jax.random.key(0))


def milliseconds(function: Callable[[], Any]) -> float:
    """The least time of several calls."""
    found = []
    for _ in range(TRIES):
        begin = time.perf_counter()
        function()
        found.append(1e3 * (time.perf_counter() - begin))
    return min(found)


def main() -> None:
    """Time what users wait for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--image", type=int, default=224, help="height and width of an image")
    shape = (3, (size := parser.parse_args().image), size)
    table = account(network, shape)
    drawing = draw(table.graph, title="ResNet-50")
    print(f"{table.total.parameters:,} parameters, {len(table.graph.nodes):,} nodes, {drawing.boxes} boxes")
    print(f"trace and count  {milliseconds(lambda: account(network, shape)):8.0f} ms")
    for name, give in (("svg", drawing.to_svg), ("text", drawing.to_text), ("html", drawing.to_html)):
        print(f"draw as {name:9}{milliseconds(lambda give=give: (draw(table.graph), give())):8.0f} ms")


if __name__ == "__main__":
    main()
