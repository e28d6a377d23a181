"""The networks that a classifier may learn: by name, made by a function, or given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias, cast, get_args

import equinox as eqx
import jax
import numpy as np
from jaxtyping import Float, Num

from suffice.choices import Net
from suffice.nets import MLP, ConvNet, ResNet, evaluate, initial_state
from suffice.nets.batch_network import Network
from suffice.runtime.arrays import Array
from suffice.runtime.compiling import compiled

NETS = get_args(Net)
MakesNet: TypeAlias = Callable[[int | tuple[int, ...], int, jax.Array], Network]
"""What makes a network of the shape of a row, the number of classes and a JAX key."""
CONV_MAPS, CONV_HIDDEN = (20, 50), (500,)
SMALLEST_FOR_LENET = 16
"""Pixels on the shorter side from which 5 x 5 kernels without padding leave something to pool twice."""


def classifier_network(
    net: str | eqx.Module | MakesNet | None,
    shape: tuple[int, ...],
    n_classes: int,
    seed: int,
    *,
    hidden_sizes: Sequence[int],
    activation: str,
    channels: int,
) -> Network:
    """A network from a row to a logit for each class."""
    if net is None or net == "mlp":
        return MLP(int(np.prod(shape)), hidden_sizes, n_classes, key=seed, activation=activation)
    if isinstance(net, eqx.Module):
        return cast(Network, net)
    if not isinstance(net, str):
        return _made(net, shape[0] if len(shape) == 1 else shape, n_classes, seed)
    if len(shape) == 1:
        raise ValueError(
            f"net={net!r} takes images, and rows of {shape[0]} columns were given: set image_shape, such as (1, 28, 28), or give "
            "X as (n, channels, height, width)."
        )
    return _of_images(net, shape, n_classes, seed, channels)


def check_net(net: str | eqx.Module | MakesNet | None) -> None:
    """Refuse what is no network."""
    known = net in NETS if isinstance(net, str) else net is None or callable(net)
    if known:
        return
    raise ValueError(
        f"net={net!r} was given; expected one of {', '.join(map(repr, NETS))}, an Equinox module, or a function of (inputs, "
        "n_classes, key) that makes one."
    )


def check_outputs(net: Network, rows: np.ndarray, n_classes: int) -> None:
    """Refuse a network that does not take these rows, or gives another number of outputs."""
    some, shape = rows[:2], rows.shape[1:]
    try:
        found = _outputs.outline(net, some)
    except (TypeError, ValueError, AttributeError) as error:
        words = str(error).split("\n")[0]
        raise ValueError(f"The net does not take rows of shape {shape}: {words}") from error
    if getattr(found, "shape", None) != (len(some), n_classes):
        raise ValueError(
            f"The net makes {getattr(found, 'shape', found)} of {len(some)} rows of shape {shape}; {(len(some), n_classes)} is "
            "expected, a logit for each class."
        )


@compiled
def _outputs(net: Network, rows: Num[Array, "n ..."]) -> Float[Array, "n K"]:
    return evaluate(net, rows, initial_state(net))


def _made(function: MakesNet, inputs: int | tuple[int, ...], n_classes: int, seed: int) -> Network:
    made = function(inputs, n_classes, jax.random.key(seed, impl="threefry2x32"))
    if not isinstance(made, eqx.Module):
        raise ValueError(f"net(inputs, n_classes, key) gave a {type(made).__name__}; an Equinox module is expected.")
    return cast(Network, made)


def _of_images(net: str, shape: tuple[int, ...], n_classes: int, seed: int, channels: int) -> Network:
    if net == "resnet":
        return ResNet(channels, n_classes, shape[0], key=seed)
    small = min(shape[1:]) < SMALLEST_FOR_LENET
    maps, kernel, padding = (CONV_MAPS, 3, 1) if small else (CONV_MAPS, 5, 0)
    return ConvNet(maps, n_classes, shape, kernel_size=kernel, padding=padding, hidden_sizes=CONV_HIDDEN, key=seed)
