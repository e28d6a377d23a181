"""Layers one after the other, described by dictionaries, as a network that is only ever counted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import equinox as eqx
import jax.numpy as jnp

from suffice.inspect.windows import windows
from suffice.nets.layers.conv import Conv2d
from suffice.nets.layers.pool import max_pool

Shape = tuple[int, ...]
TYPES = {
    **dict.fromkeys(("conv", "convolution", "conv2d"), "conv"),
    **dict.fromkeys(("pool", "maxpool", "max-pool", "avgpool", "average-pool"), "pool"),
    **dict.fromkeys(("linear", "fc", "dense", "fully-connected"), "linear"),
    **dict.fromkeys(("relu", "tanh", "sigmoid", "softmax", "dropout", "flatten"), "as it is"),
}
KEYS = {
    "conv": ("k", "s", "p", "out", "groups", "bias"),
    "pool": ("k", "s", "p"),
    "linear": ("out", "bias"),
    "as it is": (),
}


def names_of(layers: Sequence[Mapping[str, Any]]) -> list[str]:
    """Names of the layers that have weights, empty where one has none."""
    return [str(layer.get("name", "")) for layer in layers if _type(layer) in ("conv", "linear")]


def stacked(layers: Sequence[Mapping[str, Any]], input_shape: Shape) -> Callable[[], Any]:
    """A function that makes the network; raises ``ValueError`` where a layer cannot be as it is described."""
    shape, steps = tuple(input_shape), []
    for number, layer in enumerate(layers, 1):
        try:
            step, shape = STEPS[_type(layer)](_sizes(layer), shape)
        except ValueError as error:
            raise ValueError(f"Layer {number}{_called(layer)}: {error}") from None
        steps.append(step)
    return lambda: _Stack(tuple(step() for step in steps))


def _called(layer: Mapping[str, Any]) -> str:
    return f" ({layer['name']})" if isinstance(layer, Mapping) and layer.get("name") else ""


class _Stack(eqx.Module):
    layers: tuple[Any, ...]

    def __call__(self, x: Any) -> Any:
        for layer in self.layers:
            if isinstance(layer, Conv2d):
                x = layer(x[:, None])[:, 0]
            else:
                x = layer(jnp.ravel(x) if isinstance(layer, eqx.nn.Linear) else x)
        return x


def _type(layer: Any) -> str:
    if not isinstance(layer, Mapping):
        raise ValueError(
            f"a layer is a dictionary such as {{'type': 'conv', 'out': 20, 'k': 5}}, not {type(layer).__name__}."
        )
    given = str(layer.get("type", "")).lower().replace("_", "-")
    if given not in TYPES:
        raise ValueError(f"its type is {layer.get('type')!r}; a layer is one of {', '.join(TYPES)}.")
    return TYPES[given]


def _sizes(layer: Mapping[str, Any]) -> dict[str, int]:
    """Whole numbers of a layer."""
    known = KEYS[_type(layer)]
    unknown = [key for key in layer if key not in (*known, "type", "name")]
    if unknown:
        raise ValueError(
            f"a {layer['type']} has no {unknown[0]!r}{f'; it has {known}' if known else ''}.".replace("'", "")
        )
    needed = [key for key in ("out", "k") if key in known and key not in layer]
    if needed:
        raise ValueError(f"a {layer['type']} needs {needed[0]}.")
    for key in (key for key in known if key in layer and key != "bias"):
        if isinstance(layer[key], bool) or not isinstance(layer[key], int) or layer[key] < (key != "p"):
            raise ValueError(f"{key} = {layer[key]!r} is no size.")
    return {key: layer[key] for key in known if key in layer}


def _conv(sizes: dict[str, int], shape: Shape) -> tuple[Callable[[], Any], Shape]:
    channels, out, groups = _maps(shape)[0], sizes["out"], sizes.get("groups", 1)
    if channels % groups or out % groups:
        raise ValueError(f"{channels} maps to {out} cannot be cut into {groups} groups.")
    k, s, p = sizes["k"], sizes.get("s", 1), sizes.get("p", 0)
    after = (out, *_after(shape[1:], k, s, p))
    bias = bool(sizes.get("bias", True))
    return lambda: Conv2d(channels, out, k, stride=s, padding=p, groups=groups, bias=bias, key=0), after


def _pool(sizes: dict[str, int], shape: Shape) -> tuple[Callable[[], Any], Shape]:
    k, p = sizes["k"], sizes.get("p", 0)
    s = sizes.get("s", k)
    after = (_maps(shape)[0], *_after(shape[1:], k, s, p))
    return lambda: lambda x: max_pool(jnp.pad(x, ((0, 0), (p, p), (p, p))), k, s), after


def _linear(sizes: dict[str, int], shape: Shape) -> tuple[Callable[[], Any], Shape]:
    import jax

    inputs, bias = 1, bool(sizes.get("bias", True))
    for size in shape:
        inputs *= size
    return lambda: eqx.nn.Linear(inputs, sizes["out"], use_bias=bias, key=jax.random.key(0)), (sizes["out"],)


def _as_it_is(sizes: dict[str, int], shape: Shape) -> tuple[Callable[[], Any], Shape]:
    return lambda: lambda x: x, shape


STEPS: dict[str, Callable[[dict[str, int], Shape], tuple[Callable[[], Any], Shape]]] = {
    "conv": _conv,
    "pool": _pool,
    "linear": _linear,
    "as it is": _as_it_is,
}


def _maps(shape: Shape) -> Shape:
    if len(shape) != 3:
        raise ValueError(f"it takes maps of shape (channels, height, width), but here there are {shape}.")
    return shape


def _after(sides: Shape, k: int, s: int, p: int) -> Shape:
    after = tuple(windows(side, k, s, 2 * p, 1) for side in sides)
    if min(after) < 1:
        raise ValueError(f"a window of {k} does not fit into {sides[0]} x {sides[1]} with padding {p}.")
    return after
